import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { makeAgent, makeTask, register } from '../test/support/client.js';
import { openBenchDatabase } from './support/bench-database.js';
import { startChild } from './support/child.js';
import { isQuick, line, median, post } from './support/load.js';

// Hot path 2: durable steps per second through recordSteps, batches of 500, beside plain INSERT … SELECT FROM unnest of the same
// rows into the same table, one connection each, and what a call costs. They take turns, so that noise strikes both alike.
const batches = isQuick ? 4 : 60;
const rounds = isQuick ? 1 : 5;
const size = 500;
const smallCalls = isQuick ? 4 : 200;

const { url: databaseUrl, database, close } = await openBenchDatabase();
const binnacle = await startChild('./binnacle-child.js', { DATABASE_URL: databaseUrl });
const person = await register(binnacle.url);
const agentId = await makeAgent(binnacle.url, person);

const payload = {
  role: 'user',
  content: 'Where is my order? It was to come on Tuesday, and it is Thursday. '.repeat(4),
};
const batch = (number: number, count = size) =>
  Array.from({ length: count }, (_, index) => ({
    key: `step-${number}-${index}`,
    type: 'LLM',
    name: 'answer',
    startedAt: new Date(1.75e12 + index).toISOString(),
    endedAt: new Date(1.75e12 + index + 700).toISOString(),
    model: 'gpt-4o',
    inputTokens: 1200,
    outputTokens: 100,
    costUsd: 0.0031,
    input: payload,
    output: payload,
  }));

const query = 'mutation($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }';

const agent = new Agent({ keepAlive: true });
const headers = { authorization: `Bearer ${person.token}` };

/** Milliseconds of one call; the body is made before it, for the sender is not what is measured. */
async function record(taskId: string, number: number, count = size): Promise<number> {
  const steps = batch(number, count);
  const body = Buffer.from(JSON.stringify({ query, variables: { input: { taskId, steps } } }));
  const started = performance.now();
  const text = await post(`${binnacle.url}/graphql`, headers, body, agent);
  const ms = performance.now() - started;
  if (!text.includes(`"accepted":${count}`)) throw new Error(text.slice(0, 500));
  return ms;
}

const insert = `INSERT INTO task_steps (task_id, seq, key, type, name, status, started_at, ended_at, latency_ms, model,
    input_tokens, output_tokens, cost_usd, cost_source, input, output, revision)
  SELECT $1, n, k, 'LLM', 'answer', 'SUCCEEDED', s, e, 700, m, i, o, c, 'REPORTED', a::json, b::json, 1
  FROM unnest($2::int[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::int[], $8::int[], $9::numeric[],
    $10::text[], $11::text[]) AS t(n, k, s, e, m, i, o, c, a, b)`;

const payloadText = JSON.stringify(payload);

/** Milliseconds of one statement. */
async function insertPlainly(taskId: string, number: number): Promise<number> {
  const steps = batch(number);
  const values = [
    taskId,
    steps.map((_step, index) => number * size + index + 1),
    steps.map((step) => `${step.key}-${randomUUID()}`),
    steps.map((step) => step.startedAt),
    steps.map((step) => step.endedAt),
    ...(['model', 'inputTokens', 'outputTokens', 'costUsd'] as const).map((field) =>
      steps.map((step) => step[field]),
    ),
    steps.map(() => payloadText),
    steps.map(() => payloadText),
  ];
  const started = performance.now();
  await database.query({ name: 'plain', text: insert }, values);
  return performance.now() - started;
}

const newTask = () => makeTask(binnacle.url, person.token, agentId);
const sum = (calls: readonly number[]) => calls.reduce((total, ms) => total + ms, 0);
const stepsPerSecond = (calls: readonly number[]) => (size * calls.length) / (sum(calls) / 1000);

const rates = { plain: [] as number[], api: [] as number[] };
const ms = { of500: [] as number[], again: [] as number[], of20: [] as number[], of1: [] as number[] };
for (let round = 0; round < rounds; round++) {
  const plainTask = await newTask();
  const apiTask = await newTask();
  const plain: number[] = [];
  const api: number[] = [];
  for (let number = 0; number < batches; number++) {
    plain.push(await insertPlainly(plainTask, number));
    api.push(await record(apiTask, number));
  }
  rates.plain.push(stepsPerSecond(plain));
  rates.api.push(stepsPerSecond(api));
  ms.of500.push(...api);
}
const [againTask, of20Task, of1Task] = [await newTask(), await newTask(), await newTask()];
await record(againTask, 0);
for (let number = 0; number < smallCalls; number++) {
  if (number % 4 === 0) ms.again.push(await record(againTask, 0));
  ms.of20.push(await record(of20Task, number, 20));
  ms.of1.push(await record(of1Task, number, 1));
}

const base = median(rates.plain);
const call = (name: string, calls: readonly number[]) =>
  `  ${name.padEnd(46)} ${median(calls).toFixed(1).padStart(9)} ms`;
process.stdout.write(
  [
    'Taking in: batches of 500 steps with payloads, one sender, every batch committed before the answer',
    line('INSERT … SELECT FROM unnest (the limit)', base, 'steps/s'),
    line('recordSteps', median(rates.api), 'steps/s', base),
    'What one call of recordSteps takes, the median',
    call('500 steps', ms.of500),
    call('500 steps sent again, unchanged', ms.again),
    call('20 steps', ms.of20),
    call('1 step', ms.of1),
    '',
  ].join('\n'),
);
binnacle.stop();
await close();
process.exit();
