import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildSchema, type GraphQLField } from 'graphql';
import { readConfig } from './config.js';
import { createErrorReporter } from './error-format.js';
import { UnauthenticatedError } from './errors.js';
import { Executor } from './executor.js';
import { createGraphqlHttp } from './graphql-http.js';
import { HttpMetrics } from './http-metrics.js';
import { HttpServer, requestIdOf } from './http-server.js';
import { createLogger } from './logger.js';
import { RequestContext } from './request-context.js';

const schema = buildSchema(`
  scalar JSON
  type Query { hello(name: String): String! loads(key: String!): Int! fail: String echo(json: JSON): JSON }
  type Mutation { count: Int! }
  type Subscription { ticks: Int }
`);
type Field = GraphQLField<object, RequestContext>;
const fields = (type: string) =>
  (schema.getType(type) as unknown as { getFields(): Record<string, Field> }).getFields();

let counted = 0;
let loads = 0;
const owner = {};
fields('Query')['hello']!.resolve = (_root, { name }: { name?: string }, { viewer }) =>
  `Hello ${name ?? viewer?.id}`;
fields('Query')['fail']!.resolve = () => {
  throw new Error('SELECT secret FROM users');
};
fields('Query')['loads']!.resolve = (_root, { key }: { key: string }, context) =>
  context.loader(owner, (keys) => Promise.resolve(keys.map(() => ++loads))).load(key);
fields('Query')['echo']!.resolve = (_root, { json }: { json: unknown }) => json;
fields('Mutation')['count']!.resolve = () => ++counted;

const logger = createLogger('silent');
const errors = createErrorReporter(logger);
const settings = { ...readConfig({}), MAX_BODY_BYTES: 2_000_000, MAX_BATCH: 3 };
const metrics = new HttpMetrics();
const executor = new Executor({
  schema,
  limits: settings,
  errors,
  onExecuted: (type, isFaulty) => metrics.operations.inc({ type, outcome: isFaulty ? 'error' : 'ok' }),
});

let url = '';
let server: HttpServer;
let stop: () => Promise<void>;

beforeAll(async () => {
  const graphql = await createGraphqlHttp({
    schema,
    executor,
    settings,
    errors,
    logger,
    createContext: async (request) => {
      const { authorization } = request.headers;
      if (authorization === 'Bearer bad') throw new UnauthenticatedError();
      if (authorization === 'Bearer away')
        throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
      if (authorization === 'Bearer bug') throw new Error('a bug');
      const viewer = {
        kind: 'USER' as const,
        id: 'ann',
        label: 'ann',
        tokenId: null,
        expiresAt: null,
        grants: new Map(),
      };
      return new RequestContext(viewer, requestIdOf(request), request.ip ?? null);
    },
  });
  stop = graphql.stop;
  server = new HttpServer({
    settings,
    logger,
    errors,
    metrics,
    mount: (app) => void app.use('/graphql', graphql.router),
  });
  url = `${await server.listen('127.0.0.1', 0)}/graphql`;
});

afterAll(async () => {
  await server.drain(100);
  await stop();
});

const post = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const answer = async (response: Promise<Response>) => {
  const { status, headers } = await response;
  return { status, type: headers.get('content-type'), body: (await (await response).json()) as unknown };
};

