import pg from 'pg';
import { errorInfoOf, isFinished, type ErrorInfo, type TaskStatus, type TaskStep } from '../tasks/index.js';
import type { Database, Reads } from '../../platform/database.js';
import type { PageRequest } from '../../platform/pagination.js';
import { stepConditions, type StepFilter } from './step-filter.js';

/** A step as it is read: times are text already in the form of the DateTime scalar; no entity is made of it. */
export interface StepRow extends Omit<TaskStep, 'startedAt' | 'endedAt'> {
  startedAt: string | null;
  endedAt: string | null;
}

/** The parts of a step that may be large; read only where they are asked for. */
export interface StepPayload {
  input: unknown;
  output: unknown;
  attributes: unknown;
}

/** The steps of a task past a cursor, and how the task stood in the same snapshot. */
export interface StepWindow {
  steps: StepRow[];
  /** Everything up to this revision is in here, or was before the cursor. */
  revision: number;
  isFinished: boolean;
}

/** The parents of consecutive steps; see StepParents of the schema. */
export interface ParentWindow {
  /** Below 0 where the parent is awaited: its place among the keys, counted from 1. */
  parents: number[];
  awaitedKeys: string[];
  revision: number;
}

/** By latency, or by cost. */
export type ExtremeStep = 'slowest' | 'costliest';

const skeleton = `s.task_id AS "taskId", s.seq, s.key, s.parent_key AS "parentKey", s.type, s.name, s.status,
  s.started_at AS "startedAt", s.ended_at AS "endedAt", s.latency_ms AS "latencyMs", s.provider, s.model,
  s.input_tokens AS "inputTokens", s.cached_input_tokens AS "cachedInputTokens",
  s.cache_write_tokens AS "cacheWriteTokens", s.output_tokens AS "outputTokens",
  s.reasoning_tokens AS "reasoningTokens", s.cost_usd AS "costUsd", s.cost_source AS "costSource",
  s.price_data_version AS "priceDataVersion",
  s.error_code AS "errorCode", s.error_message AS "errorMessage", s.error_class AS "errorClass", s.revision`;
const payload = 's.input, s.output, s.attributes';

/** Times stay text: turning each into a Date and back costs more than the rest of a row. */
export const timesAsText: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    (oid as number) === pg.types.builtins.TIMESTAMPTZ
      ? isoTime
      : pg.types.getTypeParser(oid as number, format as 'text'),
};

