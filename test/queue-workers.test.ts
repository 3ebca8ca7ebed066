import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createApp } from '../src/app.js';
import { createBinnacleDataSource } from '../src/data-source.js';
import type { Events } from '../src/events.js';
import { LeaseLostError, StepType, TaskStatus, type BuiltInWorkers } from '../src/features/tasks/index.js';
import { readConfig } from '../src/platform/config.js';
import { Database } from '../src/platform/database.js';
import { createLogger } from '../src/platform/logger.js';
import { createLocalEventBus } from '../src/platform/pubsub.js';
import { get, makeKey, makeTask, register } from './support/client.js';
import { eventually } from './support/follower.js';
import { BinnacleProcess, jwtSecret, killRunning } from './support/processes.js';
import { QueueProject } from './support/queue-project.js';
import { createTestDatabase, startTestServer, type TestDatabase } from './support/test-server.js';

let database: TestDatabase;
const stops: (() => Promise<unknown>)[] = [];
const children: ChildProcess[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const stop of stops.splice(0).reverse()) await stop();
  await killRunning();
});
afterAll(() => database.drop());

async function start(settings: Record<string, string> = {}, worker = false): Promise<string> {
  const server = await startTestServer(settings, database, { api: true, worker });
  stops.push(server.stop);
  return server.url;
}
const startProcess = () =>
  BinnacleProcess.ready('api', { env: { DATABASE_URL: database.url, JWT_SECRET: jwtSecret } });

function startWorker({ url, workKey, person }: QueueProject, name: string, mode: 'work' | 'hold') {
  const path = fileURLToPath(new URL('./support/queue-worker.js', import.meta.url));
  const child = spawn(process.execPath, [path, url, workKey, person.projectId, name, mode], {
    stdio: 'inherit',
  });
  children.push(child);
  return child;
}

test('2,000 tasks, 8 workers, two servers: each task is done once', async () => {
  const [one, two] = await Promise.all([startProcess(), startProcess()]);
  const first = await QueueProject.open(one.url);
  const projects = [first, first.at(two.url)];
  const { projectId } = first.person;
  const count = 2_000;
  const makers = Array.from({ length: 8 }, async (_, maker) => {
    for (let i = maker; i < count; i += 8) await projects[i % 2]?.queue({ name: `${i}`, priority: i % 3 });
  });
  await Promise.all(makers);

  const done = new Map<string, string[]>();
  const workers = Array.from({ length: 8 }, async (_, index) => {
    const project = projects[index % 2] as QueueProject;
    const worker = `worker ${index}`;
    let misses = 0;
    // Empty-handed for a moment means little while others hold what is next.
    while (misses < 3) {
      const tasks = await project.claim(worker, { limit: 1 + (index % 4), leaseSeconds: 3_600 });
      misses = tasks.length === 0 ? misses + 1 : 0;
      for (const { id } of tasks) {
        done.set(id, [...(done.get(id) ?? []), worker]);
        const answers = [await project.record(id, worker, [worker]), await project.finish(id, worker)];
        expect(answers.map(({ errors }) => errors)).toEqual([undefined, undefined]);
      }
    }
  });
  await Promise.all(workers);

  expect(done.size).toBe(count);
  expect([...done.values()].filter((by) => by.length !== 1)).toEqual([]);
  expect(new Set([...done.values()].flat()).size).toBe(8);
  const rows = await database.query(
    `SELECT count(*)::int AS tasks, sum(step_count)::int AS steps, max(attempt) AS attempt, min(revision) AS least,
       max(revision) AS most FROM tasks WHERE project_id = $1 AND status = 'SUCCEEDED'`,
    [projectId],
  );
  // Made, claimed, told of, finished.
  expect(rows).toEqual([{ tasks: count, steps: count, attempt: 1, least: 4, most: 4 }]);
  expect(await database.query('SELECT 1 FROM task_queue WHERE project_id = $1', [projectId])).toEqual([]);
});

test('a worker that is killed loses its task to another, which does it', async () => {
  const project = await QueueProject.open(await start());
  const { id } = await project.queue({ maxAttempts: 3 });
  const first = startWorker(project, 'first', 'hold');
  await eventually('it is at it', async () => (await project.read(id)).stepCount === 1);
  startWorker(project, 'second', 'work');
  const other = await project.queue();
  await eventually('the second works', async () => (await project.read(other.id)).status === 'SUCCEEDED');
  // While it lives, it keeps what it has.
  expect(await project.read(id)).toMatchObject({ status: 'RUNNING', worker: 'first', attempt: 1 });
  first.kill('SIGKILL');
  await eventually('the second does it', async () => (await project.read(id)).status === 'SUCCEEDED');
  expect(await project.read(id)).toMatchObject({ worker: 'second', attempt: 2, stepCount: 2 });
  const steps = await database.query('SELECT key FROM task_steps WHERE task_id = $1 ORDER BY seq', [id]);
  expect(steps).toEqual([{ key: 'done by first' }, { key: 'done by second' }]);
});

