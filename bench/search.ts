import { v7 as uuid } from 'uuid';
import { get, makeAgent, makeTask, register } from '../test/support/client.js';
import { openBenchDatabase } from './support/bench-database.js';
import { startChild } from './support/child.js';
import { indexProject } from './support/index-project.js';
import { isQuick, line, median } from './support/load.js';
import { VariedSteps, type VariedStep } from './support/varied-steps.js';

// The text search over a project of 1,000,000 steps of varied text, through the API, beside a scan of the same steps in SQL; how
// fast steps are indexed; and what the index costs those who report steps.
const taskSizes = isQuick
  ? { one: 2_000, others: 20, count: 150 }
  : { one: 100_000, others: 45, count: 20_000 };
const rounds = isQuick ? 1 : 7;
/** A scan that takes longer is given up. */
const mostScanMs = 60_000;

const { url: databaseUrl, database, close } = await openBenchDatabase();
const binnacle = await startChild('./binnacle-child.js', { DATABASE_URL: databaseUrl });
const person = await register(binnacle.url);
const agentId = await makeAgent(binnacle.url, person);
const print = (...lines: string[]) => void process.stdout.write(`${lines.join('\n')}\n`);
const seconds = (since: number) => (performance.now() - since) / 1000;

/** One statement that may take its time; answers how long it took, milliseconds. */
async function patiently(sql: string, values: unknown[] = [], mostMs = 0): Promise<number> {
  const client = await database.pool.connect();
  await client.query(`SET statement_timeout = ${mostMs}`);
  const started = performance.now();
  await client.query(sql, values).catch(() => (mostMs ? undefined : process.exit(1)));
  client.release(true);
  return performance.now() - started;
}

// ---- the steps

