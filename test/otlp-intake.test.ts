import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { get, makeKey, register, type Person } from './support/client.js';
import { eventually } from './support/follower.js';
import { newTraceId, sendTraces, spanId, traceRequest, type PlainSpan } from './support/traces.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let person: Person;
let key: string;
beforeAll(async () => {
  server = await startTestServer({ TRACE_QUIET_SECONDS: '1', MAX_BODY_BYTES: '1000000' });
  person = await register(server.url);
  key = (await makeKey(server.url, person, ['INGEST'])).secret;
});
afterAll(() => server.stop());

interface TracedTask {
  id: string;
  name: string;
  status: string;
  agent: { name: string };
  startedAt: string;
  finishedAt: string | null;
  latencyMs: number | null;
  stepCount: number;
  tags: string[];
  error: { message: string; class: string } | null;
  interventions: { kind: string; reason: string; status: string; answer: unknown }[];
  steps: { nodes: { key: string; parentKey: string | null; status: string; revision: number }[] };
}

async function taskOf(traceId: string, who = person): Promise<TracedTask> {
  const query = `query ($p: ID!, $t: String!) { taskByTrace(projectId: $p, traceId: $t) {
    id name status agent { name } startedAt finishedAt latencyMs stepCount tags error { message class }
    interventions { kind reason status answer } steps(first: 100) { nodes { key parentKey status revision } } } }`;
  const variables = { p: who.projectId, t: traceId };
  const { taskByTrace } = await get<{ taskByTrace: TracedTask }>(server.url, who.token, query, variables);
  return taskByTrace;
}

const send = (spans: PlainSpan[], headers = {}) => sendTraces(server.url, key, traceRequest(spans), headers);
async function tell(...spans: PlainSpan[]): Promise<void> {
  const response = await send(spans);
  expect([response.status, await response.json()]).toEqual([200, {}]);
}
const closeQuiet = async () => {
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await server.database.query(`SELECT graphile_worker.add_job('closeQuietTraces')`);
};

/** Since when the root of a trace is awaited, milliseconds; 0 = it is not. */
const awaitedSince = async (taskId: string) => {
  const sql = 'SELECT awaited_since AS since FROM trace_heads WHERE task_id = $1';
  const [head] = await server.database.query<{ since: Date | null }>(sql, [taskId]);
  return head?.since?.getTime() ?? 0;
};

describe('what is answered', () => {
  const span = { traceId: 'b'.repeat(32), spanId: spanId(1), name: 'a', fromMs: 0, toMs: 1 };
  const good = traceRequest([span]);

  test.each([
    ['without a key', null, good, {}, 401],
    ['with a key that is none', 'bk_no_such_key', good, {}, 401],
    ['of another content type', 'key', good, { 'content-type': 'text/plain' }, 415],
    ['packed in another way', 'key', good, { 'content-encoding': 'br' }, 415],
    ['that is no JSON', 'key', '{', {}, 400],
    ['that is no OTLP', 'key', '[1]', {}, 400],
    ['that is no protobuf', 'key', 'hello', { 'content-type': 'application/x-protobuf' }, 400],
    ['said to be packed, and is not', 'key', good, { 'content-encoding': 'gzip' }, 400],
    ['too large', 'key', ' '.repeat(1_000_001), {}, 413],
    [
      'too large once unpacked',
      'key',
      gzipSync(Buffer.alloc(50_000_000)),
      { 'content-encoding': 'gzip' },
      413,
    ],
  ] as const)('a body %s is refused', async (_, who, body, headers, status) => {
    const response = await sendTraces(server.url, who === 'key' ? key : who, body, headers);
    expect(response.status).toBe(status);
    if (status === 401) expect(response.headers.get('www-authenticate')).toBe('Bearer');
    const answer = Buffer.from(await response.arrayBuffer());
    const isProtobuf = response.headers.get('content-type') === 'application/x-protobuf';
    if (isProtobuf) expect(answer.subarray(0, 3)).toEqual(Buffer.from([8, 3, 18]));
    else
      expect(JSON.parse(answer.toString())).toMatchObject({
        code: expect.any(Number),
        message: expect.stringMatching(/\.$/),
      });
  });

  test('a key without the scope and a person are told what is needed', async () => {
    const reader = await makeKey(server.url, person, ['READ']);
    for (const [who, message] of [
      [reader.secret, /INGEST/],
      [person.token, /API key/],
    ] as const) {
      const response = await sendTraces(server.url, who, good);
      expect(response.status).toBe(403);
      expect(((await response.json()) as { message: string }).message).toMatch(message);
    }
  });

  test('packed bodies are taken, and the key as x-api-key', async () => {
    for (const [encoding, pack] of [
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['identity', Buffer.from],
    ] as const) {
      const traceId = newTraceId();
      const body = pack(Buffer.from(traceRequest([{ ...span, traceId }])));
      const headers = { 'content-encoding': encoding, 'x-api-key': key };
      const response = await sendTraces(server.url, null, body, headers);
      expect(response.status).toBe(200);
      expect(await taskOf(traceId)).toMatchObject({ stepCount: 1 });
    }
  });

  test('spans that cannot be stored are counted, with the reason, and the others kept', async () => {
    const traceId = newTraceId();
    const response = await send([
      { ...span, traceId },
      { ...span, traceId: '0'.repeat(32) },
      { ...span, traceId, spanId: 'abc' },
    ]);
    expect(response.status).toBe(200);
    const { partialSuccess } = (await response.json()) as {
      partialSuccess: { rejectedSpans: string; errorMessage: string };
    };
    expect(partialSuccess.rejectedSpans).toBe('2');
    expect(partialSuccess.errorMessage).toMatch(/trace id/i);
    expect(await taskOf(traceId)).toMatchObject({ stepCount: 1 });
  });

  test('an empty request is taken', async () => {
    expect((await sendTraces(server.url, key, '{}')).status).toBe(200);
    const empty = await sendTraces(server.url, key, new Uint8Array(), {
      'content-type': 'application/x-protobuf',
    });
    expect([empty.status, (await empty.arrayBuffer()).byteLength]).toEqual([200, 0]);
  });
});