interface Status {
  queue: {
    queued: number;
    running: number;
    waitingForHuman: number;
    oldestQueuedMs: number | null;
    finishedLast24h: number;
    failedLast24h: number;
  };
  workers: {
    id: string;
    name: string;
    hostname: string;
    version: string;
    startedAt: string;
    lastSeenAt: string;
    runningTasks: number;
    capacity: number;
  }[];
}
const statusOf = async (url: string, token: string) =>
  (
    await get<{ systemStatus: Status }>(
      url,
      token,
      `{ systemStatus { queue { queued running waitingForHuman oldestQueuedMs finishedLast24h failedLast24h }
           workers { id name hostname version startedAt lastSeenAt runningTasks capacity } } }`,
    )
  ).systemStatus;

describe('the state of the system', () => {
  test('counts the tasks of those who ask, and of nobody else', async () => {
    const project = await QueueProject.open(await start());
    const { url, person, agentId } = project;
    const nothing = {
      queued: 0,
      running: 0,
      waitingForHuman: 0,
      oldestQueuedMs: null,
      finishedLast24h: 0,
      failedLast24h: 0,
    };
    expect((await statusOf(url, person.token)).queue).toEqual(nothing);
    for (let i = 0; i < 8; i++) await project.queue({ name: `${i}` });
    const claimed = await project.claim('w', { limit: 5 });
    const [asking, good, bad, gone] = claimed.map(({ id }) => id) as [string, string, string, string];
    await project.askHuman(asking, 'w');
    await project.finish(good, 'w');
    await project.finish(bad, 'w', 'FAILED');
    await project.steer('cancelTask', gone);
    await makeTask(url, person.token, agentId);
    const long = await makeTask(url, person.token, agentId, { startedAt: '2026-01-01T00:00:00Z' });
    await project.finish(long, null, 'FAILED', { finishedAt: '2026-01-01T01:00:00Z' });
    const counts = {
      queued: 3,
      running: 2,
      waitingForHuman: 1,
      oldestQueuedMs: expect.any(Number),
      finishedLast24h: 3,
      failedLast24h: 1,
    };
    const token = (await makeKey(url, person, ['READ'])).secret;
    await eventually('it is counted', async () => (await statusOf(url, token)).queue.finishedLast24h === 3);
    expect((await statusOf(url, token)).queue).toEqual(counts);
    expect((await statusOf(url, token)).queue.oldestQueuedMs).toBeGreaterThan(0);
    const stranger = await register(url);
    expect((await statusOf(url, stranger.token)).queue).toEqual(nothing);
    expect((await statusOf(url, stranger.token)).workers).toEqual([]);
  });

  test('lists workers that claim until they have been gone for a while, or longer while they hold a task', async () => {
    // Gone after 12 seconds.
    const project = await QueueProject.open(await start({ STATUS_REPORT_MS: '500' }));
    const { url, person } = project;
    const listed = async () => (await statusOf(url, person.token)).workers;
    await project.queue();
    const [task] = await project.claim('busy', { hostname: 'ant', version: '1.2', capacity: 7 });
    await project.claim('idle', { limit: 3 });
    let workers: Status['workers'] = [];
    await eventually('both are there', async () => (workers = await listed()).length === 2);
    expect(workers).toMatchObject([
      { name: 'busy', hostname: 'ant', version: '1.2', runningTasks: 1, capacity: 7 },
      { name: 'idle', hostname: expect.stringMatching(/127\.0\.0\.1|::1/), version: 'unknown', capacity: 3 },
    ]);
    expect(new Set(workers.map(({ id }) => id)).size).toBe(2);
    await eventually('the idle one is gone', async () => (await listed()).length === 1);
    expect(await listed()).toMatchObject([{ name: 'busy', runningTasks: 1 }]);
    await project.finish(task?.id ?? '', 'busy');
    await eventually('so is the other', async () => (await listed()).length === 0);
    // It comes back by whatever it calls for.
    await project.queue();
    const [again] = await project.claim('busy', { hostname: 'ant' });
    const seenAt = async () => (await listed()).find(({ name }) => name === 'busy')?.lastSeenAt ?? '';
    await eventually('it is back', async () => (await seenAt()) !== '');
    const before = await seenAt();
    await eventually('what it tells is noted', async () => {
      await project.record(again?.id ?? '', 'busy', ['alive']);
      return (await seenAt()) > before;
    });
  });

  test('lists the workers within Binnacle, to everybody', async () => {
    const url = await start({ WORKER_CONCURRENCY: '3' }, true);
    const person = await register(url);
    await eventually('it is there', async () => (await statusOf(url, person.token)).workers.length === 1);
    expect((await statusOf(url, person.token)).workers).toMatchObject([
      { name: `Binnacle, process ${process.pid}`, runningTasks: 0, capacity: 3 },
    ]);
  });
});

async function builtInWorkers(): Promise<BuiltInWorkers> {
  const dataSource = createBinnacleDataSource({ url: database.url });
  await dataSource.initialize();
  const own = new Database(dataSource);
  stops.push(() => own.close());
  const logger = createLogger('silent');
  const events = createLocalEventBus<Events>(logger);
  stops.push(() => events.close());
  const config = readConfig({});
  const encryptionKey = undefined;
  const app = await createApp({ config, database: own, events, jwtSecret, encryptionKey, logger });
  return app.builtInWorkers;
}

