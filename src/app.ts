import type { GraphQLSchema } from 'graphql';
import type { Events } from './events.js';
import { createAgents } from './features/agents/index.js';
import { createAudit } from './features/audit/index.js';
import { createAuth } from './features/auth/index.js';
import { createBrowsers } from './features/browsers/index.js';
import { createLogins, type LoginJobs } from './features/logins/index.js';
import { createMcp } from './features/mcp/index.js';
import { createMetrics, type MetricsJobs } from './features/metrics/index.js';
import { createOtlp } from './features/otlp/index.js';
import { createPrices } from './features/prices/index.js';
import { createProjects } from './features/projects/index.js';
import { createScraping, type ScrapingJobs } from './features/scraping/index.js';
import { createSystem, egressProbe, ingestionProbe, redisProbe } from './features/system/index.js';
import { createTasks, type TaskJobs } from './features/tasks/index.js';
import { createTraces, type SearchJobs } from './features/traces/index.js';
import type { Config } from './platform/config.js';
import type { Database } from './platform/database.js';
import { parseEgressAllow } from './platform/egress-allow.js';
import { EgressGuard } from './platform/egress-guard.js';
import { JobQueue, type CronJob, type JobHandlers } from './platform/jobs.js';
import type { Logger } from './platform/logger.js';
import type { EventBus } from './platform/pubsub.js';
import { setMaxJsonBytes } from './platform/validation.js';
import { version } from './platform/version.js';
import { buildBinnacleSchema } from './schema.js';

/** Every kind of job. */
export interface Jobs extends TaskJobs, MetricsJobs, SearchJobs, ScrapingJobs, LoginJobs {
  sealAuditLog: object;
  purgeExpiredSessions: object;
}

export interface AppParts {
  config: Config;
  database: Database;
  events: EventBus<Events>;
  jwtSecret: string;
  /** What secrets are stored with; undefined = this process may see none. */
  encryptionKey: string | undefined;
  logger: Logger;
}

