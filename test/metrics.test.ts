import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ask, codeOf, get, makeAgent, makeKey, makeTask, register, type Person } from './support/client.js';
import { eventually } from './support/follower.js';
import { exactPercentile, plainMetricFields, type PlainMetric } from './support/plain-metrics.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let person: Person;
beforeAll(async () => {
  server = await startTestServer();
  person = await register(server.url);
});
afterAll(() => server.stop());

interface Finish {
  status?: string;
  startedAt?: string | null;
  finishedAt: string;
  costUsd?: number;
  isIntervened?: boolean;
}

const run = <Data>(query: string, variables: Record<string, unknown> = {}) =>
  get<Data>(server.url, person.token, query, variables);
const finishTask = (input: object) =>
  run('mutation ($input: FinishTaskInput!) { finishTask(input: $input) { task { id } } }', { input });
const recordSteps = (taskId: string, steps: object[]) =>
  run('mutation ($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }', {
    input: { taskId, steps },
  });

/** A task of that agent that has ended so. */
async function makeFinished(agent: string, finish: Finish): Promise<string> {
  const { status = 'SUCCEEDED', startedAt = null, finishedAt, costUsd, isIntervened } = finish;
  const taskId = await makeTask(server.url, person.token, agent, { startedAt });
  if (costUsd !== undefined) await recordSteps(taskId, [{ key: 'a', type: 'LLM', name: 'call', costUsd }]);
  if (isIntervened) {
    const input = { taskId, kind: 'QUESTION', reason: 'Which?' };
    await run('mutation ($input: RequestInterventionInput!) { requestIntervention(input: $input) { id } }', {
      input,
    });
  }
  await finishTask({ taskId, status, finishedAt });
  return taskId;
}

const recompute = async (from: string, to = from) =>
  (
    await run<{ recomputeMetrics: PlainMetric[] }>(
      `mutation ($p: ID!, $from: Date!, $to: Date!) { recomputeMetrics(projectId: $p, from: $from, to: $to) { ${plainMetricFields} } }`,
      { p: person.projectId, from, to },
    )
  ).recomputeMetrics;
const daily = async (agent: string | null, from: string, to = from) =>
  (
    await run<{ dailyMetrics: PlainMetric[] }>(
      `query ($p: ID!, $a: ID, $from: Date!, $to: Date!) { dailyMetrics(projectId: $p, agentId: $a, from: $from, to: $to) { ${plainMetricFields} } }`,
      { p: person.projectId, a: agent, from, to },
    )
  ).dailyMetrics;
const summary = async (agent: string | null, from: string, to = from) =>
  (
    await run<{ metricsSummary: PlainMetric & { succeeded: number } }>(
      `query ($p: ID!, $a: ID, $from: Date!, $to: Date!) { metricsSummary(projectId: $p, agentId: $a, from: $from, to: $to) {
        tasks succeeded cancelled successRate interventionRate latencyP50Ms latencyP95Ms latencyP99Ms costUsd costPerTaskUsd
        costPerSuccessUsd unpricedTasks } }`,
      { p: person.projectId, a: agent, from, to },
    )
  ).metricsSummary;

