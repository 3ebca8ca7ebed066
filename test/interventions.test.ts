import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { ask, get, makeAgent, makeKey, makeTask, register, type Person } from './support/client.js';
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

interface Intervention {
  id: string;
  kind: string;
  reason: string;
  question: unknown;
  status: string;
  answer: unknown;
  requestedAt: string;
  expiresAt: string | null;
  resolvedAt: string | null;
  resolvedBy: { id: string } | null;
  task: { id: string; status: string };
}
interface Task {
  status: string;
  revision: number;
  stepCount: number;
  interventions: Intervention[];
  steps: { nodes: Record<string, unknown>[] };
}

const fields = `{ id kind reason question status answer requestedAt expiresAt resolvedAt resolvedBy { id } task { id status } }`;
const askMutation = `mutation ($input: RequestInterventionInput!) { requestIntervention(input: $input) ${fields} }`;
const resolveMutation = `mutation ($input: ResolveInterventionInput!) { resolveIntervention(input: $input) ${fields} }`;
const finishMutation =
  'mutation ($input: FinishTaskInput!) { finishTask(input: $input) { task { status } } }';
const taskQuery = `query ($id: ID!) { task(id: $id) { status revision stepCount interventions ${fields}
  steps { nodes { seq key parentKey type name status startedAt endedAt latencyMs input output revision } } } }`;

const run = <Data>(query: string, variables: Record<string, unknown>, token = person.token) =>
  get<Data>(server.url, token, query, variables);
const newTask = (more: Record<string, unknown> = {}) => makeTask(server.url, person.token, agentId, more);
const request = async (taskId: string, more: Record<string, unknown> = {}, token = person.token) => {
  const input = { taskId, kind: 'QUESTION', reason: 'Which one?', ...more };
  return (await run<{ requestIntervention: Intervention }>(askMutation, { input }, token))
    .requestIntervention;
};
const resolve = async (id: string, status: string, answer?: unknown) =>
  (await run<{ resolveIntervention: Intervention }>(resolveMutation, { input: { id, status, answer } }))
    .resolveIntervention;
const faultOf = async (query: string, input: Record<string, unknown>, token = person.token) =>
  (await ask(server.url, token, query, { input })).errors?.[0];
const read = async (id: string) => (await run<{ task: Task }>(taskQuery, { id })).task;
async function until(id: string, holds: (task: Task) => boolean): Promise<Task> {
  for (let tries = 0; ; tries++) {
    const task = await read(id);
    if (holds(task) || tries === 200) return task;
    await wait(50);
  }
}

