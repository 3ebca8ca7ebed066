import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { buildSchema, type GraphQLField } from 'graphql';
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { readConfig } from './config.js';
import { createErrorReporter } from './error-format.js';
import { DomainError, UnauthenticatedError } from './errors.js';
import { EventQueue } from '../../test/support/event-queue.js';
import { Executor } from './executor.js';
import { HttpMetrics } from './http-metrics.js';
import { createLogger } from './logger.js';
import { SocketClose } from './open-socket.js';
import { RequestContext } from './request-context.js';
import type { Viewer } from './viewer.js';
import { GraphqlSockets, type SocketCredentials } from './websocket.js';

const schema = buildSchema(`
  type Query { me: String! slow: String! parent: Query }
  type Mutation { publish(text: String!, times: Int): Int! }
  type Subscription { event: Event! replay(pages: Int!, bytes: Int!): Event! broken: Event }
  type Event { text: String! }
`);
type Field = GraphQLField<unknown, RequestContext>;
const fieldsOf = (type: string) =>
  (schema.getType(type) as unknown as { getFields(): Record<string, Field> }).getFields();

const listeners = new Set<EventQueue<object>>();
let replaysOpen = 0;
let finishSlow: () => void = () => undefined;

fieldsOf('Query')['me']!.resolve = (_root, _args, context) => context.viewer?.id;
fieldsOf('Query')['parent']!.resolve = () => ({});
fieldsOf('Query')['slow']!.resolve = () =>
  new Promise((resolve) => {
    finishSlow = () => resolve('done');
  });
fieldsOf('Mutation')['publish']!.resolve = (_root, { text, times }: { text: string; times?: number }) => {
  for (let i = 0; i < (times ?? 1); i++) {
    const event = { event: { text }, projectId: 'p' };
    for (const queue of listeners) queue.push(event);
  }
  return listeners.size;
};
fieldsOf('Subscription')['event']!.subscribe = () => {
  const queue: EventQueue<object> = new EventQueue(() => listeners.delete(queue), 100);
  listeners.add(queue);
  return queue;
};
fieldsOf('Subscription')['replay']!.subscribe = async function* (
  _root: unknown,
  { pages, bytes }: { pages: number; bytes: number },
) {
  replaysOpen++;
  try {
    for (let page = 0; page < pages; page++) yield { replay: { text: String(page).padEnd(bytes, 'x') } };
  } finally {
    replaysOpen--;
  }
};
fieldsOf('Subscription')['broken']!.subscribe = async function* () {
  yield { broken: { text: 'one' } };
  throw new DomainError('NOT_FOUND', 'The task was not found.');
};

const logger = createLogger('silent');
const settings = {
  ...readConfig({}),
  MAX_FRAME_BYTES: 4096,
  MAX_SUBSCRIPTIONS: 5,
  CONNECTION_INIT_TIMEOUT_MS: 150,
  MAX_SOCKET_BACKLOG_BYTES: 1_000_000,
};
const errors = createErrorReporter(logger);

async function authenticate({ authorization }: SocketCredentials): Promise<RequestContext> {
  const [scheme, id = ''] = (authorization ?? '').split(' ');
  if (scheme !== 'Bearer') throw new UnauthenticatedError();
  if (id === 'expired') return new RequestContext(null, 'request-1', null, 'The session has expired.');
  if (id === 'database-away')
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const expiresAt = id.startsWith('short') ? new Date(Date.now() + 200) : null;
  const viewer: Viewer = {
    kind: 'USER',
    id,
    label: id,
    tokenId: 't',
    expiresAt,
    grants: new Map([['p', new Set(['read'] as const)]]),
  };
  return new RequestContext(viewer, 'request-1', null);
}

let server: Server;
let sockets: GraphqlSockets;
let metrics: HttpMetrics;
let url: string;
const clients: Client[] = [];
const raw: WebSocket[] = [];

