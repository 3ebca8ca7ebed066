/**
 * What the GraphQL layer itself costs when a page of 100 steps of 12 fields is read, without a database: our executor in
 * Apollo Server, against Apollo Server as it comes, over 16 kept-alive connections on loopback. The server runs in a child
 * process of its own. Run after `npm run build`:
 *
 *   node dist/server/bench/reading-executor.js
 */
import { fork } from 'node:child_process';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import express from 'express';
import { buildSchema } from 'graphql';
import { readConfig } from '../src/platform/config.js';
import { createErrorReporter } from '../src/platform/error-format.js';
import { Executor } from '../src/platform/executor.js';
import { createGraphqlHttp } from '../src/platform/graphql-http.js';
import { HttpServer } from '../src/platform/http-server.js';
import { createLogger } from '../src/platform/logger.js';
import { RequestContext } from '../src/platform/request-context.js';

const peers = ['ours', 'apollo'] as const;
type Peer = (typeof peers)[number];

const connections = 16;
const secondsEach = 5;
const rounds = 3;

const body = JSON.stringify({
  query: `query Steps($first: Int!) { task { id steps(first: $first) { nodes {
    id seq key type name status startedAt latencyMs model inputTokens outputTokens costUsd
  } pageInfo { hasNextPage endCursor } } } }`,
  variables: { first: 100 },
});

// ---- the server, in a process of its own

const schema = buildSchema(`
  type Query { task: Task }
  type Task { id: ID! steps(first: Int!): StepConnection! }
  type StepConnection { nodes: [Step!]! pageInfo: PageInfo! }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type Step {
    id: ID! seq: Int! key: String! type: String! name: String! status: String! startedAt: String latencyMs: Float
    model: String inputTokens: Int outputTokens: Int costUsd: Float
  }
`);

const steps = Array.from({ length: 500 }, (_, seq) => ({
  ...{
    id: `0190c1d4-7a3e-7c1f-9b1a-${String(seq).padStart(12, '0')}`,
    seq,
    key: `step-${seq}`,
    type: 'TOOL',
  },
  ...{
    name: 'search_flights',
    status: 'SUCCEEDED',
    startedAt: '2026-03-01T12:00:00.000Z',
    latencyMs: 1250 + seq,
  },
  ...{ model: 'gpt-4o', inputTokens: 1843, outputTokens: 112, costUsd: 0.0057 },
}));

const fieldOf = (type: string, field: string) =>
  (schema.getType(type) as unknown as { getFields(): Record<string, { resolve?: unknown }> }).getFields()[
    field
  ] ?? {};
fieldOf('Query', 'task').resolve = async () => ({ id: 't' });
fieldOf('Task', 'steps').resolve = async (_task: unknown, { first }: { first: number }) => ({
  nodes: steps.slice(0, first),
  pageInfo: { hasNextPage: true, endCursor: 'x' },
});

async function serve(peer: Peer): Promise<void> {
  const logger = createLogger('silent');
  const settings = readConfig({});
  const errors = createErrorReporter(logger);
  const context = new RequestContext(null, 'bench', null);
  const server = new HttpServer({
    settings,
    logger,
    errors,
    mount: (app) => void app.use('/graphql', (request, response, next) => router(request, response, next)),
  });
  let router = express.Router();
  if (peer === 'ours') {
    const executor = new Executor({ schema, limits: settings, errors });
    const createContext = () => Promise.resolve(context);
    ({ router } = await createGraphqlHttp({ schema, executor, settings, errors, logger, createContext }));
  } else {
    const apollo = new ApolloServer({ schema, csrfPrevention: false });
    await apollo.start();
    router.use(express.json(), expressMiddleware(apollo));
  }
  process.send?.({ url: await server.listen('127.0.0.1', 0) });
}

// ---- the readers

/** Requests a second of one peer. */
async function measure(peer: Peer): Promise<number> {
  const child = fork(fileURLToPath(import.meta.url), [peer]);
  const url = await new Promise<string>((resolve) =>
    child.once('message', (message: { url: string }) => resolve(message.url)),
  );
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const read = () =>
    new Promise<number>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      request(`${url}/graphql`, { method: 'POST', agent, headers }, (response) => {
        let bytes = 0;
        response.on('data', (data: Buffer) => (bytes += data.length));
        response.on('end', () => resolve(bytes));
      })
        .on('error', reject)
        .end(body);
    });
  const readFor = async (seconds: number) => {
    const until = performance.now() + seconds * 1000;
    let count = 0;
    const reader = async () => {
      for (; performance.now() < until; count++) {
        if ((await read()) < 20_000) throw new Error('The answer is not the page.');
      }
    };
    await Promise.all(Array.from({ length: connections }, reader));
    return count / seconds;
  };
  await readFor(1);
  const rate = await readFor(secondsEach);
  agent.destroy();
  child.kill();
  await new Promise((resolve) => child.once('exit', resolve));
  return rate;
}

async function main(): Promise<void> {
  const results = new Map<Peer, number[]>(peers.map((peer) => [peer, []]));
  for (let round = 0; round < rounds; round++) {
    for (const peer of peers) results.get(peer)?.push(await measure(peer));
  }
  const median = (peer: Peer) => [...(results.get(peer) ?? [])].sort((a, b) => a - b)[rounds >> 1] ?? 0;
  process.stdout.write(
    `a page of 100 steps of 12 fields, ${connections} connections, median of ${rounds} rounds\n`,
  );
  for (const peer of peers) {
    process.stdout.write(
      `${peer.padEnd(8)} ${Math.round(median(peer)).toLocaleString('en').padStart(7)} requests/s\n`,
    );
  }
  process.stdout.write(
    `ours is ${(median('ours') / median('apollo')).toFixed(1)} times Apollo Server as it comes\n`,
  );
}

const [, , peer] = process.argv;
if (peer) await serve(peer as Peer);
else await main();
