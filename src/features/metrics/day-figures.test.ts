import { describe, expect, test } from '@jest/globals';
import { allAgents } from './daily-metric.entity.js';
import { figuresOfDay, type StatusDay } from './day-figures.js';
import { bucketOf } from './latency-histogram.js';

const none = {
  intervened: 0,
  pricedTasks: 0,
  knownCostUsd: '0',
  inputTokens: 0,
  outputTokens: 0,
  latencies: null,
};

const day = (agentId: string, latencies: readonly number[], knownCostUsd = '0'): StatusDay[] => {
  // Spread over the ways to end: what belongs together is put together again.
  const half = Math.ceil(latencies.length / 2);
  const list = (some: readonly number[]) => (some.length === 0 ? null : `{${some.join()}}`);
  const [first, others] = [latencies.slice(0, half), latencies.slice(half)];
  return [
    {
      ...{ ...none, agentId, status: 'SUCCEEDED', tasks: latencies.length, latencies: list(first) },
      ...{ intervened: 4, pricedTasks: 5, knownCostUsd, inputTokens: 6, outputTokens: 7 },
    },
    { ...none, agentId, status: 'FAILED', tasks: 1, latencies: list(others) },
    { ...none, agentId, status: 'TIMED_OUT', tasks: 2 },
    // Counted, and nothing else of it.
    {
      ...{ agentId, status: 'CANCELLED', tasks: 3, latencies: '{77,1e+20}' },
      ...{ intervened: 1, pricedTasks: 1, knownCostUsd: '1', inputTokens: 1, outputTokens: 1 },
    },
  ];
};

/** As percentile_cont, by sorting everything. */
function plainPercentile(latencies: readonly number[], share: number): number {
  const sorted = [...latencies].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
  return below + (above - below) * (place - Math.floor(place));
}

describe('the figures of a day', () => {
  test('a day without tasks has no rows, and tasks without known times no percentiles', async () => {
    expect(await figuresOfDay([])).toEqual([]);
    const rows = await figuresOfDay(day('a', []));
    expect(rows.map(({ agentId }) => agentId)).toEqual(['a', allAgents]);
    for (const row of rows) {
      expect(row).toMatchObject({ latencyP50Ms: null, latencyP95Ms: null, latencyP99Ms: null });
      expect(row).toMatchObject({ latencyBuckets: '{}', latencyCounts: '{}', timedOut: 2, cancelled: 3 });
    }
  });

  test('agents add up to all of them, money to the tenth decimal', async () => {
    const rows = await figuresOfDay([
      ...day('a', [1], '9007199254740993.0000000001'),
      ...day('b', [2, 3], '0.1'),
      ...day('c', [], '0.0000000002'),
    ]);
    expect(rows.at(-1)).toMatchObject({
      agentId: allAgents,
      succeeded: 3,
      failed: 3,
      pricedTasks: 15,
      inputTokens: 18,
      knownCostUsd: '9007199254740993.1000000003',
    });
  });

  test('percentiles are exact: of one, of ties, of none that took no time, of many in many sizes', async () => {
    let seed = 7;
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const samples = [
      [0],
      [1234.5],
      [5, 5, 5, 5],
      [0, 0, 1e-7, 1e12],
      [0.5, 12, 1e15, 123456789012345, 1e-9, 7e20],
      ...Array.from({ length: 60 }, () =>
        Array.from({ length: 1 + Math.floor(random() * 500) }, () => Math.round(10 ** (random() * 6))),
      ),
      Array.from({ length: 25_000 }, (_, i) => (i * 7919) % 100_003),
    ];
    const rows = await figuresOfDay(samples.flatMap((latencies, i) => day(String(i), latencies)));
    for (const [i, latencies] of [...samples, samples.flat()].entries()) {
      expect(rows[i]!.latencyP50Ms).toBeCloseTo(plainPercentile(latencies, 0.5), 6);
      expect(rows[i]!.latencyP95Ms).toBeCloseTo(plainPercentile(latencies, 0.95), 3);
      expect(rows[i]!.latencyP99Ms).toBeCloseTo(plainPercentile(latencies, 0.99), 3);
    }
  });

  test('the histogram counts each latency in its bucket, by rising bucket', async () => {
    const [row] = await figuresOfDay(day('a', [900, 3, 3, 900, 900, 0]));
    expect(row).toMatchObject({
      latencyBuckets: `{${bucketOf(0)},${bucketOf(3)},${bucketOf(900)}}`,
      latencyCounts: '{1,2,3}',
    });
  });
});
