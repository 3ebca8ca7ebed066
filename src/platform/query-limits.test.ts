import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { buildSchema, getIntrospectionQuery, Kind, parse, type OperationDefinitionNode } from 'graphql';
import { readConfig } from './config.js';
import { prepareCost } from './query-cost.js';
import { checkCost, checkShape, checkText } from './query-limits.js';

const limits = readConfig({});

const schema = buildSchema(`
  type Query { task: Task tasks(first: Int, last: Int): TaskConnection! }
  type TaskConnection { nodes: [Task!]! edges: [TaskEdge!]! pageInfo: PageInfo! }
  type TaskEdge { cursor: String! node: Task! }
  type PageInfo { hasNextPage: Boolean! }
  type Task { id: ID! tags: [String!]! members: [Member!]! steps(first: Int): TaskConnection! dear: String parent: Task }
  type Member { name: String! task: Task }
`);
const dear = schema.getType('Task') as unknown as { getFields(): Record<string, { extensions: object }> };
dear.getFields()['dear']!.extensions = { complexity: 100 };

function costOf(text: string, variables: Record<string, unknown> = {}): number {
  const document = parse(text);
  const operation = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  return prepareCost(schema, document, operation as OperationDefinitionNode)(variables);
}

const thrown = (work: () => void): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('checkText', () => {
  it('counts tokens', () => {
    const text = `{ ${'a '.repeat(20)} }`;
    expect(thrown(() => checkText(text, { ...limits, MAX_QUERY_TOKENS: 22 }))).toBeUndefined();
    expect(thrown(() => checkText(text, { ...limits, MAX_QUERY_TOKENS: 21 }))).toMatchObject({
      code: 'QUERY_TOO_COMPLEX',
      message: 'The document has 22 tokens; 21 are allowed. Ask in several requests.',
    });
    expect(thrown(() => checkText('a '.repeat(100_000), { ...limits, MAX_QUERY_TOKENS: 100 }))).toMatchObject(
      {
        message: expect.stringContaining('1000 tokens or more; 100 are allowed'),
      },
    );
  });

  it.each(['{a', '[', '(', '{a(b:[{c:'])(
    'stops documents that nest %s without end, before the parser',
    (part) => {
      const text = part.repeat(100_000 / part.length);
      expect(thrown(() => checkText(text, { ...limits, MAX_QUERY_TOKENS: 1_000_000 }))).toMatchObject({
        code: 'QUERY_TOO_COMPLEX',
        message: 'The document nests brackets more than 200 levels deep, the most allowed.',
      });
    },
  );

  it('bounds the length, comments included', () => {
    expect(thrown(() => checkText(`{a}${'#\n'.repeat(200_000)}`, limits))).toMatchObject({
      message: 'The document has 400003 characters; 262144 are allowed. Send large values as variables.',
    });
  });

  it('leaves what is no GraphQL to the parser', () => {
    expect(thrown(() => checkText('{ a "unterminated', limits))).toBeUndefined();
    expect(thrown(() => checkText('\u0000', limits))).toBeUndefined();
  });
});

describe('checkShape', () => {
  it('counts aliases', () => {
    const text = `{ ${Array.from({ length: 31 }, (_, i) => `a${i}: task { id }`).join(' ')} }`;
    expect(thrown(() => checkShape(parse(text), limits))).toMatchObject({
      code: 'QUERY_TOO_COMPLEX',
      message: 'The document has 31 aliases; 30 are allowed. Ask in several requests.',
    });
  });

  it('measures depth through fragments', () => {
    const text = `{ task { ...A } } fragment A on Task { parent { ...B } } fragment B on Task { ... { parent { id } } }`;
    expect(thrown(() => checkShape(parse(text), { ...limits, MAX_QUERY_DEPTH: 4 }))).toBeUndefined();
    expect(thrown(() => checkShape(parse(text), { ...limits, MAX_QUERY_DEPTH: 3 }))).toMatchObject({
      code: 'QUERY_TOO_COMPLEX',
      message: 'The query is nested 4 levels deep; 3 are allowed.',
    });
  });

  it('ends on fragments that run in circles, and on ones that double', () => {
    checkShape(
      parse('{ ...A } fragment A on Query { task { ...B } } fragment B on Task { parent { ...B } }'),
      limits,
    );
    const doubling = Array.from(
      { length: 40 },
      (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`,
    );
    checkShape(parse(`{ ...F0 } ${doubling.join(' ')} fragment F40 on Query { task { id } }`), limits);
  });

  it('lets the introspection query of GraphiQL pass', () => {
    expect(thrown(() => checkText(getIntrospectionQuery(), limits))).toBeUndefined();
    expect(thrown(() => checkShape(parse(getIntrospectionQuery()), limits))).toBeUndefined();
    expect(costOf(getIntrospectionQuery())).toBe(0);
  });
});

describe('prepareCost', () => {
  it.each<[string, number, Record<string, unknown>]>([
    ['{ task { id } }', 2, {}],
    ['{ task { id tags } }', 3, {}],
    ['{ task { members { name } } }', 12, {}],
    ['{ task { dear } }', 101, {}],
    ['{ tasks { nodes { id } } }', 101, {}],
    ['{ tasks(first: 5) { nodes { id } pageInfo { hasNextPage } } }', 21, {}],
    ['{ tasks(last: 3) { edges { node { id } } } }', 10, {}],
    ['{ tasks(first: 100000) { nodes { id } } }', 1001, {}],
    ['{ tasks(first: 10) { nodes { steps(first: 20) { nodes { id } } } } }', 421, {}],
    ['query Q($n: Int) { tasks(first: $n) { nodes { id } } }', 21, { n: 10 }],
    ['query Q($n: Int) { tasks(first: $n) { nodes { id } } }', 101, {}],
    ['query Q($n: Int = 7) { tasks(first: $n) { nodes { id } } }', 15, {}],
    ['query Q($n: Int, $m: Int) { tasks(first: $n, last: $m) { nodes { id } } }', 9, { n: null, m: 4 }],
    [
      'query Q($n: Int) { tasks(first: $n) { ...F } } fragment F on TaskConnection { nodes { ...G } } fragment G on Task { id dear }',
      1021,
      { n: 10 },
    ],
    ['query Q($n: Int) { tasks(first: $n) { nodes { id } } }', 101, { n: 'many' }],
  ])('of %s is %d', (text, cost, variables) => {
    expect(costOf(text, variables)).toBe(cost);
  });

  it('takes no exponential time over fragments that double', () => {
    const doubling = Array.from(
      { length: 40 },
      (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`,
    );
    const text = `query Q($n: Int) { ...F0 } ${doubling.join(' ')} fragment F40 on Query { tasks(first: $n) { nodes { id } } }`;
    expect(costOf(text, { n: 1 })).toBe(3 * 2 ** 40);
  });

  it('is refused above the limit, with both numbers', () => {
    expect(thrown(() => checkCost(50_000, limits))).toBeUndefined();
    expect(thrown(() => checkCost(50_001, limits))).toMatchObject({
      code: 'QUERY_TOO_COMPLEX',
      message: expect.stringContaining('costs 50001, in fields times rows asked for; 50000 are allowed'),
    });
  });
});
