import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { get, makeTask, register, type Person } from './support/client.js';
import { eventually } from './support/follower.js';
import {
  plainMetric,
  plainMetricFields,
  rounded,
  type PlainMetric,
  type PlainTask,
} from './support/plain-metrics.js';
import { startTestServer, type TestServer } from './support/test-server.js';

const histories = 300;
const firstMs = Date.parse('2026-03-28T00:00:00Z');
const days = ['2026-03-28', '2026-03-29', '2026-03-30', '2026-03-31'];
const dayMs = 86_400_000;

/** The same histories in every run: a linear congruential generator. */
let seed = 20_260_301;
function random(): number {
  seed = (seed * 1_664_525 + 1_013_904_223) % 4_294_967_296;
  return seed / 4_294_967_296;
}
const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;

let server: TestServer;
let person: Person;
beforeAll(async () => {
  server = await startTestServer();
  person = await register(server.url);
});
afterAll(() => server.stop());

const run = <Data>(query: string, variables: Record<string, unknown>) =>
  get<Data>(server.url, person.token, query, variables);

interface History {
  projectId: string;
  agents: string[];
  taskIds: string[];
}

/** A moment within the days; often on a border. */
function moment(): number {
  const day = firstMs + Math.floor(random() * days.length) * dayMs;
  return day + pick([0, dayMs - 1, Math.floor(random() * dayMs), Math.floor(random() * dayMs)]);
}

async function makeHistory(index: number): Promise<History> {
  const { createProject } = await run<{ createProject: { id: string } }>(
    'mutation ($n: String!) { createProject(input: { name: $n }) { id } }',
    { n: `history ${index}` },
  );
  const projectId = createProject.id;
  const agents: string[] = [];
  for (let i = 0; i < 1 + (index % 3); i++) {
    const { createAgent } = await run<{ createAgent: { id: string } }>(
      'mutation ($p: ID!, $n: String!) { createAgent(input: { projectId: $p, name: $n }) { id } }',
      { p: projectId, n: `agent ${i}` },
    );
    agents.push(createAgent.id);
  }
  const history = { projectId, agents, taskIds: [] as string[] };
  // Some histories are empty, some have one task, some many.
  const tasks = index % 10 === 0 ? (index % 20 === 0 ? 0 : 1) : 2 + Math.floor(random() * 8);
  for (let i = 0; i < tasks; i++) history.taskIds.push(await makeRandomTask(agents));
  return history;
}

async function makeRandomTask(agents: readonly string[]): Promise<string> {
  const end = moment();
  const latency = pick([null, 0, 5, 5, 1000, Math.floor(random() * 3 * dayMs)]);
  const startedAt = latency === null ? null : new Date(end - latency).toISOString();
  const taskId = await makeTask(server.url, person.token, pick(agents), { startedAt });
  if (random() < 0.6) await addStep(taskId, 'first');
  if (random() < 0.3) await askHuman(taskId);
  if (random() < 0.9) {
    await run('mutation ($input: FinishTaskInput!) { finishTask(input: $input) { task { id } } }', {
      input: {
        taskId,
        status: pick(['SUCCEEDED', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'CANCELLED']),
        finishedAt: new Date(end).toISOString(),
      },
    });
  }
  return taskId;
}

const addStep = (taskId: string, key: string) => {
  const tokens = { inputTokens: Math.floor(random() * 1000), outputTokens: Math.floor(random() * 1000) };
  const cost = random() < 0.6 ? { costUsd: Math.floor(random() * 1e6) / 1e4 } : {};
  return run('mutation ($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }', {
    input: { taskId, steps: [{ key, type: 'LLM', name: 'call', ...tokens, ...cost }] },
  });
};
const askHuman = (taskId: string) =>
  run('mutation ($input: RequestInterventionInput!) { requestIntervention(input: $input) { id } }', {
    input: { taskId, kind: 'QUESTION', reason: 'Which?' },
  });

/** Late steps, corrected costs, and tasks that are tried again. */
async function disturb(history: History): Promise<void> {
  for (const taskId of history.taskIds) {
    const chance = random();
    if (chance < 0.2) await addStep(taskId, 'late');
    else if (chance < 0.35) await addStep(taskId, 'first');
    else if (chance < 0.5) {
      const { task } = await run<{ task: { status: string } }>(
        'query ($id: ID!) { task(id: $id) { status } }',
        {
          id: taskId,
        },
      );
      if (task.status === 'FAILED' || task.status === 'TIMED_OUT')
        await run('mutation ($id: ID!) { retryTask(id: $id) { status } }', { id: taskId });
    }
  }
  if (random() < 0.3) history.taskIds.push(await makeRandomTask(history.agents));
}

/** Several at a time, as many clients would. */
async function all<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (const [index, item] of waiting) results[index] = await work(item, index);
    }),
  );
  return results;
}

/** Has the server repair what is dirty now, not only in a while. */
async function repair(): Promise<void> {
  await server.database.query(`SELECT graphile_worker.add_job('repairDirtyDays')`);
  await eventually(
    'no day is dirty any more',
    async () => (await server.database.query('SELECT 1 FROM dirty_days LIMIT 1')).length === 0,
  );
}

/** Where what the API answers is not what the raw tasks say. */
async function differences({ projectId, agents }: History): Promise<unknown[]> {
  const tasks = await server.database.query<PlainTask>(
    `SELECT agent_id AS "agentId", status, extract(epoch FROM started_at) * 1000 AS "startedAt",
       extract(epoch FROM finished_at) * 1000 AS "finishedAt", cost_usd AS "costUsd",
       (SELECT count(*)::int FROM interventions i WHERE i.task_id = t.id) AS interventions,
       input_tokens AS "inputTokens", output_tokens AS "outputTokens" FROM tasks t WHERE project_id = $1`,
    [projectId],
  );
  const { each, whole } = await run<{ each: PlainMetric[]; whole: PlainMetric[] }>(
    `query ($p: ID!, $from: Date!, $to: Date!) {
      each: dailyMetrics(projectId: $p, from: $from, to: $to, perAgent: true) { ${plainMetricFields} }
      whole: dailyMetrics(projectId: $p, from: $from, to: $to) { ${plainMetricFields} }
    }`,
    { p: projectId, from: days[0], to: days.at(-1) },
  );
  const told = new Map([...each, ...whole].map((row) => [`${row.day} ${row.agentId}`, row]));
  return [...agents, null].flatMap((agentId) =>
    days.flatMap((day) => {
      const expected = plainMetric(day, agentId, tasks);
      // A day without tasks has no row, or, where it had some, one of zeros.
      const got = told.get(`${day} ${agentId}`) ?? plainMetric(day, agentId, []);
      return JSON.stringify(rounded(got)) === JSON.stringify(rounded(expected)) ? [] : [{ got, expected }];
    }),
  );
}

test(`of ${histories} random histories every day is what its raw tasks say, also after late events`, async () => {
  const made = await all(Array.from({ length: histories }), (_, index) => makeHistory(index));
  await repair();
  expect((await all(made, differences)).flat()).toEqual([]);
  const rows = await server.database.query<{ count: string }>('SELECT count(*) FROM daily_metrics');
  expect(Number(rows[0]?.count)).toBeGreaterThan(histories);

  await all(made, disturb);
  await repair();
  expect((await all(made, differences)).flat()).toEqual([]);
});
