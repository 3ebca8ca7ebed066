/**
 * Latencies counted in buckets that grow by a constant factor: histograms of any days and agents can be added up, and a
 * percentile read from the sum lies within 1% of the exact one.
 */

/** Each bucket's upper end is this many times its lower end; it makes the middle at most 1% wrong at both ends. */
const growth = 1.01 / 0.99;
const logOfGrowth = Math.log(growth);
/** Shorter than a nanosecond is the same as none: they share this bucket, whose value is 0. */
const zeroBucket = -1000;
const shortestMs = 1e-6;

/** How often each bucket was met, by rising bucket; counts[i] belongs to buckets[i]. */
export interface LatencyHistogram {
  buckets: readonly number[];
  counts: readonly number[];
}

/** The bucket of a latency in milliseconds. */
export function bucketOf(latencyMs: number): number {
  return latencyMs < shortestMs ? zeroBucket : Math.ceil(Math.log(latencyMs) / logOfGrowth);
}

/** The latency, milliseconds, that stands for all of a bucket: off by 1% at most. */
export function valueOf(bucket: number): number {
  return bucket === zeroBucket ? 0 : (2 * growth ** bucket) / (growth + 1);
}

/**
 * The latency below which the given share of the counted lies, by linear interpolation between neighbours as
 * percentile_cont does; within 1% of the exact one. Null where nothing was counted.
 * @param share 0 to 1
 */
export function percentile({ buckets, counts }: LatencyHistogram, share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const place = share * (total - 1);
  const below = nth(Math.floor(place));
  const above = nth(Math.ceil(place));
  return below + (above - below) * (place - Math.floor(place));

  /** The value of the n-th smallest, counted from 0. */
  function nth(n: number): number {
    let seen = 0;
    const at = counts.findIndex((count) => (seen += count) > n);
    return valueOf(buckets[at] ?? zeroBucket);
  }
}
