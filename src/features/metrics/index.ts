import type { AgentService } from '../agents/index.js';
import type { Database } from '../../platform/database.js';
import type { JobQueue } from '../../platform/jobs.js';
import type { Logger } from '../../platform/logger.js';
import { DailyMetric, DirtyDay } from './daily-metric.entity.js';
import { DayJobs } from './day-jobs.js';
import { DayRepository } from './day.repository.js';
import type { MetricsJobs } from './metrics.jobs.js';
import { MetricsLive } from './metrics-live.js';
import { MetricsRepository } from './metrics.repository.js';
import { MetricsResolver, metricsStreams } from './metrics.resolver.js';
import { MetricsService } from './metrics.service.js';

export { DayRepository };
export type { MetricsJobs } from './metrics.jobs.js';
export type { MetricsService } from './metrics.service.js';
export { CostDimension } from './metrics.types.js';

export const metricsEntities = [DailyMetric, DirtyDay];

export interface MetricsDependencies {
  database: Database;
  jobs: JobQueue<MetricsJobs>;
  agents: AgentService;
  /** How often followed projects are looked at. */
  sweepMs: number;
  logger: Logger;
}

/** The KPIs of agents and projects, day by day: computed from tasks, kept true, followed live. */
export function createMetrics(deps: MetricsDependencies) {
  const days = new DayRepository(deps.database);
  const dayJobs = new DayJobs(deps.database, days, deps.jobs, deps.logger);
  const repository = new MetricsRepository(deps.database);
  const live = new MetricsLive(repository, deps.sweepMs, deps.logger);
  const service = new MetricsService(deps.database, repository, dayJobs, live, deps.agents);
  return {
    service,
    live,
    /** For whoever deletes tasks: figures of the day stay as they are while all are there. */
    freezeDay: (projectId: string, day: string) => days.freeze({ projectId, day }),
    /** For whoever changes tasks: the day in which the task finished is computed again. */
    markDay: dayJobs.mark.bind(dayJobs),
    handlers: dayJobs.handlers,
    resolvers: [new MetricsResolver(service)] as object[],
    streams: metricsStreams(service),
  };
}