describe('the KPIs of a day', () => {
  test('are what the definitions say', async () => {
    const agent = await makeAgent(server.url, person);
    const at = (second: number) => `2026-03-01T12:00:${String(second).padStart(2, '0')}.000Z`;
    await makeFinished(agent, { startedAt: at(0), finishedAt: at(1), costUsd: 0.5 });
    await makeFinished(agent, { startedAt: at(0), finishedAt: at(2), costUsd: 0.25, isIntervened: true });
    await makeFinished(agent, { startedAt: at(0), finishedAt: at(10), status: 'FAILED', costUsd: 1 });
    await makeFinished(agent, { finishedAt: at(20), status: 'TIMED_OUT' });
    await makeFinished(agent, { startedAt: at(0), finishedAt: at(30), status: 'CANCELLED', costUsd: 99 });
    await recompute('2026-03-01');
    expect(await daily(agent, '2026-03-01')).toEqual([
      {
        day: '2026-03-01',
        agentId: agent,
        tasks: 4,
        succeeded: 2,
        failed: 1,
        timedOut: 1,
        cancelled: 1,
        successRate: 0.5,
        interventionRate: 0.25,
        latencyP50Ms: 2000,
        latencyP95Ms: 9200,
        latencyP99Ms: 9840,
        costUsd: 1.75,
        costPerTaskUsd: 1.75 / 3,
        costPerSuccessUsd: 0.875,
        unpricedTasks: 1,
        inputTokens: 0,
        outputTokens: 0,
      },
    ]);
  });

  test('are null where nothing is known', async () => {
    const agent = await makeAgent(server.url, person);
    await makeFinished(agent, { finishedAt: '2026-03-02T12:00:00.000Z', status: 'FAILED' });
    await makeFinished(agent, { finishedAt: '2026-03-03T12:00:00.000Z', status: 'CANCELLED', costUsd: 1 });
    await recompute('2026-03-02', '2026-03-04');
    const nothing = { latencyP50Ms: null, latencyP99Ms: null, costUsd: null, costPerTaskUsd: null };
    expect(await daily(agent, '2026-03-02', '2026-03-04')).toMatchObject([
      {
        ...nothing,
        tasks: 1,
        successRate: 0,
        interventionRate: 0,
        costPerSuccessUsd: null,
        unpricedTasks: 1,
      },
      { ...nothing, tasks: 0, cancelled: 1, successRate: null, interventionRate: null, unpricedTasks: 0 },
    ]);
    expect(await summary(agent, '2026-03-04')).toMatchObject({ ...nothing, tasks: 0, successRate: null });
  });

  test('a day is a UTC day: its first and last millisecond, leap seconds, and days on which clocks change', async () => {
    const agent = await makeAgent(server.url, person);
    const ends: [string, string][] = [
      ['2026-04-01', '2026-04-01T00:00:00.000Z'],
      ['2026-04-01', '2026-04-01T23:59:59.999Z'],
      ['2026-04-02', '2026-04-02T00:00:00.000Z'],
      // 2016 ended with a leap second, which no clock here can name.
      ['2016-12-31', '2016-12-31T23:59:59.999Z'],
      ['2017-01-01', '2017-01-01T00:00:00.000Z'],
      // Days of 23 and 25 hours in Berlin.
      ['2026-03-29', '2026-03-29T23:30:00.000+00:00'],
      ['2026-03-28', '2026-03-29T00:30:00.000+01:00'],
      ['2026-10-25', '2026-10-26T00:30:00.000+01:00'],
    ];
    for (const [, finishedAt] of ends) await makeFinished(agent, { finishedAt });
    const expected = new Map<string, number>();
    for (const [day] of ends) expected.set(day, (expected.get(day) ?? 0) + 1);
    for (const day of expected.keys()) await recompute(day);
    for (const [day, tasks] of expected) expect(await daily(agent, day)).toMatchObject([{ day, tasks }]);
  });

  test('a task that spans days belongs to the one in which it finished', async () => {
    const agent = await makeAgent(server.url, person);
    await makeFinished(agent, {
      startedAt: '2026-05-01T23:00:00.000Z',
      finishedAt: '2026-05-03T01:00:00.000Z',
    });
    await recompute('2026-05-01', '2026-05-03');
    expect(await daily(agent, '2026-05-01', '2026-05-03')).toMatchObject([
      { day: '2026-05-03', tasks: 1, latencyP50Ms: 26 * 3_600_000 },
    ]);
  });

  test('a task that is tried again leaves its day, and comes back in the day in which it finishes then', async () => {
    const agent = await makeAgent(server.url, person);
    const taskId = await makeFinished(agent, { finishedAt: '2026-05-10T12:00:00.000Z', status: 'FAILED' });
    await recompute('2026-05-10');
    expect(await daily(agent, '2026-05-10')).toMatchObject([{ tasks: 1, failed: 1 }]);
    await run('mutation ($id: ID!) { retryTask(id: $id) { status } }', { id: taskId });
    await recompute('2026-05-10');
    expect(await daily(agent, '2026-05-10')).toMatchObject([{ tasks: 0, failed: 0, successRate: null }]);
  });
});

