import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { get, makeAgent, makeTask, register, type Person } from './support/client.js';
import { eventually } from './support/follower.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let person: Person;
let agentId: string;
beforeAll(async () => {
  server = await startTestServer();
  person = await register(server.url);
  agentId = await makeAgent(server.url, person);
});
afterAll(() => server.stop());

const run = <Data>(query: string, variables: Record<string, unknown> = {}) =>
  get<Data>(server.url, person.token, query, variables);
// The days stay the same when one ends meanwhile.
const now = Date.now();
const daysAgo = (days: number) => new Date(now - days * 86_400_000).toISOString();

async function makeFinished(finishedAt: string): Promise<string> {
  const taskId = await makeTask(server.url, person.token, agentId, { startedAt: null });
  const steps = [{ key: 'a', type: 'LLM', name: 'call', costUsd: 1 }];
  await run('mutation ($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }', {
    input: { taskId, steps },
  });
  await run('mutation ($input: FinishTaskInput!) { finishTask(input: $input) { task { id } } }', {
    input: { taskId, status: 'SUCCEEDED', finishedAt },
  });
  return taskId;
}
const ids = async () =>
  (
    await run<{ tasks: { nodes: { id: string }[] } }>(
      'query ($p: ID!) { tasks(projectId: $p) { nodes { id } } }',
      {
        p: person.projectId,
      },
    )
  ).tasks.nodes.map(({ id }) => id);
const metricsOf = async (day: string) =>
  (
    await run<{ dailyMetrics: object[] }>(
      `query ($p: ID!, $d: Date!) { dailyMetrics(projectId: $p, from: $d, to: $d) { tasks costUsd } }`,
      { p: person.projectId, d: day.slice(0, 10) },
    )
  ).dailyMetrics;
const purge = async () => {
  await server.database.query(`SELECT graphile_worker.add_job('purgeOldTasks', job_key := 'once')`);
  const isDone = async () =>
    (await server.database.query(`SELECT 1 FROM graphile_worker.jobs WHERE key = 'once'`)).length === 0;
  await eventually('old tasks are purged', isDone);
};

test('a project without retention keeps all, with it loses what is older, and its figures stay', async () => {
  const [old, older, young] = [
    await makeFinished(daysAgo(12)),
    await makeFinished(daysAgo(30)),
    await makeFinished(daysAgo(3)),
  ];
  const [open, stale] = [
    await makeTask(server.url, person.token, agentId),
    await makeTask(server.url, person.token, agentId),
  ];
  await server.database.query('UPDATE tasks SET updated_at = $2 WHERE id = $1', [stale, daysAgo(40)]);
  // More steps than one transaction deletes.
  await server.database.query(
    `INSERT INTO task_steps (task_id, seq, key, type, name, status, cost_source, revision)
     SELECT $1, n, n::text, 'TOOL', 'look', 'SUCCEEDED', 'UNPRICED', 2 FROM generate_series(2, 45000) n`,
    [older],
  );
  await server.database.query('UPDATE tasks SET step_count = 45000 WHERE id = $1', [older]);
  await purge();
  expect((await ids()).sort()).toEqual([old, older, young, open, stale].sort());

  await run('mutation ($id: ID!) { updateProject(input: { id: $id, retentionDays: 7 }) { retentionDays } }', {
    id: person.projectId,
  });
  await purge();
  expect((await ids()).sort()).toEqual([young, open].sort());
  const left = await server.database.query<{ count: number }>(
    'SELECT count(*)::int FROM task_steps WHERE task_id = ANY($1)',
    [[old, older, stale]],
  );
  expect(left[0]?.count).toBe(0);
  for (const day of [daysAgo(12), daysAgo(30)])
    expect(await metricsOf(day)).toEqual([{ tasks: 1, costUsd: 1 }]);

  // Computed again, the day is what it was when its tasks were there.
  await run('mutation ($p: ID!, $d: Date!) { recomputeMetrics(projectId: $p, from: $d, to: $d) { tasks } }', {
    p: person.projectId,
    d: daysAgo(12).slice(0, 10),
  });
  expect(await metricsOf(daysAgo(12))).toEqual([{ tasks: 1, costUsd: 1 }]);
  const entries = await server.database.query(`SELECT after FROM audit_log WHERE action = 'purgeOldTasks'`);
  expect(entries.length).toBeGreaterThan(0);
});