describe('asking a human', () => {
  test('holds the task up until it is answered; both are steps', async () => {
    const taskId = await newTask();
    const asked = await request(taskId, {
      kind: 'CORRECTION',
      reason: 'Is this right?',
      question: { draft: [1] },
      key: 'q',
    });
    expect(asked).toMatchObject({
      kind: 'CORRECTION',
      reason: 'Is this right?',
      question: { draft: [1] },
      status: 'OPEN',
      answer: null,
      expiresAt: null,
      resolvedAt: null,
      resolvedBy: null,
      task: { id: taskId, status: 'WAITING_FOR_HUMAN' },
    });
    const held = await read(taskId);
    expect(held).toMatchObject({
      status: 'WAITING_FOR_HUMAN',
      revision: 2,
      stepCount: 1,
      interventions: [asked],
    });
    const askStep = {
      seq: 1,
      key: 'q',
      parentKey: null,
      type: 'HUMAN',
      name: 'CORRECTION',
      input: { reason: 'Is this right?', question: { draft: [1] } },
      startedAt: asked.requestedAt,
    };
    expect(held.steps.nodes).toMatchObject([{ ...askStep, status: 'RUNNING', endedAt: null, revision: 2 }]);

    await wait(5);
    const answered = await resolve(asked.id, 'ANSWERED', { better: true });
    expect(answered).toMatchObject({
      status: 'ANSWERED',
      answer: { better: true },
      resolvedBy: { id: person.userId },
      task: { status: 'RUNNING' },
    });
    const going = await read(taskId);
    expect(going).toMatchObject({ status: 'RUNNING', revision: 3, stepCount: 2, interventions: [answered] });
    const waited = Date.parse(answered.resolvedAt ?? '') - Date.parse(asked.requestedAt);
    expect(waited).toBeGreaterThan(0);
    expect(going.steps.nodes).toEqual([
      {
        ...askStep,
        status: 'SUCCEEDED',
        endedAt: answered.resolvedAt,
        latencyMs: waited,
        output: null,
        revision: 3,
      },
      {
        seq: 2,
        key: 'q:answer',
        parentKey: 'q',
        type: 'HUMAN',
        name: 'ANSWERED',
        status: 'SUCCEEDED',
        startedAt: answered.resolvedAt,
        endedAt: answered.resolvedAt,
        latencyMs: 0,
        input: null,
        output: { status: 'ANSWERED', answer: { better: true } },
        revision: 3,
      },
    ]);
  });

  test('twice lets the task go on with the last answer only', async () => {
    const taskId = await newTask();
    const first = await request(taskId);
    const second = await request(taskId, { kind: 'APPROVAL' });
    expect(await read(taskId)).toMatchObject({ status: 'WAITING_FOR_HUMAN', revision: 3, stepCount: 2 });
    await resolve(second.id, 'APPROVED');
    expect(await read(taskId)).toMatchObject({
      status: 'WAITING_FOR_HUMAN',
      interventions: [{ status: 'OPEN' }, { status: 'APPROVED' }],
    });
    await resolve(first.id, 'ANSWERED', 'this one');
    expect(await read(taskId)).toMatchObject({ status: 'RUNNING', revision: 5, stepCount: 4 });
  });

  test('keeps a rejected approval as what it is', async () => {
    const taskId = await newTask();
    const { id } = await request(taskId, { kind: 'APPROVAL', reason: 'May I pay?' });
    expect(await resolve(id, 'REJECTED', 'No')).toMatchObject({ status: 'REJECTED', answer: 'No' });
    const task = await read(taskId);
    expect(task).toMatchObject({ status: 'RUNNING', interventions: [{ status: 'REJECTED', answer: 'No' }] });
    expect(task.steps.nodes[1]).toMatchObject({
      name: 'REJECTED',
      output: { status: 'REJECTED', answer: 'No' },
    });
    const [entry] = await server.database.query<{ before: object; after: object }>(
      `SELECT before, after FROM audit_log WHERE action = 'resolveIntervention' AND subject_id = $1`,
      [id],
    );
    expect(entry).toEqual({ before: { status: 'OPEN' }, after: { status: 'REJECTED' } });
  });

  test.each([
    ['APPROVAL', ['APPROVED', 'REJECTED']],
    ['QUESTION', ['ANSWERED', 'REJECTED']],
    ['CORRECTION', ['ANSWERED', 'REJECTED']],
    ['TAKEOVER', ['ANSWERED', 'REJECTED']],
  ])('%s becomes one of %j', async (kind, allowed) => {
    for (const status of ['OPEN', 'APPROVED', 'REJECTED', 'ANSWERED', 'EXPIRED']) {
      const taskId = await newTask();
      const { id } = await request(taskId, { kind });
      if (allowed.includes(status)) {
        expect(await resolve(id, status)).toMatchObject({ status });
      } else {
        expect(await faultOf(resolveMutation, { id, status })).toMatchObject({
          message: `input.status: An intervention of kind ${kind} becomes ${allowed.join(' or ')}, not ${status}.`,
          extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'input.status' }] },
        });
        expect(await read(taskId)).toMatchObject({ status: 'WAITING_FOR_HUMAN', revision: 2 });
      }
    }
  });

  test('by the same key is asking once', async () => {
    const taskId = await newTask();
    const first = await request(taskId, { key: 'same', reason: 'Once' });
    expect(await request(taskId, { key: 'same', reason: 'Twice' })).toEqual(first);
    const raced = await Promise.all(Array.from({ length: 8 }, () => request(taskId, { key: 'raced' })));
    expect(new Set(raced.map(({ id }) => id)).size).toBe(1);
    expect(await read(taskId)).toMatchObject({ revision: 3, stepCount: 2 });
    const answered = await resolve(first.id, 'ANSWERED');
    expect(await request(taskId, { key: 'same' })).toEqual({ ...answered });
    // The key is the task's own.
    expect((await request(await newTask(), { key: 'same' })).id).not.toBe(first.id);
  });

  test('of a task without times makes steps without times', async () => {
    const taskId = await newTask({ startedAt: null });
    await resolve((await request(taskId, { kind: 'TAKEOVER' })).id, 'ANSWERED');
    const none = { startedAt: null, endedAt: null, latencyMs: null };
    expect((await read(taskId)).steps.nodes).toMatchObject([none, none]);
  });

  test('has bounds', async () => {
    const taskId = await newTask();
    const refused: [Record<string, unknown>, string][] = [
      [{ reason: '' }, 'input.reason'],
      [{ reason: 'x'.repeat(5001) }, 'input.reason'],
      [{ key: 'x'.repeat(191) }, 'input.key'],
      [{ key: '' }, 'input.key'],
      [{ expiresAt: new Date(Date.now() - 1).toISOString() }, 'input.expiresAt'],
    ];
    for (const [more, path] of refused) {
      const input = { taskId, kind: 'QUESTION', reason: 'x', ...more };
      expect([more, await faultOf(askMutation, input)]).toMatchObject([
        more,
        { extensions: { code: 'BAD_USER_INPUT', fields: [{ path }] } },
      ]);
    }
    expect(await read(taskId)).toMatchObject({ status: 'RUNNING', revision: 1 });
    const key = 'k'.repeat(190);
    const { id } = await request(taskId, { key, expiresAt: '9999-12-31T23:59:59.999Z' });
    await resolve(id, 'ANSWERED');
    expect((await read(taskId)).steps.nodes).toMatchObject([{ key }, { key: `${key}:answer` }]);
  });
});

