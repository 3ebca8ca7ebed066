import { setTimeout as sleep } from 'node:timers/promises';
import { NoAnswerError, type Step } from '@binnacle/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ReportingProject } from './support/agent-reports.js';
import { get } from './support/client.js';
import { eventually } from './support/follower.js';
import { startTestServer, type TestServer } from './support/test-server.js';
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
afterEach(() => proxy.close());

describe('what an agent tells', () => {
  test('of a task is stored as it was told', async () => {
    const binnacle = project.client(server.url);
    const startedAt = new Date(Date.now() - 60_000);
    const task = await binnacle.startTask({
      name: 'Refund order 17',
      type: 'refund',
      input: { order: 17 },
      tags: ['eu', 'vip'],
      startedAt,
      agent: { name: 'refund-desk', provider: 'openai', model: 'gpt-4o' },
    });
    expect([task.id, task.pageUrl]).toEqual([null, null]);
    task.progress(0.25, 'a quarter');
    task.progress(0.5);
    await task.finish({ output: { refundedUsd: 42.5 } });
    expect(await task.flush()).toBe(true);

    const shown = await project.shown<{ project: { slug: string } }>(
      task.id,
      'name type input tags status output startedAt latencyMs agent { name currentVersion { provider model } } project { slug }',
    );
    expect(shown).toMatchObject({
      name: 'Refund order 17',
      type: 'refund',
      input: { order: 17 },
      tags: ['eu', 'vip'],
      status: 'SUCCEEDED',
      output: { refundedUsd: 42.5 },
      startedAt: startedAt.toISOString(),
      agent: { name: 'refund-desk', currentVersion: { provider: 'openai', model: 'gpt-4o' } },
    });
    expect(task.pageUrl).toBe(`${server.url}/p/${shown.project.slug}/tasks/${task.id}`);
    expect(await binnacle.close()).toBe(true);
    expect(project.problems).toEqual([]);
  });

  test('of steps keeps their order, nesting, times and figures', async () => {
    const binnacle = project.client(server.url);
    const task = await binnacle.startTask({ name: 'nested' });
    const answer = await task.step(
      { type: 'LLM', name: 'plan', provider: 'openai', model: 'gpt-4o', input: ['hello'] },
      async (step) => {
        await sleep(60);
        step.set({ inputTokens: 900, outputTokens: 80, costUsd: 0.0031 });
        step.set({ output: 'a plan', outputTokens: 81 });
        return 'a plan';
      },
    );
    expect(answer).toBe('a plan');
    const sum = await task.step({ type: 'AGENT', name: 'search', key: 'search' }, async (search) => {
      const results = await Promise.all(
        [1, 2].map((page) =>
          search.step({ type: 'TOOL', name: `page ${page}` }, async (tool) => {
            await tool.step({ type: 'MESSAGE', name: `note ${page}`, latencyMs: 5 });
            return page;
          }),
        ),
      );
      return results.reduce((a, b) => a + b);
    });
    expect(sum).toBe(3);
    const told = await task.step({ type: 'RETRIEVAL', name: 'told', endedAt: null });
    await told.step({
      type: 'EVALUATION',
      name: 'within',
      status: 'SKIPPED',
      startedAt: new Date(1000),
      endedAt: new Date(3500),
    });
    const open = task.startStep({ type: 'SYSTEM', name: 'by hand' });
    open.startStep({ type: 'SYSTEM', name: 'never ended' });
    open.end({ attributes: { a: 1 } });
    open.end({ status: 'FAILED' });
    await task.finish();
    await binnacle.close();

    const steps = await project.steps(task.id);
    expect(steps.map(({ name, status }) => [name, status])).toEqual([
      ['plan', 'SUCCEEDED'],
      ['search', 'SUCCEEDED'],
      ['page 1', 'SUCCEEDED'],
      ['note 1', 'SUCCEEDED'],
      ['page 2', 'SUCCEEDED'],
      ['note 2', 'SUCCEEDED'],
      ['told', 'SUCCEEDED'],
      ['within', 'SKIPPED'],
      ['by hand', 'SUCCEEDED'],
      ['never ended', 'RUNNING'],
    ]);
    const by = (name: string) => steps.find((step) => step.name === name);
    expect(by('plan')).toMatchObject({
      model: 'gpt-4o',
      input: '["hello"]',
      output: '"a plan"',
      input_tokens: 900,
      output_tokens: 81,
      parent_key: null,
    });
    expect(Number(by('plan')?.cost_usd)).toBe(0.0031);
    expect(by('plan')?.latency_ms).toBeGreaterThanOrEqual(59);
    expect(by('page 1')?.parent_key).toBe('search');
    expect(by('note 2')).toMatchObject({ parent_key: by('page 2')?.key, latency_ms: 5 });
    expect(by('told')).toMatchObject({ started_at: null, ended_at: null, latency_ms: null });
    expect(by('within')).toMatchObject({ parent_key: told.key, latency_ms: 2500 });
    expect(by('never ended')?.parent_key).toBe(open.key);
    expect(project.problems).toEqual([]);
  });

  test('of what began earlier ends now all the same', async () => {
    const binnacle = project.client(server.url);
    const anHourAgo = new Date(Date.now() - 3_600_000);
    const task = await binnacle.startTask({ name: 'long', startedAt: anHourAgo });
    const since = { type: 'TOOL', name: 'queued since', startedAt: anHourAgo } as const;
    task.startStep(since).end({ endedAt: undefined });
    task.startStep({ ...since, name: 'nobody knows' }).end({ endedAt: null });
    const inAnHour = new Date(Date.now() + 3_600_000);
    task.startStep({ type: 'TOOL', name: 'by a fast clock', startedAt: inAnHour }).end();
    await task.finish();
    await binnacle.close();
    const [stored] = await project.tasks();
    expect(stored?.started_at).toEqual(anHourAgo);
    expect(stored?.latency_ms).toBeGreaterThanOrEqual(3_600_000);
    const [now, unknown, fast] = await project.steps(task.id);
    expect(now?.latency_ms).toBeGreaterThanOrEqual(3_600_000);
    expect(unknown).toMatchObject({ status: 'SUCCEEDED', ended_at: null, latency_ms: null });
    expect(fast).toMatchObject({ started_at: inAnHour, ended_at: inAnHour, latency_ms: 0 });
    expect(project.problems).toEqual([]);
  });

  test('of work that throws: the step fails with it, the task too, and the agent gets what was thrown', async () => {
    const binnacle = project.client(server.url);
    class ProviderError extends Error {
      override name = 'ProviderError';
      status = 429;
    }
    const thrown = new ProviderError('Rate limit reached');
    const work = binnacle.runTask({ name: 'throws' }, (task) =>
      task.step({ type: 'LLM', name: 'ask', input: 1 }, () => Promise.reject(thrown)),
    );
    await expect(work).rejects.toBe(thrown);
    const fine = await binnacle.runTask({ name: 'returns' }, async (task) => {
      const caught = await task
        .step({ type: 'TOOL', name: 'sync' }, () => {
          throw undefined as unknown as Error;
        })
        .catch((error: unknown) => error);
      return [caught];
    });
    expect(fine).toEqual([undefined]);
    await binnacle.close();

    expect(await project.tasks()).toMatchObject([
      { name: 'throws', status: 'FAILED', error_message: 'Rate limit reached' },
      { name: 'returns', status: 'SUCCEEDED' },
    ]);
    expect(await project.steps()).toMatchObject([
      {
        name: 'ask',
        status: 'FAILED',
        error_message: 'Rate limit reached',
        error_class: 'RATE_LIMIT',
        input: '1',
      },
      { name: 'sync', status: 'FAILED', error_message: 'It failed without saying why.' },
    ]);
  });

  test('is shown while it happens: a step that runs is RUNNING', async () => {
    const binnacle = project.client(server.url, { flushIntervalMs: 20 });
    const task = await binnacle.startTask({ name: 'live' });
    let end = (): void => undefined;
    const work = task.step(
      { type: 'TOOL', name: 'slow' },
      () => new Promise<void>((resolve) => (end = resolve)),
    );
    await eventually('it is shown as running', async () => (await project.steps())[0]?.status === 'RUNNING');
    end();
    await work;
    await eventually('it is shown as ended', async () => (await project.steps())[0]?.status === 'SUCCEEDED');
    await binnacle.close();
  });

  test('is written at once: what the agent changes afterwards is not what it told', async () => {
    const binnacle = project.client(server.url);
    const messages = ['first'];
    await binnacle.runTask({ name: 'mutable', input: messages }, async (task) => {
      await task.step({ type: 'LLM', name: 'ask', input: messages });
      messages.push('second');
    });
    await binnacle.close();
    expect((await project.tasks())[0]?.input).toBe('["first"]');
    expect((await project.steps())[0]?.input).toBe('["first"]');
  });

  test('by the same key and options is the same task, in whichever client', async () => {
    const options = { name: 'job', key: 'job-1', startedAt: new Date(), input: { b: 1, a: 2 } };
    const ids: (string | null)[] = [];
    for (let round = 0; round < 2; round += 1) {
      const binnacle = project.client(server.url);
      const task = await binnacle.startTask(options);
      await task.step({ type: 'SYSTEM', name: `round ${round}` });
      await task.step({ type: 'SYSTEM', name: 'the same', key: 'same' });
      await task.finish();
      await binnacle.close();
      ids.push(task.id);
    }
    expect(ids[0]).toBe(ids[1]);
    expect((await project.steps()).map(({ name }) => name)).toEqual(['round 0', 'the same', 'round 1']);
    expect(project.problems).toEqual([]);
  });
});

