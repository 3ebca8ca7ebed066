import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isDeepStrictEqual } from 'node:util';
import { ask, codeOf, get, makeAgent, makeKey, makeTask, register, type Person } from './support/client.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let person: Person;
let agentId: string;
beforeAll(async () => {
  server = await startTestServer({ MAX_JSON_BYTES: '100000' });
  person = await register(server.url);
  agentId = await makeAgent(server.url, person);
});
afterAll(() => server.stop());

type StepInput = Record<string, unknown>;
interface Step {
  seq: number;
  key: string;
  status: string;
  latencyMs: number | null;
  revision: number;
  costUsd: number | null;
}
interface Totals {
  stepCount: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: number | null;
  costSource: string;
  revision: number;
}
interface Result {
  accepted: number;
  updated: number;
  rejected: { index: number; key: string | null; reason: string }[];
}

const recordMutation = `mutation ($input: RecordStepsInput!) {
  recordSteps(input: $input) { accepted updated rejected { index key reason } } }`;
const totalFields = 'stepCount inputTokens outputTokens costUsd costSource revision';
const stepFields = `id taskId seq key parentKey type name status startedAt endedAt latencyMs provider model inputTokens
  cachedInputTokens cacheWriteTokens outputTokens reasoningTokens costUsd costSource input output
  error { code message class } attributes revision`;

const run = <Data>(query: string, variables: Record<string, unknown> = {}, token = person.token) =>
  get<Data>(server.url, token, query, variables);
const newTask = (more: Record<string, unknown> = {}) => makeTask(server.url, person.token, agentId, more);
const record = async (taskId: string, steps: StepInput[], more: Record<string, unknown> = {}) =>
  (await run<{ recordSteps: Result }>(recordMutation, { input: { taskId, steps, ...more } })).recordSteps;
const totals = async (id: string) =>
  (await run<{ task: Totals }>(`query ($id: ID!) { task(id: $id) { ${totalFields} } }`, { id })).task;
const stepsOf = async (id: string) => {
  const query = `query ($id: ID!) { task(id: $id) { steps(first: 500) { nodes { ${stepFields} } } } }`;
  return (await run<{ task: { steps: { nodes: Step[] } } }>(query, { id })).task.steps.nodes;
};
const step = (key: string, more: StepInput = {}): StepInput => ({ key, type: 'LLM', name: 'call', ...more });
const none: Result = { accepted: 0, updated: 0, rejected: [] };

