/**
 * How many results a second one process delivers to 500 subscribers of one subscription, over real sockets on loopback:
 * ours, against graphql-ws with an execution for each subscriber, against a bare ws broadcast of the same frames (the
 * limit). The server runs in a child process of its own; the subscribers only count bytes.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { buildSchema, type GraphQLSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { readConfig } from '../src/platform/config.js';
import { createErrorReporter } from '../src/platform/error-format.js';
import { EventQueue } from '../test/support/event-queue.js';
import { Executor } from '../src/platform/executor.js';
import { createLogger } from '../src/platform/logger.js';
import { RequestContext } from '../src/platform/request-context.js';
import { GraphqlSockets } from '../src/platform/websocket.js';
import { isQuick } from './support/load.js';

const peers = ['ours', 'graphql-ws', 'broadcast'] as const;
type Peer = (typeof peers)[number];

const subscribers = 500;
const warmUpEvents = 100;
const events = isQuick ? 50 : 400;
const rounds = isQuick ? 1 : 3;
/** Events on their way at a time, so that a slow peer is not measured by its queues. */
const eventsInFlight = 10;

const fields =
  'id taskId seq key type name status startedAt endedAt latencyMs provider model inputTokens outputTokens costUsd revision';
const query = `subscription { stepRecorded { ${fields} } }`;

function step(seq: number): Record<string, unknown> {
  const id = '0190c1d4-7a3e-7c1f-9b1a-4d2f5e6a7b8c';
  return {
    ...{
      id,
      taskId: id,
      seq: 100_000 + seq,
      key: `step-${100_000 + seq}`,
      type: 'TOOL',
      name: 'search_flights',
    },
    ...{ status: 'SUCCEEDED', startedAt: '2026-03-01T12:00:00.000Z', endedAt: '2026-03-01T12:00:01.250Z' },
    ...{ latencyMs: 1250, provider: 'openai', model: 'gpt-4o', inputTokens: 1843, outputTokens: 112 },
    ...{ costUsd: 0.0057, revision: 100_000 + seq },
  };
}

const frameOf = (seq: number) =>
  JSON.stringify({ id: '1', type: 'next', payload: { data: { stepRecorded: step(seq) } } });

// ---- the server, in a process of its own

const queues = new Set<EventQueue<object>>();

function newSchema(): GraphQLSchema {
  const schema = buildSchema(`
    type Query { ok: Boolean }
    type Subscription { stepRecorded: Step! }
    type Step {
      id: ID! taskId: ID! seq: Int! key: String! type: String! name: String! status: String! startedAt: String
      endedAt: String latencyMs: Float provider: String model: String inputTokens: Int outputTokens: Int costUsd: Float
      revision: Int!
    }
  `);
  const field = schema.getSubscriptionType()?.getFields()['stepRecorded'];
  if (field) {
    field.subscribe = () => {
      const queue: EventQueue<object> = new EventQueue(() => queues.delete(queue));
      queues.add(queue);
      return queue;
    };
  }
  return schema;
}

const publishToQueues = (seq: number) => {
  const event = { stepRecorded: step(seq), projectId: 'p' };
  for (const queue of queues) queue.push(event);
};

/** Puts the peer on the server, and answers how it publishes one event. */
function mount(peer: Peer, server: ReturnType<typeof createServer>): (seq: number) => void {
  if (peer === 'ours') {
    const errors = createErrorReporter(createLogger('silent'));
    const schema = newSchema();
    const settings = readConfig({});
    const viewer = {
      kind: 'USER' as const,
      id: 'u',
      label: 'u',
      tokenId: null,
      expiresAt: null,
      grants: new Map(),
    };
    const context = new RequestContext(viewer, 'bench', null);
    const executor = new Executor({ schema, limits: settings, errors });
    const authenticate = () => Promise.resolve(context);
    const logger = createLogger('silent');
    new GraphqlSockets({ schema, executor, settings, errors, logger, authenticate }).attach(server);
    return publishToQueues;
  }
  const sockets = new WebSocketServer({ server, path: '/graphql' });
  if (peer === 'graphql-ws') {
    useServer({ schema: newSchema() }, sockets);
    return publishToQueues;
  }
  const open = new Set<WebSocket>();
  sockets.on('connection', (socket) => {
    open.add(socket);
    socket.on('message', (data: Buffer) => {
      if (data.includes('connection_init')) socket.send('{"type":"connection_ack"}');
    });
  });
  return (seq) => {
    const frame = frameOf(seq);
    for (const socket of open) socket.send(frame);
  };
}

