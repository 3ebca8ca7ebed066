import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { get, makeKey, register, type Person } from './support/client.js';
import { encoded, randomSpan, seeded } from './support/otlp-spans.js';
import { BinnacleProcess, jwtSecret, killRunning } from './support/processes.js';
import { newTraceId, sendTraces, spanId, traceRequest, type PlainSpan } from './support/traces.js';
import {
  createTestDatabase,
  startTestServer,
  type TestDatabase,
  type TestServer,
} from './support/test-server.js';

let database: TestDatabase;
let servers: TestServer[];
let person: Person;
let key: string;
beforeAll(async () => {
  database = await createTestDatabase();
  servers = [await startTestServer({}, database), await startTestServer({}, database)];
  const [first] = servers;
  person = await register(first!.url);
  key = (await makeKey(first!.url, person, ['INGEST'])).secret;
});
afterEach(killRunning);
afterAll(async () => {
  for (const server of servers) await server.stop();
  await database.drop();
});

const seed = Number(process.env.SEED ?? 1);

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const left = [...items];
  return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0] as Item);
}

/** A tree of spans below one root, or none where the root is lost; siblings may share their times. */
function randomTrace(random: () => number, traceId: string): PlainSpan[] {
  const pick = (count: number) => Math.floor(random() * count);
  const count = 1 + pick(24);
  const spans = Array.from({ length: count }, (_, at): PlainSpan => {
    const fromMs = at === 0 ? 0 : pick(1_000);
    return {
      traceId,
      spanId: spanId(at + 1),
      ...(at === 0 ? {} : { parentSpanId: spanId(1 + pick(at)) }),
      name: `span ${pick(5)}`,
      service: ['desk', 'shop', 'billing'][pick(3)] ?? 'desk',
      fromMs,
      ...(random() < 0.1 ? {} : { toMs: fromMs + pick(2_000) }),
      ...(random() < 0.2 ? { error: 'connection refused' } : {}),
      attributes: {
        'session.id': `s-${pick(3)}`,
        ...(random() < 0.1 ? { 'annotation.annotator_kind': 'HUMAN', 'annotation.name': 'helpful' } : {}),
        ...(random() < 0.4
          ? {
              'gen_ai.operation.name': 'chat',
              'gen_ai.request.model': 'gpt-4o',
              'gen_ai.usage.input_tokens': pick(900),
              'gen_ai.usage.output_tokens': pick(90),
            }
          : {}),
      },
    };
  });
  return random() < 0.2 ? spans.slice(1) : spans;
}

interface StoredTask {
  id: string;
  revision: number;
  steps: { nodes: { revision: number; seq: number }[] };
}

/** All that is told of a trace's task but what the order may change: ids, the order of coming, revisions. */
async function outcomeOf(traceId: string): Promise<{ task: StoredTask; outcome: unknown }> {
  const query = `query ($p: ID!, $t: String!) { taskByTrace(projectId: $p, traceId: $t) {
    id revision name status agent { name } input output queuedAt startedAt finishedAt latencyMs stepCount tags
    inputTokens outputTokens costUsd progress error { message code class }
    interventions { kind reason status answer requestedAt }
    steps(first: 100) { nodes { seq revision key parentKey name type status startedAt endedAt latencyMs attributes
      model inputTokens outputTokens costUsd error { message class } } } } }`;
  const [{ url } = { url: '' }] = servers;
  const variables = { p: person.projectId, t: traceId };
  const { taskByTrace: task } = await get<{
    taskByTrace: StoredTask & { interventions: { reason: string; requestedAt: string }[] };
  }>(url, person.token, query, variables);
  const { id: _id, revision: _revision, steps, interventions, ...rest } = task;
  const byKey = steps.nodes.map(({ seq: _seq, revision: _of, ...step }) => step as { key?: string });
  return {
    task,
    outcome: {
      ...rest,
      interventions: interventions.map((each) => JSON.stringify(each)).sort(),
      steps: byKey.sort((a, b) => ((a.key ?? '') < (b.key ?? '') ? -1 : 1)),
    },
  };
}

async function tell(url: string, spans: readonly PlainSpan[]): Promise<void> {
  const response = await sendTraces(url, key, traceRequest(spans));
  expect([response.status, await response.json()]).toEqual([200, {}]);
}

