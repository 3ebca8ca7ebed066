import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { get, makeAgent, makeTask, register, type Person } from './support/client.js';
import { eventually } from './support/follower.js';
import { BinnacleProcess, jwtSecret } from './support/processes.js';
import {
  createTestDatabase,
  startTestServer,
  type TestDatabase,
  type TestServer,
} from './support/test-server.js';

let database: TestDatabase;
let server: TestServer;
let person: Person;
let agentId: string;
beforeAll(async () => {
  database = await createTestDatabase();
  // It answers, and runs no job: these are for the workers that each test starts.
  server = await startTestServer({}, database, { api: true, worker: false });
  person = await register(server.url);
  agentId = await makeAgent(server.url, person);
});
afterAll(async () => {
  await server.stop();
  await database.drop();
});

const startWorker = () =>
  BinnacleProcess.ready('worker', { env: { DATABASE_URL: database.url, JWT_SECRET: jwtSecret } });
const dirtyDays = () =>
  database.query<{ day: string }>('SELECT DISTINCT day::text FROM dirty_days ORDER BY 1');
const tasksOf = async (day: string) => {
  const { dailyMetrics } = await get<{ dailyMetrics: { tasks: number; sealedAt: string | null }[] }>(
    server.url,
    person.token,
    `query ($p: ID!) { dailyMetrics(projectId: $p, from: "${day}", to: "${day}") { tasks sealedAt } }`,
    { p: person.projectId },
  );
  return dailyMetrics[0];
};
async function makeFinished(finishedAt: string): Promise<string> {
  const taskId = await makeTask(server.url, person.token, agentId, { startedAt: null });
  await get(
    server.url,
    person.token,
    'mutation ($input: FinishTaskInput!) { finishTask(input: $input) { task { id } } }',
    { input: { taskId, status: 'SUCCEEDED', finishedAt } },
  );
  return taskId;
}
const addJob = (name: string, payload = {}) =>
  database.query('SELECT graphile_worker.add_job($1, $2::json)', [name, JSON.stringify(payload)]);
const noneIsDirty = async () => (await dirtyDays()).length === 0;
/** Holds a day as another that computes it would. */
const holdDay = (day: string) =>
  `SELECT pg_advisory_lock(hashtextextended('day ' || '${person.projectId}' || ' ' || '${day}', 0))`;