test('a summary adds days up, with percentiles within 1%', async () => {
  const agent = await makeAgent(server.url, person);
  const latencies: number[] = [];
  for (let i = 0; i < 60; i++) {
    const finishedAt = Date.parse('2026-06-01T12:00:00Z') + (i % 3) * 86_400_000;
    const latency = Math.round(1.25 ** i) + 3;
    latencies.push(latency);
    const status = i % 4 === 0 ? 'FAILED' : 'SUCCEEDED';
    await makeFinished(agent, {
      status,
      startedAt: new Date(finishedAt - latency).toISOString(),
      finishedAt: new Date(finishedAt).toISOString(),
      ...(i % 2 === 0 ? { costUsd: 0.1 } : {}),
    });
  }
  await recompute('2026-06-01', '2026-06-03');
  const sum = await summary(agent, '2026-06-01', '2026-06-03');
  expect(sum).toMatchObject({ tasks: 60, succeeded: 45, successRate: 0.75, unpricedTasks: 30 });
  expect(sum.costUsd).toBeCloseTo(3, 9);
  latencies.sort((a, b) => a - b);
  for (const [told, share] of [
    [sum.latencyP50Ms, 0.5],
    [sum.latencyP95Ms, 0.95],
    [sum.latencyP99Ms, 0.99],
  ] as const) {
    expect(Math.abs((told ?? 0) / (exactPercentile(latencies, share) ?? 1) - 1)).toBeLessThanOrEqual(0.01);
  }
});

test('what is late is counted within a minute, by itself, and told to those who follow', async () => {
  const agent = await makeAgent(server.url, person);
  const taskId = await makeFinished(agent, { finishedAt: '2026-07-01T12:00:00.000Z', costUsd: 1 });
  const costIs = async (costUsd: number) => (await daily(agent, '2026-07-01'))[0]?.costUsd === costUsd;
  await eventually('the day is computed', () => costIs(1), 70_000);
  await recordSteps(taskId, [{ key: 'late', type: 'LLM', name: 'call', costUsd: 2 }]);
  await eventually('the day is computed again', () => costIs(3), 70_000);
  expect(await server.database.query('SELECT * FROM dirty_days')).toEqual([]);
});