beforeEach(async () => {
  metrics = new HttpMetrics();
  const executor = new Executor({ schema, limits: settings, errors });
  sockets = new GraphqlSockets({ schema, executor, settings, errors, logger, metrics, authenticate });
  server = createServer();
  sockets.attach(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
});

afterEach(async () => {
  finishSlow();
  for (const client of clients.splice(0)) await client.dispose();
  for (const socket of raw.splice(0)) socket.terminate();
  await sockets.drain(500);
  await new Promise((resolve) => server.close(resolve));
  expect(listeners.size).toBe(0);
  expect(replaysOpen).toBe(0);
});

function connect(params: Record<string, unknown> = { token: 'ann' }, retryAttempts = 0): Client {
  const client = createClient({
    url,
    webSocketImpl: WebSocket,
    connectionParams: params,
    retryAttempts,
    retryWait: () => new Promise((r) => setTimeout(r, 20)),
  });
  clients.push(client);
  return client;
}

const ask = async (client: Client, query: string, variables?: Record<string, unknown>): Promise<unknown> => {
  for await (const result of client.iterate({ query, ...(variables ? { variables } : {}) })) return result;
  return undefined;
};

/** A socket by hand, with all that it has received. */
async function dial(protocols: string[] = ['graphql-transport-ws']) {
  const socket = new WebSocket(url, protocols);
  raw.push(socket);
  const messages: Record<string, unknown>[] = [];
  socket.on('message', (data: Buffer) =>
    messages.push(JSON.parse(data.toString()) as Record<string, unknown>),
  );
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })),
  );
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const send = (message: object) => socket.send(JSON.stringify(message));
  const init = async () => {
    send({ type: 'connection_init', payload: { Authorization: 'Bearer ann' } });
    await until(() => messages.some(({ type }) => type === 'connection_ack'));
  };
  return { socket, messages, closed, send, init };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`This never came true: ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const subscribe = (id: string, query = 'subscription { event { text } }') => ({
  id,
  type: 'subscribe',
  payload: { query },
});

describe('GraphqlSockets', () => {
  it('carries queries, mutations and subscriptions', async () => {
    const client = connect();
    expect(await ask(client, '{ me }')).toEqual({ data: { me: 'ann' } });
    const events = client.iterate({ query: 'subscription { event { text } }' });
    const first = events.next();
    await until(() => listeners.size === 1);
    expect(await ask(client, 'mutation { publish(text: "a \\"quoted\\" one") }')).toEqual({
      data: { publish: 1 },
    });
    expect((await first).value).toEqual({ data: { event: { text: 'a "quoted" one' } } });
    await events.return?.();
    await until(() => listeners.size === 0);
  });

  it('sends each event to every subscriber under its own id, whatever the id', async () => {
    const { messages, send, init } = await dial();
    await init();
    const ids = ['1', '"},"type":"evil', '\u2028\n\\'];
    for (const id of ids) send(subscribe(id));
    await until(() => listeners.size === 3);
    await ask(connect(), 'mutation { publish(text: "x") }');
    await until(() => messages.length === 4);
    expect(messages.slice(1)).toEqual(
      ids.map((id) => ({ id, type: 'next', payload: { data: { event: { text: 'x' } } } })),
    );
    expect((await metrics.deliveries.get()).values[0]?.value).toBe(3);
    for (const id of ids) send({ id, type: 'complete' });
    await until(() => listeners.size === 0);
  });

  it('completes a subscription when its source ends, and tells what it throws', async () => {
    const { messages, send, init } = await dial();
    await init();
    send(subscribe('a', 'subscription { replay(pages: 2, bytes: 1) { text } }'));
    await until(() => messages.some(({ type }) => type === 'complete'));
    expect(messages.slice(1).map(({ type }) => type)).toEqual(['next', 'next', 'complete']);
    send(subscribe('b', 'subscription { broken { text } }'));
    await until(() => messages.some(({ type }) => type === 'error'));
    expect(messages.at(-1)).toMatchObject({
      id: 'b',
      payload: [{ message: 'The task was not found.', extensions: { code: 'NOT_FOUND' } }],
    });
  });

  it.each([[{ authorization: 'Bearer ann' }], [{ Authorization: 'Bearer ann' }], [{ token: 'ann' }]])(
    'takes credentials as %j',
    async (params) => {
      expect(await ask(connect(params), '{ me }')).toEqual({ data: { me: 'ann' } });
      expect([...sockets.contexts()].map(({ viewer }) => viewer?.id)).toEqual(['ann']);
    },
  );

  it('closes sockets that show no valid credentials, for good', async () => {
    await expect(ask(connect({ password: 'x' }, 3), '{ me }')).rejects.toMatchObject({
      code: SocketClose.unauthorized,
    });
    const { send, closed } = await dial();
    send({ type: 'connection_init' });
    expect(await closed).toEqual({ code: 4401, reason: expect.stringContaining('Sign in first') });
    const expired = await dial();
    expired.send({ type: 'connection_init', payload: { token: 'expired' } });
    expect(await expired.closed).toEqual({ code: 4401, reason: 'The session has expired.' });
  });

  it('asks to come back where credentials cannot be checked just now', async () => {
    const { send, closed } = await dial();
    send({ type: 'connection_init', payload: { token: 'database-away' } });
    expect(await closed).toMatchObject({ code: SocketClose.unavailable });
  });

  it('holds the limits', async () => {
    const quiet = await dial();
    expect(await quiet.closed).toMatchObject({ code: 4408 });

    const large = await dial();
    await large.init();
    large.send(subscribe('x'.repeat(5000)));
    expect(await large.closed).toMatchObject({ code: 1009 });

    const many = await dial();
    await many.init();
    for (let i = 0; i < 6; i++) many.send(subscribe(`s${i}`));
    await until(() => many.messages.some(({ type }) => type === 'error'));
    expect(many.messages.at(-1)).toEqual({
      id: 's5',
      type: 'error',
      payload: [
        {
          message: 'This socket has 5 subscriptions, the most allowed. End one, or open another socket.',
          extensions: { code: 'RATE_LIMITED' },
        },
      ],
    });
    many.send({ id: 's0', type: 'complete' });
    await until(() => listeners.size === 4);
    many.send(subscribe('s6'));
    await until(() => listeners.size === 5);

    many.send(subscribe('x'.repeat(200), '{ me }'));
    await until(() => many.messages.filter(({ type }) => type === 'error').length === 2);
    expect(many.messages.at(-1)).toMatchObject({
      payload: [{ message: 'The id has 200 characters; 128 are allowed.' }],
    });
  });

  it('refuses what HTTP refuses', async () => {
    const { messages, send, init } = await dial();
    await init();
    const deep = `{ ${'parent { '.repeat(12)} me ${'} '.repeat(12)} }`;
    for (const query of [deep, '{ nothing }', '{', '{'.repeat(1000)]) {
      send(subscribe('q', query));
      const seen = messages.length;
      await until(() => messages.length > seen);
    }
    expect(
      messages
        .slice(1)
        .map(({ type, payload }) => [
          type,
          (payload as { extensions: { code: string } }[])[0]?.extensions.code,
        ]),
    ).toEqual([
      ['error', 'QUERY_TOO_COMPLEX'],
      ['error', 'BAD_USER_INPUT'],
      ['error', 'BAD_USER_INPUT'],
      ['error', 'QUERY_TOO_COMPLEX'],
    ]);
  });

  it('closes sockets that break the protocol', async () => {
    expect(await (await dial([])).closed).toMatchObject({ code: 4406 });
    const chatter = await dial();
    chatter.socket.send('{');
    expect(await chatter.closed).toMatchObject({ code: 4400 });
    const early = await dial();
    early.send(subscribe('1'));
    expect(await early.closed).toMatchObject({ code: 4401 });
    const twice = await dial();
    await twice.init();
    const id = 'é'.repeat(120);
    twice.send(subscribe(id));
    twice.send(subscribe(id));
    expect(await twice.closed).toMatchObject({ code: 4409 });
  });

  it('takes upgrades at its path only', async () => {
    const lost = new WebSocket(url.replace('/graphql', '/elsewhere'), 'graphql-transport-ws');
    const error = await new Promise<Error>((resolve) => lost.once('error', resolve));
    expect(error.message).toContain('404');
  });

  it('closes the sockets meant, and those whose session has run out', async () => {
    const [ann, bob] = [await dial(), await dial()];
    await ann.init();
    bob.send({ type: 'connection_init', payload: { token: 'bob' } });
    await until(() => [...sockets.contexts()].length === 2);
    expect(
      sockets.closeWhere(({ viewer }) => viewer?.id === 'bob', SocketClose.unauthorized, 'Signed out.'),
    ).toBe(1);
    expect(await bob.closed).toEqual({ code: 4401, reason: 'Signed out.' });
    expect([...sockets.contexts()].map(({ viewer }) => viewer?.id)).toEqual(['ann']);

    const short = await dial();
    short.send({ type: 'connection_init', payload: { token: 'short' } });
    expect(await short.closed).toEqual({ code: 4401, reason: 'The session has expired; sign in again.' });
    expect(ann.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('cuts off a reader that does not keep up with events, with a code to come back', async () => {
    const slow = await dial();
    await slow.init();
    slow.send(subscribe('s'));
    await until(() => listeners.size === 1);
    slow.socket.pause();
    const other = connect();
    const text = 'x'.repeat(50_000);
    for (let i = 0; i < 2000 && listeners.size > 0; i++) {
      const event = { event: { text }, projectId: 'p' };
      for (const queue of listeners) queue.push(event);
      if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(listeners.size).toBe(0);
    slow.socket.resume();
    expect(await slow.closed).toEqual({
      code: SocketClose.tooSlow,
      reason: 'Too slow; resume from your last revision.',
    });
    expect((await metrics.slowClosed.get()).values[0]?.value).toBe(1);
    expect(await ask(other, '{ me }')).toEqual({ data: { me: 'ann' } });
  });

  it('does not cut off a reader who catches up with much, however small the backlog', async () => {
    const { messages, send, init } = await dial();
    await init();
    send(subscribe('r', 'subscription { replay(pages: 400, bytes: 100000) { text } }'));
    await until(() => messages.at(-1)?.['type'] === 'complete');
    expect(messages).toHaveLength(402);
  });

  it('lets sources go on complete, on close, and a thousand times over', async () => {
    const { socket, send, init, messages } = await dial();
    await init();
    for (let i = 0; i < 1000; i++) {
      send(subscribe(`s${i}`));
      send({ id: `s${i}`, type: 'complete' });
      if (i % 5 === 4) await new Promise((resolve) => setImmediate(resolve));
    }
    send(subscribe('last'));
    await until(() => listeners.size === 1);
    expect(messages.filter(({ type }) => type === 'error')).toEqual([]);
    send(subscribe('replay', 'subscription { replay(pages: 100000, bytes: 1000) { text } }'));
    await until(() => replaysOpen === 1);
    socket.terminate();
    await until(() => listeners.size === 0 && replaysOpen === 0);
    expect((await metrics.subscriptions.get()).values[0]?.value).toBe(0);
    expect((await metrics.sockets.get()).values[0]?.value).toBe(0);
  });

  it('drains: what runs is answered, then every socket is asked to come back', async () => {
    const { messages, send, init, closed } = await dial();
    await init();
    send(subscribe('event'));
    send(subscribe('slow', '{ slow }'));
    await until(() => listeners.size === 1);
    const drained = sockets.drain(5000);
    setTimeout(() => finishSlow(), 50);
    await drained;
    expect(await closed).toEqual({ code: 1001, reason: 'The server is stopping; come back.' });
    expect(messages).toContainEqual({ id: 'slow', type: 'next', payload: { data: { slow: 'done' } } });
    expect(listeners.size).toBe(0);
  });

  it('drains in bounded time', async () => {
    const { send, init, socket } = await dial();
    await init();
    send(subscribe('slow', '{ slow }'));
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const started = Date.now();
    await sockets.drain(300);
    expect(Date.now() - started).toBeLessThan(5000);
  });

  it('closes with codes after which clients come back by themselves, or not', async () => {
    const client = connect({ token: 'ann' }, 5);
    let opened = 0;
    client.on('connected', () => opened++);
    let failure: unknown;
    client.subscribe(
      { query: 'subscription { event { text } }' },
      { next: () => undefined, complete: () => undefined, error: (error) => (failure = error) },
    );
    for (const [count, code] of [
      SocketClose.stopping,
      SocketClose.tooSlow,
      SocketClose.unavailable,
      SocketClose.forbidden,
    ].entries()) {
      await until(() => opened === count + 1 && listeners.size === 1);
      sockets.closeWhere(() => true, code, 'Come back.');
      await until(() => listeners.size === 0);
    }
    await until(() => opened === 5 && listeners.size === 1);
    sockets.closeWhere(() => true, SocketClose.unauthorized, 'Signed out.');
    await until(() => failure !== undefined);
    expect(failure).toMatchObject({ code: 4401 });
  });
});
