import type { Transaction } from '../../platform/database.js';
import { inWaves, type StepRecord } from './step-record.js';

/** How a write of steps changed a task's totals. */
export interface StepTotals {
  inserted: number;
  updated: number;
  inputTokens: number;
  outputTokens: number;
  /** US dollars, exact, as text. */
  costUsd: string;
  costedSteps: number;
  reportedCostSteps: number;
}

/** Each column: the record's field, and the type of its array parameter. */
const columns: readonly (readonly [column: string, field: keyof StepRecord, type: string])[] = [
  ['key', 'key', 'text'],
  ['parent_key', 'parentKey', 'text'],
  ['type', 'type', 'text'],
  ['name', 'name', 'text'],
  ['status', 'status', 'text'],
  ['started_at', 'startedAt', 'timestamptz'],
  ['ended_at', 'endedAt', 'timestamptz'],
  ['latency_ms', 'latencyMs', 'double precision'],
  ['provider', 'provider', 'text'],
  ['model', 'model', 'text'],
  ['input_tokens', 'inputTokens', 'int'],
  ['cached_input_tokens', 'cachedInputTokens', 'int'],
  ['cache_write_tokens', 'cacheWriteTokens', 'int'],
  ['output_tokens', 'outputTokens', 'int'],
  ['reasoning_tokens', 'reasoningTokens', 'int'],
  ['cost_usd', 'costUsd', 'numeric'],
  ['cost_source', 'costSource', 'text'],
  ['input', 'input', 'text'],
  ['output', 'output', 'text'],
  ['error_code', 'errorCode', 'text'],
  ['error_message', 'errorMessage', 'text'],
  ['error_class', 'errorClass', 'text'],
  ['attributes', 'attributes', 'text'],
];
const jsonColumns = new Set(['input', 'output', 'attributes']);

const names = columns.map(([column]) => column);
/** A late 'running' of a step that has ended may fill what is unknown, but changes nothing that is known. */
const isLate = `(s.status <> 'RUNNING' AND excluded.status = 'RUNNING')`;
const known = (column: string) => `COALESCE(excluded.${column}, s.${column})`;
const filled = (column: string) => `COALESCE(s.${column}, excluded.${column})`;
const measured = (start: string, end: string) =>
  `CASE WHEN ${end} >= ${start} THEN extract(epoch FROM ${end} - ${start}) * 1000 END`;

/** What each column becomes when a step is sent again: what is told anew wins, what is not told stays. */
function merged(column: string): string {
  switch (column) {
    case 'status':
    case 'type':
    case 'name':
      return `CASE WHEN ${isLate} THEN s.${column} ELSE excluded.${column} END`;
    case 'cost_source':
      return `CASE WHEN excluded.cost_usd IS NULL OR (${isLate} AND s.cost_usd IS NOT NULL) THEN s.cost_source ELSE excluded.cost_source END`;
    case 'latency_ms':
      return `CASE WHEN ${isLate}
        THEN COALESCE(s.latency_ms, ${measured(filled('started_at'), filled('ended_at'))}, excluded.latency_ms)
        ELSE COALESCE(excluded.latency_ms,
          CASE WHEN COALESCE(excluded.started_at, excluded.ended_at) IS NOT NULL
            THEN ${measured(known('started_at'), known('ended_at'))} END,
          s.latency_ms) END`;
    default:
      return `CASE WHEN ${isLate} THEN ${filled(column)} ELSE ${known(column)} END`;
  }
}

const changeable = names.filter((column) => column !== 'key');
const comparable = (column: string, value: string) => (jsonColumns.has(column) ? `(${value})::text` : value);

/**
 * Writes a whole wave and answers what it changed, in one statement. The caller holds the task's row lock, so what `known`
 * reads is what ON CONFLICT meets. A step sent again unchanged is not touched and keeps its revision.
 *
 * $1 task, $2 revision, $3 the highest seq so far, $4 … the columns as arrays.
 */
const writeSteps = {
  name: 'write-steps',
  text: `
    WITH incoming AS (
      SELECT * FROM unnest(${columns.map(([, , type], i) => `$${i + 4}::${type}[]`).join(', ')})
        WITH ORDINALITY AS t(${names.join(', ')}, ordinal)
    ), known AS (
      SELECT key, seq, cost_usd, cost_source, input_tokens, output_tokens
      FROM task_steps WHERE task_id = $1 AND key = ANY($4)
    ), numbered AS (
      SELECT i.*, COALESCE(k.seq, $3 + row_number() OVER (PARTITION BY k.seq IS NULL ORDER BY i.ordinal)) AS seq
      FROM incoming i LEFT JOIN known k ON k.key = i.key
    ), written AS (
      INSERT INTO task_steps AS s (task_id, seq, revision, ${names.join(', ')})
      SELECT $1, seq, $2, ${names.map((c) => (jsonColumns.has(c) ? `${c}::json` : c)).join(', ')}
      FROM numbered ORDER BY ordinal
      ON CONFLICT (task_id, key) DO UPDATE SET
        revision = excluded.revision,
        ${changeable.map((column) => `${column} = ${merged(column)}`).join(',\n        ')}
      WHERE (${changeable.map((c) => comparable(c, `s.${c}`)).join(', ')})
        IS DISTINCT FROM (${changeable.map((c) => comparable(c, merged(c))).join(', ')})
      RETURNING s.key, s.cost_usd, s.cost_source, s.input_tokens, s.output_tokens
    )
    SELECT
      count(*) FILTER (WHERE k.key IS NULL)::int AS "inserted",
      count(k.key)::int AS "updated",
      COALESCE(sum(COALESCE(w.input_tokens, 0)::bigint - COALESCE(k.input_tokens, 0)), 0)::bigint AS "inputTokens",
      COALESCE(sum(COALESCE(w.output_tokens, 0)::bigint - COALESCE(k.output_tokens, 0)), 0)::bigint AS "outputTokens",
      COALESCE(sum(COALESCE(w.cost_usd, 0) - COALESCE(k.cost_usd, 0)), 0)::text AS "costUsd",
      (count(w.cost_usd) - count(k.cost_usd))::int AS "costedSteps",
      (count(*) FILTER (WHERE w.cost_source = 'REPORTED') - count(*) FILTER (WHERE k.cost_source = 'REPORTED'))::int
        AS "reportedCostSteps"
    FROM written w LEFT JOIN known k ON k.key = w.key`,
};

/** Writes steps of one task; reading them is the business of traces. */
export class StepRepository {
  /**
   * Stores the records under the given revision, numbered after `lastSeq` in the order given.
   * The caller holds the lock of the task's row.
   * @returns one entry for each wave, to be added to the task's totals
   */
  async write(
    tx: Transaction,
    taskId: string,
    revision: number,
    lastSeq: number,
    records: readonly StepRecord[],
  ): Promise<StepTotals[]> {
    const totals: StepTotals[] = [];
    let seq = lastSeq;
    for (const wave of inWaves(records)) {
      const arrays = columns.map(([, field]) => wave.map((record) => record[field]));
      const [total] = await tx.query<StepTotals>(writeSteps, [taskId, revision, seq, ...arrays]);
      if (!total) throw new Error('Writing steps answered nothing.');
      seq += total.inserted;
      totals.push(total);
    }
    return totals;
  }
}
