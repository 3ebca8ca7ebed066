import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { inWaves, readStep, stepRecord, type StepRecord } from './step-record.js';
import type { StepInput } from './step.inputs.js';
import { StepStatus, StepType } from './task-enums.js';

const step = (more: Partial<StepInput> = {}): StepInput => ({
  key: 'a',
  type: StepType.LLM,
  name: 'call',
  ...more,
});
const at = (time: string) => new Date(`2026-03-01T${time}Z`);

describe('readStep', () => {
  test('finds nothing wrong with what is not told', () => {
    expect(readStep(step()).problem).toBeUndefined();
    expect(
      readStep(step({ input: null, error: null, latencyMs: null, parentKey: null })).problem,
    ).toBeUndefined();
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -1])('refuses %d where a number is needed', (value) => {
    for (const field of [
      'latencyMs',
      'costUsd',
      'inputTokens',
      'cachedInputTokens',
      'cacheWriteTokens',
      'outputTokens',
      'reasoningTokens',
    ]) {
      expect(readStep(step({ [field]: value })).problem).toMatch(
        new RegExp(`^${field}: The number must be between 0 and `),
      );
    }
  });

  test('lets a step end when it starts, not before', () => {
    expect(readStep(step({ startedAt: at('12:00:00'), endedAt: at('12:00:00') })).problem).toBeUndefined();
    expect(readStep(step({ startedAt: at('12:00:01'), endedAt: at('12:00:00') })).problem).toBe(
      'endedAt: A step cannot end before it starts.',
    );
  });

  test('writes payloads once, and names the one that is wrong', () => {
    const told = step({ input: { b: 1, a: [null] }, output: '', attributes: null });
    expect(readStep(told).record).toEqual(stepRecord(told));
    expect(readStep(step({ input: 1, output: ['\u0000'] })).problem).toMatch(/^output: .*NUL/);
  });
});

describe('stepRecord', () => {
  test('works out what was not told: status and latency', () => {
    expect(stepRecord(step())).toMatchObject({
      status: 'SUCCEEDED',
      latencyMs: null,
      costSource: 'UNPRICED',
      input: null,
    });
    expect(stepRecord(step({ error: { message: 'x' } })).status).toBe('FAILED');
    expect(stepRecord(step({ error: { message: 'x' }, status: StepStatus.SKIPPED })).status).toBe('SKIPPED');
    const times = { startedAt: at('12:00:00'), endedAt: at('12:00:01.5') };
    expect(stepRecord(step(times)).latencyMs).toBe(1500);
    expect(stepRecord(step({ ...times, latencyMs: 7 })).latencyMs).toBe(7);
    expect(stepRecord(step({ endedAt: at('12:00:01.5') })).latencyMs).toBeNull();
  });

  test('tells a cost of nothing from no known cost', () => {
    expect(stepRecord(step({ costUsd: 0 }))).toMatchObject({ costUsd: 0, costSource: 'REPORTED' });
    expect(stepRecord(step({ costUsd: null }))).toMatchObject({ costUsd: null, costSource: 'UNPRICED' });
  });

  test('writes JSON once, and nothing for null', () => {
    const record = stepRecord(step({ input: { b: 1, a: [null] }, output: '', attributes: null }));
    expect(record).toMatchObject({ input: '{"b":1,"a":[null]}', output: '""', attributes: null });
  });
});

describe('inWaves', () => {
  const records = (...keys: string[]) =>
    keys.map((key, index): StepRecord => stepRecord(step({ key, name: `${index}` })));
  const names = (keys: string[]) =>
    inWaves(records(...keys)).map((wave) => wave.map(({ name }) => name).join(' '));

  test('keeps a batch whole in which no key comes twice', () => {
    expect(names(['c', 'a', 'b'])).toEqual(['0 1 2']);
    expect(names([])).toEqual([]);
  });

  test('puts the second telling of a key into the second wave, and so on, in their order', () => {
    expect(names(['a', 'b', 'a', 'c', 'a', 'b', '__proto__', '__proto__'])).toEqual([
      '0 1 3 6',
      '2 5 7',
      '4',
    ]);
  });
});