describe('an answer', () => {
  test('is given once', async () => {
    const taskId = await newTask();
    const { id } = await request(taskId, { kind: 'APPROVAL' });
    const answers = await Promise.all(
      ['APPROVED', 'REJECTED', 'APPROVED', 'REJECTED'].map(async (status) => ({
        status,
        fault: await faultOf(resolveMutation, { id, status }),
      })),
    );
    const [intervention] = (await read(taskId)).interventions;
    const refused = answers.filter(({ fault }) => fault !== undefined);
    expect(refused).toHaveLength(3);
    for (const { status, fault } of refused) {
      expect(fault).toMatchObject({
        message: `The intervention is ${intervention?.status} and cannot become ${status}.`,
        extensions: { code: 'CONFLICT' },
      });
    }
    expect(await read(taskId)).toMatchObject({ revision: 3, stepCount: 2 });
  });

  test('is not given before it was asked for, whatever the clocks of servers say', async () => {
    const taskId = await newTask();
    const { id } = await request(taskId);
    await server.database.query(
      `UPDATE interventions SET requested_at = requested_at + interval '1 hour' WHERE id = $1`,
      [id],
    );
    const { requestedAt, resolvedAt } = await resolve(id, 'ANSWERED');
    expect(resolvedAt).toBe(requestedAt);
    expect((await read(taskId)).steps.nodes[0]).toMatchObject({ status: 'SUCCEEDED', latencyMs: 0 });
  });

  test('is for those who operate the project', async () => {
    const taskId = await newTask();
    const ingest = await makeKey(server.url, person, ['INGEST']);
    const asking =
      'mutation ($input: RequestInterventionInput!) { requestIntervention(input: $input) { id } }';
    const { requestIntervention } = await run<{ requestIntervention: { id: string } }>(
      asking,
      { input: { taskId, kind: 'APPROVAL', reason: 'x' } },
      ingest.secret,
    );
    const { id } = requestIntervention;
    const viewer = await register(server.url);
    const stranger = await register(server.url);
    await run('mutation ($input: SetMemberInput!) { setMember(input: $input) { role } }', {
      input: { projectId: person.projectId, email: `${viewer.username}@example.com`, role: 'VIEWER' },
    });
    const reader = await makeKey(server.url, person, ['READ', 'WORK']);
    for (const [token, code] of [
      [ingest.secret, 'FORBIDDEN'],
      [reader.secret, 'FORBIDDEN'],
      [viewer.token, 'FORBIDDEN'],
      [stranger.token, 'NOT_FOUND'],
    ] as const) {
      expect((await faultOf(resolveMutation, { id, status: 'APPROVED' }, token))?.extensions.code).toBe(code);
    }
    expect(
      (await faultOf(asking, { taskId, kind: 'APPROVAL', reason: 'x' }, viewer.token))?.extensions.code,
    ).toBe('FORBIDDEN');
    expect(await read(taskId)).toMatchObject({ status: 'WAITING_FOR_HUMAN', revision: 2 });
    const manage = await makeKey(server.url, person, ['MANAGE']);
    const resolved = await run<{ resolveIntervention: Intervention }>(
      resolveMutation,
      { input: { id, status: 'APPROVED' } },
      manage.secret,
    );
    expect(resolved.resolveIntervention).toMatchObject({ status: 'APPROVED', resolvedBy: null });
  });
});

