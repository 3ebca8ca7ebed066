import type { Database } from '../../../platform/database.js';

/** How the tasks of some projects stand. */
export interface QueueState {
  queued: number;
  running: number;
  waitingForHuman: number;
  /** Milliseconds that the oldest of those has waited that wait for a worker; null where none does. */
  oldestQueuedMs: number | null;
  finishedLast24h: number;
  /** Those of them that FAILED or TIMED_OUT. */
  failedLast24h: number;
}

/** A worker that was heard of lately, or has a lease. */
export interface KnownWorker {
  projectId: string;
  name: string;
  hostname: string;
  version: string;
  startedAt: Date;
  lastSeenAt: Date;
  runningTasks: number;
  capacity: number;
}

/** How long one reading serves all who ask for the same projects, milliseconds. */
const keptMs = 2_000;

const readState = {
  name: 'queue-state',
  text: `SELECT open.*,
      (SELECT (extract(epoch FROM now() - min(queued_at)) * 1000)::float8 FROM task_queue
        WHERE project_id = ANY ($1) AND leased_by IS NULL) AS "oldestQueuedMs",
      (SELECT count(*)::int FROM tasks
        WHERE project_id = ANY ($1) AND finished_at > now() - interval '24 hours') AS "finishedLast24h",
      (SELECT count(*)::int FROM tasks WHERE project_id = ANY ($1) AND finished_at > now() - interval '24 hours'
        AND status IN ('FAILED', 'TIMED_OUT')) AS "failedLast24h"
    FROM (SELECT count(*) FILTER (WHERE status = 'QUEUED')::int AS queued,
        count(*) FILTER (WHERE status = 'RUNNING')::int AS running,
        count(*) FILTER (WHERE status = 'WAITING_FOR_HUMAN')::int AS "waitingForHuman"
      FROM tasks WHERE project_id = ANY ($1) AND finished_at IS NULL) open`,
};
const readWorkers = {
  name: 'known-workers',
  text: `SELECT w.project_id AS "projectId", w.name, w.hostname, w.version, w.started_at AS "startedAt",
      w.seen_at AS "lastSeenAt", w.capacity, l.count AS "runningTasks"
    FROM workers w CROSS JOIN LATERAL (
      SELECT count(*)::int FROM task_queue q WHERE q.project_id = w.project_id AND q.leased_by = w.name
        AND NOT q.is_built_in) l
    WHERE w.project_id = ANY ($1) AND (w.seen_at > now() - make_interval(secs => $2) OR l.count > 0)
    ORDER BY w.started_at, w.name LIMIT 1000`,
};
const readLeases = {
  name: 'leases-of-built-in-workers',
  text: `SELECT leased_by AS name, count(*)::int FROM task_queue WHERE leased_by = ANY ($1) AND is_built_in GROUP BY 1`,
};

/** The queue and its workers as those see them who watch over the system. */
export class QueueWatch {
  readonly #states = new Map<string, { at: number; read: Promise<QueueState> }>();

  constructor(private readonly database: Database) {}

  state(projectIds: readonly string[]): Promise<QueueState> {
    const ids = [...projectIds].sort();
    const key = ids.join();
    const now = performance.now();
    const kept = this.#states.get(key);
    if (kept && now - kept.at < keptMs) return kept.read;
    if (this.#states.size > 1_000) this.#states.clear();
    const read = this.#read(ids);
    this.#states.set(key, { at: now, read });
    read.catch(() => this.#states.delete(key));
    return read;
  }

  /** @param goneMs who was not heard of for longer, and has no lease, is gone */
  workers(projectIds: readonly string[], goneMs: number): Promise<KnownWorker[]> {
    return this.database.query<KnownWorker>(readWorkers, [projectIds, goneMs / 1000]);
  }

  /** How many tasks each of Binnacle's own workers is at. */
  async runningOf(workers: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.database.query<{ name: string; count: number }>(readLeases, [workers]);
    return new Map(rows.map(({ name, count }) => [name, count]));
  }

  async #read(projectIds: readonly string[]): Promise<QueueState> {
    const [row] = await this.database.query<QueueState>(readState, [projectIds]);
    if (!row) throw new Error('Counting tasks answered nothing.');
    return row;
  }
}
