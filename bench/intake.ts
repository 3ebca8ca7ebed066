import { randomUUID } from 'node:crypto';
import { makeAgent, makeTask, register } from '../test/support/client.js';
import { openBenchDatabase } from './support/bench-database.js';
import { startChild } from './support/child.js';
import { isQuick, line, median } from './support/load.js';

// Hot path 2: durable steps per second through recordSteps, batches of 500, beside plain INSERT … SELECT FROM unnest of the same
// rows into the same table, one connection each.
const batches = isQuick ? 4 : 60;
const rounds = isQuick ? 1 : 5;
const size = 500;

const { url: databaseUrl, database, close } = await openBenchDatabase();
const binnacle = await startChild('./binnacle-child.js', { DATABASE_URL: databaseUrl });
const person = await register(binnacle.url);
const agentId = await makeAgent(binnacle.url, person);

const payload = {
  role: 'user',
  content: 'Where is my order? It was to come on Tuesday, and it is Thursday. '.repeat(4),
};
const batch = (number: number) =>
  Array.from({ length: size }, (_, index) => ({
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

async function throughApi(): Promise<number> {
  const taskId = await makeTask(binnacle.url, person.token, agentId);
  const bodies = Array.from({ length: batches }, (_, number) =>
    JSON.stringify({ query, variables: { input: { taskId, steps: batch(number) } } }),
  );
  const started = Date.now();
  for (const body of bodies) {
    const response = await fetch(`${binnacle.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${person.token}` },
      body,
    });
    const text = await response.text();
    if (!text.includes(`"accepted":${size}`)) throw new Error(text.slice(0, 500));
  }
  return (batches * size) / ((Date.now() - started) / 1000);
}

const insert = `INSERT INTO task_steps (task_id, seq, key, type, name, status, started_at, ended_at, latency_ms, model,
    input_tokens, output_tokens, cost_usd, cost_source, input, output, revision)
  SELECT $1, n, k, 'LLM', 'answer', 'SUCCEEDED', s, e, 700, m, i, o, c, 'REPORTED', a::json, b::json, 1
  FROM unnest($2::int[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::int[], $8::int[], $9::numeric[],
    $10::text[], $11::text[]) AS t(n, k, s, e, m, i, o, c, a, b)`;

async function plainInsert(): Promise<number> {
  const taskId = await makeTask(binnacle.url, person.token, agentId);
  const text = JSON.stringify(payload);
  const all = Array.from({ length: batches }, (_, number) => {
    const steps = batch(number);
    return [
      taskId,
      steps.map((_step, index) => number * size + index + 1),
      steps.map((step) => `${step.key}-${randomUUID()}`),
      steps.map((step) => step.startedAt),
      steps.map((step) => step.endedAt),
      ...(['model', 'inputTokens', 'outputTokens', 'costUsd'] as const).map((field) =>
        steps.map((step) => step[field]),
      ),
      steps.map(() => text),
      steps.map(() => text),
    ];
  });
  const started = Date.now();
  for (const values of all) await database.query({ name: 'plain', text: insert }, values);
  return (batches * size) / ((Date.now() - started) / 1000);
}

const rates: { api: number[]; plain: number[] } = { api: [], plain: [] };
for (let round = 0; round < rounds; round++) {
  rates.plain.push(await plainInsert());
  rates.api.push(await throughApi());
}
const base = median(rates.plain);
process.stdout.write(
  [
    'Taking in: batches of 500 steps with payloads, one sender, every batch committed before the answer',
    line('INSERT … SELECT FROM unnest (the limit)', base, 'steps/s'),
    line('recordSteps', median(rates.api), 'steps/s', base),
    '',
  ].join('\n'),
);
binnacle.stop();
await close();
process.exit();