describe('an intervention that nobody answers', () => {
  test('expires at its time, and the task goes on', async () => {
    const [alone, among] = await Promise.all([newTask(), newTask()]);
    const soon = () => new Date(Date.now() + 700).toISOString();
    const question = { expiresAt: soon(), key: 'q' };
    const expiring = await request(alone, question);
    expect(expiring.expiresAt).not.toBeNull();
    const open = await request(among);
    await request(among, { expiresAt: soon() });
    const gone = await until(alone, ({ status }) => status === 'RUNNING');
    expect(gone).toMatchObject({
      status: 'RUNNING',
      revision: 3,
      stepCount: 1,
      interventions: [{ status: 'EXPIRED', answer: null, resolvedBy: null }],
    });
    // The database's clock says when; it may be another machine's.
    const lateMs = Date.parse(gone.interventions[0]?.resolvedAt ?? '') - Date.parse(expiring.expiresAt ?? '');
    expect(lateMs).toBeGreaterThan(-1000);
    expect(gone.steps.nodes).toMatchObject([{ key: 'q', status: 'SKIPPED' }]);
    // Who got no answer to its question, and asks again with the same words, learns how it ended.
    expect(await request(alone, question)).toMatchObject({ id: expiring.id, status: 'EXPIRED' });
    expect(await faultOf(resolveMutation, { id: expiring.id, status: 'ANSWERED' })).toMatchObject({
      message: 'The intervention is EXPIRED and cannot become ANSWERED.',
      extensions: { code: 'CONFLICT' },
    });
    const half = await until(among, ({ interventions }) => interventions[1]?.status === 'EXPIRED');
    expect(half).toMatchObject({
      status: 'WAITING_FOR_HUMAN',
      interventions: [{ status: 'OPEN' }, { status: 'EXPIRED' }],
    });
    await resolve(open.id, 'ANSWERED');
    expect((await read(among)).status).toBe('RUNNING');
  });

  test('that was answered in time stays answered', async () => {
    const taskId = await newTask();
    const { id } = await request(taskId, { expiresAt: new Date(Date.now() + 1500).toISOString() });
    await resolve(id, 'ANSWERED', 'in time');
    const sql = `SELECT count(*)::int AS count FROM graphile_worker._private_jobs WHERE payload->>'interventionId' = $1`;
    const jobs = async () => (await server.database.query<{ count: number }>(sql, [id]))[0]?.count;
    expect(await jobs()).toBe(1);
    for (let tries = 0; (await jobs()) !== 0 && tries < 200; tries++) await wait(50);
    expect(await jobs()).toBe(0);
    expect(await read(taskId)).toMatchObject({
      revision: 3,
      interventions: [{ status: 'ANSWERED', answer: 'in time' }],
    });
  });

  test.each(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'CANCELLED'])(
    'expires with its task that becomes %s',
    async (status) => {
      const taskId = await newTask();
      const answered = await request(taskId, { key: 'answered' });
      await resolve(answered.id, 'ANSWERED');
      const open = await request(taskId, { key: 'a' });
      await request(taskId, { key: 'b', kind: 'APPROVAL' });
      await run(finishMutation, { input: { taskId, status } });
      const task = await read(taskId);
      expect(task).toMatchObject({
        status,
        revision: 6,
        interventions: [
          { status: 'ANSWERED' },
          { status: 'EXPIRED', resolvedBy: null },
          { status: 'EXPIRED' },
        ],
      });
      expect(task.interventions[1]?.resolvedAt).not.toBeNull();
      expect(task.steps.nodes).toMatchObject([
        { key: 'answered', status: 'SUCCEEDED' },
        { key: 'answered:answer' },
        { key: 'a', status: 'SKIPPED' },
        { key: 'b', status: 'SKIPPED' },
      ]);
      expect((await faultOf(resolveMutation, { id: open.id, status: 'ANSWERED' }))?.extensions.code).toBe(
        'CONFLICT',
      );
    },
  );
});

