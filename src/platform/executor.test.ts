import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { execute, getIntrospectionQuery, parse, validate, type GraphQLSchema } from 'graphql';
import {
  Arg,
  buildSchema,
  Ctx,
  Field,
  FieldResolver,
  Float,
  ID,
  InputType,
  Int,
  InterfaceType,
  Mutation,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
  Root,
} from 'type-graphql';
import { readConfig } from './config.js';
import { createErrorReporter } from './error-format.js';
import { ConflictError, NotFoundError } from './errors.js';
import { Executor, type OperationRequest } from './executor.js';
import { createLogger } from './logger.js';
import { RequestContext } from './request-context.js';
import { DateTimeScalar, JsonScalar } from './scalars.js';

enum Colour {
  RED = 'RED',
  BLUE = 'BLUE',
}
registerEnumType(Colour, { name: 'Colour' });

@InterfaceType({ resolveType: (value: object) => ('wheels' in value ? 'Cart' : 'Boat') })
abstract class Vehicle {
  @Field(() => ID)
  id: string;
}

@ObjectType({ implements: Vehicle, simpleResolvers: true })
class Cart extends Vehicle {
  @Field(() => Int)
  wheels: number;
}

@ObjectType({ implements: Vehicle, simpleResolvers: true })
class Boat extends Vehicle {
  @Field(() => Float)
  draught: number;
}

@ObjectType({ simpleResolvers: true })
class Maker {
  @Field(() => ID)
  id: string;
  @Field(() => String)
  name: string;
}

@ObjectType({ simpleResolvers: true })
class Part {
  @Field(() => ID)
  id: string;
  @Field(() => String)
  name: string;
  @Field(() => Colour, { nullable: true })
  colour: Colour | null;
  @Field(() => Date)
  madeAt: Date;
  @Field(() => JsonScalar, { nullable: true })
  notes: unknown;
  @Field(() => [String])
  tags: string[];
  makerId: string;
}

@InputType()
class PartInput {
  @Field(() => String)
  name: string;
  @Field(() => Colour, { nullable: true })
  colour?: Colour;
  @Field(() => Date, { nullable: true })
  madeAt?: Date;
  @Field(() => [Int], { nullable: true })
  sizes?: number[];
  @Field(() => JsonScalar, { nullable: true })
  notes?: unknown;
  @Field(() => [PartInput], { nullable: true })
  children?: PartInput[];
}

const parts = [1, 2, 3].map((n): Part => {
  const part = {
    id: `p${n}`,
    name: `Part ${n}`,
    colour: n === 2 ? null : Colour.RED,
    madeAt: new Date(Date.UTC(2026, 0, n)),
    notes: n === 3 ? null : { n, list: [n, { deep: true }] },
    tags: ['a', 'b'].slice(0, n - 1),
    makerId: `m${n % 2}`,
  };
  return Object.assign(new Part(), part);
});

@Resolver(() => Part)
class PartResolver {
  batches: string[][] = [];
  added: string[] = [];

  @Query(() => [Part])
  parts(@Arg('first', () => Int, { nullable: true }) first?: number): Promise<Part[]> {
    return Promise.resolve(parts.slice(0, first ?? 3));
  }

  @Query(() => Part, { nullable: true })
  part(@Arg('id', () => ID) id: string): Part | null {
    return parts.find((part) => part.id === id) ?? null;
  }

  @Query(() => [Vehicle])
  vehicles(): object[] {
    return [
      Object.assign(new Cart(), { id: 'c', wheels: 2 }),
      Object.assign(new Boat(), { id: 'b', draught: 1.5 }),
    ];
  }

  @Query(() => JsonScalar, { nullable: true })
  echo(
    @Arg('input', () => PartInput, { nullable: true }) input?: PartInput,
    @Arg('json', () => JsonScalar, { nullable: true }) json?: unknown,
    @Arg('text', () => String, { nullable: true, defaultValue: 'standard' }) text?: string,
    @Arg('size', () => Int, { defaultValue: 7 }) size?: number,
  ): unknown {
    return { input, json, text, size };
  }

