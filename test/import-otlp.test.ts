import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { get, register, type Person } from './support/client.js';
import { makeImporter } from './support/tau-bench.js';
import { startTestServer, type TestServer } from './support/test-server.js';
import { newTraceId, spanId, traceRequest, type PlainSpan } from './support/traces.js';

let server: TestServer;
let folder: string;
beforeAll(async () => {
  server = await startTestServer({ MAX_BODY_BYTES: '5000000' });
  folder = await mkdtemp(join(tmpdir(), 'binnacle-import-'));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function importer() {
  const person = await register(server.url, 'importer');
  return { person, run: await makeImporter(server.url, person) };
}

/** @param name a trace of so many spans below its root */
function trace(name: string, children: number, text = ''): PlainSpan[] {
  const traceId = newTraceId();
  const below = Array.from({ length: children }, (_, at) => ({
    ...{ traceId, spanId: spanId(at + 2), parentSpanId: spanId(1), name: 'look', fromMs: at, toMs: at + 1 },
    attributes: { note: text },
  }));
  return [{ traceId, spanId: spanId(1), name, fromMs: 0, toMs: children + 1 }, ...below];
}

async function tasksOf({ token, projectId }: Person): Promise<{ name: string; stepCount: number }[]> {
  const query = `query ($p: ID!) { tasks(projectId: $p, first: 100) { nodes { name stepCount status } } }`;
  type Answer = { tasks: { nodes: { name: string; stepCount: number; status: string }[] } };
  const { tasks } = await get<Answer>(server.url, token, query, { p: projectId });
  return tasks.nodes.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function fileOf(text: string): Promise<string> {
  const file = join(folder, `${newTraceId()}.json`);
  await writeFile(file, text);
  return file;
}

test('one request a line, as the collector writes them; a second time nothing is doubled', async () => {
  const { person, run } = await importer();
  const [first, second] = [trace('one', 3), trace('two', 5)];
  // A trace may be spread over lines.
  const lines = [first.slice(2), [...first.slice(0, 2), ...second]].map((spans) => traceRequest(spans));
  const file = await fileOf(`${lines.join('\n')}\n`);
  const imported = await run(['otlp', file]);
  expect(imported.said).toContain('requests   2 of 2\n  spans      10 of 2 traces\n  problems   none\n');
  expect(imported.code).toBe(0);
  const tasks = await tasksOf(person);
  expect(tasks).toEqual([
    { name: 'one', stepCount: 4, status: 'SUCCEEDED' },
    { name: 'two', stepCount: 6, status: 'SUCCEEDED' },
  ]);
  expect((await run(['otlp', file])).code).toBe(0);
  expect(await tasksOf(person)).toEqual(tasks);
});

test('one request over many lines, larger than the server takes at once', async () => {
  const { person, run } = await importer();
  const request = traceRequest(trace('large', 300, 'words '.repeat(5_000)));
  expect(request.length).toBeGreaterThan(5_000_000);
  const { code, said } = await run(['otlp', await fileOf(JSON.stringify(JSON.parse(request), null, 2))]);
  expect([code, said]).toEqual([0, expect.stringContaining('spans      301 of 1 traces')]);
  expect(await tasksOf(person)).toEqual([{ name: 'large', stepCount: 301, status: 'SUCCEEDED' }]);
});

test('lists that a request leaves out are empty', async () => {
  const { person, run } = await importer();
  const { resourceSpans } = JSON.parse(traceRequest(trace('whole', 2))) as { resourceSpans: object[] };
  const nothing = [{ resource: {} }, { scopeSpans: [{ scope: { name: 'idle' } }] }];
  const lines = ['{}', JSON.stringify({ resourceSpans: [...nothing, ...resourceSpans] })];
  const { code, said } = await run(['otlp', await fileOf(lines.join('\n'))]);
  expect(said).toContain('requests   2 of 2\n  spans      3 of 1 traces\n  problems   none\n');
  expect(code).toBe(0);
  expect(await tasksOf(person)).toEqual([{ name: 'whole', stepCount: 3, status: 'SUCCEEDED' }]);
});

test('what is wrong is named by line, and the rest is imported', async () => {
  const { person, run } = await importer();
  const good = trace('good', 1);
  const nameless = good.map((span) => ({ ...span, traceId: '0'.repeat(32) }));
  const lines = [
    traceRequest(good),
    '{"resourceMetrics":[]}',
    '{"resourceSpans":[',
    traceRequest([...nameless, ...trace('also', 1)]),
  ];
  const { code, said } = await run(['otlp', await fileOf(lines.join('\n'))]);
  expect(code).toBe(1);
  expect(said).toMatch(/line 2, request 2: .*resourceSpans/);
  expect(said).toMatch(/line 3, column \d+, record 3/);
  expect(said).toMatch(/line 4, request 4: .*trace id/i);
  expect(said).toContain('requests   2 of 4\n  spans      4 of');
  expect(said).toContain('2 more were rejected');
  expect(await tasksOf(person)).toMatchObject([{ name: 'also' }, { name: 'good' }]);
});

test('a key that may not ends it at once, with the scope that it lacks', async () => {
  const { person } = await importer();
  const file = await fileOf(traceRequest(trace('one', 1)));
  const reader = await makeImporter(server.url, person, ['READ']);
  const refused = await reader(['otlp', file]);
  expect(refused.code).toBe(1);
  expect(refused.said).toMatch(/The import stopped: .*INGEST/);
});
