import type { TimeSlice } from '../../platform/time-slice.js';
import { bucketOf, type LatencyHistogram } from './latency-histogram.js';

/** Some latencies, milliseconds, each with its bucket of the histogram. */
export interface LatencyPart {
  values: Float64Array;
  buckets: Int16Array;
}

/** Each part is small enough to be gone through in one slice of time. */
const partSize = 10_000;
const zero = '0'.charCodeAt(0);
const comma = ','.charCodeAt(0) - zero;
const lowestBucket = -1000;
const bucketCount = 4096;

/** Reads an array of numbers as PostgreSQL writes it, such as {12,3.5}. */
export async function readLatencies(array: string, slice: TimeSlice): Promise<LatencyPart[]> {
  const parts: LatencyPart[] = [];
  const end = array.length - 1;
  for (let from = 1; from < end;) {
    const values = new Float64Array(partSize);
    const buckets = new Int16Array(partSize);
    let size = 0;
    for (; size < partSize && from < end; size++) {
      // Whole numbers by their digits, which is several times as fast; others, such as 12.5 or 1e+15, as a whole.
      let to = from;
      let value = 0;
      let digit = array.charCodeAt(to) - zero;
      for (; digit >= 0 && digit <= 9; digit = array.charCodeAt(++to) - zero) value = value * 10 + digit;
      if (digit !== comma && to < end) {
        const next = array.indexOf(',', to);
        to = next === -1 ? end : next;
        value = Number(array.slice(from, to));
      }
      values[size] = value;
      buckets[size] = bucketOf(value);
      from = to + 1;
    }
    parts.push({ values: values.subarray(0, size), buckets: buckets.subarray(0, size) });
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
    const found: { before: number; values: number[] }[] = [];
    /** For each bucket, which of those it is, counted from 1; 0 = none. */
    const places = new Uint8Array(bucketCount);
    let before = 0;
    buckets.forEach((bucket, i) => {
      const after = before + (counts[i] ?? 0);
      if (ranks.some((rank) => rank >= before && rank < after)) {
        places[bucket - lowestBucket] = found.push({ before, values: [] });
      }
      before = after;
    });
    for (const part of this.parts) {
      for (let i = 0; i < part.values.length; i++) {
        const place = places[part.buckets[i]! - lowestBucket]!;
        if (place > 0) found[place - 1]?.values.push(part.values[i]!);
      }
      await slice.pause();
    }
    const sorted = found.map((one) => ({ ...one, values: Float64Array.from(one.values).sort() }));
    return (rank) => {
      const bucket = sorted.find((one) => rank >= one.before && rank < one.before + one.values.length);
      if (!bucket) throw new Error('A rank lies in no bucket.');
      return bucket.values[rank - bucket.before]!;
    };
  }
}