async function makeBuiltIn(ids: readonly string[]): Promise<void> {
  await database.query('UPDATE tasks SET is_built_in = true WHERE id = ANY ($1)', [ids]);
  await database.query('UPDATE task_queue SET is_built_in = true WHERE task_id = ANY ($1)', [ids]);
}

describe('a worker within Binnacle', () => {
  test('takes only tasks meant for it, of all projects, and tells of them as the system', async () => {
    const projects = [await QueueProject.open(await start()), await QueueProject.open(await start())];
    const workers = await builtInWorkers();
    const claim = { types: ['in-house', 'in-house'], limit: 10, leaseSeconds: 600 };

    const made = [];
    for (const project of projects) {
      await project.queue({ type: 'in-house', name: 'for others' });
      for (const priority of [0, 5]) made.push(await project.queue({ type: 'in-house', priority }));
    }
    const ids = made.map(({ id }) => id);
    await makeBuiltIn(ids);
    expect(await workers.claim('me', { ...claim, types: ['other'] })).toEqual([]);
    expect(await workers.claim('me', { ...claim, types: [] })).toEqual([]);
    const tasks = await workers.claim('me', claim);
    expect(tasks.map(({ id }) => id)).toEqual([made[1], made[3], made[0], made[2]].map((task) => task?.id));
    expect(tasks.map(({ status, worker }) => [status, worker])).toEqual(
      tasks.map(() => [TaskStatus.RUNNING, 'me']),
    );

    const [first, second, third, fourth] = tasks.map(({ id }) => id) as [string, string, string, string];
    const steps = [{ key: 'a', type: StepType.TOOL, name: 'look' }];
    expect(await workers.record('me', { taskId: first, steps, progress: 0.5 })).toMatchObject({
      accepted: 1,
    });
    await workers.extend('me', first, 900);
    await workers.reportProgress('me', { taskId: first, progress: 0.8, message: 'soon' });
    expect(
      await workers.finish('me', { taskId: first, status: TaskStatus.SUCCEEDED, output: { a: 1 } }),
    ).toMatchObject({ status: 'SUCCEEDED', worker: 'me' });
    await workers.finish('me', { taskId: first, status: TaskStatus.SUCCEEDED });

    // Stopping gives back what was not done: the attempt does not count.
    await workers.release('me', second);
    expect(await projects[1]?.read(second)).toMatchObject({ status: 'QUEUED', attempt: 1, worker: null });
    await projects[0]?.steer('cancelTask', third);
    for (const lost of [first, second, third]) {
      await expect(workers.extend('me', lost, 60)).rejects.toBeInstanceOf(LeaseLostError);
      await expect(workers.record('me', { taskId: lost, steps })).rejects.toBeInstanceOf(LeaseLostError);
      await expect(workers.release('me', lost)).rejects.toBeInstanceOf(LeaseLostError);
    }
    await expect(
      workers.finish('other', { taskId: fourth, status: TaskStatus.SUCCEEDED }),
    ).rejects.toMatchObject({ status: 'RUNNING', code: 'CONFLICT' });
    const audited = await database.query<{ kind: string; actor: string }>(
      `SELECT actor_kind AS kind, action AS actor FROM audit_log WHERE subject_id = $1 ORDER BY id`,
      [first],
    );
    expect(audited.map(({ kind, actor }) => `${kind} ${actor}`)).toEqual([
      'USER createTask',
      'SYSTEM claimTasks',
      'SYSTEM recordSteps',
      'SYSTEM reportProgress',
      'SYSTEM finishTask',
    ]);
  });

  test('that gives a task back leaves its time to who takes it next', async () => {
    const project = await QueueProject.open(await start());
    const workers = await builtInWorkers();
    const { id } = await project.queue({ type: 'timed', timeoutMs: 3_600_000 });
    await makeBuiltIn([id]);
    const claim = { types: ['timed'], limit: 1, leaseSeconds: 600 };
    expect(await workers.claim('first', claim)).toHaveLength(1);
    await workers.release('first', id);
    expect(await workers.claim('second', claim)).toMatchObject([{ id, attempt: 1 }]);

    const clocks = () =>
      database.query<{ id: string }>(
        `SELECT id FROM graphile_worker._private_jobs WHERE payload->>'taskId' = $1 ORDER BY id`,
        [id],
      );
    const [ofFirst, ofSecond] = await clocks();
    await start({}, true);
    /** As if that much time had gone by. */
    const letRing = async (clock: { id: string } | undefined) => {
      const now = `UPDATE graphile_worker._private_jobs SET run_at = now() WHERE id = $1`;
      await database.query(now, [clock?.id]);
      const isGone = async () => !(await clocks()).some((left) => left.id === clock?.id);
      await eventually('the time is over', isGone);
    };
    await letRing(ofFirst);
    expect(await project.read(id)).toMatchObject({ status: 'RUNNING', worker: 'second' });
    await letRing(ofSecond);
    expect(await project.read(id)).toMatchObject({ status: 'TIMED_OUT' });
  });
});
