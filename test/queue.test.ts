import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Client } from 'graphql-ws';
import { ask, codeOf, get, makeAgent, makeKey, makeTask, openSocket, register } from './support/client.js';
import { eventually, Follower } from './support/follower.js';
import { QueueProject, type ClaimedTask } from './support/queue-project.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let project: QueueProject;
const sockets: Client[] = [];
const stops: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  // It runs no jobs: so nothing but what a test does gives tasks back.
  server = await startTestServer({}, undefined, { api: true, worker: false });
});
beforeEach(async () => {
  project = await QueueProject.open(server.url);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) await socket.dispose();
  for (const stop of stops.splice(0)) await stop();
});
afterAll(() => server.stop());

const names = (tasks: ClaimedTask[]) => tasks.map(({ name }) => name);
const rowsOf = (taskId: string) =>
  server.database.query<{ leased_by: string | null }>('SELECT leased_by FROM task_queue WHERE task_id = $1', [
    taskId,
  ]);
const startJobs = async () => {
  const worker = await startTestServer({}, server.database, { api: false, worker: true });
  stops.push(worker.stop);
};
/** As if that much time had gone by. */
const letRunOut = (taskId: string) =>
  server.database.query(
    `UPDATE task_queue SET lease_expires_at = now() - interval '1 ms' WHERE task_id = $1`,
    [taskId],
  );
const claimOne = async (worker: string, input: Record<string, unknown> = {}) => {
  const [task] = await project.claim(worker, input);
  if (!task) throw new Error('Nothing waits.');
  return task;
};

