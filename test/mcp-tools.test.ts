import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { get, makeAgent, makeKey, makeTask, register, type Person } from './support/client.js';
import { eventually, finishTask } from './support/follower.js';
import { connectMcp, type Era, type McpClient, type Progress } from './support/mcp.js';
import { dayLasts } from './support/metric-fleet.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let person: Person;
let agentId: string;
let manager: McpClient;
const clients: McpClient[] = [];
beforeAll(async () => {
  server = await startTestServer({ LIVE_SWEEP_MS: '60000' });
  person = await register(server.url);
  agentId = await makeAgent(server.url, person);
  manager = await connect(['MANAGE']);
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await server.stop();
});

async function connect(scopes: string[], era: Era = '2026', who = person): Promise<McpClient> {
  const client = await connectMcp(server.url, (await makeKey(server.url, who, scopes)).secret, era);
  clients.push(client);
  return client;
}

const newTask = (more: Record<string, unknown> = {}) => makeTask(server.url, person.token, agentId, more);
const mutate = (name: string, type: string, input: object, fields: string) =>
  get<Record<string, { id: string }>>(
    server.url,
    person.token,
    `mutation($input: ${type}!) { ${name}(input: $input) { ${fields} } }`,
    { input },
  );
const report = (taskId: string, progress: number, message: string) =>
  mutate('reportProgress', 'ReportProgressInput', { taskId, progress, message }, 'id');
const record = (taskId: string, steps: object[]) =>
  mutate('recordSteps', 'RecordStepsInput', { taskId, steps }, 'accepted');
async function askHuman(taskId: string, kind = 'APPROVAL'): Promise<string> {
  const input = { taskId, kind, reason: 'May I?', question: { amount: 12 } };
  return (await mutate('requestIntervention', 'RequestInterventionInput', input, 'id'))[
    'requestIntervention'
  ]!.id;
}

type Refusal = [tool: string, args: Record<string, unknown>, said: RegExp];

async function expectRefused(client: McpClient, refusals: Refusal[]): Promise<void> {
  for (const [name, args, message] of refusals) {
    const answer = await client.call(name, args);
    expect([name, args, answer.isError, answer.text]).toEqual([
      name,
      args,
      true,
      expect.stringMatching(message),
    ]);
  }
}

const all = [
  'answer_intervention',
  'cancel_task',
  'create_scraping_task',
  'get_metrics',
  'get_system_status',
  'get_task_status',
  'get_trace',
  'list_tasks',
  'search_steps',
];
const writing = ['answer_intervention', 'cancel_task', 'create_scraping_task'];
const reading = all.filter((name) => !writing.includes(name));

