/** A task as far as the KPIs look at it; times in milliseconds since 1970. */
export interface PlainTask {
  agentId: string;
  status: string;
  startedAt: number | null;
  finishedAt: number | null;
  costUsd: number | null;
  interventions: number;
  inputTokens: number;
  outputTokens: number;
}

/** The fields of a DailyMetric that follow from tasks. */
export interface PlainMetric {
  day: string;
  agentId: string | null;
  tasks: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  cancelled: number;
  successRate: number | null;
  interventionRate: number | null;
  latencyP50Ms: number | null;
  latencyP95Ms: number | null;
  latencyP99Ms: number | null;
  costUsd: number | null;
  costPerTaskUsd: number | null;
  costPerSuccessUsd: number | null;
  unpricedTasks: number;
  inputTokens: number;
  outputTokens: number;
}

export const plainMetricFields = `day agentId tasks succeeded failed timedOut cancelled successRate interventionRate
  latencyP50Ms latencyP95Ms latencyP99Ms costUsd costPerTaskUsd costPerSuccessUsd unpricedTasks inputTokens outputTokens`;

/** Each KPI as its definition says it, over the raw tasks: slow, and easy to believe. */
export function plainMetric(day: string, agentId: string | null, all: readonly PlainTask[]): PlainMetric {
  const ofDay = all.filter(
    (task) =>
      task.finishedAt !== null &&
      new Date(task.finishedAt).toISOString().startsWith(day) &&
      (agentId === null || task.agentId === agentId),
  );
  const finished = ofDay.filter(({ status }) => ['SUCCEEDED', 'FAILED', 'TIMED_OUT'].includes(status));
  const count = (status: string) => ofDay.filter((task) => task.status === status).length;
  const latencies = finished
    .flatMap(({ startedAt, finishedAt }) =>
      startedAt === null || finishedAt === null ? [] : [finishedAt - startedAt],
    )
    .sort((a, b) => a - b);
  const costs = finished.flatMap(({ costUsd }) => (costUsd === null ? [] : [costUsd]));
  const cost = costs.reduce((sum, each) => sum + each, 0);
  const succeeded = count('SUCCEEDED');
  const sum = (of: (task: PlainTask) => number) => finished.reduce((total, task) => total + of(task), 0);
  return {
    day,
    agentId,
    tasks: finished.length,
    succeeded,
    failed: count('FAILED'),
    timedOut: count('TIMED_OUT'),
    cancelled: count('CANCELLED'),
    successRate: finished.length === 0 ? null : succeeded / finished.length,
    interventionRate:
      finished.length === 0
        ? null
        : finished.filter(({ interventions }) => interventions > 0).length / finished.length,
    latencyP50Ms: exactPercentile(latencies, 0.5),
    latencyP95Ms: exactPercentile(latencies, 0.95),
    latencyP99Ms: exactPercentile(latencies, 0.99),
    costUsd: costs.length === 0 ? null : cost,
    costPerTaskUsd: costs.length === 0 ? null : cost / costs.length,
    costPerSuccessUsd: costs.length === 0 || succeeded === 0 ? null : cost / succeeded,
    unpricedTasks: finished.length - costs.length,
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
  };
}

/** By linear interpolation between neighbours; null of nothing. @param sorted upwards */
export function exactPercentile(sorted: readonly number[], share: number): number | null {
  if (sorted.length === 0) return null;
  const place = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
  return below + (above - below) * (place - Math.floor(place));
}

/** The same up to the last digits, which sums in another order leave different. */
export function rounded(metric: PlainMetric): PlainMetric {
  const round = (value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(9)) : value);
  return Object.fromEntries(
    Object.entries(metric).map(([name, value]) => [name, round(value)]),
  ) as unknown as PlainMetric;
}
