import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { once } from 'node:events';
import type { Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { get, makeAgent, makeTask, openSocket, register, type Person } from './support/client.js';
import {
  eventually,
  finishTask,
  Follower,
  followSteps,
  metric,
  tellSteps,
  type StepBatches,
} from './support/follower.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let url: string;
let owner: Person;
let token: string;
let agentId: string;
const sockets: Client[] = [];

beforeAll(async () => {
  server = await startTestServer({ MAX_SOCKET_BACKLOG_BYTES: '65536' });
  ({ url } = server);
  owner = await register(url);
  ({ token } = owner);
  agentId = await makeAgent(url, owner);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) await socket.dispose();
});
afterAll(() => server.stop());

function openSockets(count: number): Client[] {
  const opened = Array.from({ length: count }, () => openSocket(url, token));
  sockets.push(...opened);
  return opened;
}

/** What is left of all following when nobody follows: nothing, and the one channel for ended credentials. */
const nothingIsFollowed = () =>
  eventually('nothing is followed any more', async () => {
    const [active, watched, channels] = await Promise.all([
      metric(url, 'binnacle_subscriptions_active'),
      metric(url, 'binnacle_live_watched'),
      metric(url, 'binnacle_event_channels'),
    ]);
    return active === 0 && watched === 0 && channels === 1;
  });

test('200 followers of one task get the same from one execution, while writers write', async () => {
  const taskId = await makeTask(url, token, agentId);
  await tellSteps(url, token, taskId, ['first']);
  const [subscribers, writers, calls] = [200, 4, 25];
  const before = {
    executed: await metric(url, 'binnacle_graphql_operations_total', 'type="subscription"'),
    delivered: await metric(url, 'binnacle_subscription_deliveries_total'),
  };
  const followers = openSockets(4).flatMap((client) =>
    Array.from({ length: subscribers / 4 }, () =>
      Follower.of<StepBatches>(client, followSteps, { taskId, after: 0 }),
    ),
  );
  await Promise.all(followers.map((follower) => follower.has(1)));
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (let i = 0; i < calls; i++)
        await tellSteps(url, token, taskId, [`${writer}/${i}`, `${writer}:${i}`]);
    }),
  );
  await finishTask(url, token, taskId);
  const steps = 1 + writers * calls * 2;
  for (const follower of followers) {
    expect(await follower.ended()).toBe('complete');
    const seqs = follower.events.flatMap(({ taskSteps }) => taskSteps.steps.map(({ seq }) => seq));
    expect(seqs).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
  }
  const delivered = (await metric(url, 'binnacle_subscription_deliveries_total')) - before.delivered;
  const executed =
    (await metric(url, 'binnacle_graphql_operations_total', 'type="subscription"')) - before.executed;
  expect(delivered).toBe(followers.reduce((sum, { events }) => sum + events.length, 0));
  expect(executed).toBeGreaterThan(0);
  expect(executed).toBeLessThan(delivered / 20);
  await nothingIsFollowed();
});

test('nothing is left behind by those who leave, in whatever way', async () => {
  const taskIds = await Promise.all([1, 2, 3].map(() => makeTask(url, token, agentId)));
  const { projectId } = owner;
  const queries = [
    followSteps,
    'subscription($taskId: ID!) { taskProgress(taskId: $taskId) { revision } }',
    'subscription($projectId: ID!) { tasksChanged(projectId: $projectId) { id } }',
    'subscription($projectId: ID!) { interventionChanged(projectId: $projectId) { id } }',
  ];
  const [steady, leaving] = openSockets(2) as [Client, Client];
  const begin = (client: Client, i: number) => {
    const query = queries[i % queries.length] ?? '';
    const taskId = taskIds[i % taskIds.length];
    const variables = query.includes('$taskId') ? { taskId } : { projectId };
    return Follower.of(client, query, variables);
  };
  for (let round = 0; round < 3; round++) {
    // Both sockets are open before anybody leaves.
    const anchors = await Promise.all([steady, leaving].map((client) => begin(client, 1).has(1)));
    const followers = Array.from({ length: 75 }, (_, i) => begin(steady, i));
    // Some leave before they are answered, some once they are active.
    for (const follower of followers.slice(0, 25)) follower.stop();
    const gone = Array.from({ length: 25 }, (_, i) => begin(leaving, i));
    if (round > 0) {
      await eventually(
        'they are active',
        async () => (await metric(url, 'binnacle_subscriptions_active')) === 77,
      );
      expect(await metric(url, 'binnacle_live_watched', 'kind="task"')).toBe(taskIds.length);
    }
    leaving.terminate();
    for (const follower of [...anchors, ...followers]) follower.stop();
    for (const follower of gone) await follower.ended();
  }
  await nothingIsFollowed();
});

