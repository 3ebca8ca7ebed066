import { Agent } from 'node:http';
import { makeKey, register } from '../test/support/client.js';
import { metric } from '../test/support/follower.js';
import { openBenchDatabase } from './support/bench-database.js';
import { startChild } from './support/child.js';
import { isQuick, line, median, send } from './support/load.js';
import { traceBody, tracesBody } from './support/trace-body.js';

// Hot path 2, as OpenTelemetry tells it: durable steps per second through /v1/traces (protobuf, gzip, batches of 500), beside plain
// INSERT … SELECT FROM unnest of the rows that it stored, one connection each, in turns. Then memory under far too many senders.
const batches = isQuick ? 4 : 40;
const rounds = isQuick ? 1 : 5;
const size = 500;
const senders = isQuick ? 20 : 300;
const batchesOfSender = 2;

const { url: databaseUrl, database, close } = await openBenchDatabase();
const binnacle = await startChild('./binnacle-child.js', { DATABASE_URL: databaseUrl });
const person = await register(binnacle.url);
const { secret } = await makeKey(binnacle.url, person, ['INGEST']);
const headers = {
  authorization: `Bearer ${secret}`,
  'content-type': 'application/x-protobuf',
  'content-encoding': 'gzip',
};
const agent = new Agent({ keepAlive: true });
const tell = (body: Buffer) => send(`${binnacle.url}/v1/traces`, headers, body, agent);

/** Milliseconds of one request; its body is made before it. */
async function tellInTime(body: Buffer): Promise<number> {
  const started = performance.now();
  const { status, text } = await tell(body);
  if (status !== 200 || text !== '') throw new Error(`${status}: ${text}`);
  return performance.now() - started;
}

interface Column {
  name: string;
  type: string;
}

/** Inserts the rows of one task's first steps anew, below another task: what a table that is written to directly could do. */
async function plainInsert(traceId: string): Promise<(task: string, number: number) => Promise<number>> {
  const columns = await database.query<Column>(
    `SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
     WHERE attrelid = 'task_steps'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
       AND attname NOT IN ('task_id', 'seq')`,
  );
  const rows = await database.query<Record<string, string | null>>(
    `SELECT ${columns.map(({ name }) => `s.${name}::text AS ${name}`).join(', ')}
     FROM task_steps s JOIN tasks t ON t.id = s.task_id WHERE t.trace_id = $1 ORDER BY s.seq LIMIT ${size}`,
    [traceId],
  );
  const values = columns.map(({ name }) => rows.map((row) => row[name]));
  const keyAt = columns.findIndex(({ name }) => name === 'key');
  const text = `INSERT INTO task_steps (task_id, seq, ${columns.map(({ name }) => name).join(', ')})
    SELECT $1, $2 + ordinality, ${columns.map(({ name, type }) => `${name}::${type}`).join(', ')}
    FROM unnest(${columns.map((_, at) => `$${at + 3}::text[]`).join(', ')}) WITH ORDINALITY
      AS t(${columns.map(({ name }) => name).join(', ')}, ordinality)`;
  return async (task, number) => {
    const keys = values[keyAt]?.map((key) => `${number}-${key}`);
    const given = values.map((column, at) => (at === keyAt ? keys : column));
    const started = performance.now();
    await database.query({ name: 'plain-spans', text }, [task, number * size, ...given]);
    return performance.now() - started;
  };
}

const traceIdOf = (trace: number) => `b${trace.toString(16).padStart(31, '0')}`;
let traces = 0;
await tellInTime(traceBody(traces, 1, size));
const insert = await plainInsert(traceIdOf(traces));
const newPlainTask = async () => {
  await tellInTime(traceBody(++traces, 1, 1));
  const [row] = await database.query<{ id: string }>('SELECT id FROM tasks WHERE trace_id = $1', [
    traceIdOf(traces),
  ]);
  return row?.id ?? '';
};

const stepsPerSecond = (calls: readonly number[]) =>
  (size * calls.length) / (calls.reduce((total, ms) => total + ms, 0) / 1000);
const rates = { plain: [] as number[], one: [] as number[], many: [] as number[] };
for (let round = 0; round < rounds; round++) {
  const plainTask = await newPlainTask();
  const trace = ++traces;
  const calls = { plain: [] as number[], one: [] as number[], many: [] as number[] };
  for (let number = 0; number < batches; number++) {
    calls.plain.push(await insert(plainTask, number + 1));
    calls.one.push(await tellInTime(traceBody(trace, 1 + number * size, size)));
    const fresh = Array.from({ length: 50 }, () => ++traces);
    calls.many.push(await tellInTime(tracesBody(fresh, size / 50)));
  }
  for (const kind of ['plain', 'one', 'many'] as const) rates[kind].push(stepsPerSecond(calls[kind]));
}

/** As exporters do: what is not taken is sent again after the time that the answer names. */
async function sendUntilTaken(body: Buffer): Promise<number> {
  for (let putOff = 0; ; putOff++) {
    const { status, text, retryAfter } = await tell(body);
    if (status === 200) return putOff;
    if (status !== 429 && status !== 503) throw new Error(`${status}: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 1000 * (retryAfter ?? 1) * (0.5 + Math.random())));
  }
}

const memory = async () => (await metric(binnacle.url, 'process_resident_memory_bytes')) / 1e6;
const before = await memory();
let most = before;
let isOver = false;
const watching = (async () => {
  while (!isOver) {
    most = Math.max(most, await memory());
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
})();
const firstOfLoad = traces + 1;
// The bodies are made before: what sends is not what is measured.
const load = Array.from({ length: senders }, () => {
  const trace = ++traces;
  return Array.from({ length: batchesOfSender }, (_, at) => traceBody(trace, 1 + at * size, size));
});
const putOffs = await Promise.all(
  load.map(async (bodies) => {
    let putOff = 0;
    for (const body of bodies) putOff += await sendUntilTaken(body);
    return putOff;
  }),
);
isOver = true;
await watching;
const [stored] = await database.query<{ count: number }>(
  `SELECT count(*)::int AS count FROM task_steps s JOIN tasks t ON t.id = s.task_id
   WHERE t.trace_id >= $1 AND t.trace_id LIKE 'b%'`,
  [traceIdOf(firstOfLoad)],
);
const acknowledged = senders * batchesOfSender * size;
const count = (number: number) => number.toLocaleString('en');

const base = median(rates.plain);
process.stdout.write(
  [
    'Taking in traces: /v1/traces, protobuf, gzip, batches of 500 spans, one sender, committed before the answer',
    line('INSERT … SELECT FROM unnest of the same rows', base, 'steps/s'),
    line('/v1/traces, one trace', median(rates.one), 'steps/s', base),
    line('/v1/traces, each batch 50 new traces', median(rates.many), 'steps/s', base),
    `Taking in traces from ${senders} senders at once, each with ${batchesOfSender} batches`,
    `  spans acknowledged, and stored                 ${count(acknowledged)}, ${count(stored?.count ?? 0)}`,
    `  requests put off by 429 or 503                 ${count(putOffs.reduce((sum, each) => sum + each, 0))}`,
    `  memory of the server before, and at most       ${Math.round(before)} MB, ${Math.round(most)} MB`,
    '',
  ].join('\n'),
);
if (stored?.count !== acknowledged) throw new Error('Spans that were acknowledged are not there.');
binnacle.stop();
await close();
process.exit();
