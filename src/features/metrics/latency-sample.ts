import type { TimeSlice } from '../../platform/time-slice.js';
import { bucketOf, type LatencyHistogram } from './latency-histogram.js';

/** Some latencies, milliseconds, each with its bucket of the histogram. */
export interface LatencyPart {
  values: Float64Array;
  buckets: Int16Array;
}

/** Each part is small enough to be gone through in one slice of time. */
const partSize = 10_000;
const lowestBucket = -1000;
const bucketCount = 4096;

/** Reads an array of numbers as PostgreSQL writes it, such as {12,3.5}. */
export async function readLatencies(array: string, slice: TimeSlice): Promise<LatencyPart[]> {
  const parts: LatencyPart[] = [];
  const end = array.length - 1;
  for (let from = 1; from < end;) {
    const values = new Float64Array(partSize);
    let size = 0;
    while (size < partSize && from < end) {
      const comma = array.indexOf(',', from);
      const to = comma === -1 ? end : comma;
      values[size++] = Number(array.slice(from, to));
      from = to + 1;
    }
    const part = values.subarray(0, size);
    parts.push({ values: part, buckets: Int16Array.from(part, bucketOf) });
    await slice.pause();
  }
  return parts;
}

/** Latencies whose percentiles are exact, without sorting more than the few buckets in which these lie. */
export class LatencySample {
  private constructor(
    private readonly parts: readonly LatencyPart[],
    readonly histogram: LatencyHistogram,
    private readonly size: number,
  ) {}

  static async of(parts: readonly LatencyPart[], slice: TimeSlice): Promise<LatencySample> {
    const met = new Float64Array(bucketCount);
    let size = 0;
    for (const { buckets } of parts) {
      for (const bucket of buckets) met[bucket - lowestBucket]!++;
      size += buckets.length;
      await slice.pause();
    }
    const histogram = { buckets: [] as number[], counts: [] as number[] };
    met.forEach((count, place) => {
      if (count === 0) return;
      histogram.buckets.push(place + lowestBucket);
      histogram.counts.push(count);
    });
    return new LatencySample(parts, histogram, size);
  }

  /** By linear interpolation, as percentile_cont does; none where there are no latencies. */
  async percentiles(shares: readonly number[], slice: TimeSlice): Promise<number[]> {
    if (this.size === 0) return [];
    const places = shares.map((share) => share * (this.size - 1));
    const nth = await this.#ranked(
      places.flatMap((place) => [Math.floor(place), Math.ceil(place)]),
      slice,
    );
    return places.map((place) => {
      const [below, above] = [nth(Math.floor(place)), nth(Math.ceil(place))];
      return below + (above - below) * (place - Math.floor(place));
    });
  }

  /** What answers the n-th smallest latency, counted from 0, for those ranks. */
  async #ranked(ranks: readonly number[], slice: TimeSlice): Promise<(rank: number) => number> {
    const { buckets, counts } = this.histogram;
    const found = new Map<number, { before: number; values: number[] }>();
    let before = 0;
    buckets.forEach((bucket, i) => {
      const after = before + (counts[i] ?? 0);
      if (ranks.some((rank) => rank >= before && rank < after)) found.set(bucket, { before, values: [] });
      before = after;
    });
    for (const part of this.parts) {
      part.buckets.forEach((bucket, i) => found.get(bucket)?.values.push(part.values[i]!));
      await slice.pause();
    }
    const sorted = [...found.values()].map((one) => ({
      ...one,
      values: Float64Array.from(one.values).sort(),
    }));
    return (rank) => {
      const bucket = sorted.find((one) => rank >= one.before && rank < one.before + one.values.length);
      if (!bucket) throw new Error('A rank lies in no bucket.');
      return bucket.values[rank - bucket.before]!;
    };
  }
}
