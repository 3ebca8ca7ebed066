import { TimeSlice } from '../../platform/time-slice.js';
import { allAgents } from './daily-metric.entity.js';
import { LatencySample, readLatencies, type LatencyPart } from './latency-sample.js';

interface Counts {
  succeeded: number;
  failed: number;
  timedOut: number;
  cancelled: number;
  intervened: number;
  pricedTasks: number;
  /** US dollars, exact, as text. */
  knownCostUsd: string;
  inputTokens: number;
  outputTokens: number;
}

/** How tasks end. */
type End = 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'CANCELLED';

/** What was read of one agent's tasks that ended in one way. */
export interface StatusDay {
  agentId: string;
  status: End;
  tasks: number;
  intervened: number;
  pricedTasks: number;
  /** US dollars, exact, as text. */
  knownCostUsd: string;
  inputTokens: number;
  outputTokens: number;
  /** Milliseconds, as PostgreSQL writes an array; null = none is known. */
  latencies: string | null;
}

/** A row of daily_metrics; lists as PostgreSQL writes an array. */
export interface DayFigures extends Counts {
  agentId: string;
  latencyP50Ms: number | null;
  latencyP95Ms: number | null;
  latencyP99Ms: number | null;
  latencyBuckets: string;
  latencyCounts: string;
}

/** The figures of each agent, and of all of them together where there is any; in slices, as a day may have millions of tasks. */
export async function figuresOfDay(rows: readonly StatusDay[]): Promise<DayFigures[]> {
  const slice = new TimeSlice();
  const figures: DayFigures[] = [];
  const parts: LatencyPart[] = [];
  for (const agentId of new Set(rows.map((row) => row.agentId))) {
    const ofAgent = rows.filter((row) => row.agentId === agentId);
    const own: LatencyPart[] = [];
    for (const { status, latencies } of ofAgent) {
      if (isCounted(status) && latencies !== null) own.push(...(await readLatencies(latencies, slice)));
    }
    figures.push({ agentId, ...countsOf(ofAgent), ...(await latencyFigures(own, slice)) });
    parts.push(...own);
  }
  if (rows.length === 0) return figures;
  return [...figures, { agentId: allAgents, ...countsOf(rows), ...(await latencyFigures(parts, slice)) }];
}

/** Cancelled tasks are counted apart, and enter nothing else. */
const isCounted = (status: End) => status !== 'CANCELLED';

async function latencyFigures(parts: readonly LatencyPart[], slice: TimeSlice) {
  const sample = await LatencySample.of(parts, slice);
  const [latencyP50Ms = null, latencyP95Ms = null, latencyP99Ms = null] = await sample.percentiles(
    [0.5, 0.95, 0.99],
    slice,
  );
  const { buckets, counts } = sample.histogram;
  return {
    latencyP50Ms,
    latencyP95Ms,
    latencyP99Ms,
    latencyBuckets: `{${buckets.join()}}`,
    latencyCounts: `{${counts.join()}}`,
  };
}

function countsOf(rows: readonly StatusDay[]): Counts {
  const counted = rows.filter(({ status }) => isCounted(status));
  const sum = (field: 'intervened' | 'pricedTasks' | 'inputTokens' | 'outputTokens') =>
    counted.reduce((total, row) => total + row[field], 0);
  const tasksOf = (wanted: End) =>
    rows.reduce((total, { status, tasks }) => total + (status === wanted ? tasks : 0), 0);
  return {
    succeeded: tasksOf('SUCCEEDED'),
    failed: tasksOf('FAILED'),
    timedOut: tasksOf('TIMED_OUT'),
    cancelled: tasksOf('CANCELLED'),
    intervened: sum('intervened'),
    pricedTasks: sum('pricedTasks'),
    knownCostUsd: dollars(counted.reduce((total, { knownCostUsd }) => total + units(knownCostUsd), 0n)),
    inputTokens: sum('inputTokens'),
    outputTokens: sum('outputTokens'),
  };
}

/** Money has ten decimals, and is added up exactly. */
const decimals = 10;

function units(usd: string): bigint {
  const [whole = '0', fraction = ''] = usd.split('.');
  return BigInt(whole + fraction.padEnd(decimals, '0'));
}

function dollars(sum: bigint): string {
  const digits = sum.toString().padStart(decimals + 1, '0');
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