describe.each(['2026', '2025'] as const)('the official client of %s', (era) => {
  test('speaks its own version, and finds the tools with schemas, annotations and structured answers', async () => {
    const client = await connect(['MANAGE'], era);
    expect(client.version).toMatch(new RegExp(`^${era}`));
    const tools = await client.tools();
    expect(tools.map(({ name }) => name).sort()).toEqual(all);
    for (const tool of tools) {
      expect(tool).toMatchObject({
        title: expect.any(String),
        description: expect.stringMatching(/\.$/),
        inputSchema: { type: 'object', additionalProperties: false },
        outputSchema: { type: 'object' },
        annotations: { readOnlyHint: reading.includes(tool.name) },
      });
    }
    const taskId = await newTask({ name: `seen by ${era}`, input: { a: [1, 'ü'] } });
    const answer = await client.call('get_task_status', { task_id: taskId });
    expect(answer.isError).toBe(false);
    expect(answer.data).toMatchObject({
      task_id: taskId,
      status: 'RUNNING',
      input: { a: [1, 'ü'] },
      output: null,
    });
    expect(JSON.parse(answer.text)).toEqual(answer.data);
  });

  test('waits for a task: it ends with the task, and progress is told, which never falls', async () => {
    const client = await connect(['READ'], era);
    const taskId = await newTask();
    const told: Progress[] = [];
    const waiting = client.call('get_task_status', { task_id: taskId, wait_seconds: 100 }, (progress) =>
      told.push(progress),
    );
    await eventually('the wait has begun', () => told.length > 0);
    for (const [index, progress] of [0.25, 0.1, 0.5].entries()) {
      await report(taskId, progress, `part ${index}`);
      if (index !== 1) await eventually(`progress ${progress}`, () => told.at(-1)?.progress === progress);
    }
    await finishTask(server.url, person.token, taskId);
    const { data } = await waiting;
    expect(data).toMatchObject({ status: 'SUCCEEDED', is_finished: true, progress: 1 });
    expect(told.map(({ progress }) => progress)).toEqual([0, 0.25, 0.5, 1].slice(0, told.length));
    expect(told.length).toBeGreaterThanOrEqual(3);
    expect(told[1]).toMatchObject({ total: 1, message: 'part 0' });
  });

  test('is told what is wrong with its arguments', async () => {
    const client = await connect(['READ'], era);
    await expectRefused(client, [
      ['get_task_status', {}, /^BAD_USER_INPUT: task_id: It is missing; give a text\./],
      ['get_task_status', { taskId: 'x' }, /Leave out "taskId"\. The arguments are: task_id, wait_seconds/],
      ['get_task_status', { task_id: 'x', wait_seconds: 301 }, /wait_seconds: It must be at most 300\./],
      ['get_task_status', { task_id: 'no such' }, /^NOT_FOUND: The task was not found\./],
      ['list_tasks', { statuses: ['DONE'] }, /statuses\[0\]: It must be one of QUEUED, RUNNING,/],
      ['list_tasks', { limit: 1.5 }, /limit: It must be a whole number\./],
      ['list_tasks', { cursor: 'nonsense' }, /^BAD_USER_INPUT: cursor: This is no cursor of this list/],
      ['list_tasks', { search: '\u0000' }, /^BAD_USER_INPUT: search: /],
      ['list_tasks', { agent_id: 'x' }, /^BAD_USER_INPUT: agent_id: This is no id\./],
      ['list_tasks', { finished_after: 'yesterday' }, /finished_after: It must be a moment in ISO 8601/],
      ['get_metrics', { from: '2026-02-30' }, /from: It must be a day such as/],
      ['get_metrics', { from: '0000-01-01', to: '0000-01-02' }, /from: It must be a day from 1970 on\./],
      ['get_metrics', { to: '0001-01-03' }, /^BAD_USER_INPUT: to: It must be a day from 1970 on\./],
      ['get_metrics', { from: '2026-03-02', to: '2026-03-01' }, /from: It lies after to/],
      ['search_steps', { text: '' }, /^BAD_USER_INPUT: text: /],
    ]);
  });

  test('is told what is wrong with a scraping task, by the names of the arguments', async () => {
    const client = await connect(['INGEST'], era);
    const page = { kind: 'PAGE', url: 'https://shop.example/' };
    await expectRefused(client, [
      [
        'create_scraping_task',
        { url: page.url },
        /^BAD_USER_INPUT: kind: It must be one of PAGE, LIST, CRAWL\./,
      ],
      ['create_scraping_task', { ...page, url: 'file:///etc/passwd' }, /url: Only http and https addresses/],
      ['create_scraping_task', { ...page, kind: 'LIST' }, /item_selector: A LIST needs the selector/],
      ['create_scraping_task', { ...page, max_depth: 2 }, /max_depth: This goes with CRAWL, not with PAGE\./],
      ['create_scraping_task', { ...page, fields: [{ name: 'a' }] }, /fields\[0\]\.selector: It is missing/],
      [
        'create_scraping_task',
        { ...page, fields: [{ name: '', selector: 'a[' }] },
        /fields\[0\]\.name: The text must not be empty\./,
      ],
      [
        'create_scraping_task',
        { ...page, fields: [{ name: 'a', selector: 'a[' }] },
        /^BAD_USER_INPUT: fields\[0\]\.selector: /,
      ],
      ['create_scraping_task', { ...page, itemSelector: 'li' }, /Leave out "itemSelector"\./],
      ['create_scraping_task', { ...page, login_session_id: 'x' }, /^NOT_FOUND: The login session was not/],
    ]);
  });

  test('is told that there is no such tool', async () => {
    const client = await connect(['READ'], era);
    await expect(client.call('make_coffee')).rejects.toThrow(/There is no tool "make_coffee"/);
  });
});