describe('a trace becomes a task', () => {
  test('children first, the root last: named and ended by the root', async () => {
    const traceId = newTraceId();
    const root = { traceId, spanId: spanId(1), name: 'refund order', service: 'desk', fromMs: 0, toMs: 900 };
    const child = {
      traceId,
      spanId: spanId(2),
      parentSpanId: spanId(1),
      name: 'look',
      fromMs: 100,
      toMs: 300,
    };
    await tell({ ...child, service: 'desk' });
    expect(await taskOf(traceId)).toMatchObject({ name: 'look', status: 'RUNNING', finishedAt: null });
    await tell(root);
    expect(await taskOf(traceId)).toMatchObject({
      name: 'refund order',
      status: 'SUCCEEDED',
      agent: { name: 'desk' },
      startedAt: '2026-03-01T12:00:00.000Z',
      finishedAt: '2026-03-01T12:00:00.900Z',
      latencyMs: 900,
      stepCount: 2,
    });
    await tell({ ...child, spanId: spanId(3), fromMs: 400, toMs: 1_500 });
    const late = await taskOf(traceId);
    expect(late).toMatchObject({ status: 'SUCCEEDED', latencyMs: 900, stepCount: 3 });
    await tell(root, child);
    expect(await taskOf(traceId)).toEqual(late);
  });

  test('a root that failed fails the task, with its error', async () => {
    const traceId = newTraceId();
    await tell({
      traceId,
      spanId: spanId(1),
      name: 'a',
      fromMs: 0,
      toMs: 5,
      error: 'rate limit exceeded (429)',
    });
    const error = { message: 'rate limit exceeded (429)', class: 'RATE_LIMIT' };
    expect(await taskOf(traceId)).toMatchObject({ status: 'FAILED', error });
  });

  test('the same trace told to two projects is two tasks', async () => {
    const other = await register(server.url);
    const theirs = (await makeKey(server.url, other, ['INGEST'])).secret;
    const traceId = newTraceId();
    await tell({ traceId, spanId: spanId(1), name: 'ours', fromMs: 0, toMs: 5 });
    const body = traceRequest([{ traceId, spanId: spanId(2), name: 'theirs', fromMs: 0, toMs: 5 }]);
    expect((await sendTraces(server.url, theirs, body)).status).toBe(200);
    const [mine, their] = [await taskOf(traceId), await taskOf(traceId, other)];
    expect([mine.name, their.name]).toEqual(['ours', 'theirs']);
    expect([mine.stepCount, their.stepCount, mine.id === their.id]).toEqual([1, 1, false]);
  });

  test('a trace whose root does not come ends by itself, goes on when more comes, and ends by its root', async () => {
    const traceId = newTraceId();
    const child = {
      traceId,
      spanId: spanId(2),
      parentSpanId: spanId(1),
      name: 'look',
      fromMs: 100,
      toMs: 300,
    };
    await tell(child);
    await closeQuiet();
    await eventually('it is closed', async () => (await taskOf(traceId)).status === 'TIMED_OUT');
    const closed = await taskOf(traceId);
    expect(closed).toMatchObject({ finishedAt: '2026-03-01T12:00:00.300Z', error: { class: 'TIMEOUT' } });
    await tell(child);
    expect(await taskOf(traceId)).toEqual(closed);
    await tell({ ...child, spanId: spanId(3) });
    expect(await taskOf(traceId)).toMatchObject({ status: 'RUNNING', finishedAt: null, error: null });
    await closeQuiet();
    await eventually('it is closed again', async () => (await taskOf(traceId)).status === 'TIMED_OUT');
    await tell({ traceId, spanId: spanId(1), name: 'root', fromMs: 0, toMs: 400 });
    expect(await taskOf(traceId)).toMatchObject({
      name: 'root',
      status: 'SUCCEEDED',
      latencyMs: 400,
      error: null,
      stepCount: 3,
    });
  });

  test('a task that waits for a human is not quiet, however long that takes', async () => {
    const traceId = newTraceId();
    await tell({ traceId, spanId: spanId(2), parentSpanId: spanId(1), name: 'look', fromMs: 0, toMs: 1 });
    const { id } = await taskOf(traceId);
    const question = { taskId: id, kind: 'APPROVAL', reason: 'May I?' };
    const { requestIntervention } = await get<{ requestIntervention: { id: string } }>(
      server.url,
      person.token,
      'mutation ($input: RequestInterventionInput!) { requestIntervention(input: $input) { id } }',
      { input: question },
    );
    const before = await awaitedSince(id);
    await closeQuiet();
    await eventually('it was looked at', async () => (await awaitedSince(id)) > before);
    expect((await taskOf(traceId)).status).toBe('WAITING_FOR_HUMAN');
    await get(
      server.url,
      person.token,
      'mutation ($input: ResolveInterventionInput!) { resolveIntervention(input: $input) { id } }',
      { input: { id: requestIntervention.id, status: 'APPROVED' } },
    );
    expect((await taskOf(traceId)).interventions).toMatchObject([{ status: 'APPROVED' }]);
    await closeQuiet();
    await eventually('it is closed', async () => (await taskOf(traceId)).status === 'TIMED_OUT');
  });

  test('a task that was tried again is its worker’s: spans are kept, and change nothing else', async () => {
    const traceId = newTraceId();
    const child = { traceId, spanId: spanId(2), parentSpanId: spanId(1), name: 'look', fromMs: 0, toMs: 1 };
    await tell(child);
    await closeQuiet();
    await eventually('it is closed', async () => (await taskOf(traceId)).status === 'TIMED_OUT');
    const { id } = await taskOf(traceId);
    await get(server.url, person.token, 'mutation ($id: ID!) { retryTask(id: $id) { id } }', { id });
    const queued = await taskOf(traceId);
    expect(queued).toMatchObject({ status: 'QUEUED', startedAt: null, finishedAt: null });
    await tell({ ...child, spanId: spanId(3) });
    await closeQuiet();
    await eventually('it was looked at', async () => (await awaitedSince(id)) === 0);
    await tell({ traceId, spanId: spanId(1), name: 'root', fromMs: 0, toMs: 400, error: 'too late' });
    const { steps, ...told } = await taskOf(traceId);
    const { steps: _steps, ...before } = queued;
    expect(told).toEqual({ ...before, stepCount: 3 });
    expect(steps.nodes.map(({ key: step }) => step)).toContain(spanId(1));
  });

  test('a task that was cancelled stays so', async () => {
    const traceId = newTraceId();
    await tell({ traceId, spanId: spanId(2), parentSpanId: spanId(1), name: 'look', fromMs: 0, toMs: 1 });
    const { id } = await taskOf(traceId);
    await get(server.url, person.token, 'mutation ($id: ID!) { cancelTask(id: $id) { id } }', { id });
    await tell({ traceId, spanId: spanId(1), name: 'root', fromMs: 0, toMs: 400 });
    expect(await taskOf(traceId)).toMatchObject({ name: 'root', status: 'CANCELLED', stepCount: 2 });
  });

  test('what a human did is an intervention, once; sessions and users are tags', async () => {
    const traceId = newTraceId();
    const attributes = { 'annotation.annotator_kind': 'HUMAN', 'annotation.name': 'helpfulness' };
    const human = {
      traceId,
      spanId: spanId(2),
      parentSpanId: spanId(1),
      name: 'note',
      fromMs: 5,
      toMs: 6,
      attributes,
    };
    const of = { 'session.id': 's-1', 'user.id': 'u-1' };
    await tell({ traceId, spanId: spanId(1), name: 'root', fromMs: 0, toMs: 9, attributes: of }, human);
    await tell(human);
    const task = await taskOf(traceId);
    expect(task).toMatchObject({ status: 'SUCCEEDED', tags: ['session:s-1', 'user:u-1'] });
    expect(task.interventions).toMatchObject([{ status: 'ANSWERED' }]);
    const [row] = await server.database.query<{ count: number }>(
      'SELECT intervention_count AS count FROM tasks WHERE id = $1',
      [task.id],
    );
    expect(row).toEqual({ count: 1 });
  });

  test('steps of one request belong to one revision each of their tasks, which are told live', async () => {
    const [one, other] = [newTraceId(), newTraceId()];
    await tell(
      ...[one, other].flatMap((traceId) => [
        { traceId, spanId: spanId(1), name: 'root', fromMs: 0, toMs: 9 },
        { traceId, spanId: spanId(2), parentSpanId: spanId(1), name: 'in it', fromMs: 1, toMs: 2 },
      ]),
    );
    for (const traceId of [one, other]) {
      const { nodes } = (await taskOf(traceId)).steps;
      expect(new Set(nodes.map(({ revision }) => revision)).size).toBe(1);
    }
  });
});
