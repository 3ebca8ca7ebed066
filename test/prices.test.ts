import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runReprice } from '../src/commands/reprice.command.js';
import { get, makeAgent, makeKey, makeTask, register, type Person } from './support/client.js';
import { eventually } from './support/follower.js';
import { dayLasts } from './support/metric-fleet.js';
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

interface Priced {
  key: string;
  costUsd: number | null;
  costSource: string;
  priceDataVersion: string | null;
  revision: number;
}

const run = <Data>(query: string, variables: Record<string, unknown> = {}) =>
  get<Data>(server.url, person.token, query, variables);
const record = (taskId: string, ...steps: object[]) =>
  run(
    'mutation ($input: RecordStepsInput!) { recordSteps(input: $input) { accepted rejected { reason } } }',
    {
      input: { taskId, steps },
    },
  );
const call = (key: string, more: object = {}) => ({
  key,
  type: 'LLM',
  name: 'call',
  provider: 'openai',
  model: 'gpt-4o',
  startedAt: '2026-03-01T12:00:00Z',
  inputTokens: 1_000_000,
  outputTokens: 100_000,
  ...more,
});
const taskOf = async (id: string) =>
  (
    await run<{ task: { costUsd: number | null; costSource: string; steps: { nodes: Priced[] } } }>(
      'query ($id: ID!) { task(id: $id) { costUsd costSource steps(first: 100) { nodes { key costUsd costSource priceDataVersion revision } } } }',
      { id },
    )
  ).task;
const newTask = () => makeTask(server.url, person.token, agentId);
const stored = async (taskId: string) =>
  (
    await server.database.query<{
      unpriced: number;
      costed: number;
      reported: number;
      cost: number | null;
      is: boolean;
    }>(
      `SELECT t.unpriced_steps AS unpriced, t.costed_steps AS costed, t.reported_cost_steps AS reported,
         t.cost_usd AS cost,
         t.unpriced_steps = count(s) FILTER (WHERE s.model IS NOT NULL AND s.cost_usd IS NULL)
           AND t.costed_steps = count(s.cost_usd)
           AND t.reported_cost_steps = count(s) FILTER (WHERE s.cost_source = 'REPORTED')
           AND t.cost_usd IS NOT DISTINCT FROM sum(s.cost_usd) AS is
       FROM tasks t LEFT JOIN task_steps s ON s.task_id = t.id WHERE t.id = $1 GROUP BY t.id`,
      [taskId],
    )
  )[0];

