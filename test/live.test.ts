import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from 'graphql-ws';
import { get, makeAgent, makeTask, openSocket, register, type Person } from './support/client.js';
import {
  eventually,
  finishTask,
  Follower,
  followSteps,
  metric,
  tellSteps,
  type StepBatches,
  type StepState,
} from './support/follower.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let url: string;
let owner: Person;
let token: string;
let agentId: string;
const sockets: Client[] = [];

beforeAll(async () => {
  server = await startTestServer();
  ({ url } = server);
  owner = await register(url);
  ({ token } = owner);
  agentId = await makeAgent(url, owner);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) await socket.dispose();
});
afterAll(() => server.stop());

function socket(as: string | null = token): Client {
  const client = openSocket(url, as);
  sockets.push(client);
  return client;
}

const stepsOf = (taskId: string, after?: number, client = socket()) =>
  Follower.of<StepBatches>(client, followSteps, { taskId, after });
const statesIn = (events: StepBatches[]): StepState[] => events.flatMap(({ taskSteps }) => taskSteps.steps);
const told = ({ seq, revision }: StepState) => `${seq}@${revision}`;
const isActive = (count: number) =>
  eventually(
    `${count} subscriptions are active`,
    async () => (await metric(url, 'binnacle_subscriptions_active')) === count,
  );
const resolve = (id: string, status: string) =>
  get(
    url,
    token,
    'mutation($input: ResolveInterventionInput!) { resolveIntervention(input: $input) { id } }',
    {
      input: { id, status },
    },
  );
const intervene = async (taskId: string) => {
  const { requestIntervention } = await get<{ requestIntervention: { id: string } }>(
    url,
    token,
    'mutation($input: RequestInterventionInput!) { requestIntervention(input: $input) { id } }',
    { input: { taskId, kind: 'APPROVAL', reason: 'May I?' } },
  );
  return requestIntervention.id;
};
const report = (taskId: string, progress: number, message: string) =>
  get(url, token, 'mutation($input: ReportProgressInput!) { reportProgress(input: $input) { id } }', {
    input: { taskId, progress, message },
  });