describe('the calls it takes', () => {
  test('are few: 5,000 steps of a task go in batches, one task of short steps in five calls', async () => {
    const binnacle = project.client(proxy.url);
    const task = await binnacle.startTask({ name: 'many' });
    for (let index = 0; index < 5000; index += 1) {
      void task.step({ type: 'TOOL', name: `tool ${index}` }, () => undefined);
    }
    await task.finish();
    expect(await binnacle.close({ timeoutMs: 60_000 })).toBe(true);
    const steps = await project.steps(task.id);
    expect(steps.map(({ name }) => name)).toEqual(
      Array.from({ length: 5000 }, (_, index) => `tool ${index}`),
    );
    expect(new Set(steps.map(({ status }) => status))).toEqual(new Set(['SUCCEEDED']));
    const batches = proxy.calls
      .filter(({ field }) => field === 'recordSteps')
      .map(({ input }) => input.steps?.length ?? 0);
    expect(Math.max(...batches)).toBeLessThanOrEqual(1000);
    // A short step is one report: its beginning and its end went together.
    expect(batches.reduce((a, b) => a + b)).toBe(5000);
    expect(batches.length).toBeLessThanOrEqual(10);
    expect(proxy.calls.map(({ field }) => field).filter((field) => field !== 'recordSteps')).toEqual([
      'projects',
      'ensureAgent',
      'createTask',
      'finishTask',
    ]);
  });

  test('are no larger than told, but for one step that is', async () => {
    const binnacle = project.client(proxy.url, { maxBatchBytes: 20_000 });
    const task = await binnacle.startTask({ name: 'large' });
    for (let index = 0; index < 50; index += 1) {
      void task.step({ type: 'TOOL', name: 'tool', output: 'ä'.repeat(index === 20 ? 40_000 : 1500) });
    }
    await binnacle.close();
    const calls = proxy.calls.filter(({ field }) => field === 'recordSteps');
    expect(calls.filter(({ bytes }) => bytes > 21_000).map(({ input }) => input.steps?.length)).toEqual([1]);
    expect(calls.length).toBeLessThan(15);
    expect(await project.steps(task.id)).toHaveLength(50);
  });

  test('of one task follow each other, its end after all else; those of several tasks go together', async () => {
    proxy.fateOf = () => ({ delayMs: 30 });
    const binnacle = project.client(proxy.url, { maxBatchSteps: 10 });
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const tasks = await Promise.all(names.map((name) => binnacle.startTask({ name })));
    for (const task of tasks) {
      for (let index = 0; index < 35; index += 1) void task.step({ type: 'TOOL', name: `${index}` });
      void task.finish();
    }
    expect(await binnacle.close()).toBe(true);
    let most = 0;
    for (const call of proxy.calls) {
      const during = proxy.calls.filter(
        (other) => other.arrivedAt <= call.arrivedAt && (other.answeredAt ?? Infinity) > call.arrivedAt,
      );
      most = Math.max(most, during.length);
    }
    expect([most > 1, most <= 4]).toEqual([true, true]);
    for (const task of tasks) {
      const own = proxy.calls.filter(
        ({ input }) => input.taskId === task.id || input.idempotencyKey === task.key,
      );
      expect(own.map(({ field }) => field)).toEqual([
        'createTask',
        ...Array.from({ length: 4 }, () => 'recordSteps'),
        'finishTask',
      ]);
      for (const [index, call] of own.entries()) {
        expect(call.arrivedAt).toBeGreaterThan(own[index - 1]?.answeredAt ?? 0);
      }
      expect((await project.steps(task.id)).map(({ name }) => Number(name))).toEqual(
        Array.from({ length: 35 }, (_, index) => index),
      );
    }
    expect(new Set((await project.tasks()).map(({ status }) => status))).toEqual(new Set(['SUCCEEDED']));
  });
});

