import { spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ReportingProject } from './support/agent-reports.js';
import { startTestServer, type TestServer } from './support/test-server.js';

/** A place from which `@binnacle/client` is found, as from any program that has it installed. */
const script = fileURLToPath(new URL('../../../client/dist/a-program.mjs', import.meta.url));

let server: TestServer;
let project: ReportingProject;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(async () => {
  await server.stop();
  await rm(script, { force: true });
});
beforeEach(async () => {
  project = await ReportingProject.open(server.url, server.database);
});

interface Ended {
  code: number | null;
  output: string;
  lifeMs: number;
}

/** Runs a program in a process of its own, with the server in its environment. */
async function run(program: string, options: { url?: string; node?: string[] } = {}): Promise<Ended> {
  await writeFile(script, `import { Binnacle } from '@binnacle/client';\n${program}`);
  const begun = performance.now();
  const child = spawn(process.execPath, [...(options.node ?? []), script], {
    env: {
      PATH: process.env.PATH,
      BINNACLE_URL: options.url ?? server.url,
      BINNACLE_API_KEY: project.apiKey,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output, lifeMs: performance.now() - begun };
}

const away = 'http://127.0.0.1:9';

test('the program in the README of the client does what it says', async () => {
  const readme = await readFile(new URL('../../../client/README.md', import.meta.url), 'utf8');
  const [, program = ''] = /```js\nimport [^\n]+\n([\s\S]*?)```/.exec(readme) ?? [];
  expect(await run(program)).toMatchObject({ code: 0, output: '' });
  expect(await project.tasks()).toMatchObject([
    { name: 'Refund order 17', status: 'SUCCEEDED', output: '{"refundedUsd":42.5}' },
  ]);
  const steps = await project.steps();
  expect(steps.map(({ name, status }) => [name, status])).toEqual([
    ['plan', 'SUCCEEDED'],
    ['policy', 'SUCCEEDED'],
    ['orders.find', 'SUCCEEDED'],
  ]);
  expect(steps[1]?.parent_key).toBe(steps[0]?.key);
});

test('a program that ends by itself delivers all, without a word about it', async () => {
  const { code, output } = await run(`
    const binnacle = new Binnacle({ agent: 'short-lived' });
    const task = await binnacle.startTask({ name: 'short' });
    for (let index = 0; index < 2500; index += 1) void task.step({ type: 'TOOL', name: String(index) });
    void task.finish();
  `);
  expect([code, output]).toEqual([0, '']);
  expect((await project.steps()).map(({ name }) => Number(name))).toEqual(
    Array.from({ length: 2500 }, (_, i) => i),
  );
  expect(await project.tasks()).toMatchObject([{ name: 'short', status: 'SUCCEEDED' }]);
});

test('a program without a report to deliver ends at once', async () => {
  const { code, output, lifeMs } = await run(`
    const binnacle = new Binnacle({ exitFlushMs: 30_000 });
    await binnacle.runTask({ name: 'closed' }, () => undefined);
    await binnacle.close();
    new Binnacle({ apiKey: '', url: '' });
  `);
  expect([code, output]).toEqual([0, '']);
  expect(lifeMs).toBeLessThan(25_000);
});

test('a program whose server is away stays no longer than told, and says what is lost', async () => {
  const { code, output, lifeMs } = await run(
    `
    const binnacle = new Binnacle({ exitFlushMs: 700 });
    const task = await binnacle.startTask({ name: 'lost' });
    await task.step({ type: 'TOOL', name: 'x' });
  `,
    { url: away },
  );
  expect(code).toBe(0);
  expect(lifeMs).toBeGreaterThan(690);
  expect(lifeMs).toBeLessThan(5000);
  expect(output).toContain('[binnacle] UNREACHABLE: http://127.0.0.1:9/graphql could not be reached');
  expect(output).toMatch(/\[binnacle\] DROPPED: .*700 ms.*\(2 reports\)/);
  expect(output.trim().split('\n')).toHaveLength(2);
});

test('a program that calls process.exit() too early is told so; after flush() all is there', async () => {
  const early = await run(`
    const binnacle = new Binnacle();
    const task = await binnacle.startTask({ name: 'early' });
    await task.step({ type: 'TOOL', name: 'x' });
    process.exit(3);
  `);
  expect(early.code).toBe(3);
  expect(early.output).toMatch(/DROPPED: .*await binnacle.close\(\).*\(2 reports\)/);
  const later = await run(`
    const binnacle = new Binnacle();
    await binnacle.runTask({ name: 'in time' }, () => undefined);
    if (await binnacle.flush()) process.exit(4);
  `);
  expect([later.code, later.output]).toEqual([4, '']);
  expect((await project.tasks()).map(({ name }) => name)).toEqual(['in time']);
});

test('with the server away and an agent that never rests, the memory it takes is bounded', async () => {
  const { code, output } = await run(
    `
    const binnacle = new Binnacle({ maxQueuedBytes: 8_000_000, onProblem: () => undefined, exitFlushMs: 0 });
    let most = 0;
    for (let round = 0; round < 100; round += 1) {
      const task = await binnacle.startTask({ name: 'round ' + round });
      for (let index = 0; index < 3000; index += 1) {
        const step = task.startStep({ type: 'LLM', name: 'ask', input: 'x'.repeat(1000) });
        step.end({ output: 'y'.repeat(1000) });
      }
      await task.finish({ output: 'z'.repeat(1000) });
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, binnacle.stats.queuedBytes);
    }
    gc();
    const { dropped, queued } = binnacle.stats;
    console.log(JSON.stringify({ most, dropped, queued, heap: process.memoryUsage().heapUsed }));
  `,
    { url: away, node: ['--expose-gc'] },
  );
  expect(code).toBe(0);
  const { most, dropped, queued, heap } = JSON.parse(output) as Record<
    'most' | 'dropped' | 'queued' | 'heap',
    number
  >;
  // 600 MB were reported.
  expect(dropped).toBeGreaterThan(250_000);
  expect(queued).toBeGreaterThan(3000);
  expect(most).toBeLessThan(8_200_000);
  expect(heap).toBeLessThan(60_000_000);
});