const varied = new VariedSteps(1);
const template = await makeTask(binnacle.url, person.token, agentId);
const columns = (
  await database.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = 'tasks'::regclass AND attnum > 0 AND NOT attisdropped`,
  )
).map(({ name }) => name);

/** Tasks of so many steps each, told 500 at a time. */
async function fill(sizes: readonly number[], queuedAt: Date): Promise<string[]> {
  const ids = sizes.map(() => uuid());
  const values: Record<string, string> = {
    id: 'k.id',
    queued_at: 'k.queued_at',
    step_count: 'k.size',
    revision: '1 + ceil(k.size / 500.0)::int',
    searchable_revision: '0',
  };
  await database.query(
    `INSERT INTO tasks (${columns.join(', ')}) SELECT ${columns.map((name) => values[name] ?? `t.${name}`).join(', ')}
     FROM tasks t, unnest($2::uuid[], $3::int[], $4::timestamptz[]) AS k (id, size, queued_at) WHERE t.id = $1`,
    [template, ids, sizes, sizes.map((_, index) => new Date(queuedAt.getTime() + index * 1000))],
  );
  let rows: { taskId: string; seq: number; step: VariedStep }[] = [];
  const write = async () => {
    const of = (part: keyof VariedStep) => rows.map(({ step }) => step[part]);
    await database.query(
      {
        name: 'fill',
        text: `INSERT INTO task_steps (task_id, seq, key, type, name, status, cost_source, input, output, attributes, revision)
          SELECT i, n, 'k' || n, t, m, 'SUCCEEDED', 'UNPRICED', a::json, b::json, c::json, 1 + ceil(n / 500.0)
          FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) AS x (i, n, t, m, a, b, c)`,
      },
      [
        rows.map(({ taskId }) => taskId),
        rows.map(({ seq }) => seq),
        ...(['type', 'name', 'input', 'output', 'attributes'] as const).map(of),
      ],
    );
    rows = [];
  };
  for (const [index, size] of sizes.entries()) {
    for (let seq = 1; seq <= size; seq++) {
      rows.push({ taskId: ids[index]!, seq, step: varied.next() });
      if (rows.length === 1000) await write();
    }
  }
  await write();
  return ids;
}

const filling = performance.now();
const [largeTask] = await fill([taskSizes.one], new Date('2026-01-01T00:00:00Z'));
await fill(
  Array.from({ length: taskSizes.count }, () => taskSizes.others),
  new Date('2026-01-02T00:00:00Z'),
);
const total = taskSizes.one + taskSizes.others * taskSizes.count;
// Words that stand in exactly so many steps, spread evenly.
const planted: Record<string, number> = {
  quokkasightings: Math.ceil(total / 300_000),
  narwhalreport: Math.ceil(total / 500),
};
for (const [word, count] of Object.entries(planted)) {
  await database.query(
    `UPDATE task_steps s SET name = s.name || ' ' || $1 FROM (
       SELECT task_id, seq FROM (SELECT task_id, seq, row_number() OVER (ORDER BY task_id, seq) AS n FROM task_steps) a
       WHERE n % $2 = 7) k WHERE s.task_id = k.task_id AND s.seq = k.seq`,
    [word, Math.floor(total / count)],
  );
}
await patiently('VACUUM ANALYZE');
print(
  `Text search: ${total.toLocaleString('en')} steps of varied text, made in ${seconds(filling).toFixed(0)} s`,
);

// ---- indexing

const indexing = performance.now();
await indexProject(database, person.projectId);
const perSecond = total / seconds(indexing);
const [sizes] = await database.query<Record<'steps' | 'bits' | 'runs', number>>(
  `SELECT pg_total_relation_size('task_steps')::float8 AS steps, pg_total_relation_size('search_bits')::float8 AS bits,
     pg_total_relation_size('search_runs')::float8 AS runs`,
);
await patiently('VACUUM ANALYZE');
const perStep = (bytes: number) => `${Math.round(bytes / total).toLocaleString('en')} bytes a step`;
print(
  line('indexing, one job', perSecond, 'steps/s'),
  `  size: steps ${perStep(sizes!.steps)}, index ${perStep(sizes!.bits + sizes!.runs)}`,
);

// ---- searching

const inProject = `query ($projectId: ID!, $text: String!, $first: Int) {
  searchSteps(projectId: $projectId, text: $text, first: $first) { nodes { snippet step { seq name } task { id } } pageInfo { endCursor } } }`;
const inTask = `query ($id: ID!, $text: String!, $first: Int) {
  task(id: $id) { steps(filter: { search: $text }, first: $first) { nodes { seq name } pageInfo { endCursor } } } }`;
const scanText = `lower(concat_ws(' ', s.name, s.error_message, s.input, s.output, s.attributes))`;
const scanProject = `SELECT s.task_id, s.seq, s.name FROM tasks t JOIN task_steps s ON s.task_id = t.id
  WHERE t.project_id = $1 AND strpos(${scanText}, lower($2)) > 0 ORDER BY t.queued_at DESC, t.id DESC, s.seq LIMIT 51`;
const scanTask = `SELECT s.seq, s.name FROM task_steps s WHERE s.task_id = $1 AND strpos(${scanText}, lower($2)) > 0
  ORDER BY s.seq LIMIT 51`;

interface Found {
  searchSteps?: { nodes: unknown[] };
  task?: { steps: { nodes: unknown[] } };
}

async function compare(what: string, text: string, taskId?: string): Promise<void> {
  const variables = { projectId: person.projectId, id: taskId, text, first: 50 };
  const own: number[] = [];
  let hits = 0;
  for (let round = 0; round <= rounds; round++) {
    const started = performance.now();
    const found = await get<Found>(binnacle.url, person.token, taskId ? inTask : inProject, variables);
    if (round > 0) own.push(performance.now() - started);
    hits = (found.searchSteps ?? found.task?.steps)?.nodes.length ?? 0;
  }
  const scan = await patiently(
    taskId ? scanTask : scanProject,
    [taskId ?? person.projectId, text],
    mostScanMs,
  );
  const ms = (value: number) => `${value.toFixed(value < 100 ? 1 : 0)} ms`.padStart(10);
  print(`  ${what.padEnd(46)} ${ms(median(own))}   by scan ${ms(scan)}   ${hits} hits`);
}

print('Searching: a page of 50 hits through the API, median; the same by a scan in SQL');
const rank = (language: number, number: number) => varied.word(language, number);
await compare('rare: 3 in a million', 'quokkasightings');
await compare('medium: 1 in 500', 'NarwhalReport');
await compare('common: 1 in 2', 'include');
await compare('part of a rare identifier', 'okkasighti');
await compare('part of an order number', 'ORD-48213');
await compare('a word of medium frequency', rank(0, 300));
await compare('two common words beside each other', `${rank(0, 30)} ${rank(0, 50)}`);
await compare('Cyrillic, rare', rank(2, 15_000));
await compare('Chinese, two signs', rank(3, 700).padEnd(2, rank(3, 90)).slice(0, 2));
await compare('Arabic', rank(4, 2000));
await compare('inside JSON: "status":"FAILED"', '"status":"FAILED"');
await compare('no hit', 'xylophonequartz');
await compare('no hit, of common pieces', 'sterinating');
await compare('one letter', 'q');
await compare(`in a task of ${taskSizes.one.toLocaleString('en')} steps: rare`, 'quokkasightings', largeTask);
await compare('in that task: common', 'include', largeTask);
await compare('in that task: no hit', 'xylophonequartz', largeTask);

// ---- what those who report steps pay

const record = 'mutation ($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }';
const [batches, size] = isQuick ? [2, 200] : [24, 500];

/** Steps per second of one sender, each batch committed before the answer. */
async function intake(): Promise<number> {
  const taskId = await makeTask(binnacle.url, person.token, agentId);
  const bodies = Array.from({ length: batches }, (_, batch) => ({
    taskId,
    steps: Array.from({ length: size }, (_, index) => {
      const { type, name, input, output, attributes } = varied.next();
      const [a, b, c] = [input, output, attributes].map((json) =>
        json === null ? null : (JSON.parse(json) as unknown),
      );
      return { key: `${batch}-${index}`, type, name, input: a, output: b, attributes: c };
    }),
  }));
  const started = performance.now();
  for (const input of bodies) await get(binnacle.url, person.token, record, { input });
  return (batches * size) / seconds(started);
}

const waitingIndex =
  'CREATE INDEX tasks_unsearchable ON tasks (project_id, queued_at, id) WHERE searchable_revision < revision';
const rates: Record<'without' | 'shipped' | 'indexing', number[]> = {
  without: [],
  shipped: [],
  indexing: [],
};
for (let round = 0; round < rounds; round++) {
  await database.query('DROP INDEX tasks_unsearchable');
  rates.without.push(await intake());
  await database.query(waitingIndex);
  rates.shipped.push(await intake());
  const worker = await startChild('./binnacle-child.js', { DATABASE_URL: databaseUrl, BENCH_ROLE: 'worker' });
  rates.indexing.push(await intake());
  worker.stop();
  await worker.ended;
}
const base = median(rates.without);
print(
  `Taking in: batches of ${size} such steps, one sender, median`,
  line('without the index of what waits', base, 'steps/s'),
  line('as shipped', median(rates.shipped), 'steps/s', base),
  line('while a worker on the same machine indexes', median(rates.indexing), 'steps/s', base),
);

binnacle.stop();
await close();
process.exit();