describe('recordSteps', () => {
  test('keeps every part of a step as it was told', async () => {
    const taskId = await newTask();
    const told = {
      key: 'a "key" \\ {x}, NULL',
      parentKey: 'parent',
      type: 'TOOL',
      name: 'Ünïcode 🚀',
      status: 'FAILED',
      startedAt: '2026-03-01T12:00:00.001Z',
      endedAt: '2026-03-01T12:00:02.501Z',
      latencyMs: 1234.5678,
      provider: 'openai',
      model: 'gpt-4o',
      inputTokens: 100,
      cachedInputTokens: 40,
      cacheWriteTokens: 30,
      outputTokens: 20,
      reasoningTokens: 10,
      costUsd: 0.0123456789,
      input: {
        messages: [{ role: 'user', content: 'Grüße "quoted" \\ {a,b}' }],
        empty: {},
        list: [[], [null]],
      },
      output: 'text',
      attributes: { b: 1, a: 2 },
    };
    const error = { code: 'E', message: 'Timed out', type: 'TimeoutError', httpStatus: 504 };
    expect(await record(taskId, [{ ...told, error }])).toEqual({ ...none, accepted: 1 });
    expect(await stepsOf(taskId)).toEqual([
      {
        ...told,
        id: `${taskId}:1`,
        taskId,
        seq: 1,
        costSource: 'REPORTED',
        error: { code: 'E', message: 'Timed out', class: 'TIMEOUT' },
        revision: 2,
      },
    ]);
    expect(await totals(taskId)).toEqual({
      stepCount: 1,
      inputTokens: 100,
      outputTokens: 20,
      costUsd: 0.0123456789,
      costSource: 'REPORTED',
      revision: 2,
    });
  });

  test('leaves unknown what was not told', async () => {
    const taskId = await newTask();
    await record(taskId, [
      step('a'),
      step('b', { error: { message: 'x' } }),
      step('c', { input: false, output: 0 }),
    ]);
    const nothing = {
      parentKey: null,
      startedAt: null,
      endedAt: null,
      latencyMs: null,
      provider: null,
      model: null,
      inputTokens: null,
      outputTokens: null,
      costUsd: null,
      costSource: 'UNPRICED',
      attributes: null,
    };
    expect(await stepsOf(taskId)).toMatchObject([
      { ...nothing, key: 'a', status: 'SUCCEEDED', error: null, input: null, output: null },
      { ...nothing, key: 'b', status: 'FAILED', error: { code: null, message: 'x', class: 'UNKNOWN' } },
      { ...nothing, key: 'c', input: false, output: 0 },
    ]);
    expect(await totals(taskId)).toMatchObject({ costUsd: null, costSource: 'UNPRICED', inputTokens: 0 });
  });

  test('takes 1 to 1,000 steps a call', async () => {
    const taskId = await newTask();
    const many = (count: number) =>
      Array.from({ length: count }, (_, i) => step(`k${i}`, { inputTokens: 1 }));
    for (const count of [0, 1001]) {
      const { errors } = await ask(server.url, person.token, recordMutation, {
        input: { taskId, steps: many(count) },
      });
      expect(errors?.[0]).toMatchObject({
        message: `input.steps: A call takes 1 to 1000 steps, and this one has ${count}.`,
        extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'input.steps' }] },
      });
    }
    expect(await record(taskId, many(1000))).toEqual({ ...none, accepted: 1000 });
    expect(await totals(taskId)).toMatchObject({ stepCount: 1000, inputTokens: 1000, revision: 2 });
    expect(await record(taskId, many(1))).toEqual({ ...none, accepted: 1 });
    expect((await stepsOf(taskId)).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 500 }, (_, i) => i + 1),
    );
  });

  test('keeps the good ones and names the bad ones', async () => {
    const taskId = await newTask();
    const deep = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown;
    const bad: [StepInput, string][] = [
      [step(''), 'key: The text must not be empty.'],
      [step('k'.repeat(201)), 'key: The text has 201 characters; 200 are allowed.'],
      [step('a\u0000b'), 'key: Text must not hold the character NUL (U+0000).'],
      [step('a\ud800'), 'key: Text must be well-formed Unicode: it holds half of a surrogate pair.'],
      [step('1', { name: ' ' }), 'name: The text must not be empty.'],
      [step('2', { name: 'x'.repeat(501) }), 'name: The text has 501 characters; 500 are allowed.'],
      [step('3', { name: 'x\u0000' }), 'name: Text must not hold the character NUL (U+0000).'],
      [step('4', { parentKey: 'x'.repeat(201) }), 'parentKey: The text has 201 characters; 200 are allowed.'],
      [
        step('5', { model: '\udc00' }),
        'model: Text must be well-formed Unicode: it holds half of a surrogate pair.',
      ],
      [step('6', { provider: '' }), 'provider: The text must not be empty.'],
      [step('7', { inputTokens: -1 }), 'inputTokens: The number must be between 0 and 2147483647.'],
      [step('8', { reasoningTokens: -1 }), 'reasoningTokens: The number must be between 0 and 2147483647.'],
      [step('9', { latencyMs: -0.1 }), 'latencyMs: The number must be between 0 and 1000000000000.'],
      [step('10', { latencyMs: 1e300 }), 'latencyMs: The number must be between 0 and 1000000000000.'],
      [step('11', { costUsd: -1e-9 }), 'costUsd: The number must be between 0 and 1000000000.'],
      [step('12', { costUsd: 1e300 }), 'costUsd: The number must be between 0 and 1000000000.'],
      [
        step('13', { startedAt: '2026-03-01T12:00:00.001Z', endedAt: '2026-03-01T12:00:00Z' }),
        'endedAt: A step cannot end before it starts.',
      ],
      [step('14', { input: deep(65) }), 'input: JSON may be nested 64 levels deep at most.'],
      [step('15', { output: { a: deep(64) } }), 'output: JSON may be nested 64 levels deep at most.'],
      [step('16', { attributes: deep(500) }), 'attributes: JSON may be nested 64 levels deep at most.'],
      [
        step('17', { attributes: { 'a\u0000': 1 } }),
        'attributes: Text must not hold the character NUL (U+0000).',
      ],
      [
        step('18', { input: { a: ['\ud83d'] } }),
        'input: Text must be well-formed Unicode: it holds half of a surrogate pair.',
      ],
      [
        step('19', { input: 'ü'.repeat(50_000) }),
        'input: The value has 100002 bytes as JSON; 100000 are allowed.',
      ],
      [step('20', { error: { message: '' } }), 'error.message: The text must not be empty.'],
      [
        step('21', { error: { message: 'm', code: 'x'.repeat(201) } }),
        'error.code: The text has 201 characters; 200 are allowed.',
      ],
      [
        step('22', { error: { message: 'm', httpStatus: 42 } }),
        'error.httpStatus: The number must be between 100 and 599.',
      ],
      [
        step('23', { error: { message: 'm', type: 'a\u0000' } }),
        'error.type: Text must not hold the character NUL (U+0000).',
      ],
    ];
    const good = (index: number) => step(`good ${index}`, { input: deep(64), costUsd: 1, inputTokens: 2 });
    const mixed = bad.flatMap(([one], index) => [good(index), one]);
    const result = await record(taskId, mixed);
    expect(result.accepted).toBe(bad.length);
    expect(result.rejected.map(({ index, reason }) => [index, reason])).toEqual(
      bad.map(([, reason], index) => [index * 2 + 1, reason]),
    );
    expect(result.rejected.slice(0, 5).map(({ key }) => key)).toEqual([
      '',
      'k'.repeat(200),
      'a\u0000b',
      'a\ufffd',
      '1',
    ]);
    expect((await stepsOf(taskId)).map(({ seq, key }) => [seq, key])).toEqual(
      bad.map((_, i) => [i + 1, `good ${i}`]),
    );
    expect(await totals(taskId)).toMatchObject({
      stepCount: bad.length,
      costUsd: bad.length,
      inputTokens: 2 * bad.length,
      revision: 2,
    });
    const hopeless = await record(
      taskId,
      bad.map(([one]) => one),
    );
    expect(hopeless).toMatchObject({ accepted: 0, updated: 0 });
    expect(await totals(taskId)).toMatchObject({ revision: 2 });
  });

  test('at the bounds is good', async () => {
    const taskId = await newTask();
    const most = {
      key: 'k'.repeat(200),
      parentKey: 'p'.repeat(200),
      name: 'n'.repeat(500),
      provider: 'p'.repeat(200),
      model: 'm'.repeat(200),
    };
    const highest = {
      latencyMs: 1e12,
      inputTokens: 2_147_483_647,
      outputTokens: 2_147_483_647,
      costUsd: 1e9,
      input: 'x'.repeat(99_998),
    };
    expect(
      await record(taskId, [
        step('zero', { latencyMs: 0, inputTokens: 0, costUsd: 0 }),
        { type: 'LLM', ...most, ...highest },
      ]),
    ).toEqual({
      ...none,
      accepted: 2,
    });
    expect(await totals(taskId)).toMatchObject({ inputTokens: 2_147_483_647, costUsd: 1e9 });
    // Sums may outgrow what one step may tell; what GraphQL cannot write stands at its highest number.
    const more = Array.from({ length: 20 }, (_, i) => step(`more ${i}`, highest));
    expect(await record(taskId, more)).toEqual({ ...none, accepted: 20 });
    expect(await totals(taskId)).toMatchObject({ stepCount: 22, inputTokens: 2_147_483_647, costUsd: 21e9 });
    const [row] = await server.database.query<{ tokens: string }>(
      'SELECT input_tokens::text AS tokens FROM tasks WHERE id = $1',
      [taskId],
    );
    expect(row?.tokens).toBe(String(21 * 2_147_483_647));
  });
});

