import { describe, expect, test } from '@jest/globals';
import { fleetScripts } from './fleet-scripts.js';
import { recall } from './history.js';
import type { AgentScript } from './plan.js';
import { Random } from './random.js';

const startedAt = new Date('2026-03-01T12:00:00Z');

function playMany(script: AgentScript, count: number, model = script.setup.model ?? null) {
  return Array.from({ length: count }, (_, index) => {
    const job = script.job(new Random('test', index));
    return { job, ...recall(job.plan(model), startedAt) };
  });
}

function successRate(runs: ReturnType<typeof playMany>): number {
  return runs.filter(({ outcome }) => outcome.status === 'SUCCEEDED').length / runs.length;
}

describe.each(fleetScripts.map((script) => [script.name, script] as const))('%s', (_name, script) => {
  const runs = playMany(script, 400);

  test('works mostly, but not always', () => {
    expect(successRate(runs)).toBeGreaterThan(0.6);
    expect(successRate(runs)).toBeLessThan(0.99);
  });

  test('ends each step, under a key of its own, within a parent that is there', () => {
    for (const { steps, endedAt } of runs) {
      const keys = new Set(steps.map(({ key }) => key));
      expect(keys.size).toBe(steps.length);
      expect(steps.filter(({ status }) => status === 'RUNNING')).toEqual([]);
      expect(steps.filter(({ parentKey }) => parentKey != null && !keys.has(parentKey))).toEqual([]);
      expect(steps.filter(({ status, error }) => (status === 'FAILED') !== (error !== undefined))).toEqual(
        [],
      );
      const last =
        steps
          .map((step) => step.endedAt ?? '')
          .sort()
          .at(-1) ?? '';
      expect(Date.parse(last)).toBeLessThanOrEqual(endedAt.getTime());
    }
  });

  test('says why a task failed', () => {
    const failed = runs.filter(
      ({ outcome }) => outcome.status === 'FAILED' || outcome.status === 'TIMED_OUT',
    );
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.filter(({ outcome }) => !outcome.error?.message)).toEqual([]);
  });

  test('asks humans, now and then', () => {
    const asked = runs.filter(({ steps }) => steps.some(({ type }) => type === 'HUMAN'));
    expect(asked.length).toBeGreaterThan(4);
    expect(asked.length).toBeLessThan(200);
  });

  test('does the same for the same seed', () => {
    const again = playMany(script, 5);
    expect(JSON.stringify(again)).toBe(JSON.stringify(runs.slice(0, 5)));
  });
});

test('tokens add up, and cost what the model asks', () => {
  const calls = fleetScripts.flatMap((script) => playMany(script, 40).flatMap(({ steps }) => steps));
  const answered = calls.filter((step) => step.type === 'LLM' && step.status === 'SUCCEEDED');
  for (const step of answered) {
    const {
      inputTokens = 0,
      cachedInputTokens = 0,
      cacheWriteTokens = 0,
      outputTokens = 0,
      reasoningTokens = 0,
    } = step;
    expect(cachedInputTokens + cacheWriteTokens).toBeLessThanOrEqual(inputTokens);
    expect(reasoningTokens).toBeLessThan(outputTokens);
    expect(step.costUsd === undefined).toBe(step.model?.startsWith('qwen'));
  }
  expect(answered.some(({ cachedInputTokens = 0 }) => cachedInputTokens > 0)).toBe(true);
  expect(answered.some(({ reasoningTokens = 0 }) => reasoningTokens > 0)).toBe(true);
});

test('the next version of the support desk is cheaper and errs more often', () => {
  const [script] = fleetScripts.filter(({ next }) => next);
  if (!script?.next) throw new Error('No agent has a next version.');
  const costOf = (runs: ReturnType<typeof playMany>) =>
    runs.flatMap(({ steps }) => steps).reduce((sum, { costUsd = 0 }) => sum + costUsd, 0);
  const before = playMany(script, 600);
  const after = playMany(script, 600, script.next.setup.model);
  expect(costOf(after)).toBeLessThan(costOf(before) / 4);
  expect(successRate(after)).toBeLessThan(successRate(before));
});
