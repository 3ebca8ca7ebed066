import { makeAgent, makeTask, register } from '../test/support/client.js';
import { DayRepository } from '../src/features/metrics/index.js';
import { openBenchDatabase } from './support/bench-database.js';
import { startChild } from './support/child.js';
import { isQuick, line, median } from './support/load.js';

// The KPIs of a day: computing it beside one plain scan of the same tasks, a summary of a year, and what marking days costs intake.
const tasks = isQuick ? 20_000 : 1_000_000;
const stepsOfTask = isQuick ? 2 : 10;
const agents = 50;
const days = 365;
const rounds = isQuick ? 1 : 5;
const day = '2026-03-01';

const { url: databaseUrl, database, close } = await openBenchDatabase();
const binnacle = await startChild('./binnacle-child.js', { DATABASE_URL: databaseUrl });
const person = await register(binnacle.url);
const say = (...lines: string[]) => process.stdout.write([...lines, ''].join('\n'));

/** The median milliseconds of each. */
async function timeInTurns<Works extends (() => Promise<unknown>)[]>(
  times: number,
  works: readonly [...Works],
): Promise<{ [Work in keyof Works]: number }> {
  const took = works.map((): number[] => []);
  for (let round = 0; round < times; round++) {
    for (const [at, work] of works.entries()) {
      const started = performance.now();
      await work();
      took[at]?.push(performance.now() - started);
    }
  }
  return took.map(median) as { [Work in keyof Works]: number };
}
const time = async (work: () => Promise<unknown>) => (await timeInTurns(rounds, [work]))[0];

const agentIds: string[] = [];
for (let i = 0; i < agents; i++) agentIds.push(await makeAgent(binnacle.url, person));
say(
  `Metrics: ${tasks} finished tasks of ${agents} agents in one day, ${tasks * stepsOfTask} steps behind them`,
);
await database.query('SET statement_timeout = 0');
const fill = async (sql: string, values: unknown[] = []) => {
  const client = await database.pool.connect();
  await client.query('SET statement_timeout = 0');
  await client.query(sql, values);
  await client.query(`SET statement_timeout = '15s'`);
  client.release();
};
await fill(
  `INSERT INTO tasks (id, project_id, agent_id, agent_version_id, type, name, status, priority, progress, attempt,
     max_attempts, tags, queued_at, started_at, finished_at, latency_ms, step_count, input_tokens, output_tokens, cost_usd,
     costed_steps, reported_cost_steps, intervention_count, revision, updated_at)
   SELECT gen_random_uuid(), $1, a.id, a.current_version_id, 'task', 'a task',
     (ARRAY['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'CANCELLED'])[1 + n % 6], 0, 1, 1, 1, '{}',
     t.at, t.at, t.at + make_interval(secs => l.ms / 1000), l.ms, $3, n % 5000, n % 700,
     CASE WHEN n % 10 > 0 THEN (n % 1000) / 1000.0 END, 1, 1, (n % 9 = 0)::int, 3, now()
   FROM generate_series(1, $2::int) n
   JOIN (SELECT id, current_version_id, row_number() OVER () AS nr FROM agents WHERE project_id = $1) a ON a.nr = 1 + n % ${agents}
   CROSS JOIN LATERAL (SELECT round(exp(n::bigint * 7919 % 100003 / 10000.0)) AS ms) l
   CROSS JOIN LATERAL (SELECT $4::timestamptz + n::bigint * 104729 % 82800 * interval '1 second' AS at) t`,
  [person.projectId, tasks, stepsOfTask, `${day}T00:00:00Z`],
);
await fill(
  `INSERT INTO task_steps (task_id, seq, key, type, name, status, model, input_tokens, output_tokens, cost_usd, cost_source,
     input, revision)
   SELECT t.id, n, n::text, 'LLM', 'answer', 'SUCCEEDED', 'gpt-4o', 1200, 100, 0.0031, 'REPORTED',
     '{"role": "user", "content": "Where is my order?"}', 2
   FROM tasks t, generate_series(1, ${stepsOfTask}) n WHERE t.project_id = $1`,
  [person.projectId],
);
// What the database would do by itself in the next minutes is done before anything is measured.
await fill('VACUUM (ANALYZE) tasks, task_steps');
await fill('CHECKPOINT');
const scan = `SELECT count(*), count(*) FILTER (WHERE status = 'SUCCEEDED'), sum(cost_usd), sum(input_tokens), max(latency_ms)
  FROM tasks WHERE project_id = $1 AND finished_at >= $2 AND finished_at < $2::timestamptz + interval '1 day'`;
