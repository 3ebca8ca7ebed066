import 'reflect-metadata';
import { afterAll, describe, expect, test } from '@jest/globals';
import { ValidateNested } from 'class-validator';
import { graphql, type GraphQLSchema } from 'graphql';
import { Arg, buildSchema, Field, Float, InputType, Query, Resolver } from 'type-graphql';
import { BadUserInputError } from './errors.js';
import { JsonScalar } from './scalars.js';
import {
  checkedJson,
  isId,
  Json,
  Range,
  setMaxJsonBytes,
  Text,
  textRuleProblem,
  Texts,
  validateInput,
} from './validation.js';

@InputType()
class InnerInput {
  @Field(() => String)
  @Text({ max: 3 })
  word: string;
}

@InputType()
class OuterInput {
  @Field(() => String, { nullable: true })
  @Text({ max: 10, min: 3, pattern: /^[a-z ]+$/, explain: 'Small letters only.' })
  name?: string | null;
  @Field(() => [String], { nullable: true })
  @Texts({ max: 3, most: 2 })
  words?: string[] | null;
  @Field(() => Float, { nullable: true })
  @Range(0, 1)
  share?: number | null;
  @Field(() => JsonScalar, { nullable: true })
  @Json()
  json?: unknown;
  @Field(() => InnerInput, { nullable: true })
  @ValidateNested()
  inner?: InnerInput | null;
}

@Resolver()
class EchoResolver {
  @Query(() => String)
  echo(
    @Arg('outer', () => OuterInput, { nullable: true }) _outer?: OuterInput | null,
    @Arg('one', () => String, { nullable: true }) _one?: string | null,
    @Arg('two', () => String, { nullable: true }) _two?: string | null,
  ): string {
    return 'fine';
  }
}

const building: Promise<GraphQLSchema> = buildSchema({
  resolvers: [EchoResolver],
  validateFn: validateInput,
});
async function problems(variableValues: Record<string, unknown>) {
  const source =
    'query ($outer: OuterInput, $one: String, $two: String) { echo(outer: $outer, one: $one, two: $two) }';
  const { data, errors } = await graphql({ schema: await building, source, variableValues });
  const cause = errors?.[0]?.originalError;
  if (cause instanceof BadUserInputError) return cause.details.fields;
  if (errors) throw errors[0];
  expect(data).toEqual({ echo: 'fine' });
  return [];
}

afterAll(() => setMaxJsonBytes(8_388_608));

describe('validateInput', () => {
  test('lets through what is good, or not told', async () => {
    expect(await problems({})).toEqual([]);
    expect(await problems({ outer: {} })).toEqual([]);
    expect(
      await problems({ outer: { name: null, words: null, share: null, json: null, inner: null } }),
    ).toEqual([]);
    expect(
      await problems({
        outer: { name: 'abc', words: ['a', 'b'], share: 1, json: { a: 1 }, inner: { word: 'abc' } },
        one: '',
      }),
    ).toEqual([]);
  });

  test('names everything that is wrong by its path, at any depth', async () => {
    const outer = {
      name: 'ABC',
      words: ['a', 'long'],
      share: 1.5,
      json: ['\u0000'],
      inner: { word: 'long' },
    };
    expect(await problems({ outer })).toEqual([
      { path: 'outer.name', message: 'Small letters only.' },
      { path: 'outer.words', message: 'Entry 2: The text has 4 characters; 3 are allowed.' },
      { path: 'outer.share', message: 'The number must be between 0 and 1.' },
      { path: 'outer.json', message: 'Text must not hold the character NUL (U+0000).' },
      { path: 'outer.inner.word', message: 'The text has 4 characters; 3 are allowed.' },
    ]);
    expect(await problems({ outer: { words: ['a', 'b', 'c'] } })).toEqual([
      { path: 'outer.words', message: 'The list has 3 entries; 2 are allowed.' },
    ]);
  });

  test('checks plain text arguments too, and names the one that is wrong', async () => {
    expect(await problems({ one: 'fine', two: 'a\u0000' })).toEqual([
      { path: 'two', message: 'Text must not hold the character NUL (U+0000).' },
    ]);
    expect(await problems({ one: 'x'.repeat(100_001) })).toEqual([
      { path: 'one', message: 'The text is longer than 100000 characters.' },
    ]);
  });
});

test.each([
  ['', 'The text must not be empty.'],
  [' \n ', 'The text must not be empty.'],
  ['x'.repeat(11), 'The text has 11 characters; 10 are allowed.'],
  ['\ud800', 'Text must be well-formed Unicode: it holds half of a surrogate pair.'],
  [1, 'Text is needed here.'],
  [null, 'Text is needed here.'],
  [' x ', undefined],
  ['x'.repeat(10), undefined],
])('the text %j: %s', (value, problem) => {
  expect(textRuleProblem(value, { max: 10 })).toBe(problem);
});

test('JSON is bounded by its size as text, in bytes', () => {
  setMaxJsonBytes(12);
  expect(checkedJson('1234567890').problem).toBeUndefined();
  expect(checkedJson('12345678901').problem).toBe('The value has 13 bytes as JSON; 12 are allowed.');
  expect(checkedJson('ü'.repeat(6)).problem).toBe('The value has 14 bytes as JSON; 12 are allowed.');
  expect(checkedJson({ key: 1 }).problem).toBeUndefined();
  expect(checkedJson({ longKey: 12 }).problem).toContain('14 bytes');
});

test('an id is a UUID in either case, and nothing else', () => {
  expect(isId('01a1f8d9-fbb4-75d7-9bb6-d7a95fcc2af0')).toBe(true);
  expect(isId('01A1F8D9-FBB4-75D7-9BB6-D7A95FCC2AF0')).toBe(true);
  for (const other of [
    '',
    'x',
    '01a1f8d9fbb475d79bb6d7a95fcc2af0',
    '{01a1f8d9-fbb4-75d7-9bb6-d7a95fcc2af0}',
    '01a1f8d9-fbb4-75d7-9bb6-d7a95fcc2af0\n',
    1,
    null,
  ]) {
    expect([other, isId(other)]).toEqual([other, false]);
  }
});
