import { recordAudit } from '../audit/index.js';
import type { AgentService } from '../agents/index.js';
import type { Database } from '../../platform/database.js';
import { BadUserInputError, NotFoundError } from '../../platform/errors.js';
import type { RequestContext } from '../../platform/request-context.js';
import { requirePermission } from '../../platform/viewer.js';
import type { DailyMetric } from './daily-metric.entity.js';
import type { DayJobs } from './day-jobs.js';
import { percentile } from './latency-histogram.js';
import type { MetricsLive } from './metrics-live.js';
import type { DayRange, MetricsRepository } from './metrics.repository.js';
import { MetricsSummary, type CostDimension, type CostSlice } from './metrics.types.js';

const dayMs = 86_400_000;
/** Most days that one query answers, and one call has computed again. */
const mostDays = 1_100;
const mostRecomputed = 366;
/** How long recomputeMetrics waits for the days it asked for, and how often it looks. */
const recomputeWaitMs = 10_000;
const recomputeLookMs = 100;

/** The KPIs of projects and agents, day by day. */
export class MetricsService {
  constructor(
    private readonly database: Database,
    private readonly metrics: MetricsRepository,
    private readonly jobs: DayJobs,
    private readonly live: MetricsLive,
    private readonly agents: AgentService,
  ) {}

  /** @param perAgent one row for each agent and day, in place of those of all agents together */
  async daily(
    context: RequestContext,
    projectId: string,
    agentId: string | null,
    perAgent: boolean,
    range: DayRange,
  ): Promise<DailyMetric[]> {
    await this.#requireReadable(context, projectId, agentId);
    if (perAgent && agentId !== null) {
      const message = 'perAgent answers every agent; leave one of perAgent and agentId out.';
      throw new BadUserInputError([{ path: 'perAgent', message }]);
    }
    requireRange(range, mostDays);
    return this.metrics.days(projectId, perAgent ? 'each agent' : { agentId }, range);
  }

  async summary(
    context: RequestContext,
    projectId: string,
    agentId: string | null,
    range: DayRange,
  ): Promise<MetricsSummary> {
    await this.#requireReadable(context, projectId, agentId);
    requireRange(range, mostDays);
    const { counts, histogram } = await this.metrics.sum(projectId, agentId, range);
    return Object.assign(new MetricsSummary(), {
      ...range,
      counts,
      latencyP50Ms: percentile(histogram, 0.5),
      latencyP95Ms: percentile(histogram, 0.95),
      latencyP99Ms: percentile(histogram, 0.99),
    });
  }

  async costs(
    context: RequestContext,
    projectId: string,
    by: CostDimension,
    range: DayRange,
  ): Promise<CostSlice[]> {
    requirePermission(context.viewer, projectId, 'read');
    requireRange(range, mostDays);
    return this.metrics.breakdown(projectId, by, range);
  }

  /** Has the days computed by jobs, and answers once they are, or as they stand after ten seconds. */
  async recompute(context: RequestContext, projectId: string, range: DayRange): Promise<DailyMetric[]> {
    requirePermission(context.viewer, projectId, 'manage');
    requireRange(range, mostRecomputed);
    const days = daysOf(range).map((day) => ({ projectId, day }));
    await this.database.transaction(async (tx) => {
      await this.jobs.add(tx, days);
      await recordAudit(tx, {
        context,
        projectId,
        action: 'recomputeMetrics',
        subjectType: 'Project',
        subjectId: projectId,
        after: { ...range },
      });
    });
    const until = Date.now() + recomputeWaitMs;
    while (Date.now() < until && (await this.jobs.areWaiting(days))) {
      await new Promise((resolve) => setTimeout(resolve, recomputeLookMs));
    }
    return this.metrics.days(projectId, { agentId: null }, range);
  }

  async follow(context: RequestContext, projectId: string, agentId: string | null) {
    await this.#requireReadable(context, projectId, agentId);
    return this.live.follow(projectId, agentId);
  }

  async #requireReadable(context: RequestContext, projectId: string, agentId: string | null): Promise<void> {
    requirePermission(context.viewer, projectId, 'read');
    if (agentId === null) return;
    const agent = await this.agents.get(context, agentId);
    if (agent.projectId !== projectId) throw new NotFoundError('The agent');
  }
}

function requireRange({ from, to }: DayRange, most: number): void {
  const problem =
    from > to
      ? { path: 'from', message: `It lies after to, ${to}.` }
      : (Date.parse(to) - Date.parse(from)) / dayMs >= most
        ? { path: 'to', message: `The range has more than ${most} days; ask in parts.` }
        : undefined;
  if (problem) throw new BadUserInputError([problem]);
}

function daysOf({ from, to }: DayRange): string[] {
  const days: string[] = [];
  for (let ms = Date.parse(from); ms <= Date.parse(to); ms += dayMs) {
    days.push(new Date(ms).toISOString().slice(0, 10));
  }
  return days;
}