describe('a step that tells model and tokens, and no cost', () => {
  test('is priced at intake, and says by what; a reported cost stays', async () => {
    const taskId = await newTask();
    await record(
      taskId,
      call('list'),
      call('reported', { costUsd: 7 }),
      call('unknown', { model: 'nobody-knows-it' }),
      {
        key: 'tool',
        type: 'TOOL',
        name: 'look',
      },
    );
    const { steps, ...task } = await taskOf(taskId);
    expect(steps.nodes).toEqual([
      {
        key: 'list',
        costUsd: 3.5,
        costSource: 'PRICED',
        priceDataVersion: expect.stringMatching(/^genai-prices /),
        revision: 2,
      },
      { key: 'reported', costUsd: 7, costSource: 'REPORTED', priceDataVersion: null, revision: 2 },
      { key: 'unknown', costUsd: null, costSource: 'UNPRICED', priceDataVersion: null, revision: 2 },
      { key: 'tool', costUsd: null, costSource: 'UNPRICED', priceDataVersion: null, revision: 2 },
    ]);
    expect(task).toEqual({ costUsd: 10.5, costSource: 'PRICED', steps: undefined });
    expect(await stored(taskId)).toMatchObject({ unpriced: 1, costed: 2, reported: 1, is: true });
  });

  test('is priced once all of it is known, in whichever order it was told', async () => {
    const taskId = await newTask();
    const tokens = { inputTokens: null, outputTokens: null };
    await record(
      taskId,
      call('a', { ...tokens, status: 'RUNNING' }),
      call('b', { model: null, provider: null }),
    );
    expect((await taskOf(taskId)).costUsd).toBeNull();
    expect(await stored(taskId)).toMatchObject({ unpriced: 1, is: true });
    await record(
      taskId,
      { key: 'a', type: 'LLM', name: 'call', inputTokens: 1_000_000, outputTokens: 100_000 },
      { key: 'b', type: 'LLM', name: 'call', provider: 'openai', model: 'gpt-4o' },
    );
    expect((await taskOf(taskId)).steps.nodes.map(({ costUsd }) => costUsd)).toEqual([3.5, 3.5]);
    expect(await stored(taskId)).toMatchObject({ unpriced: 0, cost: 7, is: true });
    // Told again, nothing changes; corrected, the price follows; reported, that counts, and no price takes its place.
    const before = (await taskOf(taskId)).steps.nodes;
    await record(taskId, call('a'), call('b'));
    expect((await taskOf(taskId)).steps.nodes.map(({ costUsd }) => costUsd)).toEqual([3.5, 3.5]);
    expect(before.map(({ key }) => key)).toEqual(['a', 'b']);
    await record(taskId, { key: 'a', type: 'LLM', name: 'call', outputTokens: 200_000 });
    expect((await taskOf(taskId)).steps.nodes[0]).toMatchObject({ costUsd: 4.5, costSource: 'PRICED' });
    await record(taskId, call('a', { costUsd: 1 }));
    await record(taskId, call('a'));
    expect((await taskOf(taskId)).steps.nodes[0]).toMatchObject({
      costUsd: 1,
      costSource: 'REPORTED',
      priceDataVersion: null,
    });
    expect(await stored(taskId)).toMatchObject({ is: true });
  });

  test('is unpriced where tokens are missing, but for embeddings, which answer none', async () => {
    const taskId = await newTask();
    const embedding = { type: 'EMBEDDING', model: 'text-embedding-3-small', outputTokens: null };
    await record(taskId, call('half', { outputTokens: null }), call('embedding', embedding));
    expect((await taskOf(taskId)).steps.nodes).toMatchObject([{ costUsd: null }, { costUsd: 0.02 }]);
  });
});

describe("a project's own prices", () => {
  const setPrice = (more: object) =>
    run<{ setModelPrice: { id: string } }>(
      'mutation ($input: SetModelPriceInput!) { setModelPrice(input: $input) { id model provider validFrom } }',
      { input: { projectId: person.projectId, inputUsd: 1, outputUsd: 10, ...more } },
    );

  test('price what was unpriced, from their first day on, and what is told from then on', async () => {
    const [taskId, model] = [await newTask(), 'house-model'];
    const steps = [call('old', { model, startedAt: '2026-02-28T12:00:00Z' }), call('new', { model })];
    await record(taskId, ...steps);
    await run('mutation ($input: FinishTaskInput!) { finishTask(input: $input) { task { id } } }', {
      input: { taskId, status: 'SUCCEEDED' },
    });
    expect(await stored(taskId)).toMatchObject({ unpriced: 2 });
    const { setModelPrice } = await setPrice({ model, validFrom: '2026-03-01' });
    const costs = async () => (await taskOf(taskId)).steps.nodes.map(({ costUsd }) => costUsd);
    await eventually('they are priced', async () => (await costs())[1] === 2);
    expect(await costs()).toEqual([null, 2]);
    expect((await taskOf(taskId)).steps.nodes[1]?.priceDataVersion).toBe('own price of 2026-03-01');
    expect(await stored(taskId)).toMatchObject({ unpriced: 1, cost: 2, is: true });
    // Set again it takes the place of the first, which is one price, not two.
    const again = await setPrice({ model, validFrom: '2026-03-01', inputUsd: 2 });
    expect(again.setModelPrice.id).toBe(setModelPrice.id);
    await eventually('they are priced again', async () => (await costs())[1] === 3);
    await run('mutation ($id: ID!) { removeModelPrice(id: $id) }', { id: setModelPrice.id });
    await eventually('they are unpriced again', async () => (await costs())[1] === null);
    expect(await stored(taskId)).toMatchObject({ unpriced: 2, costed: 0, cost: null, is: true });
  });

  test('are listed, and audited', async () => {
    await setPrice({ model: 'b' });
    await setPrice({ model: 'a', provider: 'here' });
    const { modelPrices } = await run<{ modelPrices: object[] }>(
      'query ($p: ID!) { modelPrices(projectId: $p) { model provider validFrom inputUsd cachedInputUsd outputUsd } }',
      { p: person.projectId },
    );
    const rest = { validFrom: '0001-01-01', inputUsd: 1, cachedInputUsd: null, outputUsd: 10 };
    expect(modelPrices).toEqual([
      { model: 'a', provider: 'here', ...rest },
      { model: 'b', provider: null, ...rest },
    ]);
    const entries = await server.database.query(`SELECT 1 FROM audit_log WHERE action = 'setModelPrice'`);
    expect(entries.length).toBeGreaterThanOrEqual(2);
  });
});