describe('the list of interventions', () => {
  test('is walked page by page, newest first, and narrowed by status', async () => {
    const owner = await register(server.url);
    const agent = await makeAgent(server.url, owner);
    const asked: string[] = [];
    for (let i = 0; i < 3; i++) {
      const taskId = await makeTask(server.url, owner.token, agent);
      for (let j = 0; j < 3; j++)
        asked.push((await request(taskId, { reason: `${i} ${j}` }, owner.token)).id);
    }
    // Ties: all of them asked for at the same moment.
    await server.database.query(`UPDATE interventions SET requested_at = '2026-03-01' WHERE id = ANY($1)`, [
      asked.slice(3),
    ]);
    const answered = asked[0] ?? '';
    await run(resolveMutation, { input: { id: answered, status: 'ANSWERED' } }, owner.token);
    const query = `query ($projectId: ID!, $status: InterventionStatus, $first: Int, $after: String) {
      interventions(projectId: $projectId, status: $status, first: $first, after: $after) {
        nodes { id task { id project { id } } resolvedBy { id } } totalCount pageInfo { hasNextPage endCursor } } }`;
    interface Page {
      nodes: { id: string }[];
      totalCount: number;
      pageInfo: { hasNextPage: boolean; endCursor: string | null };
    }
    const list = async (more: Record<string, unknown>) =>
      (await run<{ interventions: Page }>(query, { projectId: owner.projectId, ...more }, owner.token))
        .interventions;
    const expected = await server.database.query<{ id: string }>(
      'SELECT id FROM interventions WHERE project_id = $1 ORDER BY requested_at DESC, id DESC',
      [owner.projectId],
    );
    const all = expected.map(({ id }) => id);
    for (const first of [1, 2, 4, 9]) {
      const walked: string[] = [];
      for (let after: string | null = null; ;) {
        const page: Page = await list({ first, after });
        expect(page.totalCount).toBe(9);
        walked.push(...page.nodes.map(({ id }) => id));
        if (!page.pageInfo.hasNextPage) break;
        after = page.pageInfo.endCursor;
      }
      expect(walked).toEqual(all);
    }
    expect(await list({ status: 'ANSWERED' })).toMatchObject({
      nodes: [{ id: answered, resolvedBy: { id: owner.userId } }],
      totalCount: 1,
    });
    expect(await list({ status: 'OPEN', first: 1 })).toMatchObject({
      totalCount: 8,
      pageInfo: { hasNextPage: true },
    });
    const fault = await ask(server.url, person.token, query, { projectId: owner.projectId });
    expect(fault.errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    for (const [more, path] of [
      [{ first: 0 }, 'first'],
      [{ first: 501 }, 'first'],
      [{ after: 'x' }, 'after'],
      [{ after: Buffer.from('["2026-03-01T00:00:00.000Z","x"]').toString('base64url') }, 'after'],
      [{ after: Buffer.from(`["yesterday","${answered}"]`).toString('base64url') }, 'after'],
    ] as const) {
      const { errors } = await ask(server.url, owner.token, query, { projectId: owner.projectId, ...more });
      expect(errors?.[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', fields: [{ path }] } });
    }
  });
});