describe('days are computed by workers', () => {
  test('that come late: three days on which nothing ran are made up for, and sealed', async () => {
    for (const day of ['2026-02-01', '2026-02-02', '2026-02-03']) await makeFinished(`${day}T12:00:00Z`);
    expect(await dirtyDays()).toHaveLength(3);
    const worker = await startWorker();
    await eventually('all days are computed', noneIsDirty);
    for (const day of ['2026-02-01', '2026-02-02', '2026-02-03']) {
      expect(await tasksOf(day)).toEqual({ tasks: 1, sealedAt: expect.any(String) });
    }
    await worker.stop();
  });

  test('one of which is killed while it computes, and another ends what it began', async () => {
    await makeFinished('2026-02-10T12:00:00Z');
    // Somebody holds the day, so that the first worker is in the middle of it when it is killed.
    await database.query(holdDay('2026-02-10'));
    const first = await startWorker();
    await addJob('repairDirtyDays');
    const isUnderWay = async () =>
      (
        await database.query(
          `SELECT 1 FROM graphile_worker.jobs WHERE task_identifier = 'computeDay' AND locked_by IS NOT NULL`,
        )
      ).length > 0;
    await eventually('the day is being computed', isUnderWay);
    first.child.kill('SIGKILL');
    await database.query('SELECT pg_advisory_unlock_all()');
    await eventually('it is dead', () => first.exitCode !== undefined);
    expect(await tasksOf('2026-02-10')).toBeUndefined();
    const second = await startWorker();
    await eventually('the day is computed', noneIsDirty);
    expect(await tasksOf('2026-02-10')).toMatchObject({ tasks: 1 });
    await second.stop();
  });

  test('two of which are never at the same day at once, and both leave it right', async () => {
    const workers = await Promise.all([startWorker(), startWorker()]);
    await Promise.all(Array.from({ length: 20 }, (_, i) => makeFinished(`2026-02-20T12:00:${10 + i}Z`)));
    let most = 0;
    const look = async () => {
      const [row] = await database.query<{ count: number }>(
        `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database()
           AND query LIKE '%WITH tasks_of_day%' AND wait_event_type IS DISTINCT FROM 'Lock'
           AND state = 'active' AND pid <> pg_backend_pid()`,
      );
      most = Math.max(most, row?.count ?? 0);
    };
    // By different keys, so that nothing but the lock keeps them apart.
    for (let i = 0; i < 30; i++)
      await addJob('computeDay', { projectId: person.projectId, day: '2026-02-20' });
    const isDone = async () => {
      await look();
      const waiting = `SELECT 1 FROM graphile_worker._private_jobs WHERE payload->>'day' = '2026-02-20'`;
      return (await noneIsDirty()) && (await database.query(waiting)).length === 0;
    };
    await eventually('all jobs are done', isDone);
    expect(await tasksOf('2026-02-20')).toMatchObject({ tasks: 20 });
    expect(most).toBeLessThanOrEqual(1);
    await Promise.all(workers.map((worker) => worker.stop()));
  });

  test('that outlive a minute in which the clock could enqueue nothing', async () => {
    const worker = await startWorker();
    const rename = (from: string, to: string) =>
      database.query(`ALTER TABLE graphile_worker._private_${from} RENAME TO _private_${to}`);
    const lastMinute = async () => {
      const [row] = await database.query<{ at: number }>(
        'SELECT extract(epoch FROM max(last_execution))::int AS at FROM graphile_worker._private_known_crontabs',
      );
      return row?.at ?? 0;
    };
    await rename('known_crontabs', 'away');
    const failed = () => worker.stderr.includes('Jobs of the clock cannot be enqueued');
    await eventually('a minute has begun in vain', failed);
    await rename('away', 'known_crontabs');
    const begun = Math.floor(Date.now() / 60_000) * 60;
    await eventually('its jobs are enqueued after all', async () => (await lastMinute()) >= begun, 10_000);
    await worker.stop();
  });

  test('a day that cannot be computed does not stop the others', async () => {
    await makeFinished('2026-02-25T12:00:00Z');
    await makeFinished('2026-02-26T12:00:00Z');
    await makeFinished('2026-02-24T12:00:00Z');
    await database.query(`ALTER TABLE daily_metrics ADD CONSTRAINT poisoned CHECK (day <> '2026-02-24')`);
    const worker = await startWorker();
    await addJob('repairDirtyDays');
    await eventually('the good days are computed', async () =>
      (await dirtyDays()).every(({ day }) => day === '2026-02-24'),
    );
    expect(await dirtyDays()).toEqual([{ day: '2026-02-24' }]);
    expect(await tasksOf('2026-02-26')).toMatchObject({ tasks: 1 });
    await database.query('ALTER TABLE daily_metrics DROP CONSTRAINT poisoned');
    await eventually('the day is computed once it can be', noneIsDirty);
    await worker.stop();
  });
});

test('the jobs of a worker that was killed are given to another', async () => {
  const first = await startWorker();
  await makeFinished('2026-03-10T12:00:00Z');
  await database.query(holdDay('2026-03-10'));
  await addJob('computeDay', { projectId: person.projectId, day: '2026-03-10' });
  const lockedBy = async () =>
    (
      await database.query<{ locked_by: string }>(
        `SELECT locked_by FROM graphile_worker._private_jobs
         WHERE payload->>'day' = '2026-03-10' AND locked_by IS NOT NULL`,
      )
    ).map((job) => job.locked_by);
  await eventually('the job is taken', async () => (await lockedBy()).length > 0);
  const [dead] = await lockedBy();
  first.child.kill('SIGKILL');
  await database.query('SELECT pg_advisory_unlock_all()');
  // As if half a minute had gone by.
  await database.query(
    `UPDATE graphile_worker._private_jobs SET locked_at = now() - interval '1 minute' WHERE locked_by = $1`,
    [dead],
  );
  const second = await startWorker();
  await addJob('freeJobsOfTheDead');
  await eventually(
    'the job is done',
    async () => !(await lockedBy()).includes(dead ?? '') && (await tasksOf('2026-03-10')) !== undefined,
  );
  expect(await tasksOf('2026-03-10')).toMatchObject({ tasks: 1 });
  await second.stop();
});
