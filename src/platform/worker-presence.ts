import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from './logger.js';

/** A job that was taken less long ago is left alone: its worker may not have shown itself yet. */
const graceSeconds = 30;
const reconnectMs = 1_000;

const keyOf = (parameter: string) => `hashtextextended('worker ' || ${parameter}, 0)`;

/**
 * Shows other processes which workers live here: an advisory lock for each, held by a connection of its own, which PostgreSQL
 * lets go of when the process ends, however it ends. graphile-worker itself gives the jobs of a dead worker back after four
 * hours; by this they are given back within two minutes.
 */
export class WorkerPresence {
  readonly #workerIds = new Set<string>();
  #client: pg.Client | undefined;
  #isStopped = false;
  /** One lock after the other: they share a connection. */
  #locking: Promise<void> = Promise.resolve();

  constructor(
    private readonly pool: pg.Pool,
    private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    const client = new pg.Client(this.pool.options);
    client.on('error', () => undefined);
    await client.connect();
    // Only one that was there can be lost: a client that does not connect ends as well, and is tried again by its caller.
    client.once('end', () => void this.#restart());
    this.#client = client;
    for (const id of this.#workerIds) this.#show(id);
    await this.#locking;
  }

  /** A worker begins to work here. */
  add(workerId: string): void {
    this.#workerIds.add(workerId);
    this.#show(workerId);
  }

  /** Gives back the jobs of workers that nobody holds any more. */
  async freeJobsOfTheDead(): Promise<void> {
    const { rows } = await this.pool.query<{ id: string }>(
      `SELECT DISTINCT locked_by AS id FROM graphile_worker.jobs
       WHERE locked_by IS NOT NULL AND locked_at < now() - make_interval(secs => ${graceSeconds})`,
    );
    for (const { id } of rows) {
      if (this.#workerIds.has(id)) continue;
      const { rowCount } = await this.pool.query(
        `SELECT graphile_worker.force_unlock_workers(ARRAY[$1]) FROM (SELECT pg_try_advisory_xact_lock(${keyOf('$1::text')}) AS isFree) AS held
         WHERE isFree`,
        [id],
      );
      if (rowCount) this.logger.warn({ workerId: id }, 'A worker is gone; its jobs are given to others.');
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#client?.end();
  }

  #show(workerId: string): void {
    const lock = `SELECT pg_advisory_lock(${keyOf('$1::text')})`;
    this.#locking = this.#locking.then(
      async () =>
        void (await this.#client?.query(lock, [workerId]).catch((error: unknown) => this.#fault(error))),
    );
  }

  async #restart(): Promise<void> {
    this.#client = undefined;
    while (!this.#isStopped) {
      try {
        return await this.start();
      } catch (error) {
        this.#fault(error);
        await sleep(reconnectMs, undefined, { ref: false });
      }
    }
  }

  #fault(error: unknown): void {
    this.logger.debug({ err: error }, 'Showing that workers live here failed; it is tried again.');
  }
}