const repository = new DayRepository(database);
// In turns, and more often than PostgreSQL plans a statement anew before it keeps a plan.
const [scanned, computed] = await timeInTurns(isQuick ? 1 : 9, [
  () => database.query(scan, [person.projectId, `${day}T00:00:00Z`]),
  () => repository.compute({ projectId: person.projectId, day }),
]);
say(
  line('one plain scan of the same tasks', scanned, 'ms'),
  `  the day of all agents and of the project: ${Math.round(computed)} ms, ${(computed / scanned).toFixed(2)} times the scan`,
);

// A year of days, each as full of latencies as the one computed.
await fill(
  `INSERT INTO daily_metrics SELECT project_id, day - n, agent_id, succeeded, failed, timed_out, cancelled, intervened,
     latency_p50_ms, latency_p95_ms, latency_p99_ms, latency_buckets, latency_counts, priced_tasks, known_cost_usd,
     input_tokens, output_tokens, computed_at, sealed_at, is_frozen
   FROM daily_metrics, generate_series(1, ${days - 1}) n`,
);
await fill('VACUUM (ANALYZE) daily_metrics');
const ask = async (query: string) => {
  const response = await fetch(`${binnacle.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${person.token}` },
    body: JSON.stringify({ query }),
  });
  const text = await response.text();
  if (text.includes('"errors"')) throw new Error(text.slice(0, 500));
};
const range = `projectId: "${person.projectId}", from: "2025-03-02", to: "${day}"`;
const figures =
  'tasks successRate interventionRate latencyP50Ms latencyP95Ms latencyP99Ms costUsd costPerTaskUsd';
const summary = await time(() => ask(`{ metricsSummary(${range}) { ${figures} } }`));
const all = agentIds
  .slice(0, 20)
  .map((id, i) => `a${i}: metricsSummary(${range}, agentId: "${id}") { ${figures} }`);
const each = await time(() => ask(`{ ${all.join(' ')} }`));
const rows = await time(() => ask(`{ dailyMetrics(${range}, perAgent: true) { day ${figures} } }`));
say(
  `A year, ${agents} agents: metricsSummary of the project ${summary.toFixed(0)} ms, of 20 agents at once ${each.toFixed(0)} ms;` +
    ` dailyMetrics of every agent (${days * agents} rows) ${rows.toFixed(0)} ms`,
);

// Steps of a task that goes on mark nothing; late steps of a finished one mark its day in each call.
const mutation = `mutation ($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }`;
const batches = isQuick ? 4 : 60;
async function takeIn(isFinished: boolean): Promise<number> {
  const taskId = await makeTask(binnacle.url, person.token, agentIds[0] ?? '');
  const send = async (query: string, input: object) => {
    const response = await fetch(`${binnacle.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${person.token}` },
      body: JSON.stringify({ query, variables: { input } }),
    });
    const text = await response.text();
    if (text.includes('"errors"')) throw new Error(text.slice(0, 500));
  };
  if (isFinished) {
    const finish = 'mutation ($input: FinishTaskInput!) { finishTask(input: $input) { task { id } } }';
    await send(finish, { taskId, status: 'SUCCEEDED' });
  }
  const started = performance.now();
  for (let batch = 0; batch < batches; batch++) {
    const steps = Array.from({ length: 100 }, (_, i) => ({
      key: `${batch}-${i}`,
      type: 'TOOL',
      name: 'look',
    }));
    await send(mutation, { taskId, steps });
  }
  return (batches * 100) / ((performance.now() - started) / 1000);
}
const rates = { without: [] as number[], with: [] as number[] };
for (let round = 0; round < rounds; round++) {
  rates.without.push(await takeIn(false));
  rates.with.push(await takeIn(true));
}
const base = median(rates.without);
say(
  'Taking in batches of 100 steps',
  line('of a task that goes on: nothing is marked', base, 'steps/s'),
  line('of a finished task: its day is marked each time', median(rates.with), 'steps/s', base),
  '',
);
binnacle.stop();
await close();
process.exit();
