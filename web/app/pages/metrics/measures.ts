import { formatCost, formatDuration, formatRate } from '../../format/numbers';
import type { CostMeasure, LatencyMeasure } from './metrics-view';

export type MeasureKey = 'successRate' | 'interventionRate' | LatencyMeasure | CostMeasure;

export interface Measure {
  key: MeasureKey;
  /** For a heading. */
  title: string;
  /** For a file's name and a column's heading: what the bare numbers count. */
  unit: string;
  format: (value: number | null) => string;
  /** Which way is better; null where more may be as good as less. */
  better: 'more' | 'less' | null;
  /** Shares differ by points, amounts by parts of themselves. */
  isShare: boolean;
  /** What it means for a day, and where that differs, for a range: in the words of the API. */
  meaning: string;
  rangeMeaning?: string;
}

const dayLatency = (share: string) =>
  `Milliseconds: ${share} of the finished tasks took at most so long, from startedAt to finishedAt where both are known; by linear interpolation, exact.`;
const rangeLatency = (share: string) =>
  `Milliseconds: ${share} of the finished tasks with a known latency took at most so long; read from histograms, within 1% of the exact figure.`;

export const FINISHED_MEANING =
  'Finished tasks: succeeded, failed or timed out. Cancelled tasks are counted apart and enter no rate.';

export const MEASURES: Record<MeasureKey, Measure> = {
  successRate: {
    key: 'successRate',
    title: 'Task success rate (TSR)',
    unit: '0 to 1',
    format: formatRate,
    better: 'more',
    isShare: true,
    meaning: 'TSR, 0 to 1: succeeded / finished; null without finished tasks.',
  },
  interventionRate: {
    key: 'interventionRate',
    title: 'Human intervention rate (HIR)',
    unit: '0 to 1',
    format: formatRate,
    better: 'less',
    isShare: true,
    meaning:
      'HIR, 0 to 1: finished tasks that needed at least one human intervention / finished; null without finished tasks.',
  },
  latencyP50Ms: {
    key: 'latencyP50Ms',
    title: 'Latency P50',
    unit: 'ms',
    format: formatDuration,
    better: 'less',
    isShare: false,
    meaning: dayLatency('half'),
    rangeMeaning: rangeLatency('half'),
  },
  latencyP95Ms: {
    key: 'latencyP95Ms',
    title: 'Latency P95',
    unit: 'ms',
    format: formatDuration,
    better: 'less',
    isShare: false,
    meaning: dayLatency('95%'),
    rangeMeaning: rangeLatency('95%'),
  },
  costUsd: {
    key: 'costUsd',
    title: 'Cost',
    unit: 'USD',
    format: formatCost,
    // More work costs more: the cost of a success says whether it is dear.
    better: null,
    isShare: false,
    meaning: 'US dollars: the known cost of the finished tasks; null = none is known.',
  },
  costPerTaskUsd: {
    key: 'costPerTaskUsd',
    title: 'Cost per task',
    unit: 'USD',
    format: formatCost,
    better: 'less',
    isShare: false,
    meaning:
      'US dollars: known cost of the finished tasks / those of them whose cost is known; null where none is.',
  },
  costPerSuccessUsd: {
    key: 'costPerSuccessUsd',
    title: 'Cost per success',
    unit: 'USD',
    format: formatCost,
    better: 'less',
    isShare: false,
    meaning:
      'US dollars: known cost of all finished tasks / successes among them; null without a success or a known cost.',
  },
};