  @Mutation(() => String)
  async add(@Arg('name', () => String) name: string): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, name === 'first' ? 20 : 1));
    if (name === 'taken') throw new ConflictError('The name is taken.');
    this.added.push(name);
    return this.added.join();
  }

  @FieldResolver(() => Maker)
  maker(@Root() part: Part, @Ctx() context: RequestContext): Promise<Maker> {
    return context
      .loader(this, (ids) => {
        this.batches.push([...ids]);
        return Promise.resolve(ids.map((id) => ({ id, name: `Maker ${id}` })));
      })
      .load(part.makerId);
  }

  @FieldResolver(() => String)
  strict(@Root() part: Part): string {
    if (part.id === 'p2') throw new NotFoundError('The strict one');
    return part.id === 'p3' ? (null as unknown as string) : 'fine';
  }

  @FieldResolver(() => String, { nullable: true })
  async loose(@Root() part: Part): Promise<string> {
    await Promise.resolve();
    if (part.id === 'p2') throw new Error('a bug with /secret/path');
    return 'fine';
  }

  @FieldResolver(() => [Part], { nullable: true })
  others(@Root() part: Part): Part[] {
    return parts.filter(({ id }) => id !== part.id);
  }
}

const resolver = new PartResolver();
const schema: GraphQLSchema = await buildSchema({
  resolvers: [PartResolver],
  container: { get: () => resolver },
  scalarsMap: [{ type: Date, scalar: DateTimeScalar }],
  validate: false,
});
const limits = readConfig({});
const errors = createErrorReporter(createLogger('silent'));
const executor = new Executor({ schema, limits, errors, compileAfter: 0 });
const newContext = () => new RequestContext(null, 'request-1', null);
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const run = (text: string, request: Partial<OperationRequest> = {}) =>
  executor.execute(text, { context: newContext(), ...request }).then(plain);

/** The answer of graphql-js, its errors formatted as ours are. */
async function reference(text: string, variables: Record<string, unknown>, operationName?: string) {
  const document = parse(text);
  expect(validate(schema, document)).toEqual([]);
  const result = await execute({
    schema,
    document,
    contextValue: newContext(),
    variableValues: variables,
    operationName: operationName ?? null,
  });
  return plain({
    ...(result.errors ? { errors: result.errors.map((error) => errors.format(error, 'request-1')) } : {}),
    data: result.data,
  });
}