describe('a claim', () => {
  test('takes a task that waits, once, and makes it RUNNING', async () => {
    const queued = await project.queue({ maxAttempts: 3 });
    expect(queued).toMatchObject({ status: 'QUEUED', worker: null, leaseExpiresAt: null });
    const [claimed] = await project.claim('w1', { leaseSeconds: 600 });
    expect(claimed).toMatchObject({
      id: queued.id,
      status: 'RUNNING',
      worker: 'w1',
      attempt: 1,
      maxAttempts: 3,
      revision: 2,
      startedAt: expect.any(String),
      queuedAt: queued.queuedAt,
    });
    const leaseMs = Date.parse(claimed?.leaseExpiresAt ?? '') - Date.parse(claimed?.startedAt ?? '');
    expect(leaseMs).toBeGreaterThan(590_000);
    expect(leaseMs).toBeLessThan(610_000);
    expect(await project.read(queued.id)).toEqual(claimed);
    expect(await project.claim('w2')).toEqual([]);
    const audited = await server.database.query<{ action: string; after: object }>(
      `SELECT action, after FROM audit_log WHERE subject_id = $1 ORDER BY id`,
      [queued.id],
    );
    expect(audited.map(({ action }) => action)).toEqual(['createTask', 'claimTasks']);
    expect(audited[1]?.after).toEqual({ status: 'RUNNING', attempt: 1, worker: 'w1' });
  });

  test('takes the most urgent first, and of these the oldest, as many as it asks for', async () => {
    for (const [name, priority] of [
      ['b', 0],
      ['c', 0],
      ['a', 7],
      ['d', -1],
    ] as const)
      await project.queue({ name, priority });
    expect(names(await project.claim('w', { limit: 3 }))).toEqual(['a', 'b', 'c']);
    expect(names(await project.claim('w', { limit: 3 }))).toEqual(['d']);
  });

  test('takes only what it asks for: by agent, by type, by both', async () => {
    const other = await makeAgent(server.url, project.person);
    const third = await makeAgent(server.url, project.person);
    for (const [agentId, agent] of [
      [project.agentId, 1],
      [other, 2],
      [third, 3],
    ] as const)
      for (const type of ['x', 'y', 'z']) await project.queue({ agentId, type, name: `${agent}${type}` });
    const all = { limit: 100 };
    expect(names(await project.claim('w', { ...all, types: [] }))).toEqual([]);
    expect(names(await project.claim('w', { ...all, agentIds: [] }))).toEqual([]);
    expect(
      names(await project.claim('w', { ...all, agentIds: [other, other, project.agentId], types: ['x'] })),
    ).toEqual(['1x', '2x']);
    expect(names(await project.claim('w', { limit: 3, types: ['z', 'x', 'z'] }))).toEqual(['1z', '2z', '3x']);
    expect(names(await project.claim('w', { ...all, agentIds: [other] }))).toEqual(['2y']);
    expect(names(await project.claim('w', all))).toEqual(['1y', '3y', '3z']);
  });

  test('names agents of the project only', async () => {
    const stranger = await QueueProject.open(server.url);
    await stranger.queue();
    for (const id of [stranger.agentId, '00000000-0000-4000-8000-000000000000', 'x']) {
      expect((await project.claimed('w', { agentIds: [id] })).errors?.[0]).toMatchObject({
        message: 'The agent was not found.',
        extensions: { code: 'NOT_FOUND' },
      });
    }
    expect(await project.claim('w')).toEqual([]);
  });

  test('passes over tasks of agents that are not ACTIVE, until they are', async () => {
    await project.queue();
    const set = (status: string) =>
      get(
        server.url,
        project.person.token,
        'mutation ($input: UpdateAgentInput!) { updateAgent(input: $input) { id } }',
        { input: { id: project.agentId, status } },
      );
    await set('PAUSED');
    for (const more of [{}, { agentIds: [project.agentId] }, { types: ['task'] }])
      expect(await project.claim('w', more)).toEqual([]);
    await set('ACTIVE');
    expect(await project.claim('w')).toHaveLength(1);
  });

  test('takes no task that Binnacle runs itself', async () => {
    const { id } = await project.queue({ type: 'own' });
    await server.database.query('UPDATE tasks SET is_built_in = true WHERE id = $1', [id]);
    await server.database.query('UPDATE task_queue SET is_built_in = true WHERE task_id = $1', [id]);
    for (const more of [{}, { agentIds: [project.agentId] }, { types: ['own'] }])
      expect(await project.claim('w', more)).toEqual([]);
    // Nor does it when it is tried again.
    await project.steer('cancelTask', id);
    await project.steer('retryTask', id);
    expect(await project.claim('w')).toEqual([]);
  });

  test.each([
    [{ limit: 0 }, 'input.limit'],
    [{ limit: 101 }, 'input.limit'],
    [{ leaseSeconds: 0 }, 'input.leaseSeconds'],
    [{ leaseSeconds: 86_401 }, 'input.leaseSeconds'],
    [{ worker: ' ' }, 'input.worker'],
    [{ worker: 'x'.repeat(201) }, 'input.worker'],
    [{ types: Array<string>(101).fill('x') }, 'input.types'],
    [{ capacity: 0 }, 'input.capacity'],
  ])('has bounds, case %#', async (input, path) => {
    await project.queue();
    expect((await project.claimed('w', input)).errors?.[0]).toMatchObject({
      extensions: { code: 'BAD_USER_INPUT', fields: [{ path }] },
    });
    expect(await project.claim('w')).toHaveLength(1);
  });

  test('is for keys of scope WORK and those who may do more, and for nobody else', async () => {
    const { url } = server;
    const { id } = await project.queue();
    const { person } = project;
    const others = [await makeKey(url, person, ['READ']), await makeKey(url, person, ['INGEST'])];
    for (const { secret } of others) {
      const refused = (await project.claimed('w', {}, secret)).errors?.[0];
      expect(refused).toMatchObject({
        message: 'This API key lacks the scope WORK.',
        extensions: { code: 'FORBIDDEN' },
      });
    }
    const viewer = await register(url);
    await get(url, person.token, 'mutation ($input: SetMemberInput!) { setMember(input: $input) { role } }', {
      input: { projectId: person.projectId, email: `${viewer.username}@example.com`, role: 'VIEWER' },
    });
    expect(await codeOf(project.claimed('w', {}, viewer.token))).toBe('FORBIDDEN');
    const stranger = await register(url);
    const foreign = await makeKey(url, stranger, ['WORK']);
    for (const token of [stranger.token, foreign.secret])
      expect(await codeOf(project.claimed('w', {}, token))).toBe('NOT_FOUND');

    const [task] = await project.claim('w');
    expect(task?.id).toBe(id);
    for (const { secret } of others)
      expect(await codeOf(project.extend(id, 'w', 60, secret))).toBe('FORBIDDEN');
    for (const token of [stranger.token, foreign.secret])
      expect(await codeOf(project.extend(id, 'w', 60, token))).toBe('NOT_FOUND');
    const manager = await makeKey(url, person, ['MANAGE']);
    for (const token of [manager.secret, person.token]) {
      expect(await codeOf(project.extend(id, 'w', 60, token))).toBeUndefined();
      await project.queue();
      expect((await project.claimed('w', {}, token)).data.claimTasks).toHaveLength(1);
    }
  });

  test('watches over the time that the task may take', async () => {
    await startJobs();
    await project.queue({ timeoutMs: 1000 });
    const { id } = await claimOne('w');
    await eventually('it is ended', async () => (await project.read(id)).status === 'TIMED_OUT');
    expect(await codeOf(project.record(id, 'w', ['late']))).toBe('CONFLICT');
    expect(await rowsOf(id)).toEqual([]);
  });

  test('is seen live by who follows the project', async () => {
    const socket = openSocket(server.url, project.person.token);
    sockets.push(socket);
    const follower = Follower.of<{ tasksChanged: { id: string; status: string; worker: string | null } }>(
      socket,
      'subscription ($projectId: ID!) { tasksChanged(projectId: $projectId) { id status worker } }',
      { projectId: project.person.projectId },
    );
    await eventually('it is followed', async () => {
      await makeTask(server.url, project.person.token, project.agentId);
      return follower.events.length > 0;
    });
    const { id } = await project.queue();
    const isTold = (status: string, worker: string | null) =>
      follower.has((events) =>
        events.some(
          ({ tasksChanged: task }) => task.id === id && task.status === status && task.worker === worker,
        ),
      );
    await isTold('QUEUED', null);
    await claimOne('w');
    await isTold('RUNNING', 'w');
    await letRunOut(id);
    expect(await project.claim('other')).toEqual([]);
    await isTold('FAILED', null);
  });
});