describe('taskSteps', () => {
  test('brings what is stored, then what comes, and ends with the task', async () => {
    const taskId = await makeTask(url, token, agentId);
    await tellSteps(url, token, taskId, ['a', 'b', 'c…']);
    const follower = stepsOf(taskId);
    await follower.has(1);
    expect(follower.events[0]?.taskSteps).toEqual({
      taskId,
      revision: 2,
      steps: [
        { seq: 1, key: 'a', status: 'SUCCEEDED', revision: 2 },
        { seq: 2, key: 'b', status: 'SUCCEEDED', revision: 2 },
        { seq: 3, key: 'c', status: 'RUNNING', revision: 2 },
      ],
    });
    await tellSteps(url, token, taskId, ['d']);
    await follower.has(2);
    // A step that is told again comes again, with its new revision.
    await tellSteps(url, token, taskId, ['c']);
    await follower.has(3);
    await finishTask(url, token, taskId);
    expect(await follower.ended()).toBe('complete');
    expect(statesIn(follower.events).map(told)).toEqual(['1@2', '2@2', '3@2', '4@3', '3@4']);
    expect(statesIn(follower.events).at(-1)?.status).toBe('SUCCEEDED');
  });

  test('brings exactly the rows past any revision, in order, then ends', async () => {
    const taskId = await makeTask(url, token, agentId);
    await tellSteps(url, token, taskId, ['a', 'b…', 'c']);
    await tellSteps(url, token, taskId, ['d…']);
    await report(taskId, 0.5, 'half');
    await tellSteps(url, token, taskId, ['b', 'e']);
    await tellSteps(url, token, taskId, ['d']);
    const live = [0, 1, 2, 3, 4, 5, 6].map((after) => stepsOf(taskId, after));
    await tellSteps(url, token, taskId, ['f', 'a…', 'c…']);
    await finishTask(url, token, taskId, 'FAILED');
    const rows = ['1@2', '3@2', '2@5', '5@5', '4@6', '6@7'];
    const past = (after: number) => rows.filter((row) => Number(row.split('@')[1]) > after);
    for (const [after, follower] of live.entries()) {
      expect(await follower.ended()).toBe('complete');
      expect([after, ...statesIn(follower.events).map(told)]).toEqual([after, ...past(after)]);
    }
    // The revisions up to the last, of the task's end, and those that are yet to come.
    for (const after of [0, 1, 2, 3, 4, 5, 6, 7, 8, 100]) {
      const follower = stepsOf(taskId, after);
      expect(await follower.ended()).toBe('complete');
      expect([after, ...statesIn(follower.events).map(told)]).toEqual([after, ...past(after)]);
    }
  });

  test('goes on with a task that is tried again, and with late steps', async () => {
    const taskId = await makeTask(url, token, agentId, { maxAttempts: 2 });
    await tellSteps(url, token, taskId, ['a']);
    await finishTask(url, token, taskId, 'FAILED');
    expect(await stepsOf(taskId).ended()).toBe('complete');
    await tellSteps(url, token, taskId, ['late']);
    const late = stepsOf(taskId, 2);
    expect(await late.ended()).toBe('complete');
    expect(statesIn(late.events).map(told)).toEqual(['2@4']);
    await get(url, token, 'mutation($id: ID!) { retryTask(id: $id) { id } }', { id: taskId });
    const again = stepsOf(taskId, 0);
    // A cursor that lies ahead is no reason to miss the end.
    const ahead = stepsOf(taskId, 1_000);
    await again.has(1);
    await get(url, token, 'mutation($id: ID!) { cancelTask(id: $id) { id } }', { id: taskId });
    expect(await again.ended()).toBe('complete');
    expect(await ahead.ended()).toBe('complete');
    expect(statesIn(again.events).map(told)).toEqual(['1@2', '2@4']);
    expect(ahead.events).toEqual([]);
  });

  test('brings 20,000 stored steps whole, in batches of bounded size, while more come', async () => {
    const taskId = await makeTask(url, token, agentId);
    let stored = 0;
    for (let size = 1; stored < 20_000; size = Math.min((size * 7) % 1_009, 1_000)) {
      const keys = Array.from({ length: Math.min(size, 20_000 - stored) }, (_, i) => `k${stored + i}`);
      await tellSteps(url, token, taskId, keys);
      stored += keys.length;
    }
    const follower = stepsOf(taskId);
    await tellSteps(url, token, taskId, ['last']);
    await finishTask(url, token, taskId);
    expect(await follower.ended()).toBe('complete');
    const states = statesIn(follower.events);
    expect(states.map(({ seq }) => seq)).toEqual(Array.from({ length: 20_001 }, (_, i) => i + 1));
    const sizes = follower.events.map(({ taskSteps }) => taskSteps.steps.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    // Whole revisions: the last one named may be resumed from.
    for (const { taskSteps } of follower.events) {
      const revisions = taskSteps.steps.map(({ revision }) => revision);
      expect(Math.max(...revisions)).toBeLessThanOrEqual(taskSteps.revision);
    }
    const firsts = follower.events.map(({ taskSteps }) => taskSteps.steps[0]?.revision ?? 0);
    follower.events.forEach(({ taskSteps }, i) => {
      expect(firsts[i + 1] ?? Infinity).toBeGreaterThan(taskSteps.revision);
    });
  });

  test('waits for a database whose connections break, and misses nothing', async () => {
    const taskId = await makeTask(url, token, agentId);
    const followers = [stepsOf(taskId), stepsOf(taskId)];
    const other = Follower.of<{ tasksChanged: { revision: number } }>(
      socket(),
      'subscription($projectId: ID!) { tasksChanged(projectId: $projectId) { id revision } }',
      { projectId: owner.projectId },
    );
    await isActive(3);
    let isOver = false;
    let taken = 0;
    const breaking = (async () => {
      for (let before = 0, pauseMs = 60; !isOver; before = taken) {
        await server.database.query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
        );
        await sleep(pauseMs);
        // On a busy machine a step takes longer than on others.
        pauseMs = taken > before ? 60 : pauseMs * 1.5;
      }
    })();
    try {
      for (; taken < 40; taken++) {
        // A writer tries again until it is told of success, as the key allows it to.
        await eventually(`step ${taken} is taken`, () =>
          tellSteps(url, token, taskId, [`k${taken}`]).then(
            () => true,
            () => false,
          ),
        );
      }
    } finally {
      isOver = true;
      await breaking;
    }
    await eventually('the end is taken', () =>
      finishTask(url, token, taskId).then(
        () => true,
        () => false,
      ),
    );
    for (const follower of followers) {
      expect(await follower.ended()).toBe('complete');
      expect(statesIn(follower.events).map(({ seq }) => seq)).toEqual(
        Array.from({ length: 40 }, (_, i) => i + 1),
      );
    }
    await other.has((events) => (events.at(-1)?.tasksChanged.revision ?? 0) >= 42);
    expect(other.end).toBeUndefined();
  });
});

