import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseCronItems, run, runMigrations, type TaskList, type WorkerEvents } from 'graphile-worker';
import { Logger as WorkerLogger } from 'graphile-worker';
import type pg from 'pg';
import type { Database, Transaction } from './database.js';
import type { Logger } from './logger.js';
import { WorkerPresence } from './worker-presence.js';

/** Every kind of job and what it is told. Jobs run at least once: each must be right when it runs twice. */
export type JobHandlers<Jobs> = { [Name in keyof Jobs]: (payload: Jobs[Name]) => Promise<void> };

export interface JobOptions {
  /** Not before this moment; now unless told. */
  runAt?: Date;
  /** One waiting job for each key: a second replaces it. */
  key?: string;
  /** A waiting job of the same key keeps the moment that it waits for: many who ask again do not put it off. */
  keepsRunAt?: boolean;
}

/** Enqueues in the transaction that causes the job, so that neither exists without the other. */
export class JobQueue<Jobs> {
  async add<Name extends keyof Jobs & string>(
    tx: Pick<Transaction, 'query'>,
    name: Name,
    payload: Jobs[Name],
    options: JobOptions = {},
  ): Promise<void> {
    await tx.query(
      `SELECT graphile_worker.add_job($1, payload := $2::json, run_at := $3, job_key := $4, max_attempts := 10,
         job_key_mode := $5)`,
      [
        name,
        JSON.stringify(payload),
        options.runAt ?? null,
        options.key ?? null,
        options.keepsRunAt ? 'preserve_run_at' : 'replace',
      ],
    );
  }

  /** Whether any of the jobs of those keys waits or runs. */
  async areWaiting(database: Database, keys: readonly string[]): Promise<boolean> {
    const rows = await database.query('SELECT 1 FROM graphile_worker.jobs WHERE key = ANY($1) LIMIT 1', [
      keys,
    ]);
    return rows.length > 0;
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

/** A worker that runs. */
export interface StartedWorker {
  /** Gives running jobs time to end and puts the others back. */
  stop(): Promise<void>;
}

/** Starts to run jobs in this process. */
export async function startWorker<Jobs>(options: WorkerOptions<Jobs>): Promise<StartedWorker> {
  const { pool, logger } = options;
  const presence = new WorkerPresence(pool, logger);
  await presence.start();
  const taskList: TaskList = { freeJobsOfTheDead: () => presence.freeJobsOfTheDead() };
  for (const name of Object.keys(options.handlers) as (keyof Jobs & string)[]) {
    taskList[name] = (payload) => options.handlers[name](payload as Jobs[typeof name]);
  }
  const cron = [...options.cron, { name: 'freeJobsOfTheDead', pattern: '* * * * *', backfillMs: 0 }];
  const events: WorkerEvents = new EventEmitter();
  events.on('worker:create', ({ worker }) => presence.add(worker.workerId));
  const stopping = new AbortController();
  const runner = await run({
    pgPool: withPatientQueries(pool, stopping.signal, logger),
    taskList,
    events,
    parsedCronItems: parseCronItems(
      cron.map(({ name, pattern, backfillMs }) => ({
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
  return {
    stop: async () => {
      stopping.abort();
      await runner.stop();
      await runner.promise;
      await presence.stop();
    },
  };
}

const retryMs = 1_000;

/**
 * The pool, but what `query` is asked is asked again until it succeeds. graphile-worker asks it for the work of its clock alone
 * (workers hold connections, and try again themselves): one failure there would end the clock, and by a rejection that nobody
 * can catch the process. A statement that is repeated does nothing twice: what is due is marked as begun as it is enqueued.
 */
function withPatientQueries(pool: pg.Pool, stopping: AbortSignal, logger: Logger): pg.Pool {
  const query = async (text: string, values?: unknown[]) => {
    for (let failures = 0; !stopping.aborted; failures++) {
      try {
        return await pool.query(text, values);
      } catch (error) {
        if (failures === 0)
          logger.warn({ err: error }, 'Jobs of the clock cannot be enqueued; it is tried again.');
        await sleep(retryMs, undefined, { signal: stopping }).catch(() => undefined);
      }
    }
    return { rows: [] };
  };
  return new Proxy(pool, {
    get: (target, name) => (name === 'query' ? query : (Reflect.get(target, name) as unknown)),
  });
}