describe('scopes', () => {
  test.each([
    [['INGEST'], ['create_scraping_task']],
    [['INGEST', 'READ'], [...reading, 'create_scraping_task'].sort()],
    [['READ'], reading],
    [['MANAGE'], all],
  ])('a key of %j finds what it may use', async (scopes, names) => {
    const client = await connect(scopes);
    expect((await client.tools()).map(({ name }) => name).sort()).toEqual(names);
  });

  test('calling another tool says which scope it wants, and changes nothing', async () => {
    const taskId = await newTask();
    const reader = await connect(['READ']);
    const cancelled = await reader.call('cancel_task', { task_id: taskId });
    expect([cancelled.isError, cancelled.text]).toEqual([
      true,
      expect.stringMatching(/^FORBIDDEN: .*scope MANAGE.*cancel_task/),
    ]);
    const reporter = await connect(['INGEST']);
    const read = await reporter.call('get_system_status');
    expect([read.isError, read.text]).toEqual([
      true,
      expect.stringMatching(/^FORBIDDEN: .*scope READ.*get_system_status/),
    ]);
    expect((await reader.call('get_task_status', { task_id: taskId })).data).toMatchObject({
      status: 'RUNNING',
    });
  });

  test('what is in another project is not found, and not listed', async () => {
    const taskId = await newTask({ name: 'a secret' });
    await record(taskId, [{ key: '1', type: 'LLM', name: 'a secret step' }]);
    const interventionId = await askHuman(taskId);
    const stranger = await connect(['MANAGE'], '2026', await register(server.url, 'stranger'));
    const args = { task_id: taskId };
    for (const answer of [
      await stranger.call('get_task_status', args),
      await stranger.call('get_task_status', { ...args, wait_seconds: 5 }),
      await stranger.call('get_trace', args),
      await stranger.call('cancel_task', args),
      await stranger.call('answer_intervention', { intervention_id: interventionId, status: 'APPROVED' }),
      await stranger.call('get_metrics', { agent_id: agentId }),
    ]) {
      expect([answer.isError, answer.text]).toEqual([true, expect.stringMatching(/^NOT_FOUND: /)]);
    }
    expect((await stranger.call('list_tasks')).data).toEqual({ tasks: [], next_cursor: null });
    expect((await stranger.call('search_steps', { text: 'secret' })).data).toEqual({
      hits: [],
      next_cursor: null,
    });
  });
});

