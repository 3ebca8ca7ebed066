import type { Database, Transaction } from '../../platform/database.js';
import { figuresOfDay, type DayFigures, type StatusDay } from './day-figures.js';

/** A UTC day of a project. */
export interface ProjectDay {
  projectId: string;
  /** Such as 2026-03-01. */
  day: string;
}

const markDay = {
  name: 'mark-dirty-day',
  text: `INSERT INTO dirty_days (project_id, agent_id, day)
         VALUES ($1, $2, ($3::timestamptz AT TIME ZONE 'UTC')::date)`,
};

/** Held to the end of the transaction: nobody else computes the same day meanwhile. */
const lockDay = {
  name: 'lock-day',
  text: `SELECT pg_advisory_xact_lock(hashtextextended('day ' || $1::text || ' ' || $2::text, 0))`,
};

const readMarks = {
  name: 'read-marks',
  text: `SELECT COALESCE(array_agg(id), '{}') AS ids, COALESCE(array_agg(DISTINCT agent_id), '{}') AS "agentIds",
           clock_timestamp() AS "readAt"
         FROM dirty_days WHERE project_id = $1 AND day = $2`,
};

/**
 * The counts and latencies of each agent and status, out of one reading of the day's tasks, which several processes of PostgreSQL
 * share: they do so for a plain SELECT only, and group by few values much faster than by latency buckets. It has no name, so that
 * it is planned for the day at hand: a plan for any day takes the index, which is right for few tasks and twenty times slower for
 * many. $1 project, $2 day.
 */
const readDay = `
  SELECT agent_id AS "agentId", status,
    count(*)::int AS tasks,
    count(*) FILTER (WHERE intervention_count > 0)::int AS intervened,
    count(cost_usd)::int AS "pricedTasks",
    COALESCE(sum(cost_usd), 0)::text AS "knownCostUsd",
    sum(input_tokens)::float8 AS "inputTokens",
    sum(output_tokens)::float8 AS "outputTokens",
    array_agg(latency_ms) FILTER (WHERE latency_ms IS NOT NULL)::text AS latencies
  FROM tasks
  WHERE project_id = $1
    AND finished_at >= $2::date::timestamp AT TIME ZONE 'UTC'
    AND finished_at < ($2::date + 1)::timestamp AT TIME ZONE 'UTC'
  GROUP BY agent_id, status`;

/** What is written of each agent, and of all together: the field, its column and the type of its array parameter. */
const columns: readonly (readonly [field: keyof DayFigures, column: string, type: string])[] = [
  ['agentId', 'agent_id', 'uuid'],
  ['succeeded', 'succeeded', 'int'],
  ['failed', 'failed', 'int'],
  ['timedOut', 'timed_out', 'int'],
  ['cancelled', 'cancelled', 'int'],
  ['intervened', 'intervened', 'int'],
  ['pricedTasks', 'priced_tasks', 'int'],
  ['knownCostUsd', 'known_cost_usd', 'numeric'],
  ['inputTokens', 'input_tokens', 'float8'],
  ['outputTokens', 'output_tokens', 'float8'],
  ['latencyP50Ms', 'latency_p50_ms', 'float8'],
  ['latencyP95Ms', 'latency_p95_ms', 'float8'],
  ['latencyP99Ms', 'latency_p99_ms', 'float8'],
  // Lists of different lengths do not fit into one array: they travel as text.
  ['latencyBuckets', 'latency_buckets', 'text'],
  ['latencyCounts', 'latency_counts', 'text'],
];
const listColumns = new Set(['latency_buckets', 'latency_counts']);
const names = columns.map(([, column]) => column);

/**
 * An agent that has no task in the day any more, after a retry, keeps its row with zeros, so that whoever follows it is told.
 * $1 project, $2 day, $3 when the marks were read, $4 … the columns as arrays.
 */