describe('a step sent again', () => {
  test('changes nothing where it tells nothing new', async () => {
    const taskId = await newTask();
    const told = step('a', {
      inputTokens: 5,
      costUsd: 0.1,
      input: { a: 1 },
      startedAt: '2026-03-01T12:00:00Z',
      error: { message: 'Broke' },
      latencyMs: 0.1,
    });
    await record(taskId, [told, step('b')]);
    const before = [await totals(taskId), await stepsOf(taskId)];
    expect(await record(taskId, [told, step('b')])).toEqual({ ...none, accepted: 2 });
    expect(
      await record(taskId, [
        step('a', { status: 'FAILED' }),
        step('a', { status: 'FAILED', inputTokens: null }),
      ]),
    ).toEqual({ ...none, accepted: 2 });
    expect([await totals(taskId), await stepsOf(taskId)]).toEqual(before);
  });

  test('changes what it tells anew, and the totals with it', async () => {
    const taskId = await newTask();
    await record(taskId, [
      step('a', { inputTokens: 5, outputTokens: 1, costUsd: 0.5, model: 'one' }),
      step('b', { inputTokens: 100 }),
    ]);
    expect(await record(taskId, [step('a', { inputTokens: 7, costUsd: 0.2 }), step('b')])).toEqual({
      ...none,
      accepted: 2,
      updated: 1,
    });
    expect(await stepsOf(taskId)).toMatchObject([
      { key: 'a', seq: 1, inputTokens: 7, outputTokens: 1, costUsd: 0.2, model: 'one', revision: 3 },
      { key: 'b', seq: 2, inputTokens: 100, revision: 2 },
    ]);
    expect(await totals(taskId)).toEqual({
      stepCount: 2,
      inputTokens: 107,
      outputTokens: 1,
      costUsd: 0.2,
      costSource: 'REPORTED',
      revision: 3,
    });
  });

  test('closes the running one, and the time between is its latency', async () => {
    const taskId = await newTask();
    await record(taskId, [
      step('a', { status: 'RUNNING', startedAt: '2026-03-01T12:00:00Z', input: 'question' }),
    ]);
    expect(await stepsOf(taskId)).toMatchObject([{ status: 'RUNNING', latencyMs: null }]);
    expect(
      await record(taskId, [
        step('a', {
          status: 'SUCCEEDED',
          endedAt: '2026-03-01T12:00:01.250Z',
          output: 'answer',
          costUsd: 0.1,
        }),
      ]),
    ).toMatchObject({ updated: 1 });
    expect(await stepsOf(taskId)).toMatchObject([
      { seq: 1, status: 'SUCCEEDED', latencyMs: 1250, input: 'question', output: 'answer', costUsd: 0.1 },
    ]);
    expect(await totals(taskId)).toMatchObject({ stepCount: 1, costUsd: 0.1 });
  });

  test('has the latency of its two times, whichever comes first, unless it was told', async () => {
    const taskId = await newTask();
    const [start, end] = ['2026-03-01T12:00:00Z', '2026-03-01T12:00:03Z'];
    await record(taskId, [
      step('both', { startedAt: start, endedAt: end }),
      step('late start', { endedAt: end }),
      step('told', { startedAt: start, endedAt: end, latencyMs: 10 }),
    ]);
    await record(taskId, [step('late start', { startedAt: start })]);
    await record(taskId, [
      step('two', { startedAt: start, status: 'RUNNING' }),
      step('two', { endedAt: end, latencyMs: 20 }),
    ]);
    await record(taskId, [step('corrected', { startedAt: start, endedAt: end })]);
    await record(taskId, [step('corrected', { endedAt: '2026-03-01T12:00:04Z' })]);
    // Ends before it starts, over two calls: no latency can be made of that.
    await record(taskId, [step('turned', { endedAt: start })]);
    await record(taskId, [step('turned', { startedAt: end })]);
    const latencies = Object.fromEntries(
      (await stepsOf(taskId)).map(({ key, latencyMs }) => [key, latencyMs]),
    );
    expect(latencies).toEqual({
      both: 3000,
      'late start': 3000,
      told: 10,
      two: 20,
      corrected: 4000,
      turned: null,
    });
  });

  test('by a late RUNNING never reopens it, and fills only what is unknown', async () => {
    const taskId = await newTask();
    await record(taskId, [
      step('a', {
        status: 'FAILED',
        name: 'ended',
        endedAt: '2026-03-01T12:00:03Z',
        inputTokens: 5,
        error: { message: 'Broke' },
        costUsd: 0.5,
      }),
    ]);
    const late = step('a', {
      status: 'RUNNING',
      name: 'begun',
      type: 'TOOL',
      startedAt: '2026-03-01T12:00:00Z',
      endedAt: '2026-03-01T13:00:00Z',
      inputTokens: 1,
      outputTokens: 9,
      input: 'question',
      costUsd: 0.1,
    });
    expect(await record(taskId, [late])).toMatchObject({ updated: 1 });
    const expected = {
      status: 'FAILED',
      name: 'ended',
      type: 'LLM',
      startedAt: '2026-03-01T12:00:00.000Z',
      endedAt: '2026-03-01T12:00:03.000Z',
      latencyMs: 3000,
      inputTokens: 5,
      outputTokens: 9,
      input: 'question',
      costUsd: 0.5,
      error: { message: 'Broke' },
      revision: 3,
    };
    expect(await stepsOf(taskId)).toMatchObject([expected]);
    expect(await totals(taskId)).toMatchObject({ inputTokens: 5, outputTokens: 9, costUsd: 0.5 });
    expect(await record(taskId, [late])).toEqual({ ...none, accepted: 1 });
    expect(await stepsOf(taskId)).toMatchObject([expected]);
  });

  test('within one call goes through the same rules, in the order of the call', async () => {
    const taskId = await newTask();
    const result = await record(taskId, [
      step('a', { status: 'RUNNING', startedAt: '2026-03-01T12:00:00Z', inputTokens: 3 }),
      step('b'),
      step('a', { status: 'SUCCEEDED', endedAt: '2026-03-01T12:00:01Z', outputTokens: 4, costUsd: 0.25 }),
      step('c'),
      step('a', { status: 'RUNNING', inputTokens: 99, name: 'late' }),
    ]);
    expect(result).toEqual({ ...none, accepted: 5, updated: 1 });
    expect(await stepsOf(taskId)).toMatchObject([
      {
        key: 'a',
        seq: 1,
        status: 'SUCCEEDED',
        name: 'call',
        latencyMs: 1000,
        inputTokens: 3,
        outputTokens: 4,
        revision: 2,
      },
      { key: 'b', seq: 2, revision: 2 },
      { key: 'c', seq: 3, revision: 2 },
    ]);
    expect(await totals(taskId)).toEqual({
      stepCount: 3,
      inputTokens: 3,
      outputTokens: 4,
      costUsd: 0.25,
      costSource: 'REPORTED',
      revision: 2,
    });
  });
});