describe('waiting', () => {
  test('is over when the time is, and says that the task goes on', async () => {
    const taskId = await newTask();
    const { data } = await manager.call('get_task_status', { task_id: taskId, wait_seconds: 0.2 });
    expect(data).toMatchObject({ status: 'RUNNING', is_finished: false });
  });

  test('is over when the task begins to wait for a human, whose answer lets it go on', async () => {
    const taskId = await newTask();
    const told: Progress[] = [];
    const waiting = manager.call('get_task_status', { task_id: taskId, wait_seconds: 100 }, (progress) =>
      told.push(progress),
    );
    await eventually('the wait has begun', () => told.length > 0);
    const interventionId = await askHuman(taskId);
    const { data } = await waiting;
    expect(data).toMatchObject({
      status: 'WAITING_FOR_HUMAN',
      open_interventions: [
        { intervention_id: interventionId, kind: 'APPROVAL', question: { amount: 12 }, cut: [] },
      ],
    });

    const wrong = await manager.call('answer_intervention', {
      intervention_id: interventionId,
      status: 'ANSWERED',
    });
    expect([wrong.isError, wrong.text]).toEqual([
      true,
      expect.stringMatching(/^BAD_USER_INPUT: status: .*APPROVED or REJECTED/),
    ]);
    const answered = await manager.call('answer_intervention', {
      intervention_id: interventionId,
      status: 'APPROVED',
      answer: { up_to: 15 },
    });
    expect(answered.data).toMatchObject({ task_id: taskId, status: 'APPROVED', task_status: 'RUNNING' });
    const again = await manager.call('answer_intervention', {
      intervention_id: interventionId,
      status: 'REJECTED',
    });
    expect([again.isError, again.text]).toEqual([true, expect.stringMatching(/^CONFLICT: /)]);
  });

  test.each(['2026', '2025'] as const)(
    'holds nothing any more once the caller of %s has cancelled',
    async (era) => {
      const client = await connect(['READ'], era);
      const taskId = await newTask();
      const gone = new AbortController();
      const told: Progress[] = [];
      const waiting = client.call(
        'get_task_status',
        { task_id: taskId, wait_seconds: 100 },
        (progress) => told.push(progress),
        gone.signal,
      );
      await eventually('the wait has begun', () => told.length > 0);
      const watched = async () =>
        /binnacle_live_watched\{kind="task"\} (\d+)/.exec(
          await (await fetch(`${server.url}/metrics`)).text(),
        )?.[1];
      expect(await watched()).toBe('1');
      gone.abort();
      await expect(waiting).rejects.toThrow();
      await client.close();
      await eventually('nothing is watched any more', async () => (await watched()) === '0');
    },
  );

  test('ends at once when its key is revoked, and tells no more', async () => {
    const { id, secret } = await makeKey(server.url, person, ['READ']);
    const client = await connectMcp(server.url, secret);
    clients.push(client);
    const taskId = await newTask();
    const told: Progress[] = [];
    const waiting = client.call('get_task_status', { task_id: taskId, wait_seconds: 100 }, (progress) =>
      told.push(progress),
    );
    await eventually('the wait has begun', () => told.length > 0);
    await get(server.url, person.token, 'mutation($id: ID!) { revokeApiKey(id: $id) { id } }', { id });
    const answer = await waiting;
    expect([answer.isError, answer.text]).toEqual([true, expect.stringMatching(/^UNAUTHENTICATED: /)]);
  });

  test('holds up no server that stops: it answers how the task stands', async () => {
    const other = await startTestServer();
    const owner = await register(other.url);
    const taskId = await makeTask(other.url, owner.token, await makeAgent(other.url, owner));
    const client = await connectMcp(other.url, (await makeKey(other.url, owner, ['READ'])).secret);
    const told: Progress[] = [];
    const waiting = client.call('get_task_status', { task_id: taskId, wait_seconds: 300 }, (progress) =>
      told.push(progress),
    );
    await eventually('the wait has begun', () => told.length > 0);
    const stopped = other.stop();
    expect((await waiting).data).toMatchObject({ status: 'RUNNING', is_finished: false });
    await stopped;
    await client.close();
  });
});

