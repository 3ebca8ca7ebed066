import { addDays, isDay, type DayRange } from './utc-days';

/** Ranges that move on with the days; each ends today. */
export type Preset = '7d' | '30d' | '90d' | 'month';
export type LatencyMeasure = 'latencyP50Ms' | 'latencyP95Ms';
export type CostMeasure = 'costUsd' | 'costPerTaskUsd' | 'costPerSuccessUsd';

/** What the page of metrics shows: kept whole in the address, so that a view can be shared. */
export interface MetricsView {
  range: Preset | DayRange;
  /** The agents that are chosen; none = the busiest. */
  agentIds: string[];
  latency: LatencyMeasure;
  cost: CostMeasure;
}

/** As many agents as lines can be told apart. */
export const MOST_CHOSEN = 8;

const DAYS_OF_PRESET: Record<Exclude<Preset, 'month'>, number> = { '7d': 7, '30d': 30, '90d': 90 };
const PRESETS: readonly Preset[] = ['7d', '30d', '90d', 'month'];
const DEFAULT_PRESET: Preset = '30d';
const LATENCIES: Record<string, LatencyMeasure> = { p50: 'latencyP50Ms', p95: 'latencyP95Ms' };
const COSTS: Record<string, CostMeasure> = {
  all: 'costUsd',
  task: 'costPerTaskUsd',
  success: 'costPerSuccessUsd',
};

/** Reads a view out of an address. What makes no sense in it is left out: old and mistyped addresses still work. */
export function readMetricsView(params: URLSearchParams): MetricsView {
  const [from, to] = [params.get('from') ?? '', params.get('to') ?? ''];
  const preset = PRESETS.find((known) => known === params.get('range'));
  return {
    range: isDay(from) && isDay(to) ? { from, to } : (preset ?? DEFAULT_PRESET),
    agentIds: [...new Set(params.getAll('agent'))].filter((id) => id !== '').slice(0, MOST_CHOSEN),
    latency: LATENCIES[params.get('latency') ?? ''] ?? 'latencyP95Ms',
    cost: COSTS[params.get('cost') ?? ''] ?? 'costUsd',
  };
}

/** The reverse: the shortest address of a view. */
export function writeMetricsView({ range, agentIds, latency, cost }: MetricsView): URLSearchParams {
  const params = new URLSearchParams();
  if (typeof range === 'object') {
    params.set('from', range.from);
    params.set('to', range.to);
  } else if (range !== DEFAULT_PRESET) {
    params.set('range', range);
  }
  for (const id of agentIds) params.append('agent', id);
  if (latency !== 'latencyP95Ms') params.set('latency', nameOf(LATENCIES, latency));
  if (cost !== 'costUsd') params.set('cost', nameOf(COSTS, cost));
  return params;
}

/** The days of a range. */
export function resolveRange(range: Preset | DayRange, today: string): DayRange {
  if (typeof range === 'object') return range;
  if (range === 'month') return { from: `${today.slice(0, 8)}01`, to: today };
  return { from: addDays(today, 1 - DAYS_OF_PRESET[range]), to: today };
}

function nameOf(names: Record<string, string>, value: string): string {
  return Object.keys(names).find((name) => names[name] === value) ?? '';
}