describe('steps', () => {
  test('may come before those within which they happen', async () => {
    const taskId = await newTask();
    await record(taskId, [
      step('child', { parentKey: 'parent' }),
      step('grandchild', { parentKey: 'child' }),
    ]);
    await record(taskId, [step('parent', { type: 'AGENT' })]);
    expect(await stepsOf(taskId)).toMatchObject([
      { seq: 1, key: 'child', parentKey: 'parent' },
      { seq: 2, key: 'grandchild', parentKey: 'child' },
      { seq: 3, key: 'parent', parentKey: null },
    ]);
  });

  test('that come late are taken, and raise revision and totals of a finished task', async () => {
    const taskId = await newTask();
    await run('mutation ($input: FinishTaskInput!) { finishTask(input: $input) { task { id } } }', {
      input: { taskId, status: 'FAILED' },
    });
    expect(
      await record(taskId, [step('late', { inputTokens: 3, costUsd: 0.5 })], {
        progress: 0.9,
        progressMessage: 'late',
      }),
    ).toMatchObject({ accepted: 1 });
    const query = `query ($id: ID!) { task(id: $id) { ${totalFields} status progress progressMessage } }`;
    expect((await run<{ task: Totals }>(query, { id: taskId })).task).toMatchObject({
      stepCount: 1,
      inputTokens: 3,
      costUsd: 0.5,
      revision: 3,
      status: 'FAILED',
      progress: 0,
      progressMessage: null,
    });
  });

  test('carry the progress of their task along, which never goes back', async () => {
    const taskId = await newTask();
    const query = `query ($id: ID!) { task(id: $id) { progress progressMessage revision } }`;
    await record(taskId, [step('a')], { progress: 0.5, progressMessage: 'half' });
    await record(taskId, [step('b')], { progress: 0.2 });
    expect((await run<{ task: object }>(query, { id: taskId })).task).toEqual({
      progress: 0.5,
      progressMessage: 'half',
      revision: 3,
    });
    // The same step again, and news of progress: that is a change.
    await record(taskId, [step('b')], { progress: 0.8 });
    expect((await run<{ task: object }>(query, { id: taskId })).task).toEqual({
      progress: 0.8,
      progressMessage: 'half',
      revision: 4,
    });
  });

  test('are taken from those who are signed in, and with news of progress that is within bounds', async () => {
    const input = { taskId: await newTask(), steps: [step('a')] };
    expect(await codeOf(ask(server.url, null, recordMutation, { input }))).toBe('UNAUTHENTICATED');
    const { errors } = await ask(server.url, person.token, recordMutation, {
      input: { ...input, progress: 1.5, progressMessage: 'x'.repeat(1001) },
    });
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.progress' }, { path: 'input.progressMessage' }],
    });
    expect(await stepsOf(input.taskId)).toEqual([]);
  });

  test('cost exact money', async () => {
    const taskId = await newTask();
    const costs = [0.1, 0.2, 1e-7, 0.0000000001, 123456.789, 0.1 + 0.2];
    await record(
      taskId,
      costs.map((costUsd, i) => step(`c${i}`, { costUsd })),
    );
    const [row] = await server.database.query<{ cost: string }>(
      'SELECT cost_usd::text AS cost FROM tasks WHERE id = $1',
      [taskId],
    );
    expect(row?.cost).toBe('123457.3890001001');
    const cents = await newTask();
    for (let call = 0; call < 10; call++) await record(cents, [step(`c${call}`, { costUsd: 0.1 })]);
    expect(await totals(cents)).toMatchObject({ costUsd: 1 });
  });

  test('of nobody, or of another project, cannot be told', async () => {
    const stranger = await register(server.url);
    const taskId = await newTask();
    const input = { taskId, steps: [step('a')] };
    expect(await codeOf(ask(server.url, stranger.token, recordMutation, { input }))).toBe('NOT_FOUND');
    expect(await codeOf(ask(server.url, null, recordMutation, { input }))).toBe('UNAUTHENTICATED');
    const reader = await makeKey(server.url, person, ['READ']);
    expect(await codeOf(ask(server.url, reader.secret, recordMutation, { input }))).toBe('FORBIDDEN');
    const ingest = await makeKey(server.url, person, ['INGEST']);
    expect(await totals(taskId)).toMatchObject({ revision: 1 });
    expect(await codeOf(ask(server.url, ingest.secret, recordMutation, { input }))).toBeUndefined();
  });

  test('told by many at once are numbered without gaps, each call a revision', async () => {
    const taskId = await newTask();
    const writers = 12;
    const calls = 5;
    await Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        for (let call = 0; call < calls; call++) {
          await record(taskId, [
            step(`own ${writer} ${call}`, { inputTokens: 1, costUsd: 0.01 }),
            step('shared', { outputTokens: writer * calls + call + 1 }),
          ]);
        }
      }),
    );
    const steps = await stepsOf(taskId);
    const count = writers * calls;
    expect(steps.map(({ seq }) => seq)).toEqual(Array.from({ length: count + 1 }, (_, i) => i + 1));
    const shared = steps.find(({ key }) => key === 'shared') as Step & { outputTokens: number };
    expect(await totals(taskId)).toEqual({
      stepCount: count + 1,
      inputTokens: count,
      outputTokens: shared.outputTokens,
      costUsd: count / 100,
      costSource: 'REPORTED',
      revision: count + 1,
    });
    // Every revision left its step, but that of the last change of the shared one.
    const revisions = steps.filter(({ key }) => key !== 'shared').map(({ revision }) => revision);
    expect(revisions.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i + 2));
  });
});