function serve(peer: Peer): void {
  const server = createServer();
  const publish = mount(peer, server);
  let received = 0;
  let more: () => void = () => undefined;
  process.on('message', (message: { events?: number; received?: number }) => {
    if (message.received !== undefined) {
      received = message.received;
      more();
    }
    if (message.events !== undefined) void publishAll(message.events);
  });
  const inFlight = (published: number) => published - received / subscribers;
  const publishAll = async (count: number) => {
    received = 0;
    for (let seq = 0; seq < count; seq++) {
      while (inFlight(seq) >= eventsInFlight) await new Promise<void>((resolve) => (more = resolve));
      publish(seq);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
}

// ---- the subscribers

/** A frame as a client sends it: masked, with a mask of zeros. */
function clientFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length])
      : Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 255]);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

/** Bytes of a frame as a server sends it. */
const frameBytes = (text: string) => Buffer.byteLength(text) + (Buffer.byteLength(text) < 126 ? 2 : 4);

async function subscribe(port: number, onBytes: (bytes: number) => void): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  const answer = (end: string) =>
    new Promise<void>((resolve) => {
      let seen = '';
      const onData = (data: Buffer) => {
        seen += data.toString('latin1');
        if (!seen.includes(end)) return;
        socket.off('data', onData);
        resolve();
      };
      socket.on('data', onData);
    });
  const key = randomBytes(16).toString('base64');
  socket.write(
    `GET /graphql HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
  );
  await answer('\r\n\r\n');
  socket.write(clientFrame('{"type":"connection_init"}'));
  await answer('connection_ack');
  socket.write(clientFrame(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } })));
  socket.on('data', (data: Buffer) => onBytes(data.length));
  return socket;
}

/** Deliveries a second of one peer. */
async function measure(peer: Peer): Promise<number> {
  const child = fork(fileURLToPath(import.meta.url), [peer]);
  const port = await new Promise<number>((resolve) =>
    child.once('message', (message: { port: number }) => resolve(message.port)),
  );
  let bytes = 0;
  let onProgress: () => void = () => undefined;
  const sockets = await Promise.all(
    Array.from({ length: subscribers }, () =>
      subscribe(port, (count) => {
        bytes += count;
        onProgress();
      }),
    ),
  );
  await new Promise((resolve) => setTimeout(resolve, 300));
  const deliver = (count: number) =>
    deliverAll(
      child,
      count,
      () => bytes,
      (listener) => (onProgress = listener),
    );
  await deliver(warmUpEvents);
  const seconds = await deliver(events);
  for (const socket of sockets) socket.destroy();
  child.kill();
  await new Promise((resolve) => child.once('exit', resolve));
  return (events * subscribers) / seconds;
}

/** Seconds until everybody has got so many events. */
function deliverAll(
  child: ChildProcess,
  count: number,
  bytes: () => number,
  onProgress: (listener: () => void) => void,
): Promise<number> {
  const each = frameBytes(frameOf(0));
  const before = bytes();
  const started = performance.now();
  let told = 0;
  return new Promise((resolve) => {
    onProgress(() => {
      const received = Math.floor((bytes() - before) / each);
      if (received - told >= subscribers) {
        told = received;
        child.send({ received });
      }
      if (received >= count * subscribers) resolve((performance.now() - started) / 1000);
    });
    child.send({ events: count });
  });
}

async function main(): Promise<void> {
  const results = new Map<Peer, number[]>(peers.map((peer) => [peer, []]));
  for (let round = 0; round < rounds; round++) {
    for (const peer of peers) results.get(peer)?.push(await measure(peer));
  }
  const median = (peer: Peer) => [...(results.get(peer) ?? [])].sort((a, b) => a - b)[rounds >> 1] ?? 0;
  process.stdout.write(
    `${subscribers} subscribers, ${events} events of ${frameBytes(frameOf(0))} bytes, median of ${rounds} rounds\n`,
  );
  for (const peer of peers) {
    const share = ((median(peer) / median('broadcast')) * 100).toFixed(0);
    process.stdout.write(
      `${peer.padEnd(12)} ${Math.round(median(peer)).toLocaleString('en').padStart(9)} deliveries/s  ${share.padStart(4)}% of the limit\n`,
    );
  }
  process.stdout.write(`ours is ${(median('ours') / median('graphql-ws')).toFixed(1)} times graphql-ws\n`);
}

const peer = peers.find((name) => process.argv.includes(name));
if (peer) serve(peer);
else await main();