describe('reading', () => {
  interface Trace {
    task: { task_id: string };
    steps: {
      seq: number;
      name: string;
      input: unknown;
      output: unknown;
      attributes: unknown;
      cut: string[];
    }[];
    next_from_step: number | null;
  }

  test('a trace comes in windows, each step once', async () => {
    const taskId = await newTask();
    const steps = Array.from({ length: 25 }, (_, index) => ({
      key: String(index),
      type: index % 5 === 0 ? 'TOOL' : 'LLM',
      name: `step ${index}`,
      input: { index },
    }));
    await record(taskId, steps);
    const seen: number[] = [];
    for (let from: number | null = 1; from !== null;) {
      const { data }: { data: Trace } = await manager.call<Trace>('get_trace', {
        task_id: taskId,
        from_step: from,
        limit: 10,
      });
      expect(data.steps.length).toBeLessThanOrEqual(10);
      seen.push(...data.steps.map(({ seq }) => seq));
      from = data.next_from_step;
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));

    const tools = await manager.call<Trace>('get_trace', { task_id: taskId, types: ['TOOL'], limit: 3 });
    expect(tools.data.steps.map(({ seq }) => seq)).toEqual([1, 6, 11]);
    expect(tools.data.next_from_step).toBe(12);
    const found = await manager.call<Trace>('get_trace', {
      task_id: taskId,
      search: 'STEP 17',
      with_payloads: false,
    });
    expect(found.data.steps).toEqual([expect.objectContaining({ seq: 18, input: null, cut: [] })]);
  });

  test('long payloads are cut and say so, each and all together', async () => {
    const taskId = await newTask({ input: 'a'.repeat(5_000) });
    const big = { text: '😀'.repeat(30_000) };
    await record(
      taskId,
      Array.from({ length: 10 }, (_, index) => ({
        key: String(index),
        type: 'LLM',
        name: 'big',
        input: big,
        output: 'small',
      })),
    );
    const few = await manager.call<Trace>('get_trace', { task_id: taskId, max_payload_chars: 100 });
    for (const { input, output, cut } of few.data.steps) {
      expect(cut).toEqual(['input']);
      expect(output).toBe('small');
      expect(input).toMatch(/^\{"text":"(?:😀)+… \[cut: 100 of 60011 characters of its JSON\]$/u);
    }
    const many = await manager.call<Trace>('get_trace', { task_id: taskId, max_payload_chars: 50_000 });
    expect(many.text.length).toBeLessThan(300_000);
    expect(many.data.steps.at(-1)).toMatchObject({ cut: ['input', 'output'] });
    const status = await manager.call('get_task_status', { task_id: taskId });
    expect(status.data).toMatchObject({
      cut: ['input'],
      input: expect.stringMatching(/\[cut: 2000 of 5002 /),
    });
  });

  test('texts of errors are cut and say so, wherever they stand', async () => {
    const tag = 'fails at length';
    const message = '😀'.repeat(40_000);
    for (let index = 0; index < 5; index++) {
      const taskId = await newTask({ tags: [tag] });
      await record(taskId, [
        { key: '1', type: 'LLM', name: tag, status: 'FAILED', error: { message }, input: index },
        { key: '2', type: 'LLM', name: tag, status: 'FAILED', error: { message } },
      ]);
      await mutate(
        'finishTask',
        'FinishTaskInput',
        { taskId, status: 'FAILED', error: { message } },
        'task { id }',
      );
    }
    interface Failed {
      task_id: string;
      error: { message: string };
    }
    const cutTo = (length: number) => new RegExp(`^(?:😀)+… \\[cut: ${length} of 80000 characters\\]$`, 'u');
    const listed = await manager.call<{ tasks: Failed[] }>('list_tasks', { tags: [tag] });
    expect(listed.data.tasks).toHaveLength(5);
    for (const { error } of listed.data.tasks) expect(error.message).toMatch(cutTo(1_000));
    const found = await manager.call<{ hits: { step: Failed }[] }>('search_steps', { text: tag });
    expect(found.data.hits).toHaveLength(10);
    for (const { step } of found.data.hits) expect(step.error.message).toMatch(cutTo(1_000));
    const args = { task_id: listed.data.tasks[0]?.task_id, max_payload_chars: 50_000 };
    const status = await manager.call<Failed>('get_task_status', args);
    expect(status.data.error.message).toMatch(cutTo(50_000));
    const trace = await manager.call<{ task: Failed; steps: Failed[] }>('get_trace', {
      ...args,
      max_payload_chars: 0,
    });
    for (const { error } of [trace.data.task, ...trace.data.steps])
      expect(error.message).toMatch(cutTo(1_000));
  });

  test('tasks are listed by filter and page', async () => {
    const tag = 'listed over MCP';
    const ids: string[] = [];
    for (let index = 0; index < 5; index++) ids.unshift(await newTask({ name: `job ${index}`, tags: [tag] }));
    await finishTask(server.url, person.token, ids[0]!, 'FAILED');
    interface List {
      tasks: { task_id: string }[];
      next_cursor: string | null;
    }
    const first = await manager.call<List>('list_tasks', { tags: [tag], limit: 3 });
    const second = await manager.call<List>('list_tasks', {
      tags: [tag],
      limit: 3,
      cursor: first.data.next_cursor,
    });
    expect([...first.data.tasks, ...second.data.tasks].map(({ task_id }) => task_id)).toEqual(ids);
    expect(second.data.next_cursor).toBeNull();
    const failed = await manager.call<List>('list_tasks', { tags: [tag], statuses: ['FAILED'] });
    expect(failed.data.tasks).toMatchObject([{ task_id: ids[0], status: 'FAILED', is_finished: true }]);
  });

  test('steps are found by their text', async () => {
    const taskId = await newTask();
    await record(taskId, [
      { key: '1', type: 'TOOL', name: 'look', output: 'the Quicksilver lies aft' },
      { key: '2', type: 'LLM', name: 'think', output: 'quicksilver, says the tool' },
    ]);
    const { data } = await manager.call<{ hits: { step: object; snippet: string }[] }>('search_steps', {
      text: 'quickSILVER',
      types: ['TOOL'],
    });
    expect(data.hits).toMatchObject([
      { step: { task_id: taskId, seq: 1 }, snippet: expect.stringMatching(/Quicksilver/) },
    ]);
  });

  test('metrics are those of GraphQL', async () => {
    await dayLasts(20_000);
    const owner = await register(server.url, 'measured');
    const agent = await makeAgent(server.url, owner);
    for (const status of ['SUCCEEDED', 'SUCCEEDED', 'FAILED', 'CANCELLED']) {
      const taskId = await makeTask(server.url, owner.token, agent);
      await finishTask(server.url, owner.token, taskId, status);
    }
    const client = await connect(['READ'], '2026', owner);
    interface Metrics {
      to: string;
      summary: Record<string, unknown>;
      days: object[];
      costs: object[];
    }
    const today = new Date().toISOString().slice(0, 10);
    await get(
      server.url,
      owner.token,
      'mutation($p: ID!, $d: Date!) { recomputeMetrics(projectId: $p, from: $d, to: $d) { day } }',
      { p: owner.projectId, d: today },
    );
    const { data } = await client.call<Metrics>('get_metrics', { daily: true, costs_by: 'AGENT' });
    expect(data.summary).toMatchObject({ succeeded: 2, cancelled: 1, success_rate: 2 / 3, cost_usd: null });
    expect(data.days).toMatchObject([{ day: data.to, tasks: 3, success_rate: 2 / 3 }]);
    expect(data.costs).toMatchObject([{ key: agent, tasks: expect.any(Number), cost_usd: null }]);
    const long = await client.call('get_metrics', { daily: true, from: '2025-01-01' });
    expect([long.isError, long.text]).toEqual([
      true,
      expect.stringMatching(/to: Day by day it answers at most 100 days/),
    ]);
  });

  test('the system is as GraphQL tells it', async () => {
    const { data } = await manager.call('get_system_status');
    expect(data).toMatchObject({
      status: expect.stringMatching(/^(?:HEALTHY|DEGRADED|UNKNOWN)$/),
      version: expect.stringMatching(/^\d/),
      uptime_seconds: expect.any(Number),
      started_at: expect.any(String),
      observed_at: expect.any(String),
      components: expect.arrayContaining([expect.objectContaining({ name: 'database' })]),
      cpu_load: expect.any(Number),
      memory_rss_bytes: expect.any(Number),
      browser_instances: { available: expect.any(Boolean), total: 0, instances: [] },
      login_states: [],
    });
  });
});

describe('changing', () => {
  test('a task is cancelled, once or twice; one that has ended otherwise is not', async () => {
    const taskId = await newTask();
    for (let times = 0; times < 2; times++) {
      const { data } = await manager.call('cancel_task', { task_id: taskId });
      expect(data).toMatchObject({ task_id: taskId, status: 'CANCELLED', is_finished: true });
    }
    const done = await newTask();
    await finishTask(server.url, person.token, done);
    const late = await manager.call('cancel_task', { task_id: done });
    expect([late.isError, late.text]).toEqual([true, expect.stringMatching(/^CONFLICT: .*SUCCEEDED/)]);
  });

  test('what is changed over MCP is in the audit log, as the key did it', async () => {
    const { id, secret } = await makeKey(server.url, person, ['MANAGE']);
    const client = await connectMcp(server.url, secret);
    clients.push(client);
    const [cancelled, asking] = [await newTask(), await newTask()];
    await client.call('cancel_task', { task_id: cancelled });
    const interventionId = await askHuman(asking, 'QUESTION');
    await client.call('answer_intervention', {
      intervention_id: interventionId,
      status: 'ANSWERED',
      answer: 'aft',
    });
    await client.call('list_tasks');
    const rows = await server.database.query(
      `SELECT action, subject_id AS "subjectId", actor_kind AS kind FROM audit_log WHERE actor_id = $1 ORDER BY id`,
      [id],
    );
    expect(rows).toEqual([
      { action: 'cancelTask', subjectId: cancelled, kind: 'API_KEY' },
      { action: 'resolveIntervention', subjectId: interventionId, kind: 'API_KEY' },
    ]);
  });
});
