import { get, makeAgent, makeTask, register } from '../test/support/client.js';
import { openBenchDatabase } from './support/bench-database.js';
import { startChild } from './support/child.js';
import { isQuick, line, median, postRate } from './support/load.js';

// Hot path 1: one page of 100 steps of 12 fields, over 16 connections, each server in a process of its own.
const rounds = isQuick ? 1 : 5;
const seconds = isQuick ? 0.5 : 4;

const { url: databaseUrl, close } = await openBenchDatabase();
const env = { DATABASE_URL: databaseUrl };
const binnacle = await startChild('./binnacle-child.js', env);
const usual = await startChild('./apollo-typeorm-child.js', env);
const limit = await startChild('./sql-json-child.js', env);

const person = await register(binnacle.url);
const id = await makeTask(binnacle.url, person.token, await makeAgent(binnacle.url, person));
const steps = Array.from({ length: 100 }, (_, index) => ({
  key: `step-${index}`,
  type: 'LLM',
  name: 'answer',
  startedAt: new Date(1.75e12 + index * 1000).toISOString(),
  endedAt: new Date(1.75e12 + index * 1000 + 700).toISOString(),
  model: 'gpt-4o',
  inputTokens: 1200 + index,
  outputTokens: 100 + index,
  costUsd: 0.0031,
}));
await get(
  binnacle.url,
  person.token,
  'mutation($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }',
  {
    input: { taskId: id, steps },
  },
);

const fields = 'seq key type name status startedAt endedAt latencyMs model inputTokens outputTokens costUsd';
const ours = JSON.stringify({
  query: `query($id: ID!) { task(id: $id) { steps(first: 100) { nodes { ${fields} } } } }`,
  variables: { id },
});
const theirs = JSON.stringify({
  query: `query($id: ID!) { task(id: $id) { steps { nodes { ${fields} } } } }`,
  variables: { id },
});
const headers = { authorization: `Bearer ${person.token}` };

const rates: Record<'binnacle' | 'usual' | 'limit', number[]> = { binnacle: [], usual: [], limit: [] };
for (let round = 0; round < rounds; round++) {
  rates.binnacle.push(await postRate(`${binnacle.url}/graphql`, headers, ours, 16, seconds));
  rates.usual.push(await postRate(`${usual.url}/graphql`, {}, theirs, 16, seconds));
  rates.limit.push(await postRate(limit.url, {}, theirs, 16, seconds));
}
const base = median(rates.usual);
process.stdout.write(
  [
    'Reading: a page of 100 steps of 12 fields, 16 connections (Binnacle also signs in each request and checks rights)',
    line('Apollo Server + type-graphql + TypeORM', base, 'requests/s'),
    line('Binnacle', median(rates.binnacle), 'requests/s', base),
    line('SQL writing the JSON, bare HTTP (the limit)', median(rates.limit), 'requests/s', base),
    '',
  ].join('\n'),
);
for (const child of [binnacle, usual, limit]) child.stop();
await close();
process.exit();