describe('taskProgress', () => {
  test('brings how the task stands, each change, and its last state', async () => {
    const taskId = await makeTask(url, token, agentId);
    await report(taskId, 0.25, 'a quarter');
    const query = `subscription($taskId: ID!) {
      taskProgress(taskId: $taskId) { taskId revision status progress message stepCount costUsd error { message } } }`;
    const follower = Follower.of<{ taskProgress: Record<string, unknown> }>(socket(), query, { taskId });
    await follower.has(1);
    await tellSteps(url, token, taskId, ['a', 'b']);
    await follower.has(2);
    await report(taskId, 0.75, 'three quarters');
    await follower.has(3);
    const failure = { code: 'E_TOOL', message: 'It broke.' };
    await get(
      url,
      token,
      'mutation($input: FinishTaskInput!) { finishTask(input: $input) { task { id } } }',
      {
        input: { taskId, status: 'FAILED', error: failure },
      },
    );
    expect(await follower.ended()).toBe('complete');
    const common = { taskId, costUsd: null, error: null };
    expect(follower.events.map(({ taskProgress }) => taskProgress)).toEqual([
      { ...common, revision: 2, status: 'RUNNING', progress: 0.25, message: 'a quarter', stepCount: 0 },
      { ...common, revision: 3, status: 'RUNNING', progress: 0.25, message: 'a quarter', stepCount: 2 },
      { ...common, revision: 4, status: 'RUNNING', progress: 0.75, message: 'three quarters', stepCount: 2 },
      {
        ...{
          ...common,
          revision: 5,
          status: 'FAILED',
          progress: 0.75,
          message: 'three quarters',
          stepCount: 2,
        },
        error: { message: failure.message },
      },
    ]);
    const after = Follower.of<{ taskProgress: { status: string } }>(socket(), query, { taskId });
    expect(await after.ended()).toBe('complete');
    expect(after.events).toMatchObject([{ taskProgress: { status: 'FAILED' } }]);
  });
});