test('costs are broken down by agent, version, model, task type, step type and day', async () => {
  const owner = await register(server.url, 'spender');
  const [first, second] = [
    await makeAgent(server.url, owner, 'one'),
    await makeAgent(server.url, owner, 'two'),
  ];
  const end = async (agent: string, type: string, day: string, steps: object[]) => {
    const taskId = await makeTask(server.url, owner.token, agent, { type, startedAt: null });
    await get(
      server.url,
      owner.token,
      'mutation ($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }',
      { input: { taskId, steps } },
    );
    await get(
      server.url,
      owner.token,
      'mutation ($input: FinishTaskInput!) { finishTask(input: $input) { task { id } } }',
      { input: { taskId, status: 'SUCCEEDED', finishedAt: `${day}T12:00:00Z` } },
    );
  };
  const llm = (key: string, more: object) => ({ key, type: 'LLM', name: 'call', ...more });
  await end(first, 'chat', '2026-08-01', [
    llm('a', { model: 'm1', costUsd: 1, inputTokens: 10, outputTokens: 5 }),
    llm('b', { model: 'nobody-knows-it', inputTokens: 7, outputTokens: 1 }),
    { key: 'c', type: 'TOOL', name: 'look', costUsd: 0.5 },
  ]);
  await end(second, 'mail', '2026-08-02', [llm('a', { model: 'm1', costUsd: 4 })]);
  const by = async (dimension: string) =>
    (
      await get<{ costBreakdown: { key: string; label: string; costUsd: number | null }[] }>(
        server.url,
        owner.token,
        `query ($p: ID!) { costBreakdown(projectId: $p, by: ${dimension}, from: "2026-08-01", to: "2026-08-31") {
          key label tasks steps inputTokens outputTokens costUsd unpricedSteps } }`,
        { p: owner.projectId },
      )
    ).costBreakdown;
  expect(await by('MODEL')).toEqual([
    {
      key: 'm1',
      label: 'm1',
      tasks: 2,
      steps: 2,
      inputTokens: 10,
      outputTokens: 5,
      costUsd: 5,
      unpricedSteps: 0,
    },
    {
      key: '',
      label: 'no model',
      tasks: 1,
      steps: 1,
      inputTokens: 0,
      outputTokens: 0,
      costUsd: 0.5,
      unpricedSteps: 0,
    },
    {
      key: 'nobody-knows-it',
      label: 'nobody-knows-it',
      tasks: 1,
      steps: 1,
      inputTokens: 7,
      outputTokens: 1,
      costUsd: null,
      unpricedSteps: 1,
    },
  ]);
  expect(await by('AGENT')).toMatchObject([
    { key: second, label: expect.stringMatching(/^two/), tasks: 1, costUsd: 4, unpricedSteps: 0 },
    { key: first, label: expect.stringMatching(/^one/), tasks: 1, steps: 3, costUsd: 1.5, unpricedSteps: 1 },
  ]);
  expect(await by('AGENT_VERSION')).toMatchObject([
    { label: expect.stringMatching(/ v1$/) },
    { costUsd: 1.5 },
  ]);
  expect(await by('TASK_TYPE')).toMatchObject([
    { key: 'mail', costUsd: 4 },
    { key: 'chat', costUsd: 1.5 },
  ]);
  expect(await by('STEP_TYPE')).toMatchObject([
    { key: 'LLM', costUsd: 5, steps: 3 },
    { key: 'TOOL', costUsd: 0.5 },
  ]);
  expect(await by('DAY')).toMatchObject([
    { key: '2026-08-02', costUsd: 4 },
    { key: '2026-08-01', costUsd: 1.5 },
  ]);
});

describe('who asks wrongly', () => {
  const query = `query ($p: ID!, $a: ID, $from: Date!, $to: Date!) { metricsSummary(projectId: $p, agentId: $a, from: $from, to: $to) { tasks } }`;
  const tried = (variables: Record<string, unknown>, token = person.token) =>
    codeOf(
      ask(server.url, token, query, {
        p: person.projectId,
        from: '2026-01-01',
        to: '2026-01-31',
        ...variables,
      }),
    );

  test('is told what is wrong with the range', async () => {
    expect(await tried({ from: '2026-02-01' })).toBe('BAD_USER_INPUT');
    expect(await tried({ from: '1026-01-01' })).toBe('BAD_USER_INPUT');
    expect(await tried({ from: '2026-02-30' })).toBe('BAD_USER_INPUT');
  });

  test("does not see another project's agent through the own project", async () => {
    const other = await register(server.url, 'other');
    const foreign = await makeAgent(server.url, other);
    expect(await tried({ a: foreign })).toBe('NOT_FOUND');
    expect(await tried({ p: other.projectId })).toBe('NOT_FOUND');
  });

  test('needs to be an ADMIN to have days computed again', async () => {
    const { secret } = await makeKey(server.url, person, ['READ', 'INGEST']);
    const mutation = `mutation ($p: ID!) { recomputeMetrics(projectId: $p, from: "2026-01-01", to: "2026-01-01") { day } }`;
    expect(await codeOf(ask(server.url, secret, mutation, { p: person.projectId }))).toBe('FORBIDDEN');
    await run(mutation, { p: person.projectId });
    const entries = await server.database.query(
      `SELECT 1 FROM audit_log WHERE action = 'recomputeMetrics' AND project_id = $1`,
      [person.projectId],
    );
    expect(entries.length).toBeGreaterThan(0);
  });
});
