import type { GraphQLSchema } from 'graphql';
import type { Events } from './events.js';
import { createAgents } from './features/agents/index.js';
import { createAudit } from './features/audit/index.js';
import { createAuth } from './features/auth/index.js';
import { createProjects } from './features/projects/index.js';
import { createTasks, type TaskJobs } from './features/tasks/index.js';
import { createTraces } from './features/traces/index.js';
import type { Config } from './platform/config.js';
import type { Database } from './platform/database.js';
import { JobQueue, type CronJob, type JobHandlers } from './platform/jobs.js';
import type { Logger } from './platform/logger.js';
import type { PubSub } from './platform/pubsub.js';
import { setMaxJsonBytes } from './platform/validation.js';
import { buildBinnacleSchema } from './schema.js';

/** Every kind of job. */
export interface Jobs extends TaskJobs {
  sealAuditLog: object;
  purgeExpiredSessions: object;
}

export interface AppParts {
  config: Config;
  database: Database;
  events: PubSub<Events>;
  jwtSecret: string;
  logger: Logger;
}

/** The composition root: the only place that constructs services and wires them. */
export async function createApp({ config, database, events, jwtSecret, logger }: AppParts) {
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
  const tasks = createTasks({
    database,
    events,
    jobs,
    agents: agents.service,
    users: userLoader,
    projects: projects.projectLoader,
    maxStepsPerCall: config.MAX_STEPS_PER_CALL,
  });
  const traces = createTraces({
    database,
    events,
    tasks: tasks.service,
    reads: tasks.reads,
    sweepMs: config.LIVE_SWEEP_MS,
    logger,
  });
  const features = [audit, auth, projects, agents, tasks, traces];
  const schema: GraphQLSchema = await buildBinnacleSchema(
    features.flatMap((feature) => feature.resolvers),
    traces.streams,
  );

  const handlers: JobHandlers<Jobs> = {
    ...tasks.handlers,
    sealAuditLog: async () => void (await audit.sealAuditLog()),
    purgeExpiredSessions: async () => void (await auth.purgeExpiredSessions()),
  };
  const cron: CronJob<Jobs>[] = [
    { name: 'sealAuditLog', pattern: '* * * * *', backfillMs: 60_000 },
    { name: 'purgeExpiredSessions', pattern: '17 * * * *', backfillMs: 3_600_000 },
  ];
  return { schema, auth, projects, ingestion: tasks.steps, live: traces.live, handlers, cron };
}

export type App = Awaited<ReturnType<typeof createApp>>;