test('steps of a range are priced again by a job, once, which says how far it is', async () => {
  await dayLasts(60_000);
  const taskId = await newTask();
  await record(taskId, call('a'), call('b', { costUsd: 5 }));
  await run('mutation ($input: FinishTaskInput!) { finishTask(input: $input) { task { id } } }', {
    input: { taskId, status: 'SUCCEEDED' },
  });
  // As an older price list would have it.
  await server.database.query(`UPDATE task_steps SET cost_usd = 1 WHERE task_id = $1 AND key = 'a'`, [
    taskId,
  ]);
  await server.database.query('UPDATE tasks SET cost_usd = 6 WHERE id = $1', [taskId]);
  const today = new Date().toISOString().slice(0, 10);
  const reprice = async () => {
    const { repriceSteps } = await run<{ repriceSteps: { id: string } }>(
      'mutation ($p: ID!, $d: Date!) { repriceSteps(projectId: $p, from: $d, to: $d) { id finishedAt } }',
      { p: person.projectId, d: today },
    );
    const look = async () =>
      (
        await run<{
          priceRun: {
            tasksTotal: number;
            tasksDone: number;
            stepsChanged: number;
            finishedAt: string | null;
          };
        }>('query ($id: ID!) { priceRun(id: $id) { tasksTotal tasksDone stepsChanged finishedAt } }', {
          id: repriceSteps.id,
        })
      ).priceRun;
    await eventually('the run is done', async () => (await look()).finishedAt !== null);
    return look();
  };
  const first = await reprice();
  expect(first.stepsChanged).toBe(1);
  expect(first.tasksDone).toBe(first.tasksTotal);
  expect(await taskOf(taskId)).toMatchObject({ costUsd: 8.5 });
  expect(await stored(taskId)).toMatchObject({ is: true });
  expect(await reprice()).toMatchObject({ stepsChanged: 0 });
  const asked = `SELECT 1 FROM audit_log WHERE action = 'repriceSteps' AND actor_kind = 'USER'`;
  expect(await server.database.query(asked)).toHaveLength(2);
});

test('the command starts such a job, shows how far it is, and says what came of it', async () => {
  const [{ secret }, lesser] = [
    await makeKey(server.url, person, ['READ', 'MANAGE']),
    await makeKey(server.url, person, ['READ', 'INGEST']),
  ];
  const command = async (argv: string[], key = secret) => {
    const said = { out: '', err: '' };
    const code = await runReprice(argv, {
      stdout: { write: (text) => (said.out += text) },
      stderr: { write: (text) => (said.err += text) },
      env: { BINNACLE_URL: server.url, BINNACLE_API_KEY: key },
      connect: () => Promise.reject(new Error('not asked for')),
    });
    return { code, ...said };
  };
  const today = new Date().toISOString().slice(0, 10);
  const done = await command(['--from', '2026-01-01', '--to', today]);
  expect(done).toMatchObject({
    code: 0,
    out: expect.stringMatching(/\d+ tasks looked at, \d+ steps cost something else/),
  });
  expect(done.err).toMatch(/(\d+) of \1 tasks/);
  expect(await command(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('--from DAY') });
  expect(await command(['--from', '2026-02-30', '--to', today])).toMatchObject({
    code: 2,
    err: expect.stringContaining('got "2026-02-30"'),
  });
  expect(await command(['--from', today])).toMatchObject({ code: 2, err: expect.stringContaining('--to') });
  expect(await command(['--from', '2026-02-01', '--to', today], lesser.secret)).toMatchObject({
    code: 1,
    err: expect.stringContaining('MANAGE'),
  });
});
