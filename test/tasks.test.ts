import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { ask, codeOf, get, makeAgent, makeKey, makeTask, register, type Person } from './support/client.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let person: Person;
let stranger: Person;
let agentId: string;
beforeAll(async () => {
  server = await startTestServer();
  person = await register(server.url);
  stranger = await register(server.url);
  agentId = await makeAgent(server.url, person);
});
afterAll(() => server.stop());

interface Task {
  id: string;
  status: string;
  progress: number;
  progressMessage: string | null;
  attempt: number;
  maxAttempts: number;
  output: unknown;
  error: { code: string | null; message: string; class: string } | null;
  queuedAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  latencyMs: number | null;
  revision: number;
}

const fields = `{ id traceId type name status priority progress progressMessage attempt maxAttempts input output tags
  error { code message class } queuedAt startedAt finishedAt latencyMs stepCount inputTokens outputTokens costUsd
  costSource revision project { id } agent { id } agentVersion { number } parent { id } interventions { status } }`;
const createMutation = `mutation ($input: CreateTaskInput!) { createTask(input: $input) ${fields} }`;
const finishMutation = `mutation ($input: FinishTaskInput!) { finishTask(input: $input) { task ${fields} } }`;
const cancelMutation = `mutation ($id: ID!) { cancelTask(id: $id) ${fields} }`;
const retryMutation = `mutation ($id: ID!) { retryTask(id: $id) ${fields} }`;
const progressMutation = `mutation ($input: ReportProgressInput!) { reportProgress(input: $input) ${fields} }`;
const askMutation =
  'mutation ($input: RequestInterventionInput!) { requestIntervention(input: $input) { id } }';

const run = <Data>(query: string, variables: Record<string, unknown>, token = person.token) =>
  get<Data>(server.url, token, query, variables);
const faultOf = async (query: string, variables: Record<string, unknown>, token = person.token) =>
  (await ask(server.url, token, query, variables)).errors?.[0];
const create = async (input: Record<string, unknown> = {}) =>
  (await run<{ createTask: Task }>(createMutation, { input: { agentId, name: 'a task', ...input } }))
    .createTask;
const finish = async (taskId: string, status: string, more: Record<string, unknown> = {}) =>
  (await run<{ finishTask: { task: Task } }>(finishMutation, { input: { taskId, status, ...more } }))
    .finishTask.task;
const cancel = async (id: string) => (await run<{ cancelTask: Task }>(cancelMutation, { id })).cancelTask;
const retry = async (id: string) => (await run<{ retryTask: Task }>(retryMutation, { id })).retryTask;
const progress = async (input: Record<string, unknown>) =>
  (await run<{ reportProgress: Task }>(progressMutation, { input })).reportProgress;
const read = async (id: string) =>
  (await run<{ task: Task }>(`query ($id: ID!) { task(id: $id) ${fields} }`, { id })).task;
const askHuman = (taskId: string) =>
  run(askMutation, { input: { taskId, kind: 'QUESTION', reason: 'Which?' } });
/** Reads until it holds, for what a job does. */
async function until(id: string, holds: (task: Task) => boolean): Promise<Task> {
  for (let tries = 0; ; tries++) {
    const task = await read(id);
    if (holds(task) || tries === 200) return task;
    await wait(50);
  }
}

/** Waits until the worker has done what was planned for the task. */
async function untilNoJob(name: string, id: string): Promise<void> {
  const sql = 'SELECT count(*)::int AS count FROM graphile_worker._private_jobs WHERE payload->>$1 = $2';
  const count = async () => (await server.database.query<{ count: number }>(sql, [name, id]))[0]?.count;
  expect(await count()).toBe(1);
  for (let tries = 0; (await count()) !== 0 && tries < 200; tries++) await wait(50);
  expect(await count()).toBe(0);
}