/** '2026-03-01 12:00:00.5+00', as PostgreSQL writes it in UTC, becomes 2026-03-01T12:00:00.500Z. */
export function isoTime(text: string): string {
  const fraction = text.slice(20, -3);
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${fraction.padEnd(3, '0')}Z`;
}

interface RawStep extends Omit<StepRow, 'id' | 'error'> {
  error?: ErrorInfo | null;
  id?: string;
}

/** Adds in place what the columns imply: rows are ours alone. */
function finishRow(row: RawStep): StepRow {
  row.id = `${row.taskId}:${row.seq}`;
  row.error = errorInfoOf(row);
  return row as StepRow;
}

const readSince = {
  name: 'steps-since',
  text: `
    SELECT t.revision AS "taskRevision", t.status AS "taskStatus", ${skeleton}
    FROM tasks t LEFT JOIN task_steps s ON s.task_id = t.id AND s.revision > $2
    WHERE t.id = $1 ORDER BY s.revision, s.seq LIMIT $3`,
};

const readRevision = {
  name: 'steps-of-revision',
  text: `SELECT ${skeleton} FROM task_steps s WHERE s.task_id = $1 AND s.revision = $2 ORDER BY s.seq`,
};

/**
 * OFFSET 0 has each parent looked up by its key, and that of siblings mostly once. Left to choose, the planner reads the whole task
 * where it takes the task for small.
 */
const readParents = `
  SELECT (SELECT revision FROM tasks WHERE id = $1) AS revision,
    json_agg(CASE WHEN s.parent_key IS NULL THEN 0 ELSE COALESCE(p.seq, -1) END ORDER BY s.seq) AS parents,
    json_agg(s.parent_key ORDER BY s.seq) FILTER (WHERE s.parent_key IS NOT NULL AND p.seq IS NULL) AS awaited
  FROM task_steps s
    LEFT JOIN LATERAL (
      SELECT p.seq FROM task_steps p WHERE p.task_id = $1 AND p.key = s.parent_key OFFSET 0
    ) AS p ON true
  WHERE s.task_id = $1 AND s.seq >= $2 AND s.seq < $2::bigint + $3`;

/** Reads steps by plain SQL: the hot path of reading. */
export class StepReader {
  constructor(private readonly database: Database) {}

  /**
   * A page of a task's steps by seq, one row more than asked for where there is one. Served by the primary key
   * (task_id, seq); a filter looks only at the steps of the one task.
   */
  async page(
    taskId: string,
    filter: StepFilter,
    request: PageRequest,
    withPayload: boolean,
  ): Promise<StepRow[]> {
    const values: unknown[] = [taskId, request.limit + 1];
    const conditions = ['s.task_id = $1', ...stepConditions(filter, values)];
    if (request.from) {
      conditions.push(`s.seq ${request.isBackwards ? '<' : '>'} $${values.push(Number(request.from[0]))}`);
    }
    const text = `SELECT ${skeleton}${withPayload ? `, ${payload}` : ''} FROM task_steps s
      WHERE ${conditions.join(' AND ')} ORDER BY s.seq ${request.isBackwards ? 'DESC' : 'ASC'} LIMIT $2`;
    // Prepared where the text is one of few; a filter makes one of many.
    const isPlain = conditions.length <= 2 && (conditions.length === 1 || request.from !== null);
    const name = `steps-page-${request.isBackwards}-${request.from !== null}-${withPayload}`;
    const rows = await this.database.query<RawStep>(isPlain ? { name, text } : text, values, timesAsText);
    return rows.map(finishRow);
  }

  async count(taskId: string, filter: StepFilter): Promise<number> {
    const values: unknown[] = [taskId];
    const conditions = ['s.task_id = $1', ...stepConditions(filter, values)];
    const text = `SELECT count(*)::int AS count FROM task_steps s WHERE ${conditions.join(' AND ')}`;
    const [row] = await this.database.query<{ count: number }>(text, values);
    return row?.count ?? 0;
  }

  async find(taskId: string, seq: number): Promise<StepRow | null> {
    const text = `SELECT ${skeleton}, ${payload} FROM task_steps s WHERE s.task_id = $1 AND s.seq = $2`;
    const [row] = await this.database.query<RawStep>({ name: 'step', text }, [taskId, seq], timesAsText);
    return row ? finishRow(row) : null;
  }

  /** Looks at all steps of the one task. */
  async extreme(taskId: string, which: ExtremeStep): Promise<StepRow | null> {
    const column = which === 'slowest' ? 's.latency_ms' : 's.cost_usd';
    const text = `SELECT ${skeleton} FROM task_steps s WHERE s.task_id = $1 AND ${column} IS NOT NULL
      ORDER BY ${column} DESC, s.seq LIMIT 1`;
    const [row] = await this.database.query<RawStep>({ name: `step-${which}`, text }, [taskId], timesAsText);
    return row ? finishRow(row) : null;
  }

  /** The parents of so many steps from a number on. One statement, so one snapshot. */
  async parents(taskId: string, fromSeq: number, first: number): Promise<ParentWindow> {
    interface Row {
      revision: number;
      parents: number[] | null;
      awaited: string[] | null;
    }
    const [row] = await this.database.query<Row>(readParents, [taskId, fromSeq, first]);
    const places = new Map<string, number>();
    for (const key of row?.awaited ?? []) if (!places.has(key)) places.set(key, places.size + 1);
    const awaited = row?.awaited?.values();
    const parents = row?.parents ?? [];
    const placed = parents.map((seq) => (seq < 0 ? -places.get(awaited?.next().value ?? '')! : seq));
    return { parents: placed, awaitedKeys: [...places.keys()], revision: row?.revision ?? 0 };
  }

  /** The steps of those numbers, in that order, and when their tasks were queued; those that are gone are left out. */
  async rows(
    reads: Reads,
    keys: readonly { taskId: string; seq: number }[],
    withPayload: boolean,
  ): Promise<(StepRow & { queuedAt: string })[]> {
    const text = `SELECT ${skeleton}${withPayload ? `, ${payload}` : ''}, t.queued_at AS "queuedAt"
      FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY AS k (task_id, seq, place)
      JOIN task_steps s USING (task_id, seq) JOIN tasks t ON t.id = s.task_id ORDER BY k.place`;
    const values = [keys.map(({ taskId }) => taskId), keys.map(({ seq }) => seq)];
    const rows = await reads.query<RawStep & { queuedAt: string }>(text, values, timesAsText);
    return rows.map((row) => finishRow(row) as StepRow & { queuedAt: string });
  }

  /** The payloads of the steps of those ids, in their order. */
  async payloads(ids: readonly string[]): Promise<StepPayload[]> {
    const keys = ids.map((id) => id.split(':') as [string, string]);
    const rows = await this.database.query<StepPayload & { id: string }>(
      {
        name: 'step-payloads',
        text: `SELECT s.task_id || ':' || s.seq AS id, ${payload}
          FROM unnest($1::uuid[], $2::int[]) AS k(task_id, seq) JOIN task_steps s USING (task_id, seq)`,
      },
      [keys.map(([taskId]) => taskId), keys.map(([, seq]) => Number(seq))],
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    const none = { input: null, output: null, attributes: null };
    return ids.map((id) => byId.get(id) ?? none);
  }

  /**
   * What changed past a revision, in its order, whole revisions at a time. One statement, so one snapshot: the rows are
   * exactly those up to the revision answered.
   * @param limit how many rows at most; a revision of more is answered whole, and alone
   * @returns null where the task is gone
   */
  async since(taskId: string, cursor: number, limit: number): Promise<StepWindow | null> {
    const rows = await this.database.query<RawStep & { taskRevision: number; taskStatus: TaskStatus }>(
      readSince,
      [taskId, cursor, limit + 1],
      timesAsText,
    );
    const [first] = rows;
    if (!first) return null;
    const { taskRevision, taskStatus } = first;
    const hasMore = rows.length > limit;
    const steps = rows.filter((row) => row.seq !== null).map(finishRow);
    if (!hasMore) return { steps, revision: taskRevision, isFinished: isFinished(taskStatus) };
    const last = steps.at(-1)?.revision ?? 0;
    const whole = steps.filter((step) => step.revision < last);
    if (whole.length > 0) return { steps: whole, revision: last - 1, isFinished: false };
    // Of a later snapshot: what has changed since then comes under its later revision.
    const alone = await this.database.query<RawStep>(readRevision, [taskId, last], timesAsText);
    return { steps: alone.map(finishRow), revision: last, isFinished: false };
  }

  /** The revisions that tasks have now, for those that watch them. */
  async revisions(taskIds: readonly string[]): Promise<{ id: string; revision: number }[]> {
    return this.database.query(
      { name: 'task-revisions', text: 'SELECT id, revision FROM tasks WHERE id = ANY($1)' },
      [taskIds],
    );
  }
}
