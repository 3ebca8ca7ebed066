import type { QueueWatch } from '../tasks/index.js';
import type { Database } from '../../platform/database.js';
import type { Logger } from '../../platform/logger.js';
import type { BrowsersReport } from './browser-status.js';
import { databaseProbe, jobsProbe } from './component-probes.js';
import type { Probe } from './probe.js';
import { ProcessReport } from './process-report.entity.js';
import { ProcessReporter } from './process-reporter.js';
import { ProcessReportRepository } from './process-report.repository.js';
import { SystemLive } from './system-live.js';
import { SystemResolver, systemStreams } from './system.resolver.js';
import { SystemService } from './system.service.js';
import { SystemWatch } from './system-watch.js';

export { BrowserState } from './browser-status.js';
export { egressProbe, ingestionProbe, redisProbe } from './component-probes.js';
export { Health } from './health.js';
export type { Finding, Probe, ProcessRole } from './probe.js';
export { SystemStatus } from './system.types.js';
export type { SystemService } from './system.service.js';

export const systemEntities = [ProcessReport];

/** Reports that were missed before a process counts as silent, and before it is forgotten. */
const silentReports = 3;
const forgottenReports = 24;

export interface SystemDependencies {
  database: Database;
  /** The tasks that wait, and who works on them. */
  queues: QueueWatch;
  /** What else is looked at, beside the database and its jobs. */
  probes: readonly Probe[];
  /** The browsers of this process; null where nothing is known of them yet. */
  browsers: () => BrowsersReport | null;
  /** How often each process reports: STATUS_REPORT_MS. */
  reportMs: number;
  /** How often the picture is made for those who follow it. */
  sweepMs: number;
  /** Of Binnacle. */
  version: string;
  logger: Logger;
}

/** How Binnacle itself is: what each process sees, put together into one picture. */
export function createSystem({ database, reportMs, sweepMs, version, logger, ...deps }: SystemDependencies) {
  const probes = [databaseProbe(database), ...deps.probes, jobsProbe(database)];
  const reports = new ProcessReportRepository(database);
  const reporter = new ProcessReporter(reports, probes, deps.browsers, reportMs, version, logger);
  const rules = {
    expected: probes.map(({ component }) => component),
    version,
    silentMs: reportMs * silentReports,
    forgottenMs: reportMs * forgottenReports,
  };
  const watch = new SystemWatch(reports, reporter, rules, logger);
  const live = new SystemLive(watch, sweepMs, logger);
  const service = new SystemService(watch, live, deps.queues);
  return {
    service,
    reporter,
    live,
    resolvers: [new SystemResolver(service)] as object[],
    streams: systemStreams(service),
  };
}