describe('a question to a human', () => {
  const resolve = async (status: string) => {
    let id = '';
    await eventually('the question is there', async () => {
      const [open] = await server.database.query<{ id: string }>(
        `SELECT id FROM interventions WHERE project_id = $1 AND status = 'OPEN'`,
        [project.person.projectId],
      );
      id = open?.id ?? '';
      return open !== undefined;
    });
    const mutation =
      'mutation ($input: ResolveInterventionInput!) { resolveIntervention(input: $input) { id } }';
    await get(server.url, project.person.token, mutation, {
      input: { id, status, answer: { note: 'go on' } },
    });
  };

  test('holds the task up until it is answered', async () => {
    const binnacle = project.client(proxy.url);
    const task = await binnacle.startTask({ name: 'asks' });
    await task.step({ type: 'TOOL', name: 'before' });
    const asked = task.ask({
      kind: 'APPROVAL',
      reason: 'More than $500',
      question: { usd: 700 },
      pollMs: 50,
    });
    await eventually(
      'the task waits',
      async () => (await project.tasks())[0]?.status === 'WAITING_FOR_HUMAN',
    );
    await resolve('APPROVED');
    expect(await asked).toEqual({ status: 'APPROVED', answer: { note: 'go on' } });
    await task.finish();
    await binnacle.close();
    expect((await project.tasks())[0]).toMatchObject({ status: 'SUCCEEDED' });
    const [before, question] = await project.steps();
    expect([before?.name, question?.type]).toEqual(['before', 'HUMAN']);
    expect(project.problems).toEqual([]);
  });

  test('is given up by the signal, and refused where it cannot be asked', async () => {
    const binnacle = project.client(server.url);
    const task = await binnacle.startTask({ name: 'asks in vain' });
    const stop = new AbortController();
    const asked = task.ask({ kind: 'QUESTION', reason: 'Which?', signal: stop.signal, pollMs: 20 });
    await eventually(
      'the task waits',
      async () => (await project.tasks())[0]?.status === 'WAITING_FOR_HUMAN',
    );
    stop.abort(new Error('no time'));
    await expect(asked).rejects.toThrow('no time');
    await resolve('REJECTED');
    await task.finish();
    await task.flush();
    await expect(task.ask({ kind: 'QUESTION', reason: 'Too late?' })).rejects.toThrow(NoAnswerError);
    await binnacle.close();
    await expect(task.ask({ kind: 'QUESTION', reason: 'Later still?' })).rejects.toThrow(/closed/);
  });
});

test('a step hands its work on as it is', async () => {
  const binnacle = project.client(server.url);
  const task = await binnacle.startTask({ name: 'types' });
  const work = (step: Step): { key: string } => ({ key: step.key });
  const { key } = await task.step({ type: 'TOOL', name: 'typed', key: 'k' }, work);
  expect(key).toBe('k');
  await binnacle.close();
});
