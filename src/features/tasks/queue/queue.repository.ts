import type { Database, Transaction } from '../../../platform/database.js';
import { TaskStatus } from '../task-enums.js';
import { Task, taskOfRow } from '../task.entity.js';

/** Whose tasks are wanted. */
export type Wanted =
  | { projectId: string; agentIds?: readonly string[] | null; types?: readonly string[] | null }
  /** Those that Binnacle's own workers run, of all projects. */
  | { builtInTypes: readonly string[] };

export interface LeaseState {
  isExpired: boolean;
}

/** Rows that are next, locked; rows that others lock are passed over. $1 is the limit. */
const next = (condition: string) =>
  `SELECT task_id, rank, queued_at FROM task_queue q WHERE q.leased_by IS NULL AND ${condition}
   ORDER BY q.rank, q.queued_at, q.task_id LIMIT $1 FOR UPDATE SKIP LOCKED`;
/** The next of several lists, each in the order of its index. */
const merged = (list: string, condition: string) =>
  `SELECT w.task_id FROM unnest(${list}) AS wanted(value) CROSS JOIN LATERAL (${next(condition)}) w
   ORDER BY w.rank, w.queued_at, w.task_id LIMIT $1`;
const ofActiveAgents = `q.agent_id <> ALL (ARRAY(SELECT id FROM agents WHERE project_id = $4 AND status <> 'ACTIVE'))`;
const ofProject = `NOT q.is_built_in AND q.project_id = $4 AND ${ofActiveAgents}`;

const heldBy = `leased_by = $2 AND (lease_expires_at IS NULL OR lease_expires_at > clock_timestamp())`;
const inSeconds = (parameter: string) => `clock_timestamp() + make_interval(secs => ${parameter})`;

/**
 * What is next is read from an index in its order. How much waits changes faster than statistics do, and by old ones PostgreSQL may
 * choose to read and sort all of it.
 */
const byIndex = {
  name: 'claim-by-index',
  text: `SELECT ${['seqscan', 'bitmapscan', 'sort'].map((way) => `set_config('enable_${way}', 'off', true)`).join(', ')}`,
};
const checkLease = {
  name: 'check-lease',
  text: `SELECT 1 FROM task_queue WHERE task_id = $1 AND ${heldBy}`,
};
const extendLease = {
  name: 'extend-lease',
  text: `UPDATE task_queue SET lease_seconds = $3,
           lease_expires_at = CASE WHEN lease_expires_at IS NOT NULL THEN ${inSeconds('$3::int')} END
         WHERE task_id = $1 AND ${heldBy} RETURNING 1`,
};
const put = {
  name: 'put-in-queue',
  text: `INSERT INTO task_queue (task_id, project_id, agent_id, type, rank, queued_at, is_built_in)
         SELECT id, project_id, agent_id, type, -priority, queued_at, is_built_in FROM tasks WHERE id = $1
         ON CONFLICT (task_id) DO UPDATE SET queued_at = EXCLUDED.queued_at, agent_id = EXCLUDED.agent_id,
           leased_by = NULL, lease_seconds = NULL, lease_expires_at = NULL`,
};
const remove = { name: 'remove-from-queue', text: 'DELETE FROM task_queue WHERE task_id = $1' };
/** A claim that holds the row waits for the task, sees that it is not QUEUED any more, and removes the row itself. */
const removeWaiting = {
  name: 'remove-waiting-from-queue',
  text: `DELETE FROM task_queue WHERE task_id = ANY
           (ARRAY(SELECT task_id FROM task_queue WHERE task_id = $1 FOR UPDATE SKIP LOCKED))`,
};
const holdLease = {
  name: 'hold-lease',
  text: 'UPDATE task_queue SET lease_expires_at = NULL WHERE task_id = $1 AND leased_by IS NOT NULL',
};
const resumeLease = {
  name: 'resume-lease',
  text: `UPDATE task_queue SET lease_expires_at = ${inSeconds('lease_seconds')}
         WHERE task_id = $1 AND leased_by IS NOT NULL`,
};
const lockLease = {
  name: 'lock-lease',
  text: `SELECT COALESCE(lease_expires_at <= clock_timestamp(), false) AS "isExpired" FROM task_queue
         WHERE task_id = $1 AND leased_by IS NOT NULL FOR UPDATE`,
};

/**
 * What waits, and who is at what. Whoever holds the lock of a task's row may go on to its row here; only claims go the other way,
 * from rows that nobody has leased to their tasks.
 */
export class QueueRepository {
  #startTasks = '';

  constructor(private readonly database: Database) {}

  /**
   * Leases what is next to a worker.
   * @returns the ids of the tasks
   */
  async lease(tx: Transaction, wanted: Wanted, worker: string, seconds: number, limit: number) {
    const { sql, values } = this.#picking(wanted);
    await tx.query(byIndex);
    const rows = await tx.query<{ id: string }>(
      `WITH picked AS MATERIALIZED (${sql})
       UPDATE task_queue SET leased_by = $2, lease_seconds = $3, lease_expires_at = ${inSeconds('$3::int')}
       WHERE task_id = ANY (ARRAY(SELECT task_id FROM picked)) RETURNING task_id AS id`,
      [limit, worker, seconds, ...values],
    );
    return rows.map(({ id }) => id);
  }