/** The composition root: the only place that constructs services and wires them. */
export async function createApp({ config, database, events, jwtSecret, encryptionKey, logger }: AppParts) {
  setMaxJsonBytes(config.MAX_JSON_BYTES);
  const jobs = new JobQueue<Jobs>();
  const audit = createAudit({ database });
  const auth = createAuth({
    database,
    events,
    logger,
    jwtSecret,
    sessionSeconds: config.SESSION_SECONDS,
    registration: config.REGISTRATION,
    // auth knows no project, so what a registration brings about there is wired here.
    onRegistered: (tx, registered) => projects.welcome(tx, registered),
  });
  const { users, userLoader, tokens } = auth;
  const projects = createProjects({ database, events, users, userLoader, tokens });
  const agents = createAgents({ database, logger, projects: projects.projectLoader });
  const metrics = createMetrics({
    database,
    jobs,
    agents: agents.service,
    sweepMs: config.LIVE_SWEEP_MS,
    logger,
  });
  const prices = createPrices({
    database,
    onPriceChanged: (...change) => tasks.reprice.afterPriceChange(...change),
  });
  const tasks = createTasks({
    database,
    events,
    jobs,
    agents: agents.service,
    users: userLoader,
    projects: projects.projectLoader,
    prices: prices.book,
    maxStepsPerCall: config.MAX_STEPS_PER_CALL,
    traceQuietMs: config.TRACE_QUIET_SECONDS * 1000,
    logger,
    listeners: {
      onFinishedTask: metrics.markDay,
      onStepsTold: (projectId, steps) => traces.indexing.note(projectId, steps),
    },
    beforeDayIsDeleted: metrics.freezeDay,
  });
  const traces = createTraces({
    database,
    events,
    jobs,
    tasks: tasks.service,
    reads: tasks.reads,
    sweepMs: config.LIVE_SWEEP_MS,
    logger,
  });
  const guard = new EgressGuard(parseEgressAllow(config.EGRESS_ALLOW));
  const browsers = createBrowsers({
    guard,
    settings: {
      chromiumPath: config.CHROMIUM_PATH,
      size: config.BROWSER_POOL,
      pagesAtOnce: config.BROWSER_PAGES,
      maxPages: config.BROWSER_MAX_PAGES,
      watchMs: config.BROWSER_WATCH_MS,
    },
    logger,
  });
  const system = createSystem({
    database,
    browsers: () => browsers.pool.knownReport(),
    queues: tasks.queueWatch,
    probes: [
      ...(events.redis ? [redisProbe(events.redis)] : []),
      ingestionProbe(tasks.ingestion, config.STATEMENT_TIMEOUT_MS / 3),
      egressProbe(guard.watch),
    ],
    reportMs: config.STATUS_REPORT_MS,
    sweepMs: config.LIVE_SWEEP_MS,
    version,
    logger,
  });
  const logins = createLogins({
    database,
    events,
    jobs,
    projects: projects.projectLoader,
    guard,
    browsers: browsers.pool,
    encryptionKey,
    userAgent: `Mozilla/5.0 (compatible; Binnacle/${version})`,
    sweepMs: config.LIVE_SWEEP_MS,
    logger,
  });
  const otlp = createOtlp({
    traces: tasks.traces,
    agents: agents.service,
    maxBodyBytes: config.MAX_BODY_BYTES,
    logger,
  });
  const scraping = createScraping({
    database,
    agents: agents.service,
    tasks: tasks.service,
    workers: tasks.builtInWorkers,
    reads: tasks.reads,
    traces: traces.service,
    guard,
    browser: browsers.source,
    logins: logins.forScraping,
    delayMs: config.SCRAPER_DELAY_MS,
    pageTimeoutMs: config.SCRAPER_PAGE_TIMEOUT_MS,
    pageBytes: config.SCRAPER_PAGE_BYTES,
    concurrency: config.SCRAPER_CONCURRENCY,
    maxStepsPerCall: config.MAX_STEPS_PER_CALL,
    logger,
  });
  const mcp = createMcp({
    tasks: tasks.service,
    humans: tasks.humans,
    traces: traces.service,
    metrics: metrics.service,
    scraping: scraping.service,
    system: system.service,
    logins: logins.service,
    version,
    maxBodyBytes: config.MAX_BODY_BYTES,
    maxBatch: config.MAX_BATCH,
    allowedHosts: config.MCP_ALLOWED_HOSTS,
    logger,
  });
  const features = [audit, auth, projects, agents, prices, metrics, tasks, traces, scraping, system, logins];
  const schema: GraphQLSchema = await buildBinnacleSchema(
    features.flatMap((feature) => feature.resolvers),
    { ...traces.streams, ...metrics.streams, ...system.streams, ...logins.streams },
  );

  const handlers: JobHandlers<Jobs> = {
    ...tasks.handlers,
    ...metrics.handlers,
    ...traces.handlers,
    ...scraping.handlers,
    ...logins.handlers,
    sealAuditLog: async () => void (await audit.sealAuditLog()),
    purgeExpiredSessions: async () => void (await auth.purgeExpiredSessions()),
  };
  const cron: CronJob<Jobs>[] = [
    { name: 'sealAuditLog', pattern: '* * * * *', backfillMs: 60_000 },
    { name: 'repairDirtyDays', pattern: '* * * * *', backfillMs: 60_000 },
    { name: 'indexWaiting', pattern: '* * * * *', backfillMs: 60_000 },
    { name: 'giveBackTasks', pattern: '* * * * *', backfillMs: 60_000 },
    { name: 'closeQuietTraces', pattern: '* * * * *', backfillMs: 60_000 },
    { name: 'probeDueLogins', pattern: '* * * * *', backfillMs: 60_000 },
    { name: 'sealDays', pattern: '10 0 * * *', backfillMs: 86_400_000 },
    { name: 'purgeOldTasks', pattern: '20 3 * * *', backfillMs: 86_400_000 },
    { name: 'forgetHostTurns', pattern: '37 * * * *', backfillMs: 3_600_000 },
    { name: 'purgeExpiredSessions', pattern: '17 * * * *', backfillMs: 3_600_000 },
  ];
  return {
    schema,
    auth,
    otlp,
    mcp,
    projects,
    scraping,
    ingestion: tasks.ingestion,
    builtInWorkers: tasks.builtInWorkers,
    live: traces.live,
    indexing: traces.indexing,
    metrics: metrics.live,
    logins: logins.live,
    system,
    browsers,
    handlers,
    cron,
  };
}

export type App = Awaited<ReturnType<typeof createApp>>;
