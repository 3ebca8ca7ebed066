import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { request } from 'node:http';
import { get, makeAgent, makeTask, register, type Person } from './support/client.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let person: Person;
let taskId: string;

beforeAll(async () => {
  server = await startTestServer();
  person = await register(server.url);
  taskId = await makeTask(server.url, person.token, await makeAgent(server.url, person));
});
afterAll(() => server.stop());

// Whatever came before: the server answers, and the task is as it was.
afterEach(async () => {
  const { task } = await get(server.url, person.token, `{ task(id: "${taskId}") { revision status } }`);
  expect(task).toEqual({ revision: 1, status: 'RUNNING' });
});

interface Refusal {
  status: number;
  code: string | undefined;
}

/** Status and code, whether the answer is a GraphQL result or problem details. */
async function refusal(body: string, headers: Record<string, string> = {}): Promise<Refusal> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
      authorization: `Bearer ${person.token}`,
      ...headers,
    },
    body,
  });
  return refusalOf(response);
}

async function refusalOf(response: Response): Promise<Refusal> {
  const answer = (await response.json()) as {
    code?: string;
    data?: unknown;
    errors?: { extensions: { code: string } }[];
  };
  expect(answer.data ?? null).toBeNull();
  return { status: response.status, code: answer.errors?.[0]?.extensions.code ?? answer.code };
}

const asking = (query: string) => refusal(JSON.stringify({ query }));