  #picking(wanted: Wanted): { sql: string; values: unknown[] } {
    if ('builtInTypes' in wanted) {
      const condition = `q.is_built_in AND q.type = wanted.value
        AND EXISTS (SELECT 1 FROM agents a WHERE a.id = q.agent_id AND a.status = 'ACTIVE')`;
      return { sql: merged('$4::text[]', condition), values: [wanted.builtInTypes] };
    }
    const { projectId, agentIds, types } = wanted;
    if (agentIds) {
      const condition = `q.agent_id = wanted.value AND ($6::text[] IS NULL OR q.type = ANY ($6)) AND ${ofProject}`;
      return { sql: merged('$5::uuid[]', condition), values: [projectId, agentIds, types ?? null] };
    }
    if (types) {
      const condition = `q.type = wanted.value AND ${ofProject}`;
      return { sql: merged('$5::text[]', condition), values: [projectId, types] };
    }
    return { sql: next(ofProject), values: [projectId] };
  }

  /**
   * Starts those of the tasks that are QUEUED still, each under its next revision, the most urgent and oldest first. Of the
   * others, which ended meanwhile, nothing stays in the queue.
   */
  async start(tx: Transaction, ids: readonly string[], worker: string, startedAt: Date): Promise<Task[]> {
    const { columns } = this.database.dataSource.getMetadata(Task);
    this.#startTasks ||= `
      UPDATE tasks SET status = 'RUNNING', worker = $2, started_at = $3, revision = revision + 1, updated_at = clock_timestamp(),
        searchable_revision = searchable_revision + (searchable_revision = revision)::int
      WHERE id = ANY ($1::uuid[]) AND status = 'QUEUED'
      RETURNING ${columns.map((c) => `${c.databaseName} AS "${c.propertyName}"`).join(', ')}`;
    const rows = await tx.query<Task>({ name: 'start-tasks', text: this.#startTasks }, [
      ids,
      worker,
      startedAt,
    ]);
    const started = new Set(rows.map(({ id }) => id));
    const gone = ids.filter((id) => !started.has(id));
    if (gone.length > 0) await tx.query('DELETE FROM task_queue WHERE task_id = ANY ($1)', [gone]);
    return rows
      .map(taskOfRow)
      .sort(
        (a, b) =>
          b.priority - a.priority || a.queuedAt.getTime() - b.queuedAt.getTime() || (a.id < b.id ? -1 : 1),
      );
  }

  /** Whether that worker holds the task's lease; the caller holds the lock of the task's row. */
  async isHeld(tx: Transaction, taskId: string, worker: string): Promise<boolean> {
    return (await tx.query(checkLease, [taskId, worker])).length > 0;
  }

  /** From now on, unless it stands still. @returns whether the worker held it */
  async extend(taskId: string, worker: string, seconds: number): Promise<boolean> {
    return (await this.database.query(extendLease, [taskId, worker, seconds])).length > 0;
  }

  /** Puts a new QUEUED task into the queue. */
  async put(tx: Transaction, taskId: string): Promise<void> {
    await tx.query(put, [taskId]);
  }

  async remove(tx: Transaction, taskId: string): Promise<void> {
    await tx.query(remove, [taskId]);
  }

  /** Follows a task from one state into another: the caller holds the lock of its row, and has written the new state. */
  async follow(tx: Transaction, taskId: string, from: TaskStatus, to: TaskStatus): Promise<void> {
    await tx.query(this.#following(from, to), [taskId]);
  }

  #following(from: TaskStatus, to: TaskStatus) {
    if (to === TaskStatus.QUEUED) return put;
    if (to === TaskStatus.WAITING_FOR_HUMAN) return holdLease;
    if (from === TaskStatus.QUEUED) return removeWaiting;
    return to === TaskStatus.RUNNING ? resumeLease : remove;
  }

  /** The lease of a task, locked; null where nobody has one. */
  async lockLease(tx: Transaction, taskId: string): Promise<LeaseState | null> {
    const [row] = await tx.query<LeaseState>(lockLease, [taskId]);
    return row ?? null;
  }

  /** Tasks whose lease has run out, the longest ago first. */
  async expired(projectId: string | null, limit: number): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `SELECT task_id AS id FROM task_queue
       WHERE lease_expires_at <= now() ${projectId === null ? '' : 'AND project_id = $2'}
       ORDER BY lease_expires_at LIMIT $1`,
      projectId === null ? [limit] : [limit, projectId],
    );
    return rows.map(({ id }) => id);
  }

  /** Milliseconds until the next lease runs out; null where none does. */
  async nextExpiryMs(): Promise<number | null> {
    const [row] = await this.database.query<{ ms: number | null }>(
      `SELECT (extract(epoch FROM min(lease_expires_at) - now()) * 1000)::float8 AS ms FROM task_queue`,
    );
    return row?.ms ?? null;
  }

  /** When the leases of those tasks run out. */
  async expiriesOf(taskIds: readonly string[]): Promise<(Date | null)[]> {
    const rows = await this.database.query<{ id: string; at: Date | null }>(
      'SELECT task_id AS id, lease_expires_at AS at FROM task_queue WHERE task_id = ANY ($1)',
      [taskIds],
    );
    const byId = new Map(rows.map(({ id, at }) => [id, at]));
    return taskIds.map((id) => byId.get(id) ?? null);
  }
}