describe('a lease', () => {
  test('is kept by extending it, from now on', async () => {
    await project.queue();
    const { id, revision } = await claimOne('w', { leaseSeconds: 60 });
    const { data } = await project.extend(id, 'w', 3600);
    const until = Date.parse(data.extendLease.leaseExpiresAt ?? '');
    expect(until).toBeGreaterThan(Date.now() + 3_500_000);
    expect(data.extendLease).toMatchObject({ status: 'RUNNING', worker: 'w', revision });
    const shorter = Date.parse((await project.extend(id, 'w', 60)).data.extendLease.leaseExpiresAt ?? '');
    expect(shorter).toBeLessThan(Date.now() + 100_000);
    for (const seconds of [0, -1, 86_401]) {
      expect((await project.extend(id, 'w', seconds)).errors?.[0]).toMatchObject({
        extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'seconds' }] },
      });
    }
  });

  test('lets its worker tell everything, and others as before without a name', async () => {
    await project.queue();
    const { id } = await claimOne('w');
    for (const teller of ['w', null]) {
      expect((await project.record(id, teller, [`${teller}`])).data).toMatchObject({
        recordSteps: { accepted: 1 },
      });
      expect(await codeOf(project.progress(id, teller, 0.5))).toBeUndefined();
    }
    expect(await codeOf(project.finish(id, 'w', 'SUCCEEDED', { output: 1 }))).toBeUndefined();
    expect(await project.read(id)).toMatchObject({ status: 'SUCCEEDED', worker: 'w', leaseExpiresAt: null });
    expect(await rowsOf(id)).toEqual([]);
    // The answer may have been lost: said again by who said it, nothing changes.
    const after = await project.read(id);
    expect(await codeOf(project.finish(id, 'w'))).toBeUndefined();
    expect(await codeOf(project.finish(id, 'other'))).toBe('CONFLICT');
    expect(await project.read(id)).toEqual(after);
  });

  test('that nobody gave holds nothing: a name that has no lease is refused', async () => {
    const running = await makeTask(server.url, project.person.token, project.agentId);
    const queued = await project.queue();
    for (const id of [running, queued.id]) {
      const before = await project.read(id);
      for (const call of Object.values(project.allOf(id, 'w'))) expect(await codeOf(call())).toBe('CONFLICT');
      expect(await project.read(id)).toEqual(before);
    }
  });

  test('that ran out is lost, though nobody else has the task yet', async () => {
    await project.queue({ maxAttempts: 2 });
    const { id } = await claimOne('w', { leaseSeconds: 3600 });
    expect(await codeOf(project.record(id, 'w', ['before'], { progress: 0.4 }))).toBeUndefined();
    await letRunOut(id);
    const before = await project.read(id);
    for (const [name, call] of Object.entries(project.allOf(id, 'w')))
      expect([name, await codeOf(call())]).toEqual([name, 'CONFLICT']);
    const { leaseExpiresAt: _, ...now } = await project.read(id);
    expect(before).toMatchObject(now);
  });

  test('that ran out gives the task to the next, its attempt counted; the first can harm nothing', async () => {
    const { queuedAt } = await project.queue({ maxAttempts: 2 });
    const { id } = await claimOne('w1');
    await project.record(id, 'w1', ['a'], { progress: 0.7, progressMessage: 'far' });
    await letRunOut(id);
    const again = await claimOne('w2');
    expect(again).toMatchObject({
      id,
      status: 'RUNNING',
      worker: 'w2',
      attempt: 2,
      progress: 0,
      progressMessage: null,
      stepCount: 1,
      queuedAt,
      // Recorded, given back, claimed.
      revision: 5,
    });
    const before = await project.read(id);
    for (const [name, call] of Object.entries(project.allOf(id, 'w1')))
      expect([name, await codeOf(call())]).toEqual([name, 'CONFLICT']);
    expect(await project.read(id)).toEqual(before);
    expect((await project.record(id, 'w1', ['late'])).errors?.[0]?.message).toContain(
      'It is to stop working on it.',
    );
    expect(await codeOf(project.finish(id, 'w2'))).toBeUndefined();
    const done = await project.read(id);
    for (const [name, call] of Object.entries(project.allOf(id, 'w1')))
      expect([name, await codeOf(call())]).toEqual([name, 'CONFLICT']);
    expect(await project.read(id)).toEqual(done);
    const [audited] = await server.database.query<{ actor_kind: string; after: object }>(
      `SELECT actor_kind, after FROM audit_log WHERE subject_id = $1 AND action = 'giveBackTask'`,
      [id],
    );
    expect(audited).toEqual({ actor_kind: 'SYSTEM', after: { status: 'QUEUED', attempt: 2 } });
  });

  test('that ran out keeps nobody from what waits, whoever holds that task up', async () => {
    await project.queue({ name: 'lost' });
    const { id } = await claimOne('w1');
    await letRunOut(id);
    await project.queue({ name: 'waits' });
    stops.push(() => server.database.query('ROLLBACK'));
    await server.database.query('BEGIN');
    await server.database.query('SELECT 1 FROM tasks WHERE id = $1 FOR UPDATE', [id]);
    expect(names(await project.claim('w2', { limit: 5 }))).toEqual(['waits']);
  });

  test('that runs out in the last attempt fails the task, and its day is counted', async () => {
    await project.queue({ maxAttempts: 1, timeoutMs: 3_600_000 });
    const { id } = await claimOne('w');
    await letRunOut(id);
    expect(await project.claim('other')).toEqual([]);
    const failed = await project.read(id);
    expect(failed).toMatchObject({
      status: 'FAILED',
      attempt: 1,
      finishedAt: expect.any(String),
      error: {
        code: 'LEASE_EXPIRED',
        message: 'The worker "w" did not extend its lease in time; it was the only attempt.',
        class: 'TIMEOUT',
      },
    });
    for (const [name, call] of Object.entries(project.allOf(id, 'w')))
      expect([name, await codeOf(call())]).toEqual([name, 'CONFLICT']);
    expect(await project.read(id)).toEqual(failed);
    expect(await rowsOf(id)).toEqual([]);
    const dirty = await server.database.query('SELECT 1 FROM dirty_days WHERE project_id = $1', [
      project.person.projectId,
    ]);
    expect(dirty).toHaveLength(1);
  });

  test('is looked at though nobody claims: attempt by attempt, until there are no more', async () => {
    await startJobs();
    await project.queue({ maxAttempts: 2 });
    const { id } = await claimOne('w1', { leaseSeconds: 1 });
    await eventually('it is given back', async () => (await project.read(id)).status === 'QUEUED');
    expect(await project.read(id)).toMatchObject({ attempt: 2, worker: null, startedAt: null });
    await claimOne('w1', { leaseSeconds: 1 });
    await eventually('it fails', async () => (await project.read(id)).status === 'FAILED');
    expect((await project.read(id)).error).toMatchObject({
      code: 'LEASE_EXPIRED',
      message: 'The worker "w1" did not extend its lease in time; it was the last of 2 attempts.',
    });
  });

  test('stands still while a human is asked, and begins anew with the answer', async () => {
    await project.queue();
    const { id } = await claimOne('w', { leaseSeconds: 600 });
    expect(await codeOf(project.askHuman(id, 'w'))).toBeUndefined();
    expect(await project.read(id)).toMatchObject({
      status: 'WAITING_FOR_HUMAN',
      worker: 'w',
      leaseExpiresAt: null,
    });
    expect(await project.claim('other')).toEqual([]);
    expect((await project.extend(id, 'w', 1200)).data.extendLease).toMatchObject({ leaseExpiresAt: null });
    expect(await codeOf(project.record(id, 'w', ['meanwhile']))).toBeUndefined();
    const { task } = await get<{ task: { interventions: { id: string }[] } }>(
      server.url,
      project.person.token,
      'query ($id: ID!) { task(id: $id) { interventions { id } } }',
      { id },
    );
    await get(
      server.url,
      project.person.token,
      'mutation ($input: ResolveInterventionInput!) { resolveIntervention(input: $input) { id } }',
      { input: { id: task.interventions[0]?.id, status: 'ANSWERED' } },
    );
    const { status, leaseExpiresAt } = await project.read(id);
    expect(status).toBe('RUNNING');
    expect(Date.parse(leaseExpiresAt ?? '')).toBeGreaterThan(Date.now() + 1_100_000);
    await letRunOut(id);
    await project.claim('other');
    expect((await project.read(id)).status).toBe('FAILED');
  });
});