test('who stops reading is cut off with 4430, resumes, and nobody else suffers', async () => {
  const taskId = await makeTask(url, token, agentId);
  const query =
    'subscription($taskId: ID!, $after: Int) { taskSteps(taskId: $taskId, afterRevision: $after) { revision steps { seq revision input } } }';
  interface Batches {
    taskSteps: { revision: number; steps: { seq: number; revision: number }[] };
  }
  const [client] = openSockets(1) as [Client];
  const quick = Follower.of<Batches>(client, query, { taskId });

  const lazy = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const heard: { id?: string; type: string; payload?: { data: Batches } }[] = [];
  lazy.on('message', (data: Buffer) => heard.push(JSON.parse(data.toString()) as (typeof heard)[number]));
  const closed = once(lazy, 'close') as Promise<[number, Buffer]>;
  await once(lazy, 'open');
  lazy.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }));
  await eventually('the socket is acknowledged', () => heard.length === 1);
  // Several at once, so that more is sent than one socket's buffers take.
  for (let i = 0; i < 40; i++) {
    lazy.send(JSON.stringify({ id: `s${i}`, type: 'subscribe', payload: { query, variables: { taskId } } }));
  }
  await eventually('all follow', async () => (await metric(url, 'binnacle_subscriptions_active')) === 41);
  lazy.pause();

  const slowBefore = await metric(url, 'binnacle_websocket_closed_slow_total');
  const steps = 30;
  const text = 'x'.repeat(40_000);
  for (let i = 0; i < steps; i++) {
    await get(url, token, 'mutation($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }', {
      input: { taskId, steps: [{ key: `k${i}`, type: 'LLM', name: 'large', input: { text } }] },
    });
    const startedAt = Date.now();
    await quick.has((events) => events.at(-1)?.taskSteps.steps.at(-1)?.seq === i + 1);
    expect(Date.now() - startedAt).toBeLessThan(15_000);
  }
  await eventually(
    'the lazy socket is given up',
    async () => (await metric(url, 'binnacle_websocket_closed_slow_total')) === slowBefore + 1,
  );
  lazy.resume();
  const [code, reason] = await closed;
  expect([code, reason.toString()]).toEqual([4430, 'Too slow; resume from your last revision.']);

  const seen = heard.flatMap(({ id, payload }) => (id === 's0' && payload ? [payload.data.taskSteps] : []));
  const resumed = Follower.of<Batches>(client, query, { taskId, after: seen.at(-1)?.revision ?? 0 });
  await finishTask(url, token, taskId);
  expect(await resumed.ended()).toBe('complete');
  expect(await quick.ended()).toBe('complete');
  const whole = Array.from({ length: steps }, (_, i) => i + 1);
  const seqs = (batches: Batches['taskSteps'][]) =>
    batches.flatMap((batch) => batch.steps.map(({ seq }) => seq));
  expect(seqs(quick.events.map(({ taskSteps }) => taskSteps))).toEqual(whole);
  expect(seqs(seen).length).toBeLessThan(steps);
  expect([...seqs(seen), ...seqs(resumed.events.map(({ taskSteps }) => taskSteps))]).toEqual(whole);
  await nothingIsFollowed();
});
