import { parseCronItems, run, runMigrations, type Runner, type TaskList } from 'graphile-worker';
import { Logger as WorkerLogger } from 'graphile-worker';
import type pg from 'pg';
import type { Transaction } from './database.js';
import type { Logger } from './logger.js';

/** Every kind of job and what it is told. Jobs run at least once: each must be right when it runs twice. */
export type JobHandlers<Jobs> = { [Name in keyof Jobs]: (payload: Jobs[Name]) => Promise<void> };

export interface JobOptions {
  /** Not before this moment; now unless told. */
  runAt?: Date;
  /** One waiting job for each key: a second replaces it. */
  key?: string;
}

/** Enqueues in the transaction that causes the job, so that neither exists without the other. */
export class JobQueue<Jobs> {
  async add<Name extends keyof Jobs & string>(
    tx: Transaction,
    name: Name,
    payload: Jobs[Name],
    options: JobOptions = {},
  ): Promise<void> {
    await tx.query(
      `SELECT graphile_worker.add_job($1, payload := $2::json, run_at := $3, job_key := $4, max_attempts := 10)`,
      [name, JSON.stringify(payload), options.runAt ?? null, options.key ?? null],
    );
  }
}

/** A job that runs by the clock. Times missed because nothing ran are made up for, up to `backfillMs` back. */
export interface CronJob<Jobs> {
  name: keyof Jobs & string;
  /** Five fields, UTC. */
  pattern: string;
  backfillMs: number;
}

export interface WorkerOptions<Jobs> {
  pool: pg.Pool;
  handlers: JobHandlers<Jobs>;
  cron: readonly CronJob<Jobs>[];
  concurrency: number;
  logger: Logger;
}

/** Brings graphile-worker's own tables to its version. */
export function migrateJobs(pool: pg.Pool): Promise<void> {
  return runMigrations({ pgPool: pool, logger: silent });
}

const silent = new WorkerLogger(() => () => undefined);

/** Starts to run jobs in this process. stop() gives running jobs time to end and puts the others back. */
export function startWorker<Jobs>(options: WorkerOptions<Jobs>): Promise<Runner> {
  const { pool, logger } = options;
  const taskList: TaskList = {};
  for (const name of Object.keys(options.handlers) as (keyof Jobs & string)[]) {
    taskList[name] = (payload) => options.handlers[name](payload as Jobs[typeof name]);
  }
  return run({
    pgPool: pool,
    taskList,
    parsedCronItems: parseCronItems(
      options.cron.map(({ name, pattern, backfillMs }) => ({
        task: name,
        match: pattern,
        options: { backfillPeriod: backfillMs, jobKey: name, jobKeyMode: 'preserve_run_at' as const },
      })),
    ),
    concurrency: options.concurrency,
    noHandleSignals: true,
    pollInterval: 1000,
    logger: new WorkerLogger(() => (level, message, meta) => {
      if (level === 'error') logger.error({ ...meta }, message);
      else if (level === 'warning') logger.warn({ ...meta }, message);
      else logger.debug(message);
    }),
  });
}