const writeDay = {
  name: 'write-day',
  text: `
    WITH told AS (
      SELECT * FROM unnest(${columns.map(([, , type], i) => `$${i + 4}::${type}[]`).join(', ')}) AS t(${names.join(', ')})
    ), rows_of_day AS (
      SELECT ${names.map((name) => (listColumns.has(name) ? `${name}::int[]` : name)).join(', ')} FROM told
      UNION ALL
      SELECT m.agent_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, '{}', '{}' FROM daily_metrics m
      WHERE m.project_id = $1 AND m.day = $2 AND m.agent_id NOT IN (SELECT agent_id FROM told)
    )
    INSERT INTO daily_metrics AS m (project_id, day, computed_at, sealed_at, ${names.join(', ')})
    SELECT $1, $2, $3, CASE WHEN $3 >= ($2::date + 1)::timestamp AT TIME ZONE 'UTC' THEN $3::timestamptz END,
      ${names.join(', ')}
    FROM rows_of_day
    ON CONFLICT (project_id, day, agent_id) DO UPDATE SET
      computed_at = excluded.computed_at, sealed_at = COALESCE(m.sealed_at, excluded.sealed_at),
      ${names
        .slice(1)
        .map((name) => `${name} = excluded.${name}`)
        .join(', ')}`,
};

/** Marks days as dirty, and computes them. */
export class DayRepository {
  constructor(private readonly database: Database) {}

  /** The day of that moment is to be computed again; in the transaction that changed a task which finished then. */
  async mark(tx: Transaction, projectId: string, agentId: string, finishedAt: Date): Promise<void> {
    await tx.query(markDay, [projectId, agentId, finishedAt]);
  }

  dirtyDays(): Promise<ProjectDay[]> {
    return this.database.query('SELECT DISTINCT project_id AS "projectId", day FROM dirty_days');
  }

  /** Days that are over and have not been computed as a whole since. */
  unsealedDays(): Promise<ProjectDay[]> {
    return this.database.query(`
      SELECT DISTINCT project_id AS "projectId", day FROM daily_metrics
      WHERE sealed_at IS NULL AND day < (now() AT TIME ZONE 'UTC')::date`);
  }

  /**
   * Computes a day from its tasks and takes away the marks that were there when it began. Whoever comes second waits.
   * @returns the agents whose tasks had changed
   */
  compute({ projectId, day }: ProjectDay): Promise<string[]> {
    return this.database.transaction(async (tx) => {
      await tx.query(lockDay, [projectId, day]);
      const [marks] = await tx.query<{ ids: number[]; agentIds: string[]; readAt: Date }>(readMarks, [
        projectId,
        day,
      ]);
      if (!marks) throw new Error('Reading the marks of a day answered nothing.');
      if (!(await this.#isFrozen(tx, projectId, day))) {
        // One group for each agent and status, with all its latencies: they are hashed, not sorted.
        await tx.query(`SET LOCAL statement_timeout = '10min'; SET LOCAL work_mem = '64MB'`);
        const figures = await figuresOfDay(await tx.query<StatusDay>(readDay, [projectId, day]));
        const arrays = columns.map(([field]) => figures.map((row) => row[field]));
        await tx.query(writeDay, [projectId, day, marks.readAt, ...arrays]);
      }
      await tx.query('DELETE FROM dirty_days WHERE id = ANY($1)', [marks.ids]);
      return marks.agentIds;
    });
  }

  /** Keeps the figures of a day as they are from now on: its tasks are about to be deleted. */
  async freeze({ projectId, day }: ProjectDay): Promise<void> {
    await this.compute({ projectId, day });
    await this.database.query(
      'UPDATE daily_metrics SET is_frozen = true WHERE project_id = $1 AND day = $2',
      [projectId, day],
    );
  }

  async #isFrozen(tx: Transaction, projectId: string, day: string): Promise<boolean> {
    const rows = await tx.query(
      'SELECT 1 FROM daily_metrics WHERE project_id = $1 AND day = $2 AND is_frozen LIMIT 1',
      [projectId, day],
    );
    return rows.length > 0;
  }
}