describe('a random trace', () => {
  test('is the same task in whatever order, batches and repetitions, through two servers at once', async () => {
    for (let round = 0; round < 25; round++) {
      const random = seeded(seed * 1_000 + round);
      const whole = newTraceId();
      const spans = randomTrace(random, whole);
      if (spans.length === 0) continue;
      await tell(servers[0]!.url, spans);
      const expected = (await outcomeOf(whole)).outcome;

      const inParts = newTraceId();
      const coming = shuffled([...spans, ...spans.filter(() => random() < 0.4)], random).map((span) => ({
        ...span,
        traceId: inParts,
      }));
      const batches: PlainSpan[][] = [];
      while (coming.length > 0) batches.push(coming.splice(0, 1 + Math.floor(random() * 6)));
      // Several are under way at any time, at either server.
      const sending = batches.map((batch) => ({ batch, url: servers[Math.floor(random() * 2)]!.url }));
      const senders = Array.from({ length: 4 }, async () => {
        for (let next = sending.shift(); next; next = sending.shift()) await tell(next.url, next.batch);
      });
      await Promise.all(senders);
      const { task, outcome } = await outcomeOf(inParts);
      expect([`seed ${seed}, round ${round}`, outcome]).toEqual([`seed ${seed}, round ${round}`, expected]);
      // Every revision of a step is one that the task had, and places have no gaps.
      const { nodes } = task.steps;
      expect(nodes.map(({ seq }) => seq)).toEqual(nodes.map((_, at) => at + 1));
      expect(Math.max(...nodes.map(({ revision }) => revision))).toBeLessThanOrEqual(task.revision);
    }
  });

  test('many at once, told in opposite orders to two servers, stand in nobody’s way', async () => {
    const traces = Array.from({ length: 40 }, () => newTraceId());
    const batches = [traces, [...traces].reverse()].flatMap((order, half) =>
      Array.from({ length: 4 }, (_, part) =>
        order.map((traceId, at): PlainSpan => {
          const number = half * 4 + part + 1;
          const parent = number === 1 ? {} : { parentSpanId: spanId(1) };
          const fromMs = at + number;
          return {
            traceId,
            spanId: spanId(number),
            ...parent,
            name: `part ${number}`,
            fromMs,
            toMs: fromMs + 5,
          };
        }),
      ),
    );
    await Promise.all(batches.map((batch, at) => tell(servers[at % 2]!.url, batch)));
    for (const traceId of traces) {
      const { outcome } = await outcomeOf(traceId);
      expect(outcome).toMatchObject({ name: 'part 1', status: 'SUCCEEDED', stepCount: 8 });
    }
  });
});

test('70,000 spans of one trace in one request are stored', async () => {
  const traceId = newTraceId();
  const times = { startTimeUnixNano: '1772366400000000000', endTimeUnixNano: '1772366401000000000' };
  const spans = Array.from({ length: 70_000 }, (_, at) => ({
    ...{ traceId, spanId: spanId(at + 1), ...times },
    ...(at === 0 ? {} : { parentSpanId: spanId(1) }),
  }));
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
  const response = await sendTraces(servers[0]!.url, key, body);
  expect([response.status, await response.json()]).toEqual([200, {}]);
  const query =
    'query ($p: ID!, $t: String!) { taskByTrace(projectId: $p, traceId: $t) { status stepCount } }';
  const variables = { p: person.projectId, t: traceId };
  expect(await get(servers[0]!.url, person.token, query, variables)).toEqual({
    taskByTrace: { status: 'SUCCEEDED', stepCount: 70_000 },
  });
});

test('bodies that stop in the middle hold the others up for a moment only; who is turned away is told when to come back', async () => {
  const url = servers[0]!.url;
  const traceId = newTraceId();
  const body = traceRequest([{ traceId, spanId: spanId(1), name: 'root', fromMs: 0, toMs: 1 }]);
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  // Four are let in, and four wait.
  const stopped = Array.from({ length: 8 }, async () => {
    const sending = request(`${url}/v1/traces`, { method: 'POST', headers });
    sending.write(body.slice(0, 100));
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      sending.on('response', resolve).on('error', reject);
    });
    const { message } = JSON.parse(await text(response)) as { message: string };
    return `${response.statusCode}, in ${response.headers['retry-after']} s: ${message}`;
  });
  const answers = (await Promise.all(stopped)).sort();
  const late = '503, in 1 s: The body did not come within 10 seconds; send it again.';
  const busy = '503, in 1 s: More is being sent than can be taken in just now; send it again in a moment.';
  expect(answers).toEqual([busy, busy, busy, busy, late, late, late, late]);
  expect((await sendTraces(url, key, body)).status).toBe(200);
});

