import { expect, test } from '@jest/globals';
import { bucketOf, percentile, valueOf, type LatencyHistogram } from './latency-histogram.js';

function histogramOf(latencies: readonly number[]): LatencyHistogram {
  const counts = new Map<number, number>();
  for (const bucket of latencies.map(bucketOf)) counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  const buckets = [...counts.keys()].sort((a, b) => a - b);
  return { buckets, counts: buckets.map((bucket) => counts.get(bucket) ?? 0) };
}

test('a bucket stands for each of its latencies within 1%, from a nanosecond to 31 years', () => {
  for (let latency = 1.1e-6; latency < 1e12; latency *= 1.0037) {
    expect(Math.abs(valueOf(bucketOf(latency)) / latency - 1)).toBeLessThanOrEqual(0.01 + 1e-9);
  }
});

test('nothing at all has no percentile, one latency is each of them, none takes no time', () => {
  expect(percentile(histogramOf([]), 0.5)).toBeNull();
  expect(percentile(histogramOf([0]), 0.99)).toBe(0);
  const one = histogramOf([1234]);
  expect(percentile(one, 0)).toBe(percentile(one, 1));
  expect(Math.abs((percentile(one, 0.5) ?? 0) / 1234 - 1)).toBeLessThanOrEqual(0.01);
});

test('ties count as often as they come', () => {
  const value = valueOf(bucketOf(500));
  expect(percentile(histogramOf([...Array<number>(99).fill(500), 90_000]), 0.95)).toBe(value);
  expect(percentile(histogramOf([...Array<number>(99).fill(500), 90_000]), 1)).toBe(
    valueOf(bucketOf(90_000)),
  );
});

test('a percentile interpolates between neighbours', () => {
  const [low, high] = [valueOf(bucketOf(100)), valueOf(bucketOf(1000))];
  expect(percentile(histogramOf([100, 1000]), 0.25)).toBeCloseTo(low + (high - low) / 4, 9);
});