describe('a body', () => {
  const bad = { status: 400, code: 'BAD_USER_INPUT' };

  test.each([
    ['that is empty', ''],
    ['that is no JSON', '{ me { id } }'],
    ['that ends too early', '{"query": "{ me'],
    ['that is a text', '"{ me { id } }"'],
    ['that is null', 'null'],
    ['that holds no query', '{"variables": {}}'],
    ['whose query is a number', '{"query": 42}'],
    ['whose query is a list', '{"query": ["{ me { id } }"]}'],
    ['whose query is empty', '{"query": ""}'],
    ['whose variables are a text', '{"query": "{ me { id } }", "variables": "x"}'],
    ['whose variables are a list', '{"query": "{ me { id } }", "variables": [1]}'],
    ['whose operation is of another name', '{"query": "query A { me { id } }", "operationName": "B"}'],
    ['whose operationName is a number', '{"query": "query A { me { id } }", "operationName": 1}'],
    ['that is a list of nothing good', '[1, null, "x"]'],
    ['that is an empty list', '[]'],
    [
      'that asks for more operations than may come at once',
      JSON.stringify(Array(11).fill({ query: '{ me { id } }' })),
    ],
    ['nested deeper than any JSON', '['.repeat(1_000_000) + ']'.repeat(1_000_000)],
    ['whose objects are nested deeper than any JSON', '{"a":'.repeat(200_000) + '1' + '}'.repeat(200_000)],
    [
      'with extensions nested deeper than any JSON',
      `{"query": "{ nonsense }", "extensions": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
    ],
    [
      'with variables that nobody asked for, nested deeply',
      `{"query": "{ nonsense }", "variables": {"x": ${'['.repeat(200_000)}${']'.repeat(200_000)}}}`,
    ],
  ])('%s is refused', async (_, body) => {
    expect(await refusal(body)).toEqual(bad);
  });

  test('of 17 MB is refused as too large', async () => {
    const body = JSON.stringify({ query: '{ me { id } }', variables: { x: 'x'.repeat(17_000_000) } });
    expect(await refusal(body)).toEqual({ status: 413, code: 'BAD_USER_INPUT' });
  });

  test('of no known encoding, or of a length that it does not have, is refused', async () => {
    expect(await refusal('{"query": "{ me { id } }"}', { 'content-encoding': 'nonsense' })).toMatchObject({
      status: 415,
    });
    expect(await refusal('{"query": "{ me { id } }"}', { 'content-encoding': 'gzip' })).toMatchObject({
      status: 400,
    });
  });

  test('that is cut off harms nobody', async () => {
    const { hostname, port } = new URL(server.url);
    await new Promise<void>((resolve) => {
      const cut = request({
        hostname,
        port,
        path: '/graphql',
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': '1000' },
      });
      cut.on('error', () => resolve());
      cut.write('{"query": "');
      setTimeout(() => cut.destroy(), 50);
    });
  });
});

describe('a document', () => {
  const complex = { status: 400, code: 'QUERY_TOO_COMPLEX' };
  const nested = (levels: number) =>
    '{ me { memberships '.repeat(1) +
    '{ project { members '.repeat(levels) +
    '{ role }' +
    ' } }'.repeat(levels) +
    ' } }';

  test('nested deeply is refused, whatever nests', async () => {
    const answers = await Promise.all([
      asking(nested(20)),
      asking(`${'{ a '.repeat(100_000)}${'}'.repeat(100_000)}`),
      asking(`{ task(id: ${'['.repeat(50_000)}${']'.repeat(50_000)}) { id } }`),
      asking(`{ task(id: ${'{a: '.repeat(10_000)}1${'}'.repeat(10_000)}) { id } }`),
      asking(`query ($x: ${'['.repeat(10_000)}Int${']'.repeat(10_000)}) { me { id } }`),
      asking(`{ ${'... { '.repeat(5_000)} me { id } ${'} '.repeat(5_000)} }`),
    ]);
    for (const answer of answers) expect(answer.status).toBe(400);
    for (const answer of answers) expect(['QUERY_TOO_COMPLEX', 'BAD_USER_INPUT']).toContain(answer.code);
    expect(answers[0]).toMatchObject(complex);
  });

  test('with thousands of aliases is refused', async () => {
    const aliases = Array.from({ length: 5000 }, (_, i) => `a${i}: __typename`).join(' ');
    expect(await asking(`{ ${aliases} }`)).toMatchObject(complex);
    const fields = Array.from({ length: 40 }, (_, i) => `a${i}: me { id }`).join(' ');
    expect(await asking(`{ ${fields} }`)).toMatchObject(complex);
  });

  test('with fragments that run in circles, or that multiply, is refused', async () => {
    const circle = 'query { me { ...A } } fragment A on User { ...B } fragment B on User { ...A }';
    expect(await asking(circle)).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await asking('{ me { ...A } } fragment A on User { id ...A }')).toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    // Each fragment spreads the next one twice: 2^40 fields.
    const bomb = Array.from(
      { length: 40 },
      (_, i) => `fragment F${i} on User { memberships { user { ...F${i + 1} } } ...F${i + 1} ...F${i + 1} }`,
    ).join(' ');
    const answer = await asking(`{ me { ...F0 } } ${bomb} fragment F40 on User { id }`);
    expect(['QUERY_TOO_COMPLEX', 'BAD_USER_INPUT']).toContain(answer.code);
  });

  test('that costs too much is refused before it runs', async () => {
    const list = `tasks(projectId: "${person.projectId}", first: 500)`;
    const query = `{ ${list} { nodes { steps(first: 500) { nodes { key } } } } }`;
    expect(await asking(query)).toMatchObject(complex);
  });

  test.each([
    ['a list among values', '{ task(id: [1, 2]) { id } }'],
    ['a field that is not there', '{ nonsense }'],
    ['an argument that is not there', '{ me(nonsense: 1) { id } }'],
    ['a directive that is not there', '{ me @nonsense { id } }'],
    ['a variable that is not declared', '{ task(id: $id) { id } }'],
    ['an unfinished text', '{ task(id: "x) { id } }'],
    ['a character that is none', '{ me { id \u0007 } }'],
    ['only a fragment', 'fragment A on User { id }'],
    ['a schema definition', 'type Query { a: Int }'],
    ['a subscription over HTTP', `subscription { taskProgress(taskId: "x") { progress } }`],
    ['two operations and no name', 'query A { me { id } } query B { me { id } }'],
    ['half of a surrogate pair', '{ task(id: "\\ud800") { id } }'],
  ])('with %s is refused', async (_, query) => {
    expect(await asking(query)).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('a GET request', () => {
  const getting = async (parameters: Record<string, string>) =>
    refusalOf(
      await fetch(`${server.url}/graphql?${new URLSearchParams(parameters).toString()}`, {
        headers: { authorization: `Bearer ${person.token}`, accept: 'application/json' },
      }),
    );

  test('may not carry a mutation', async () => {
    const answer = await getting({ query: `mutation { cancelTask(id: "${taskId}") { id } }` });
    expect(answer.status).toBe(405);
    expect(answer.code).toBe('BAD_USER_INPUT');
  });

  test('with wrong variables is refused', async () => {
    expect(await getting({ query: '{ me { id } }', variables: 'x' })).toEqual({
      status: 400,
      code: 'BAD_USER_INPUT',
    });
    expect(await getting({ variables: '{}' })).toMatchObject({ status: 400 });
  });
});