describe('a new task', () => {
  test('runs at once unless told otherwise, and reads as it was told', async () => {
    const parent = await create();
    // Written as JSON: in an object literal, __proto__ would be no key.
    const input = JSON.parse(
      '{"a": [1, null, "ü", {"__proto__": 1, "constructor": "x"}], "b": 0.1, "10": 1, "9": 2}',
    ) as unknown;
    const made = await create({
      input,
      type: 'triage',
      tags: ['b', 'a', 'a "quoted" \\ {tag}', 'NULL'],
      priority: -5,
      maxAttempts: 3,
      parentId: parent.id,
    });
    expect(made).toMatchObject({
      type: 'triage',
      name: 'a task',
      status: 'RUNNING',
      priority: -5,
      progress: 0,
      attempt: 1,
      maxAttempts: 3,
      tags: ['b', 'a', 'a "quoted" \\ {tag}', 'NULL'],
      output: null,
      error: null,
      finishedAt: null,
      latencyMs: null,
      stepCount: 0,
      inputTokens: 0,
      outputTokens: 0,
      costUsd: null,
      costSource: 'UNPRICED',
      revision: 1,
      project: { id: person.projectId },
      agent: { id: agentId },
      agentVersion: { number: 1 },
      parent: { id: parent.id },
    });
    expect(made.startedAt).toBe(made.queuedAt);
    expect(Math.abs(Date.parse(made.queuedAt) - Date.now())).toBeLessThan(60_000);
    expect(await read(made.id)).toEqual(made);
    expect(JSON.stringify(((await read(made.id)) as unknown as { input: unknown }).input)).toBe(
      JSON.stringify(input),
    );
  });

  test.each([[null], [false], [0], [''], ['text'], [[]], [{}]])('keeps %j as its input', async (input) => {
    const { id } = await create({ input });
    expect(await read(id)).toMatchObject({ input });
  });

  test('waits for a worker with start: false', async () => {
    const queued = await create({ start: false });
    expect(queued).toMatchObject({ status: 'QUEUED', startedAt: null });
    expect(await create({ start: true })).toMatchObject({ status: 'RUNNING' });
    expect(await create({ start: null })).toMatchObject({ status: 'RUNNING' });
  });

  test('began when it is said to have begun; null = not known, and its latency then is not known either', async () => {
    const began = '2026-03-01T12:00:00.123Z';
    const past = await create({ startedAt: began });
    expect(past).toMatchObject({ startedAt: began, queuedAt: began, status: 'RUNNING' });
    const zoned = await create({ startedAt: '2026-03-01T13:00:00.1239+01:00' });
    expect(zoned.startedAt).toBe(began);
    const ended = await finish(past.id, 'SUCCEEDED', { finishedAt: '2026-03-01T12:00:01.623Z' });
    expect(ended).toMatchObject({ finishedAt: '2026-03-01T12:00:01.623Z', latencyMs: 1500 });

    const unknown = await create({ startedAt: null });
    expect(unknown).toMatchObject({ startedAt: null, status: 'RUNNING' });
    expect(await finish(unknown.id, 'SUCCEEDED')).toMatchObject({ startedAt: null, latencyMs: null });
    for (const ancient of ['0001-01-01T00:00:00.000Z', '1883-11-18T12:03:58.000Z']) {
      const old = await create({ startedAt: ancient });
      expect(await read(old.id)).toMatchObject({ startedAt: ancient, queuedAt: ancient });
    }
  });

  test('did not begin in days to come, and not at all while it is queued', async () => {
    const inTwoDays = new Date(Date.now() + 2 * 86_400_000).toISOString();
    for (const input of [
      { startedAt: inTwoDays },
      { startedAt: '9999-12-31T23:59:59.999Z' },
      { startedAt: '2026-03-01T12:00:00Z', start: false },
      { startedAt: null, start: false },
    ]) {
      expect(await faultOf(createMutation, { input: { agentId, name: 'x', ...input } })).toMatchObject({
        extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'input.startedAt' }] },
      });
    }
    // A clock that runs ahead a little is no fault.
    expect(await create({ startedAt: new Date(Date.now() + 60_000).toISOString() })).toMatchObject({
      status: 'RUNNING',
    });
  });

  test('has bounds', async () => {
    const refused: [Record<string, unknown>, string][] = [
      [{ name: ' ' }, 'input.name'],
      [{ name: 'x'.repeat(501) }, 'input.name'],
      [{ type: 'x'.repeat(201) }, 'input.type'],
      [{ tags: Array<string>(51).fill('x') }, 'input.tags'],
      [{ tags: ['x'.repeat(201)] }, 'input.tags'],
      [{ priority: 1001 }, 'input.priority'],
      [{ priority: -1001 }, 'input.priority'],
      [{ maxAttempts: 0 }, 'input.maxAttempts'],
      [{ maxAttempts: 101 }, 'input.maxAttempts'],
      [{ timeoutMs: 999 }, 'input.timeoutMs'],
      [{ timeoutMs: -1 }, 'input.timeoutMs'],
      [{ idempotencyKey: '' }, 'input.idempotencyKey'],
    ];
    for (const [input, path] of refused) {
      expect([
        input,
        await faultOf(createMutation, { input: { agentId, name: 'x', ...input } }),
      ]).toMatchObject([input, { extensions: { code: 'BAD_USER_INPUT', fields: [{ path }] } }]);
    }
    expect(
      await create({
        name: 'x'.repeat(500),
        type: 'x'.repeat(200),
        tags: Array<string>(50).fill('x'.repeat(200)),
        priority: 1000,
        maxAttempts: 100,
        timeoutMs: 2_147_483_647,
      }),
    ).toMatchObject({ maxAttempts: 100, priority: 1000 });
  });

  test('has a parent in its own project, if any', async () => {
    const foreignAgent = await makeAgent(server.url, stranger);
    const foreign = await makeTask(server.url, stranger.token, foreignAgent);
    for (const parentId of [foreign, '00000000-0000-4000-8000-000000000000', 'x']) {
      expect(await faultOf(createMutation, { input: { agentId, name: 'x', parentId } })).toMatchObject({
        message: 'The parent task was not found.',
        extensions: { code: 'NOT_FOUND' },
      });
    }
    expect(await faultOf(createMutation, { input: { agentId: foreignAgent, name: 'x' } })).toMatchObject({
      message: 'The agent was not found.',
      extensions: { code: 'NOT_FOUND' },
    });
  });
});