describe('a whole project', () => {
  test('tasksChanged brings each changed task, of all agents or of one, and nothing old', async () => {
    const other = await makeAgent(url, owner);
    await makeTask(url, token, agentId);
    const query = `subscription($projectId: ID!, $agentId: ID) {
      tasksChanged(projectId: $projectId, agentId: $agentId) { id status stepCount revision agent { id } } }`;
    interface Changed {
      tasksChanged: {
        id: string;
        status: string;
        stepCount: number;
        revision: number;
        agent: { id: string };
      };
    }
    const { projectId } = owner;
    const all = Follower.of<Changed>(socket(), query, { projectId });
    const one = Follower.of<Changed>(socket(), query, { projectId, agentId: other });
    await isActive(2);
    const mine = await makeTask(url, token, other);
    await one.has(1);
    const theirs = await makeTask(url, token, agentId);
    await tellSteps(url, token, theirs, ['a']);
    await finishTask(url, token, mine);
    await one.has((events) => events.at(-1)?.tasksChanged.status === 'SUCCEEDED');
    await all.has(
      (events) =>
        events.some(({ tasksChanged: { id, stepCount } }) => id === theirs && stepCount === 1) &&
        events.some(({ tasksChanged: { id, status } }) => id === mine && status === 'SUCCEEDED'),
    );
    expect(new Set(all.events.map(({ tasksChanged }) => tasksChanged.id))).toEqual(new Set([mine, theirs]));
    expect(new Set(one.events.map(({ tasksChanged }) => tasksChanged.id))).toEqual(new Set([mine]));
    expect(one.events[0]?.tasksChanged).toMatchObject({ status: 'RUNNING', agent: { id: other } });
    const states = all.events.map(({ tasksChanged: { id, revision } }) => `${id} ${revision}`);
    expect(states).toEqual([...new Set(states)]);
  });

  test('interventionChanged brings what is asked, answered and expired', async () => {
    const taskId = await makeTask(url, token, agentId);
    const query = `subscription($projectId: ID!) {
      interventionChanged(projectId: $projectId) { id status kind reason resolvedBy { id } } }`;
    const follower = Follower.of<{ interventionChanged: { id: string; status: string } }>(socket(), query, {
      projectId: owner.projectId,
    });
    await isActive(1);
    const asked = await intervene(taskId);
    await follower.has(1);
    await resolve(asked, 'REJECTED');
    await follower.has(2);
    const forgotten = await intervene(taskId);
    await follower.has(3);
    await get(url, token, 'mutation($id: ID!) { cancelTask(id: $id) { id } }', { id: taskId });
    await follower.has(4);
    expect(follower.events.map(({ interventionChanged }) => interventionChanged)).toEqual([
      { id: asked, status: 'OPEN', kind: 'APPROVAL', reason: 'May I?', resolvedBy: null },
      { id: asked, status: 'REJECTED', kind: 'APPROVAL', reason: 'May I?', resolvedBy: { id: owner.userId } },
      { id: forgotten, status: 'OPEN', kind: 'APPROVAL', reason: 'May I?', resolvedBy: null },
      { id: forgotten, status: 'EXPIRED', kind: 'APPROVAL', reason: 'May I?', resolvedBy: null },
    ]);
  });
});

describe('refusals', () => {
  const errorsOf = async (query: string, variables: Record<string, unknown>, as: string | null = token) => {
    const end = await Follower.of(socket(as), query, variables).ended();
    return end as { message: string; extensions: { code: string; fields?: { path: string }[] } }[];
  };

  test.each([
    ['an id that nothing has', '0197f2b2-0000-7000-8000-000000000000'],
    ['an id that is none', 'no-id'],
  ])('a task by %s is NOT_FOUND', async (_, taskId) => {
    expect(await errorsOf(followSteps, { taskId })).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
    const progress = 'subscription($taskId: ID!) { taskProgress(taskId: $taskId) { revision } }';
    expect(await errorsOf(progress, { taskId })).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });

  test('without credentials it is UNAUTHENTICATED; credentials that do not count close the socket', async () => {
    const taskId = await makeTask(url, token, agentId);
    expect(await errorsOf(followSteps, { taskId }, null)).toMatchObject([
      { extensions: { code: 'UNAUTHENTICATED' } },
    ]);
    expect(await stepsOf(taskId, 0, socket('bnc_nonsense')).ended()).toMatchObject({
      code: 4401,
      reason: 'The API key is not valid: it is wrong, has expired or was revoked.',
    });
  });

  test('a negative revision is BAD_USER_INPUT with its path', async () => {
    const taskId = await makeTask(url, token, agentId);
    expect(await errorsOf(followSteps, { taskId, after: -1 })).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'afterRevision' }] } },
    ]);
    expect(await errorsOf(followSteps, { taskId, after: 'x' })).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'after' }] } },
    ]);
  });
});
