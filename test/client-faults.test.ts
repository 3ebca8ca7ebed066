import { createServer, type AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Binnacle, type Problem } from '@binnacle/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ReportingProject } from './support/agent-reports.js';
import { get, register } from './support/client.js';
import { eventually } from './support/follower.js';
import { BinnacleProcess, jwtSecret, killRunning } from './support/processes.js';
import { createTestDatabase, startTestServer, type TestServer } from './support/test-server.js';
import { WaywardProxy } from './support/wayward-proxy.js';

let server: TestServer;
let proxy: WaywardProxy;
let project: ReportingProject;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  proxy = await new WaywardProxy(server.url).listen();
  project = await ReportingProject.open(server.url, server.database);
});
afterEach(async () => {
  await proxy.close();
  await killRunning();
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** How long it takes, milliseconds. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

describe('a server that is away', () => {
  test('at the start and comes later gets all of it, with the times at which it happened', async () => {
    await proxy.close();
    const binnacle = project.client(proxy.url);
    const begun = Date.now();
    const took = await timed(async () => {
      await binnacle.runTask({ name: 'offline' }, async (task) => {
        for (let index = 0; index < 100; index += 1) {
          await task.step({ type: 'TOOL', name: `${index}` }, () => undefined);
        }
        task.progress(0.5);
      });
    });
    const ended = Date.now();
    // The agent did not wait for anything.
    expect(took).toBeLessThan(5_000);
    await sleep(1000);
    expect(binnacle.stats).toMatchObject({ queued: 102, delivered: 0 });
    await proxy.listen();
    expect(await binnacle.flush()).toBe(true);
    const [task] = await project.tasks();
    expect(task).toMatchObject({ name: 'offline', status: 'SUCCEEDED' });
    expect(task?.started_at.getTime()).toBeGreaterThanOrEqual(begun);
    expect(task?.finished_at?.getTime()).toBeLessThanOrEqual(ended + 1);
    expect((await project.steps()).map(({ name }) => Number(name))).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
    // One outage is told once.
    expect(project.codes).toEqual(['UNREACHABLE']);
    await binnacle.close();
    expect(binnacle.stats).toMatchObject({ queued: 0, queuedBytes: 0, delivered: 102, dropped: 0 });
  });

  test('killed with -9 in the middle and started again: all is there, once', async () => {
    const database = await createTestDatabase();
    const home = await mkdtemp(join(tmpdir(), 'binnacle-client-'));
    const env = {
      DATABASE_URL: database.url,
      BINNACLE_HOME: home,
      JWT_SECRET: jwtSecret,
      PORT: String(await freePort()),
      LOG_LEVEL: 'silent',
    };
    try {
      let killed = await BinnacleProcess.ready('serve', { env });
      const { url } = killed;
      const there = await ReportingProject.open(url, database);
      const binnacle = there.client(url, { flushIntervalMs: 20 });
      const agents = Array.from({ length: 10 }, (_, agent) =>
        binnacle.runTask({ name: `agent ${agent}` }, async (task) => {
          for (let index = 0; index < 100; index += 1) {
            await task.step({ type: 'TOOL', name: `${index}`, output: { index } }, () => sleep(20));
          }
        }),
      );
      const stops = (async () => {
        for (let round = 0; round < 2; round += 1) {
          await sleep(600);
          await killed.stop('SIGKILL');
          await sleep(200);
          killed = await BinnacleProcess.ready('serve', { env });
        }
      })();
      await Promise.all([...agents, stops]);
      expect(await binnacle.close({ timeoutMs: 30_000 })).toBe(true);
      const tasks = await there.tasks();
      expect(tasks.map(({ name }) => name).sort()).toEqual(
        Array.from({ length: 10 }, (_, i) => `agent ${i}`),
      );
      for (const task of tasks) {
        expect(task.status).toBe('SUCCEEDED');
        const steps = await there.steps(task.id);
        expect(steps.map(({ name }) => Number(name))).toEqual(
          Array.from({ length: 100 }, (_, index) => index),
        );
        expect(new Set(steps.map(({ status }) => status))).toEqual(new Set(['SUCCEEDED']));
      }
      expect(binnacle.stats).toMatchObject({ dropped: 0, rejected: 0, queued: 0 });
      expect(new Set(there.codes)).toEqual(new Set(['UNREACHABLE']));
      await killed.stop();
    } finally {
      await killRunning();
      await database.drop();
      await rm(home, { recursive: true, force: true });
    }
  });

  test('whose answers are lost after the commit: nothing is doubled', async () => {
    // Of each call, the first two answers are lost.
    const lost = new Map<string, number>();
    proxy.fateOf = ({ field, input }) => {
      const call = JSON.stringify([field, input]);
      lost.set(call, (lost.get(call) ?? 0) + 1);
      return (lost.get(call) ?? 0) <= 2 ? 'losesAnswer' : 'pass';
    };
    const binnacle = project.client(proxy.url, { maxBatchSteps: 20, maxRetryDelayMs: 50 });
    await Promise.all(
      ['a', 'b', 'c'].map((name) =>
        binnacle.runTask({ name }, async (task) => {
          for (let index = 0; index < 60; index += 1) {
            await task.step({ type: 'TOOL', name: `${index}`, inputTokens: 1 }, () => undefined);
          }
          task.progress(0.9);
        }),
      ),
    );
    expect(await binnacle.close({ timeoutMs: 25_000 })).toBe(true);
    expect([...lost.values()].every((times) => times >= 3)).toBe(true);
    const tasks = await project.tasks();
    expect(tasks.map(({ name, status }) => `${name} ${status}`).sort()).toEqual([
      'a SUCCEEDED',
      'b SUCCEEDED',
      'c SUCCEEDED',
    ]);
    for (const { id } of tasks) {
      expect((await project.steps(id)).map(({ name }) => Number(name))).toEqual(
        Array.from({ length: 60 }, (_, i) => i),
      );
      expect(await project.shown(id, 'stepCount inputTokens')).toEqual({ stepCount: 60, inputTokens: 60 });
    }
    const agents = 'SELECT count(*)::int AS count FROM agents WHERE project_id = $1';
    expect(await server.database.query(agents, [project.person.projectId])).toEqual([{ count: 1 }]);
  });

  test('is left alone for as long as it asks', async () => {
    const pauses = [
      { status: 429, headers: { 'retry-after': '1' }, body: 'slow down' },
      {
        status: 503,
        body: JSON.stringify({
          errors: [{ message: 'Busy.', extensions: { code: 'UNAVAILABLE', retryAfterMs: 900 } }],
        }),
      },
    ];
    proxy.fateOf = (_, index) => pauses[index] ?? 'pass';
    const binnacle = project.client(proxy.url);
    await binnacle.runTask({ name: 'patient' }, () => undefined);
    expect(await binnacle.close()).toBe(true);
    const [first, second, third] = proxy.calls.map(({ arrivedAt }) => arrivedAt) as [number, number, number];
    expect(second - first).toBeGreaterThanOrEqual(990);
    expect(third - second).toBeGreaterThanOrEqual(890);
    expect(await project.tasks()).toMatchObject([{ status: 'SUCCEEDED' }]);
  });

  test('holds nobody up at the end: what cannot be delivered in time is counted and told', async () => {
    await proxy.close();
    const binnacle = project.client(proxy.url);
    const task = await binnacle.startTask({ name: 'lost' });
    await task.step({ type: 'TOOL', name: 'lost' });
    expect(await timed(() => binnacle.close({ timeoutMs: 300 }))).toBeLessThan(8_000);
    expect(binnacle.stats).toMatchObject({ dropped: 2, queued: 0, queuedBytes: 0 });
    expect(project.problems.at(-1)).toMatchObject({ code: 'DROPPED', reports: 2 });
    await task.step({ type: 'TOOL', name: 'after the end' });
    expect(binnacle.stats.dropped).toBe(3);
    expect(project.problems.at(-1)).toMatchObject({ code: 'MISUSED' });
  });
});

describe('a server that is slow', () => {
  test('slows down who awaits, so that nothing is lost', async () => {
    proxy.fateOf = () => ({ delayMs: 20 });
    const binnacle = project.client(proxy.url, {
      maxBatchSteps: 50,
      maxQueuedReports: 200,
      flushIntervalMs: 5,
    });
    const task = await binnacle.startTask({ name: 'patient' });
    let mostQueued = 0;
    for (let index = 0; index < 3000; index += 1) {
      await task.step({ type: 'TOOL', name: `${index}` });
      mostQueued = Math.max(mostQueued, binnacle.stats.queued);
    }
    await task.finish();
    expect(await binnacle.close()).toBe(true);
    expect(mostQueued).toBeGreaterThan(50);
    expect(mostQueued).toBeLessThanOrEqual(102);
    expect((await project.steps()).map(({ name }) => Number(name))).toEqual(
      Array.from({ length: 3000 }, (_, i) => i),
    );
    expect(project.problems).toEqual([]);
  });

  test('loses of who does not await what exceeds the queue, counts it and tells it; ends are kept', async () => {
    proxy.fateOf = () => ({ delayMs: 100 });
    const binnacle = project.client(proxy.url, { maxQueuedReports: 100 });
    const task = await binnacle.startTask({ name: 'impatient' });
    const open = task.startStep({ type: 'AGENT', name: 'open' });
    await task.flush();
    for (let index = 0; index < 1000; index += 1) void task.step({ type: 'TOOL', name: `${index}` });
    open.end({ output: 'too much' });
    void task.finish({ output: 'too much' });
    expect(binnacle.stats).toMatchObject({ queued: 102, dropped: 900, shortened: 2 });
    expect(await binnacle.close()).toBe(true);
    expect(binnacle.stats).toMatchObject({ delivered: 104, dropped: 900 });
    const steps = await project.steps();
    expect(steps.map(({ name }) => name)).toEqual(['open', ...Array.from({ length: 100 }, (_, i) => `${i}`)]);
    expect(steps[0]).toMatchObject({ status: 'SUCCEEDED', output: null });
    expect(await project.tasks()).toMatchObject([{ status: 'SUCCEEDED', output: null }]);
    const dropped = project.problems.filter(({ code }) => code === 'DROPPED');
    expect(dropped.reduce((sum, { reports }) => sum + reports, 0)).toBe(900);
    expect(dropped.length).toBeLessThanOrEqual(6);
  });

  test('is waited for as long as it takes, where that is told', async () => {
    proxy.fateOf = () => ({ delayMs: 200 });
    const ever = Infinity;
    const binnacle = project.client(proxy.url, {
      requestTimeoutMs: ever,
      maxWaitMs: ever,
      maxQueuedReports: 10,
    });
    const task = await binnacle.startTask({ name: 'unhurried' });
    for (let index = 0; index < 12; index += 1) await task.step({ type: 'TOOL', name: `${index}` });
    expect(await binnacle.flush({ timeoutMs: ever })).toBe(true);
    await task.finish();
    expect(await binnacle.close({ timeoutMs: ever })).toBe(true);
    expect(await project.steps()).toHaveLength(12);
    expect(await project.tasks()).toMatchObject([{ status: 'SUCCEEDED' }]);
    expect(project.problems).toEqual([]);
  });

  test('holds nobody longer than told', async () => {
    proxy.fateOf = () => ({ delayMs: 15_000 });
    const binnacle = project.client(proxy.url, { maxQueuedReports: 10, maxWaitMs: 150 });
    const task = await binnacle.startTask({ name: 'held' });
    for (let index = 0; index < 4; index += 1) void task.step({ type: 'TOOL', name: 'x' });
    const took = await timed(() => task.step({ type: 'TOOL', name: 'y' }));
    expect(took).toBeGreaterThanOrEqual(140);
    // Unless told, it would be 5,000.
    expect(took).toBeLessThan(4_000);
    await binnacle.close({ timeoutMs: 50 });
  });
});

describe('what the server does not want', () => {
  test('of steps is told, each by its key; the others are stored', async () => {
    const binnacle = project.client(proxy.url);
    const task = await binnacle.startTask({ name: 'some bad' });
    for (let index = 0; index < 300; index += 1) {
      void task.step({
        type: index === 20 ? ('NO_SUCH_TYPE' as 'TOOL') : 'TOOL',
        name: `${index}`,
        key: `k${index}`,
        // What one field's type does not allow spoils a call; what a rule does not allow, its step.
        ...(index === 100 ? { inputTokens: 1.5 } : {}),
        ...(index === 200 ? { costUsd: -1 } : {}),
      });
    }
    void task.step({ type: 'TOOL', name: '', key: 'nameless' });
    await task.finish();
    expect(await binnacle.close()).toBe(true);
    expect(project.codes).toEqual(['REJECTED', 'REJECTED', 'REJECTED', 'REJECTED']);
    expect(project.problems.map(({ step }) => step ?? '').sort()).toEqual([
      'k100',
      'k20',
      'k200',
      'nameless',
    ]);
    expect(project.problems.find(({ step }) => step === 'k200')?.message).toContain('costUsd');
    expect(project.problems.find(({ step }) => step === 'k100')?.message).toContain('inputTokens');
    expect(await project.steps()).toHaveLength(297);
    expect(await project.tasks()).toMatchObject([{ status: 'SUCCEEDED' }]);
    expect(proxy.count('recordSteps')).toBeLessThan(10);
    expect(binnacle.stats).toMatchObject({ rejected: 4, delivered: 299, queued: 0 });
  });

  test('without saying which step it is, is found by halves', async () => {
    const spoils = (index: number) => index === 37 || index === 38 || index === 250;
    proxy.fateOf = ({ input }) =>
      input.steps?.some(({ key }) => spoils(Number(key.slice(1))))
        ? {
            status: 400,
            body: JSON.stringify({ errors: [{ message: 'No.', extensions: { code: 'BAD_USER_INPUT' } }] }),
          }
        : 'pass';
    const binnacle = project.client(proxy.url);
    const task = await binnacle.startTask({ name: 'halves' });
    for (let index = 0; index < 300; index += 1)
      void task.step({ type: 'TOOL', name: 'x', key: `k${index}` });
    await task.finish();
    expect(await binnacle.close()).toBe(true);
    expect(project.problems.map(({ step }) => step)).toEqual(['k37', 'k38', 'k250']);
    expect(await project.steps()).toHaveLength(297);
    expect(proxy.count('recordSteps')).toBeLessThan(60);
  });

  test('of a size: something in between that lets less through gets less', async () => {
    proxy.fateOf = ({ bytes }) =>
      bytes > 100_000 ? { status: 413, body: '<html>too large</html>' } : 'pass';
    const binnacle = project.client(proxy.url);
    const task = await binnacle.startTask({ name: 'sizes' });
    for (let index = 0; index < 40; index += 1)
      void task.step({ type: 'TOOL', name: 'x', output: 'y'.repeat(10_000) });
    void task.step({ type: 'TOOL', name: 'huge', output: 'z'.repeat(200_000) });
    await task.finish({ output: 'z'.repeat(200_000) });
    expect(await binnacle.close()).toBe(true);
    const steps = await project.steps();
    expect(steps.filter(({ output }) => output?.length === 10_002)).toHaveLength(40);
    expect(steps.find(({ name }) => name === 'huge')).toMatchObject({ status: 'SUCCEEDED', output: null });
    expect(await project.tasks()).toMatchObject([{ status: 'SUCCEEDED', output: null }]);
    expect(project.codes).toEqual(['SHORTENED', 'SHORTENED']);
  });

  test('of a task is told once, and what belongs to it goes nowhere', async () => {
    const first = project.client(server.url);
    await first.runTask({ name: 'makes the agent' }, () => undefined);
    await first.close();
    const [agent] = await server.database.query<{ id: string }>(
      'SELECT id FROM agents WHERE project_id = $1',
      [project.person.projectId],
    );
    const pause = 'mutation ($input: UpdateAgentInput!) { updateAgent(input: $input) { id } }';
    await get(server.url, project.person.token, pause, { input: { id: agent?.id, status: 'PAUSED' } });

    const binnacle = project.client(proxy.url);
    const task = await binnacle.startTask({ name: 'unwanted' });
    await task.step({ type: 'TOOL', name: 'x' });
    expect(await task.flush()).toBe(true);
    await task.step({ type: 'TOOL', name: 'y' });
    await task.finish();
    expect(await binnacle.close()).toBe(true);
    expect(project.problems).toMatchObject([{ code: 'REJECTED', reports: 2, task: 'unwanted' }]);
    expect(project.problems[0]?.message).toContain('PAUSED');
    expect(proxy.count('recordSteps')).toBe(0);
    expect(binnacle.stats).toMatchObject({ rejected: 2, dropped: 2, queued: 0 });
  });

  test('because the task is gone is told once, and nothing more is sent of it', async () => {
    const binnacle = project.client(proxy.url);
    const task = await binnacle.startTask({ name: 'gone' });
    await task.flush();
    await server.database.query('DELETE FROM tasks WHERE id = $1', [task.id]);
    for (let index = 0; index < 100; index += 1) void task.step({ type: 'TOOL', name: `${index}` });
    await task.finish();
    expect(await binnacle.close()).toBe(true);
    expect(project.problems).toMatchObject([{ code: 'REJECTED', reports: 101, task: 'gone' }]);
    expect(proxy.count('recordSteps')).toBe(1);
    expect(binnacle.stats).toMatchObject({ delivered: 1, rejected: 101, queued: 0 });
  });

  test('because the task was ended by somebody else is told', async () => {
    const binnacle = project.client(server.url);
    const task = await binnacle.startTask({ name: 'cancelled' });
    await task.flush();
    await get(server.url, project.person.token, 'mutation ($id: ID!) { cancelTask(id: $id) { id } }', {
      id: task.id,
    });
    await task.step({ type: 'TOOL', name: 'late' });
    await task.finish();
    expect(await binnacle.close()).toBe(true);
    expect(project.problems).toMatchObject([{ code: 'REJECTED', task: 'cancelled' }]);
    expect(project.problems[0]?.message).toContain('CANCELLED');
    expect(await project.steps()).toHaveLength(1);
  });

  test('for a fault of its own is tried again, and given up in the end', async () => {
    const broken = {
      status: 500,
      body: JSON.stringify({ errors: [{ message: 'Oops.', extensions: { code: 'INTERNAL' } }] }),
    };
    let failures = 0;
    proxy.fateOf = ({ field, input }) => {
      const isPoison = input.steps?.some(({ key }) => key === 'poison') ?? false;
      const isBroken = isPoison || (field === 'finishTask' && (failures += 1) <= 2);
      return isBroken ? broken : 'pass';
    };
    const binnacle = project.client(proxy.url, { maxRetryDelayMs: 20 });
    const task = await binnacle.startTask({ name: 'poisoned' });
    for (const key of ['a', 'b', 'poison', 'c', 'd']) void task.step({ type: 'TOOL', name: key, key });
    await task.finish();
    expect(await binnacle.close()).toBe(true);
    expect((await project.steps()).map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd']);
    expect(await project.tasks()).toMatchObject([{ status: 'SUCCEEDED' }]);
    expect(project.problems).toMatchObject([{ code: 'REJECTED', step: 'poison' }]);
  });
});

describe('a key that is not accepted', () => {
  test('is told once and clearly, and the server is left alone', async () => {
    const binnacle = project.client(proxy.url, { apiKey: 'bnc_wrong' });
    for (let index = 0; index < 5; index += 1) {
      await binnacle.runTask({ name: `t${index}` }, async (task) => {
        await task.step({ type: 'TOOL', name: 'x' });
      });
    }
    expect(await timed(() => binnacle.flush())).toBeLessThan(8_000);
    await binnacle.runTask({ name: 'later' }, () => undefined);
    await sleep(300);
    expect(project.problems).toHaveLength(1);
    expect(project.problems[0]).toMatchObject({ code: 'REFUSED', reports: 15 });
    expect(project.problems[0]?.message).toMatch(/API key.*Nothing more is reported/);
    expect(proxy.calls.length).toBeLessThanOrEqual(4);
    expect(binnacle.stats).toMatchObject({ queued: 0, queuedBytes: 0, dropped: 17 });
    expect(await timed(() => binnacle.close())).toBeLessThan(8_000);
  });

  test('that is no key of a project, or lacks the scope, is told too', async () => {
    const person = await register(server.url, 'two');
    const { createProject } = await get<{ createProject: { id: string } }>(
      server.url,
      person.token,
      'mutation { createProject(input: { name: "Second" }) { id } }',
    );
    expect(createProject.id).not.toBe('');
    const binnacle = project.client(server.url, { apiKey: person.token });
    await binnacle.runTask({ name: 'whose' }, () => undefined);
    await binnacle.close();
    expect(project.problems).toMatchObject([{ code: 'REFUSED' }]);
    expect(project.problems[0]?.message).toContain('key of one project');
  });

  test('is missing, or the address is none: told once, and nothing throws', async () => {
    const told: Problem[] = [];
    const onProblem = (problem: Problem) => void told.push(problem);
    const env = { ...process.env };
    delete process.env.BINNACLE_API_KEY;
    for (const options of [{ onProblem }, { onProblem, apiKey: 'k', url: 'not an address' }]) {
      const binnacle = new Binnacle(options);
      const done = await binnacle.runTask({ name: 'nowhere' }, (task) =>
        task.step({ type: 'TOOL', name: 'x' }, () => 'work goes on'),
      );
      expect(done).toBe('work goes on');
      expect(await binnacle.close()).toBe(true);
    }
    process.env = env;
    expect(told.map(({ code }) => code)).toEqual(['DISABLED', 'DISABLED']);
    expect(told[0]?.message).toContain('BINNACLE_API_KEY');
    expect(told[1]?.message).toContain('BINNACLE_URL');
  });
});

test('values of every kind are taken, and harm nobody', async () => {
  const circle: Record<string, unknown> = {
    big: 2n ** 70n,
    when: new Date(0),
    run: () => 1,
    lone: '\ud800',
    nul: 'a\0b',
  };
  circle.self = circle;
  let deep: unknown = 1;
  for (let level = 0; level < 5000; level += 1) deep = { deep };
  const binnacle = project.client(server.url, { maxPayloadBytes: 50_000 });
  const task = await binnacle.startTask({ name: 'n'.repeat(600), input: circle });
  await task.step({
    type: 'TOOL',
    name: 'n'.repeat(600),
    input: circle,
    output: new Error('as a value'),
    attributes: deep,
  });
  await task.step({
    type: 'TOOL',
    name: 'huge',
    key: 'huge',
    input: 'x'.repeat(20_000_000),
    output: Array.from({ length: 1e6 }, () => 'y'),
  });
  await task.step({
    type: 'TOOL',
    name: 'odd',
    latencyMs: Number.NaN,
    costUsd: Infinity,
    startedAt: new Date(Number.NaN),
  });
  task.progress(Number.NaN);
  task.progress(7, 'p'.repeat(5000));
  await task.fail({ message: '', code: 'x'.repeat(5000) });
  expect(await binnacle.close()).toBe(true);
  const [values, huge, odd] = await project.steps();
  expect(JSON.parse(values?.input ?? '')).toEqual({
    big: '1180591620717411303424',
    when: '1970-01-01T00:00:00.000Z',
    run: '[function run]',
    lone: '\uFFFD',
    nul: 'a\uFFFDb',
    self: '[circular]',
  });
  expect(JSON.parse(values?.output ?? '')).toMatchObject({ name: 'Error', message: 'as a value' });
  expect(values?.name).toHaveLength(500);
  expect(huge?.input?.length).toBeLessThan(51_000);
  expect(huge?.input).toContain('more characters]');
  expect(huge?.output).toContain('more left out]');
  expect(odd).toMatchObject({ latency_ms: null, cost_usd: null, started_at: null });
  expect(await project.tasks()).toMatchObject([{ status: 'FAILED', progress: 1 }]);
  expect(project.codes).toEqual(['SHORTENED']);
});

test('while the server is slow, a call that is late is sent again', async () => {
  proxy.fateOf = (_, index) => (index === 0 ? { delayMs: 2000 } : 'pass');
  const binnacle = project.client(proxy.url, { requestTimeoutMs: 200 });
  const task = await binnacle.startTask({ name: 'late' });
  await eventually('the task is there', () => task.id !== null);
  await binnacle.close();
  expect(project.problems[0]?.message).toContain('200 ms');
});