describe('the totals of a task', () => {
  /** mulberry32: the same numbers in every run. */
  function seeded(seed: number): () => number {
    let state = seed;
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
    };
  }

  test.each([1, 2, 3])('are the sums over its steps after 200 random calls (seed %d)', async (seed) => {
    const random = seeded(seed);
    const whole = (below: number) => Math.floor(random() * below);
    const maybe = <T>(value: T): T | undefined => (random() < 0.5 ? value : undefined);
    const taskId = await newTask();
    /** What each step should be, by the rules written plainly. */
    interface Plain {
      status: string;
      inputTokens?: number;
      outputTokens?: number;
      /** In millionths of a dollar. */
      cost?: number;
    }
    const plain = new Map<string, Plain>();
    let revision = 1;
    for (let call = 0; call < 200; call++) {
      let isChanged = false;
      const steps = Array.from({ length: 1 + whole(6) }, () => {
        const key = `k${whole(60)}`;
        const told: Plain = {
          status: random() < 0.4 ? 'RUNNING' : random() < 0.8 ? 'SUCCEEDED' : 'FAILED',
        };
        const [inputTokens, outputTokens, cost] = [
          maybe(whole(1000)),
          maybe(whole(1000)),
          maybe(whole(5_000_000)),
        ];
        if (inputTokens !== undefined) told.inputTokens = inputTokens;
        if (outputTokens !== undefined) told.outputTokens = outputTokens;
        if (cost !== undefined) told.cost = cost;
        const known = plain.get(key);
        const isLate = told.status === 'RUNNING' && known !== undefined && known.status !== 'RUNNING';
        const merged = isLate ? { ...told, ...known } : { ...known, ...told };
        isChanged ||= !isDeepStrictEqual(known, merged);
        plain.set(key, merged);
        const { cost: millionths, ...rest } = told;
        return step(key, { ...rest, ...(millionths === undefined ? {} : { costUsd: millionths / 1e6 }) });
      });
      const bad = random() < 0.2 ? [step('bad', { inputTokens: -1, costUsd: 5 })] : [];
      const { accepted, rejected } = await record(taskId, [...bad, ...steps]);
      expect([accepted, rejected.length]).toEqual([steps.length, bad.length]);
      if (isChanged) revision++;
    }
    const sum = (part: keyof Plain) =>
      [...plain.values()].reduce((total, one) => total + Number(one[part] ?? 0), 0);
    const told = await totals(taskId);
    expect(told).toEqual({
      stepCount: plain.size,
      inputTokens: sum('inputTokens'),
      outputTokens: sum('outputTokens'),
      costUsd: sum('cost') / 1e6,
      costSource: 'REPORTED',
      revision,
    });
    const [row] = await server.database.query<{ task: object; steps: object }>(
      `SELECT json_build_array(t.step_count, t.input_tokens, t.output_tokens, t.cost_usd::text, t.costed_steps, t.reported_cost_steps) AS task,
        (SELECT json_build_array(count(*), sum(input_tokens), sum(output_tokens), sum(cost_usd)::text, count(cost_usd),
          count(*) FILTER (WHERE cost_source = 'REPORTED')) FROM task_steps WHERE task_id = t.id) AS steps
       FROM tasks t WHERE id = $1`,
      [taskId],
    );
    expect(row?.task).toEqual(row?.steps);
    const stored = await stepsOf(taskId);
    expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, i) => i + 1));
    expect(new Map(stored.map(({ key, status }) => [key, status]))).toEqual(
      new Map([...plain].map(([key, { status }]) => [key, status])),
    );
    expect(Math.max(...stored.map((one) => one.revision))).toBe(revision);
  });
});