describe('createGraphqlHttp', () => {
  it('answers queries and mutations by POST, queries by GET', async () => {
    expect(await answer(post({ query: '{ hello }' }))).toEqual({
      status: 200,
      type: 'application/graphql-response+json; charset=utf-8',
      body: { data: { hello: 'Hello ann' } },
    });
    const variables = JSON.stringify({ n: 'you' });
    const query = 'query Q($n: String) { hello(name: $n) }';
    expect(
      await answer(fetch(`${url}?${new URLSearchParams({ query, variables }).toString()}`)),
    ).toMatchObject({
      status: 200,
      body: { data: { hello: 'Hello you' } },
    });
    expect(await answer(post({ query: 'mutation { count }' }))).toMatchObject({
      body: { data: { count: 1 } },
    });
    const refused = await fetch(`${url}?query=${encodeURIComponent('mutation { count }')}`);
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'POST']);
    expect(counted).toBe(1);
  });

  it('says which request it was, and that answers are not to be kept', async () => {
    const own = await post({ query: '{ hello }' }, { 'x-request-id': 'my.request-1' });
    expect(own.headers.get('x-request-id')).toBe('my.request-1');
    expect(own.headers.get('cache-control')).toBe('no-store');
    const odd = await post({ query: '{ hello }' }, { 'x-request-id': 'no good!' });
    expect(odd.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await answer(post({ query: '{ fail }' }, { 'x-request-id': 'r7' }))).toMatchObject({
      status: 200,
      body: {
        data: { fail: null },
        errors: [
          {
            message: expect.stringContaining('request id: r7'),
            extensions: { code: 'INTERNAL', requestId: 'r7' },
          },
        ],
      },
    });
  });

  it('carries out a batch, each operation with loaders of its own', async () => {
    const query = '{ loads(key: "a") }';
    const { body } = await answer(post([{ query }, { query }, { query: '{ nothing }' }]));
    expect(loads).toBe(2);
    expect(body).toEqual([
      { data: { loads: expect.any(Number) } },
      { data: { loads: expect.any(Number) } },
      { errors: [expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } })] },
    ]);
    expect(await answer(post([1, 2, 3, 4].map(() => ({ query }))))).toMatchObject({
      status: 400,
      body: {
        errors: [
          {
            message: 'body: The request has 4 operations; 3 are allowed. Send several requests.',
            extensions: { code: 'BAD_USER_INPUT' },
          },
        ],
      },
    });
    expect(await answer(post([]))).toMatchObject({
      status: 400,
      body: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
    });
    expect(await answer(post([null, { query }]))).toMatchObject({ status: 400 });
  });

  it.each([
    ['{', 'Syntax Error'],
    ['{ nothing }', 'Cannot query field'],
    ['subscription { ticks }', 'over a WebSocket'],
    ['query A { hello } query B { hello }', 'name the one wanted'],
    ['query Q($n: String!) { hello(name: $n) }', 'n: A value of type "String!" is needed here.'],
  ])('refuses %s with 400, and with 200 where the client knows JSON only', async (query, message) => {
    const body = {
      errors: [{ message: expect.stringContaining(message), extensions: { code: 'BAD_USER_INPUT' } }],
    };
    expect(await answer(post({ query }))).toMatchObject({ status: 400, body });
    expect(await answer(post({ query }, { accept: 'application/json' }))).toMatchObject({
      status: 200,
      body,
    });
  });

  it.each([
    '{'.repeat(3000),
    `{ hello(name: ${'['.repeat(3000)} }`,
    '{a'.repeat(60_000),
    `{ ${'hello '.repeat(5000)} }`,
  ])('refuses documents that are too complex, before the parser: %#', async (query) => {
    const body = { errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }] };
    expect(await answer(post({ query }))).toMatchObject({ status: 400, body });
    if (query.length < 10_000) {
      expect(await answer(fetch(`${url}?query=${encodeURIComponent(query)}`))).toMatchObject({
        status: 400,
        body,
      });
    }
  });

  it('takes JSON nested thousands deep without harm', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const { status } = await post(
      `{"query":"{ hello }","variables":{"unused":${deep}},"extensions":{"x":${deep}}}`,
    );
    expect(status).toBe(200);
    expect(await answer(post(`{"query":${deep}}`))).toMatchObject({ status: 400 });
    expect(await answer(post(deep))).toMatchObject({ status: 400 });
  });

  it('refuses bodies that are too large or no JSON', async () => {
    expect(await answer(post(`"${'x'.repeat(2_000_001)}"`))).toEqual({
      status: 413,
      type: 'application/problem+json; charset=utf-8',
      body: expect.objectContaining({
        status: 413,
        detail: 'The body is larger than 2000000 bytes, the most allowed (MAX_BODY_BYTES). Send it in parts.',
      }),
    });
    const noJson = {
      status: 400,
      body: {
        errors: [{ message: expect.stringContaining('no JSON'), extensions: { code: 'BAD_USER_INPUT' } }],
      },
    };
    expect(await answer(post('{"query":'))).toMatchObject(noJson);
    expect(await answer(post('"text"'))).toMatchObject(noJson);
    expect((await post('{ hello }', { 'content-type': 'text/plain' })).status).toBe(400);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(405);
  });

  it('refuses credentials with the status that fits, for batches too', async () => {
    const query = '{ hello }';
    const bad = await post([{ query }], { authorization: 'Bearer bad' });
    expect([bad.status, bad.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(await bad.json()).toEqual({
      errors: [expect.objectContaining({ extensions: { code: 'UNAUTHENTICATED' } })],
    });
    const away = await post({ query }, { authorization: 'Bearer away' });
    expect([away.status, away.headers.get('retry-after')]).toEqual([503, '1']);
    const bug = await post({ query }, { authorization: 'Bearer bug', 'x-request-id': 'r8' });
    expect(bug.status).toBe(500);
    expect(await bug.json()).toEqual({
      errors: [
        {
          message: 'Something went wrong on our side. Tell us this request id: r8',
          extensions: { code: 'INTERNAL', requestId: 'r8' },
        },
      ],
    });
  });

  it('survives a client that hangs up in the middle of its body', async () => {
    const { port, hostname } = new URL(url);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"que',
        );
        setTimeout(() => socket.destroy(), 20);
      });
      socket.once('close', () => resolve());
    });
    expect((await post({ query: '{ hello }' })).status).toBe(200);
  });

  it('counts what it does', async () => {
    const text = await metrics.registry.metrics();
    expect(text).toMatch(/binnacle_graphql_operations_total{type="query",outcome="ok"} \d+/);
    expect(text).toMatch(/binnacle_graphql_operations_total{type="mutation",outcome="ok"} 1/);
    expect(text).toMatch(
      /binnacle_http_request_duration_seconds_count{method="POST",route="\/graphql",status="200"} \d+/,
    );
  });
});