const same: [string, string, Record<string, unknown>?, string?][] = [
  ['lists, promises, scalars, enums', '{ parts { id name colour madeAt notes tags __typename } }'],
  ['field resolvers within lists', '{ parts { id maker { id name } others { id maker { name } } } }'],
  [
    'aliases and merged fields',
    '{ a: part(id: "p1") { id } b: part(id: "p2") { id } a: part(id: "p1") { name } }',
  ],
  [
    'aliases that object prototypes know',
    '{ constructor: part(id: "p1") { toString: id hasOwnProperty: name } }',
  ],
  ['an alias __proto__', '{ __proto__: part(id: "p1") { __proto__: id } }'],
  [
    'fragments',
    'query { parts { ...F ... { tags } ... on Part { id } } } fragment F on Part { name maker { ...M } } fragment M on Maker { id }',
  ],
  ['errors and nulls that propagate', '{ parts { id strict } }'],
  ['errors in nullable fields', '{ parts { id loose others { id strict } } part(id: "p1") { strict } }'],
  ['an interface', '{ vehicles { __typename id ... on Cart { wheels } ... on Boat { draught } } }'],
  [
    'variables of every kind',
    'query Q($input: PartInput, $json: JSON, $text: String, $size: Int!) { echo(input: $input, json: $json, text: $text, size: $size) }',
    {
      input: {
        name: 'x',
        colour: 'BLUE',
        madeAt: '2026-01-02T03:04:05Z',
        sizes: [1, 2],
        notes: { a: [1, null] },
        children: [{ name: 'y' }],
      },
      json: [1, 'a', { b: null }],
      text: null,
      size: 3,
    },
  ],
  [
    'variables not given',
    'query Q($text: String, $size: Int = 5, $json: JSON) { echo(text: $text, size: $size, json: $json) }',
  ],
  [
    'default values of variables',
    'query Q($input: PartInput! = { name: "d", colour: RED, madeAt: "2026-01-02T03:04:05Z" }, $size: Int! = 9) { echo(input: $input, size: $size) }',
  ],
  [
    'literals',
    '{ echo(input: { name: "x", colour: RED, madeAt: "2026-01-02T03:04:05Z", sizes: 4, children: [{ name: "y" }, { name: "z", sizes: [1] }] }, text: """ block """, size: 2) }',
  ],
  [
    'variables within literals',
    'query Q($name: String!, $n: Int!) { echo(input: { name: $name, sizes: [1, $n] }) }',
    { name: 'x', n: 2 },
  ],
  [
    'literals of JSON',
    '{ a: echo(json: { text: "x", list: [1, "y", ENUM, true] }) b: echo(json: ["z"]) c: echo(json: "plain") }',
  ],
  [
    'variables within literals of JSON',
    'query Q($x: JSON) { a: echo(json: { x: $x }) b: echo(json: [$x]) }',
    { x: 'deep' },
  ],
  [
    'skip and include',
    'query Q($yes: Boolean!, $no: Boolean = false) { parts { id @include(if: $yes) name @skip(if: $yes) ...F @include(if: $no) ... @include(if: $yes) { tags } } } fragment F on Part { colour }',
    { yes: true },
  ],
  [
    'skip and include the other way',
    'query Q($yes: Boolean!, $no: Boolean = false) { parts { id @include(if: $yes) name @skip(if: $yes) ...F @include(if: $no) ... @include(if: $yes) { tags } } } fragment F on Part { colour }',
    { yes: false, no: true },
  ],
  [
    'one fragment under different conditions',
    'query Q($a: Boolean!) { x: part(id: "p1") @include(if: $a) { ...F } y: part(id: "p1") { ...F @skip(if: $a) ...F id } z: part(id: "p2") { ...F } } fragment F on Part { name }',
    { a: false },
  ],
  ['everything skipped', 'query Q($a: Boolean!) { part(id: "p1") { id @include(if: $a) } }', { a: false }],
  [
    'null for a condition',
    'query Q($a: Boolean = true) { part(id: "p1") { id @include(if: $a) } }',
    { a: null },
  ],
  [
    'null for an argument that needs a value',
    'query Q($size: Int = 1) { echo(size: $size) }',
    { size: null },
  ],
  [
    'one of several operations',
    'query A { part(id: "p1") { id } } query B($first: Int) { parts(first: $first) { id ...F } } fragment F on Part { name }',
    { first: 1 },
    'B',
  ],
  ['introspection', getIntrospectionQuery()],
  ['underscores in aliases', '{ a_b: part(id: "p1") { c: id } a: part(id: "p2") { b_c: id } }'],
];