test('500 mangled bodies are refused with a 4xx each, and harm nothing', async () => {
  const random = seeded(seed);
  const [{ url } = { url: '' }] = servers;
  const rows = () =>
    database.query<{ count: number }>(
      'SELECT (SELECT count(*) FROM tasks)::int + (SELECT count(*) FROM task_steps)::int AS count',
    );
  const before = await rows();
  const statuses = new Map<number, number>();
  for (let number = 0; number < 500; number++) {
    const kind = number % 5;
    // Cut between the parts of several spans, a body would be a good one of fewer.
    const length = kind === 0 ? 1 : 3;
    const { protobuf, json } = encoded(Array.from({ length }, () => randomSpan(random)));
    let type = 'application/x-protobuf';
    let body: Buffer = Buffer.from(protobuf);
    const at = (length: number) => Math.floor(random() * length);
    const headers: Record<string, string> = {};
    // Each of these is wrong whatever the bytes are; a flipped bit of a text, say, may be a good text as well.
    if (kind === 0) {
      // Cut short, within the one ResourceSpans that it holds.
      body = body.subarray(0, 1 + at(body.length - 1));
    } else if (kind === 1) {
      // A field of a wire type that there is not, anywhere between whole fields: at the very front or end.
      const wrong = Buffer.from([0x0e | (at(16) << 3) | 7, at(256)]);
      body = random() < 0.5 ? Buffer.concat([wrong, body]) : Buffer.concat([body, wrong]);
    } else if (kind === 2) {
      type = 'application/json';
      body = Buffer.from(json.slice(0, 1 + at(json.length - 1)));
    } else if (kind === 3) {
      type = 'application/json';
      const place = at(json.length - 2) + 1;
      body = Buffer.from(`${json.slice(0, place)}\u0001${json.slice(place)}`);
    } else {
      headers['content-encoding'] = 'gzip';
      const packed = gzipSync(body);
      const cut = packed.subarray(0, at(packed.length));
      body = cut.length === 0 ? Buffer.from([0]) : cut;
    }
    const response = await sendTraces(url, key, body, { 'content-type': type, ...headers });
    const { status } = response;
    await response.arrayBuffer();
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status !== 400)
      throw new Error(`Body ${number} of seed ${seed} (kind ${kind}) was answered ${status}.`);
  }
  expect([...statuses]).toEqual([[400, 500]]);
  expect(await rows()).toEqual(before);
  const traceId = newTraceId();
  await tell(url, [{ traceId, spanId: spanId(1), name: 'still here', fromMs: 0, toMs: 1 }]);
  expect((await outcomeOf(traceId)).outcome).toMatchObject({ name: 'still here', stepCount: 1 });
});

test('a server killed in the middle of 1,000 batches has kept each that it acknowledged, whole and once', async () => {
  const env = { DATABASE_URL: database.url, JWT_SECRET: jwtSecret, LOG_LEVEL: 'silent' };
  const size = 5;
  const traces = Array.from({ length: 20 }, () => newTraceId());
  // Five spans of one trace each; fifty batches to a trace.
  const batches = Array.from({ length: 1_000 }, (_, number) => {
    const traceId = traces[number % traces.length] ?? '';
    return Array.from({ length: size }, (__, at): PlainSpan => {
      const place = number * size + at + 1;
      return { traceId, spanId: spanId(place), name: 'part', fromMs: place, toMs: place + 1 };
    });
  });
  const acknowledged: PlainSpan[][] = [];
  const unanswered: PlainSpan[][] = [];
  let killed = await BinnacleProcess.ready('api', { env });
  const waiting = [...batches];
  const sender = async (url: string) => {
    for (let batch = waiting.shift(); batch; batch = waiting.shift()) {
      const status = await sendTraces(url, key, traceRequest(batch)).then(
        async (response) => (await response.json(), response.status),
        () => null,
      );
      if (status === 200) acknowledged.push(batch);
      else unanswered.push(batch);
      if (status === null) return;
      if (acknowledged.length === 500) killed.child.kill('SIGKILL');
    }
  };
  await Promise.all(Array.from({ length: 8 }, () => sender(killed.url)));
  expect(await killed.ended()).toBeNull();
  expect(acknowledged.length).toBeGreaterThanOrEqual(500);
  expect(unanswered.length).toBeGreaterThan(0);
  expect(unanswered.every((batch) => !acknowledged.includes(batch))).toBe(true);

  const stored = () =>
    database.query<{ key: string; trace: string; count: number }>(
      `SELECT s.key, t.trace_id AS trace, count(*)::int AS count FROM task_steps s JOIN tasks t ON t.id = s.task_id
       WHERE t.trace_id = ANY($1) GROUP BY 1, 2`,
      [traces],
    );
  const keys = new Map((await stored()).map((row) => [row.key, row]));
  const partsOf = (batch: readonly PlainSpan[]) => batch.filter((span) => keys.has(span.spanId)).length;
  expect(acknowledged.map(partsOf)).toEqual(acknowledged.map(() => size));
  // What was not answered is there as a whole, or not at all.
  expect(unanswered.map(partsOf).filter((parts) => parts !== 0 && parts !== size)).toEqual([]);

  // What an exporter does: it sends again what was not acknowledged, and then the rest.
  waiting.push(...unanswered.splice(0));
  killed = await BinnacleProcess.ready('api', { env });
  const { url } = killed;
  const rest = Array.from({ length: 8 }, async () => {
    for (let batch = waiting.shift(); batch; batch = waiting.shift()) await tell(url, batch);
  });
  await Promise.all(rest);
  await killed.stop();
  const all = await stored();
  expect(all).toHaveLength(1_000 * size);
  expect(all.every(({ count }) => count === 1)).toBe(true);
  const counts = await database.query<{ steps: number; of: number }>(
    `SELECT step_count AS steps, (SELECT count(*)::int FROM task_steps s WHERE s.task_id = t.id) AS of
     FROM tasks t WHERE trace_id = ANY($1)`,
    [traces],
  );
  expect(counts).toEqual(traces.map(() => ({ steps: 250, of: 250 })));
});