describe('a task that is', () => {
  test('cancelled while it waits is claimed by nobody', async () => {
    const { id } = await project.queue();
    await project.steer('cancelTask', id);
    expect(await rowsOf(id)).toEqual([]);
    expect(await project.claim('w')).toEqual([]);
  });

  test('cancelled while it runs is seen by its worker at its next call', async () => {
    for (const name of Object.keys(project.allOf('', ''))) {
      await project.queue();
      const { id } = await claimOne('w');
      const cancelled = await project.steer('cancelTask', id);
      expect(await rowsOf(id)).toEqual([]);
      const answer = await project.allOf(id, 'w')[name]?.();
      // That it ended as CANCELLED, its worker may say too.
      if (name !== 'finishTask CANCELLED') {
        expect([name, answer?.errors?.[0]]).toMatchObject([
          name,
          {
            message: 'The worker "w" does not hold this task: it is CANCELLED. It is to stop working on it.',
            extensions: { code: 'CONFLICT' },
          },
        ]);
      }
      expect(await project.read(id)).toEqual(cancelled);
    }
  });

  test('tried again waits for a worker again, behind those that waited meanwhile', async () => {
    const { id } = await project.queue({ name: 'first' });
    await claimOne('w');
    await project.finish(id, 'w', 'FAILED', { error: { message: 'Broke' } });
    await project.queue({ name: 'second' });
    expect(await project.steer('retryTask', id)).toMatchObject({
      status: 'QUEUED',
      attempt: 2,
      worker: null,
    });
    expect(await codeOf(project.record(id, 'w', ['late']))).toBe('CONFLICT');
    expect(names(await project.claim('w', { limit: 2 }))).toEqual(['second', 'first']);
    expect(await project.read(id)).toMatchObject({ worker: 'w', attempt: 2 });
  });

  test('gone leaves nothing in the way of others', async () => {
    const { id } = await project.queue({ priority: 5 });
    await project.queue({ name: 'next' });
    await server.database.query('DELETE FROM tasks WHERE id = $1', [id]);
    expect(names(await project.claim('w', { limit: 2 }))).toEqual(['next']);
    expect(await rowsOf(id)).toEqual([]);
  });

  test('queued twice by one idempotency key waits once', async () => {
    const input = { name: 'once', input: { a: 1, b: [2] }, idempotencyKey: 'k' };
    const made = await Promise.all(Array.from({ length: 8 }, () => project.queue(input)));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(await project.claim('w', { limit: 10 })).toHaveLength(1);
    // It is answered as it is now, and does not wait anew.
    expect(await project.queue(input)).toMatchObject({ id: made[0]?.id, status: 'RUNNING', worker: 'w' });
    await project.finish(made[0]?.id ?? '', 'w');
    expect(await project.queue(input)).toMatchObject({ id: made[0]?.id, status: 'SUCCEEDED' });
    expect(await project.claim('w', { limit: 10 })).toEqual([]);
    const other = await ask(
      server.url,
      project.person.token,
      'mutation ($input: CreateTaskInput!) { createTask(input: $input) { id } }',
      { input: { agentId: project.agentId, start: false, ...input, input: { a: 2 } } },
    );
    expect(other.errors?.[0]?.extensions.code).toBe('CONFLICT');
  });
});

test('cancelled and claimed at once, a task is one or the other', async () => {
  for (let round = 0; round < 25; round++) {
    const { id } = await project.queue({ maxAttempts: 5 });
    const [claimed] = await Promise.all([project.claim('w'), project.steer('cancelTask', id)]);
    expect(claimed.length).toBeLessThanOrEqual(1);
    expect(await project.read(id)).toMatchObject({ status: 'CANCELLED' });
    expect(await codeOf(project.record(id, 'w', ['x']))).toBe('CONFLICT');
    expect(await project.claim('w')).toEqual([]);
    expect(await rowsOf(id)).toEqual([]);
  }
});