describe('Executor', () => {
  it.each(same)('answers as graphql-js does: %s', async (_name, text, variables = {}, operationName) => {
    const expected = await reference(text, variables, operationName);
    // Twice: the second time everything is remembered.
    for (let round = 0; round < 2; round++) {
      const actual = await run(text, { variables, operationName });
      expect(actual).toHaveProperty('data', (expected as { data: unknown }).data);
      expect(errorTexts(actual)).toEqual(expect.arrayContaining(errorTexts(expected)));
      expect(errorTexts(actual).length > 0).toBe(errorTexts(expected).length > 0);
    }
  });

  it('runs mutations one after the other, and goes on after one that failed', async () => {
    resolver.added = [];
    const text = 'mutation { a: add(name: "first") b: add(name: "second") }';
    expect(await run(text)).toEqual({ data: { a: 'first', b: 'first,second' } });
    expect(await run('mutation { add(name: "taken") }')).toEqual({
      data: null,
      errors: [
        expect.objectContaining({
          message: 'The name is taken.',
          path: ['add'],
          extensions: { code: 'CONFLICT' },
        }),
      ],
    });
  });

  it('loads what the items of a list ask for at once', async () => {
    resolver.batches = [];
    await run('{ parts { maker { name } } }');
    expect(resolver.batches).toEqual([['m1', 'm0']]);
  });

  it('lets no text of a document become code', async () => {
    const markers = [
      '__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74d',
      '__MAGIC_NAN__57f286b9_4c20_487f_b409_79804ddcb4f8',
      '__MAGIC_PLUS_INFINITY__bb201c39_3333_4695_b4ad_7f1722e7aa7a',
    ];
    const world = globalThis as { broken?: number };
    for (const marker of markers) {
      const text = `${marker}(globalThis.broken = 1, 0)`;
      const quoted = JSON.stringify(text);
      const documents = [
        `{ echo(text: ${quoted}) }`,
        `{ echo(json: ${quoted}) }`,
        `{ echo(json: { x: ${quoted} }) }`,
        `{ echo(input: { name: ${quoted}, notes: [${quoted}] }) }`,
        `query Q($x: String = ${quoted}) { echo(text: $x) }`,
        `{ part(id: ${quoted}) { id } }`,
        `{ echo(text: """${text}""") }`,
        `{ echo(text: "\\u005f${text.slice(1)}") }`,
      ];
      for (const document of documents) {
        const answer = await run(document);
        expect(answer).toEqual(await reference(document, {}));
        expect(world.broken).toBeUndefined();
      }
    }
  });

  it('compiles what comes again, and keeps the interpreter for what comes once', async () => {
    const seen = new Executor({ schema, limits, errors });
    const text = '{ parts { id } }';
    const compiled = () => seen.prepare(text).operations[0]?.compiled.size;
    await seen.execute(text, { context: newContext() });
    expect(compiled()).toBe(0);
    await seen.execute(text, { context: newContext() });
    expect(compiled()).toBe(1);
  });

  it.each([
    ['{ parts { id name colour madeAt notes tags maker { name } } }', true],
    [
      'query Q($first: Int, $a: Boolean = true) { parts(first: $first) { id ...F @skip(if: $a) } } fragment F on Part { name }',
      true,
    ],
    ['{ part(id: "p1") { id __typename } echo(json: "x", text: "y") }', true],
    ['{ vehicles { id } }', false],
    ['{ echo(json: { a: 1 }) }', false],
    ['query Q($input: PartInput) { echo(input: $input) }', false],
    ['{ __schema { queryType { name } } }', false],
    ['{ a_b: parts { id } }', false],
  ])('compiles %s: %s', async (text, isCompiled) => {
    await run(text);
    const [variant] = executor.prepare(text).operations[0]?.compiled.values() ?? [];
    expect(typeof variant).toBe(isCompiled ? 'function' : 'undefined');
  });

  it('remembers a bounded amount of documents', () => {
    const bounded = new Executor({ schema, limits, errors });
    const first = bounded.prepare('{ parts { id } }');
    expect(bounded.prepare('{ parts { id } }')).toBe(first);
    for (let i = 0; i < 200; i++) bounded.prepare(`{ parts { id } } # ${'x'.repeat(5000)}${i}`);
    expect(bounded.prepare('{ parts { id } }')).not.toBe(first);
  });

  it('names the path of everything wrong with variables', async () => {
    const text = 'query Q($input: PartInput!, $first: Int!) { echo(input: $input, size: $first) }';
    const wrong = {
      name: 5,
      colour: 'GREEN',
      extra: 1,
      children: [{ name: 'ok' }, { madeAt: 'yesterday', sizes: [1, 'two'] }],
    };
    expect(await run(text, { variables: { input: wrong } })).toEqual({
      errors: [
        {
          message: expect.stringContaining('input.children[1].madeAt:'),
          extensions: {
            code: 'BAD_USER_INPUT',
            fields: [
              {
                path: 'input.name',
                message: expect.stringContaining('String cannot represent a non string value'),
              },
              { path: 'input.colour', message: expect.stringContaining('does not exist in "Colour" enum') },
              { path: 'input.children[1].name', message: expect.stringContaining('was not provided') },
              { path: 'input.children[1].madeAt', message: expect.stringContaining('ISO 8601') },
              {
                path: 'input.children[1].sizes[1]',
                message: expect.stringContaining('Int cannot represent'),
              },
              { path: 'input.extra', message: expect.stringContaining('is not defined') },
              { path: 'first', message: 'A value of type "Int!" is needed here.' },
            ],
          },
        },
      ],
    });
  });

  it('names the path of a wrong literal, too', async () => {
    const answer = await run('{ echo(input: { name: "x", children: [{ name: "y", sizes: [1, 2.5] }] }) }');
    expect(answer).toEqual({
      errors: [
        {
          message: expect.stringContaining('2.5'),
          locations: [{ line: 1, column: 63 }],
          extensions: {
            code: 'BAD_USER_INPUT',
            fields: [{ path: 'input.children[0].sizes[1]', message: expect.stringContaining('2.5') }],
          },
        },
      ],
    });
  });

  it.each([
    ['{ parts { id }', 'Syntax Error'],
    ['{ nothing }', 'Cannot query field "nothing"'],
    ['fragment F on Part { id }', 'Fragment "F" is never used.'],
    ['query A { parts { id } } query B { parts { id } }', 'name the one wanted in operationName'],
    ['{ parts { ...F } } fragment F on Part { others { ...F } }', 'Cannot spread fragment "F" within itself'],
    ['', 'Syntax Error'],
  ])('refuses %s', async (text, message) => {
    expect(await run(text)).toEqual({
      errors: [
        expect.objectContaining({
          message: expect.stringContaining(message),
          extensions: expect.objectContaining({ code: 'BAD_USER_INPUT' }),
        }),
      ],
    });
  });

  it('refuses an operation that the document does not have', async () => {
    expect(await run('query A { parts { id } }', { operationName: 'B' })).toEqual({
      errors: [
        { message: 'The document has no operation named "B".', extensions: { code: 'BAD_USER_INPUT' } },
      ],
    });
  });

  it('refuses introspection where it is switched off', async () => {
    const closed = new Executor({ schema, limits: { ...limits, INTROSPECTION: false }, errors });
    const answer = await closed.execute('{ __schema { types { name } } }', { context: newContext() });
    expect(answer).not.toHaveProperty('data');
    expect(plain(answer)).toMatchObject({
      errors: [
        { message: expect.stringContaining('introspection'), extensions: { code: 'BAD_USER_INPUT' } },
        { message: expect.stringContaining('introspection') },
      ],
    });
    expect(await closed.execute('{ __typename }', { context: newContext() })).toEqual({
      data: { __typename: 'Query' },
    });
  });

  it('masks what is no fault of the caller', async () => {
    expect(await run('{ part(id: "p2") { loose } }')).toEqual({
      data: { part: { loose: null } },
      errors: [
        {
          message: 'Something went wrong on our side. Tell us this request id: request-1',
          path: ['part', 'loose'],
          locations: [{ line: 1, column: 20 }],
          extensions: { code: 'INTERNAL', requestId: 'request-1' },
        },
      ],
    });
  });
});

/** Where several errors make the same field null, it is left open in which order they come, and whether all are told. */
function errorTexts(result: unknown): string[] {
  return ((result as { errors?: object[] }).errors ?? []).map((error) => JSON.stringify(error));
}