describe('an idempotency key', () => {
  test('answers the same task for the same input, in any order of its fields', async () => {
    const input = {
      agentId,
      name: 'once',
      input: { a: 1, b: { c: [1, 2], d: 2 } },
      tags: ['x'],
      idempotencyKey: 'once',
    };
    const { createTask: first } = await run<{ createTask: Task }>(createMutation, { input });
    await finish(first.id, 'SUCCEEDED');
    const again = {
      idempotencyKey: 'once',
      tags: ['x'],
      input: { b: { d: 2, c: [1, 2] }, a: 1 },
      name: 'once',
      agentId,
    };
    const { createTask: second } = await run<{ createTask: Task }>(createMutation, { input: again });
    expect(second).toMatchObject({ id: first.id, status: 'SUCCEEDED', revision: 2 });
    const [row] = await server.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM audit_log WHERE action = 'createTask' AND subject_id = $1`,
      [first.id],
    );
    expect(row?.count).toBe(1);
  });

  test.each([
    ['another name', { name: 'other' }],
    ['another input', { input: { a: 2 } }],
    ['more input', { input: { a: 1, b: 1 } }],
    ['other tags', { tags: ['y'] }],
    ['another start', { start: false }],
    ['another parent', { parentId: 'task' }],
  ])('refuses %s', async (name, change) => {
    const input = { agentId, name: 'same', input: { a: 1 }, tags: ['x'], idempotencyKey: `refuses ${name}` };
    const { createTask } = await run<{ createTask: Task }>(createMutation, { input });
    const changed = 'parentId' in change ? { parentId: createTask.id } : change;
    expect(await faultOf(createMutation, { input: { ...input, ...changed } })).toMatchObject({
      message: 'This idempotency key already made a task from another input; use another key.',
      extensions: { code: 'CONFLICT' },
    });
    expect(await read(createTask.id)).toEqual(createTask);
  });

  test('makes one task of twenty calls at once', async () => {
    const input = { agentId, name: 'raced', idempotencyKey: 'raced', timeoutMs: 3_600_000 };
    const made = await Promise.all(
      Array.from({ length: 20 }, () => run<{ createTask: Task }>(createMutation, { input })),
    );
    expect(new Set(made.map(({ createTask }) => createTask.id)).size).toBe(1);
    const [row] = await server.database.query<{ tasks: number; jobs: number }>(
      `SELECT (SELECT count(*)::int FROM tasks WHERE name = 'raced') AS tasks,
        (SELECT count(*)::int FROM graphile_worker._private_jobs WHERE payload->>'taskId' = $1) AS jobs`,
      [made[0]?.createTask.id],
    );
    expect(row).toEqual({ tasks: 1, jobs: 1 });
  });

  test('still answers the task where its agent takes no new ones', async () => {
    const paused = await makeAgent(server.url, person);
    const input = { agentId: paused, name: 'before the pause', idempotencyKey: 'paused' };
    const { createTask } = await run<{ createTask: Task }>(createMutation, { input });
    await run('mutation ($input: UpdateAgentInput!) { updateAgent(input: $input) { id } }', {
      input: { id: paused, status: 'PAUSED' },
    });
    expect(await run(createMutation, { input })).toEqual({ createTask });
    expect(await faultOf(createMutation, { input: { ...input, idempotencyKey: 'later' } })).toMatchObject({
      message: 'The agent is PAUSED and takes no new tasks; set it ACTIVE first.',
      extensions: { code: 'CONFLICT' },
    });
  });

  test('belongs to its project', async () => {
    const foreignAgent = await makeAgent(server.url, stranger);
    const mine = await create({ idempotencyKey: 'shared' });
    const theirs = await makeTask(server.url, stranger.token, foreignAgent, { idempotencyKey: 'shared' });
    expect(theirs).not.toBe(mine.id);
  });
});

describe('the state machine', () => {
  type State =
    'QUEUED' | 'RUNNING' | 'WAITING_FOR_HUMAN' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'CANCELLED';
  const ends: State[] = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'CANCELLED'];
  const states: State[] = ['QUEUED', 'RUNNING', 'WAITING_FOR_HUMAN', ...ends];
  const may: Record<State, State[]> = {
    QUEUED: ['FAILED', 'CANCELLED'],
    RUNNING: ['WAITING_FOR_HUMAN', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'CANCELLED'],
    WAITING_FOR_HUMAN: ['WAITING_FOR_HUMAN', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'CANCELLED'],
    // The same end again changes nothing.
    SUCCEEDED: ['SUCCEEDED'],
    FAILED: ['QUEUED', 'FAILED'],
    TIMED_OUT: ['QUEUED', 'TIMED_OUT'],
    CANCELLED: ['QUEUED', 'CANCELLED'],
  };

  async function taskIn(state: State): Promise<string> {
    const { id } = await create({ start: state !== 'QUEUED' });
    if (state === 'WAITING_FOR_HUMAN') await askHuman(id);
    if (ends.includes(state)) await finish(id, state);
    expect((await read(id)).status).toBe(state);
    return id;
  }
  const requests: [string, State, (id: string) => ReturnType<typeof ask>][] = [
    ...ends.map((status): [string, State, (id: string) => ReturnType<typeof ask>] => [
      `finishTask ${status}`,
      status,
      (taskId) => ask(server.url, person.token, finishMutation, { input: { taskId, status } }),
    ]),
    ['cancelTask', 'CANCELLED', (id) => ask(server.url, person.token, cancelMutation, { id })],
    ['retryTask', 'QUEUED', (id) => ask(server.url, person.token, retryMutation, { id })],
    [
      'requestIntervention',
      'WAITING_FOR_HUMAN',
      (taskId) =>
        ask(server.url, person.token, askMutation, { input: { taskId, kind: 'QUESTION', reason: 'Which?' } }),
    ],
  ];

  const pairs = states.flatMap((from) =>
    requests.map(([name, to, request]) => ({ from, name, to, request })),
  );
  test.each(pairs)('$from, then $name', async ({ from, to, request }) => {
    const id = await taskIn(from);
    const before = await read(id);
    const { errors } = await request(id);
    if (may[from].includes(to)) {
      expect(errors).toBeUndefined();
      const isSame = from === to && to !== 'WAITING_FOR_HUMAN';
      expect(await read(id)).toMatchObject({ status: to, revision: before.revision + (isSame ? 0 : 1) });
      if (isSame) expect(await read(id)).toEqual(before);
    } else {
      expect(errors?.[0]?.extensions.code).toBe('CONFLICT');
      expect(errors?.[0]?.message).toContain(`The task is ${from} and cannot become ${to};`);
      expect(await read(id)).toEqual(before);
    }
  });

  test.each(['QUEUED', 'RUNNING', 'WAITING_FOR_HUMAN'])('%s is no end', async (status) => {
    const { id } = await create();
    expect(await faultOf(finishMutation, { input: { taskId: id, status } })).toMatchObject({
      extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'input.status' }] },
    });
  });

  test('only one of several ends at once takes place', async () => {
    const { id } = await create();
    const codes = await Promise.all(
      ends.flatMap((status) =>
        [1, 2, 3].map(async () => [
          status,
          await codeOf(ask(server.url, person.token, finishMutation, { input: { taskId: id, status } })),
        ]),
      ),
    );
    const { status, revision } = await read(id);
    expect(revision).toBe(2);
    for (const [wanted, code] of codes) expect(code).toBe(wanted === status ? undefined : 'CONFLICT');
  });
});

describe('an end', () => {
  test('keeps output, error and time, and its first telling counts', async () => {
    const { id, startedAt } = await create();
    const error = { code: 'E1', message: 'Too many requests', httpStatus: 429, type: 'RateLimitError' };
    const failed = await finish(id, 'FAILED', { output: { partial: [1] }, error });
    expect(failed).toMatchObject({
      status: 'FAILED',
      output: { partial: [1] },
      error: { code: 'E1', message: 'Too many requests', class: 'RATE_LIMIT' },
      progress: 0,
    });
    expect(failed.latencyMs).toBe(Date.parse(failed.finishedAt ?? '') - Date.parse(startedAt ?? ''));
    expect(await finish(id, 'FAILED', { output: 'other', error: { message: 'Other' } })).toEqual(failed);
  });

  test('in success is whole, and has no error', async () => {
    const { id } = await create();
    await progress({ taskId: id, progress: 0.25, message: 'on the way' });
    expect(
      await faultOf(finishMutation, { input: { taskId: id, status: 'SUCCEEDED', error: { message: 'x' } } }),
    ).toMatchObject({
      extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'input.error' }] },
    });
    expect(await finish(id, 'SUCCEEDED', { output: 'done' })).toMatchObject({
      progress: 1,
      progressMessage: 'on the way',
      output: 'done',
      error: null,
    });
  });

  test('lies neither before the start nor in days to come', async () => {
    const { id } = await create({ startedAt: '2026-03-01T12:00:00Z' });
    for (const finishedAt of [
      '2026-03-01T11:59:59.999Z',
      new Date(Date.now() + 2 * 86_400_000).toISOString(),
    ]) {
      expect(
        await faultOf(finishMutation, { input: { taskId: id, status: 'FAILED', finishedAt } }),
      ).toMatchObject({
        extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'input.finishedAt' }] },
      });
    }
    expect(await finish(id, 'FAILED', { finishedAt: '2026-03-01T12:00:00Z' })).toMatchObject({
      latencyMs: 0,
    });
  });

  test('of work that began by a clock that runs ahead takes no time', async () => {
    const ahead = { startedAt: new Date(Date.now() + 3_600_000).toISOString() };
    expect(await finish((await create(ahead)).id, 'SUCCEEDED')).toMatchObject({
      status: 'SUCCEEDED',
      latencyMs: 0,
    });
    const { id } = await create(ahead);
    await cancel(id);
    expect(await read(id)).toMatchObject({ status: 'CANCELLED', latencyMs: 0 });
  });

  test.each([
    ['code', { code: 'x'.repeat(201), message: 'm' }],
    ['code', { code: 'a\u0000', message: 'm' }],
    ['message', { message: '' }],
    ['message', { message: 'x'.repeat(100_001) }],
    ['type', { type: '\udfff', message: 'm' }],
    ['httpStatus', { httpStatus: 99, message: 'm' }],
    ['httpStatus', { httpStatus: 600, message: 'm' }],
  ])('has an error whose %s is checked', async (field, error) => {
    const { id } = await create();
    expect(await faultOf(finishMutation, { input: { taskId: id, status: 'FAILED', error } })).toMatchObject({
      extensions: { code: 'BAD_USER_INPUT', fields: [{ path: `input.error.${field}` }] },
    });
    expect((await read(id)).status).toBe('RUNNING');
  });
});

describe('another attempt', () => {
  test('counts on, from the start of the queue, with the steps that were', async () => {
    const { id, queuedAt } = await create({ maxAttempts: 2 });
    await run('mutation ($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }', {
      input: {
        taskId: id,
        steps: [{ key: 'a', type: 'LLM', name: 'call', costUsd: 0.5 }],
        progress: 0.5,
        progressMessage: 'half',
      },
    });
    await finish(id, 'FAILED', { output: 'x', error: { message: 'Broke' } });
    await wait(2);
    const again = await retry(id);
    expect(again).toMatchObject({
      status: 'QUEUED',
      attempt: 2,
      maxAttempts: 2,
      progress: 0,
      progressMessage: null,
      output: null,
      error: null,
      startedAt: null,
      finishedAt: null,
      latencyMs: null,
      stepCount: 1,
      costUsd: 0.5,
      revision: 4,
    });
    expect(again.queuedAt > queuedAt).toBe(true);
    await cancel(id);
    // More attempts than were meant are the wish of whoever asks.
    expect(await retry(id)).toMatchObject({ attempt: 3, maxAttempts: 3, revision: 6 });
  });
});

describe('progress', () => {
  test('never goes back within an attempt, and stays after the end', async () => {
    const { id } = await create();
    expect(await progress({ taskId: id, progress: 0.5, message: 'half' })).toMatchObject({
      progress: 0.5,
      progressMessage: 'half',
      revision: 2,
    });
    expect(await progress({ taskId: id, progress: 0.2 })).toMatchObject({
      progress: 0.5,
      progressMessage: 'half',
    });
    expect(await progress({ taskId: id, progress: 0.2, message: 'back' })).toMatchObject({
      progress: 0.5,
      progressMessage: 'back',
    });
    expect(await progress({ taskId: id, progress: 0.9 })).toMatchObject({ progress: 0.9 });
    await finish(id, 'FAILED');
    expect(await progress({ taskId: id, progress: 1, message: 'late' })).toMatchObject({
      progress: 0.9,
      progressMessage: 'back',
      status: 'FAILED',
    });
    await retry(id);
    expect(await progress({ taskId: id, progress: 0.1 })).toMatchObject({ progress: 0.1, attempt: 2 });
  });

  test.each([-0.1, 1.1, 1e308])('is no %d', async (value) => {
    const { id } = await create();
    expect(await faultOf(progressMutation, { input: { taskId: id, progress: value } })).toMatchObject({
      extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'input.progress' }] },
    });
  });

  test('of many tellers at once ends at the highest, with a revision for each', async () => {
    const { id } = await create();
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => progress({ taskId: id, progress: ((i * 7) % 20) / 20 })),
    );
    expect(await read(id)).toMatchObject({ progress: 0.95, revision: 21 });
  });
});

describe('a time-out', () => {
  test('ends an attempt that runs too long, and only that one', async () => {
    const [late, early, waiting] = await Promise.all([
      create({ timeoutMs: 1000 }),
      create({ timeoutMs: 1000 }),
      create({ timeoutMs: 1000 }),
    ]);
    await finish(early.id, 'SUCCEEDED');
    await askHuman(waiting.id);
    const ended = await until(late.id, ({ status }) => status !== 'RUNNING');
    expect(ended).toMatchObject({
      status: 'TIMED_OUT',
      error: { message: 'The attempt ran longer than its 1000 ms.', class: 'TIMEOUT' },
      revision: 2,
    });
    expect(ended.latencyMs).toBeGreaterThanOrEqual(1000);
    expect(await until(waiting.id, ({ status }) => status === 'TIMED_OUT')).toMatchObject({
      status: 'TIMED_OUT',
      interventions: [{ status: 'EXPIRED' }],
    });
    expect((await read(early.id)).status).toBe('SUCCEEDED');
    const [entry] = await server.database.query<{ actorKind: string }>(
      `SELECT actor_kind AS "actorKind" FROM audit_log WHERE subject_id = $1 AND action = 'timeOutTask'`,
      [late.id],
    );
    expect(entry?.actorKind).toBe('SYSTEM');
  });

  test('of an earlier attempt leaves the next one alone', async () => {
    const { id } = await create({ timeoutMs: 1000 });
    await cancel(id);
    await retry(id);
    await untilNoJob('taskId', id);
    expect(await read(id)).toMatchObject({ status: 'QUEUED', attempt: 2 });
  });
});

describe('a task', () => {
  test('is not there for others, whatever they ask of it', async () => {
    const { id } = await create();
    const nobody = '00000000-0000-4000-8000-000000000000';
    const requests: [string, (taskId: string) => Record<string, unknown>][] = [
      [`query ($id: ID!) { task(id: $id) ${fields} }`, (taskId) => ({ id: taskId })],
      [cancelMutation, (taskId) => ({ id: taskId })],
      [retryMutation, (taskId) => ({ id: taskId })],
      [finishMutation, (taskId) => ({ input: { taskId, status: 'FAILED' } })],
      [progressMutation, (taskId) => ({ input: { taskId, progress: 1 } })],
      [askMutation, (taskId) => ({ input: { taskId, kind: 'QUESTION', reason: 'x' } })],
    ];
    for (const [query, variables] of requests) {
      const hidden = await faultOf(query, variables(id), stranger.token);
      expect(hidden?.extensions.code).toBe('NOT_FOUND');
      expect(await faultOf(query, variables(nobody), stranger.token)).toEqual(hidden);
    }
    expect(await read(id)).toMatchObject({ revision: 1, status: 'RUNNING' });
  });

  test('is told of by an INGEST key, and steered by those who operate it', async () => {
    const ingest = await makeKey(server.url, person, ['INGEST']);
    const reader = await makeKey(server.url, person, ['READ']);
    const { id } = await create();
    const as = (token: string, query: string, variables: Record<string, unknown>) =>
      codeOf(ask(server.url, token, query, variables));
    expect(
      await as(
        ingest.secret,
        'mutation ($input: ReportProgressInput!) { reportProgress(input: $input) { progress } }',
        { input: { taskId: id, progress: 0.5 } },
      ),
    ).toBeUndefined();
    expect(await as(ingest.secret, cancelMutation, { id })).toBe('FORBIDDEN');
    expect(await as(ingest.secret, retryMutation, { id })).toBe('FORBIDDEN');
    expect(await as(reader.secret, finishMutation, { input: { taskId: id, status: 'FAILED' } })).toBe(
      'FORBIDDEN',
    );
    expect(await as(reader.secret, createMutation, { input: { agentId, name: 'x' } })).toBe('FORBIDDEN');
    expect(await read(id)).toMatchObject({ status: 'RUNNING', progress: 0.5 });
  });
});
