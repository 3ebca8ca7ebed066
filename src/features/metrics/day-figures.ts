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

/** What was read of one agent's tasks. */
export interface AgentDay extends Counts {
  agentId: string;
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
export async function figuresOfDay(agents: readonly AgentDay[]): Promise<DayFigures[]> {
  const slice = new TimeSlice();
  const figures: DayFigures[] = [];
  const parts: LatencyPart[] = [];
  for (const { latencies, ...counts } of agents) {
    const own = latencies === null ? [] : await readLatencies(latencies, slice);
    figures.push({ ...counts, ...(await latencyFigures(own, slice)) });
    parts.push(...own);
  }
  if (agents.length === 0) return figures;
  const all = { agentId: allAgents, ...sumOf(agents), ...(await latencyFigures(parts, slice)) };
  return [...figures, all];
}

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

function sumOf(agents: readonly Counts[]): Counts {
  const sum = (field: Exclude<keyof Counts, 'knownCostUsd'>) =>
    agents.reduce((total, agent) => total + agent[field], 0);
  return {
    succeeded: sum('succeeded'),
    failed: sum('failed'),
    timedOut: sum('timedOut'),
    cancelled: sum('cancelled'),
    intervened: sum('intervened'),
    pricedTasks: sum('pricedTasks'),
    knownCostUsd: dollars(agents.reduce((total, { knownCostUsd }) => total + units(knownCostUsd), 0n)),
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
