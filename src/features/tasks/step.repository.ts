import type { Transaction } from '../../platform/database.js';
import { textArray } from '../../platform/text-array.js';
import type { Pricer } from '../prices/index.js';
import { priceOfStep, priceRecords, type PricedFields, type StepPrice } from './step-price.js';
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
  /** Steps that name a model and have no known cost. */
  unpricedSteps: number;
}

/** The steps of a wave whose price only the stored row can tell: they were told in parts. */
type ToPrice = PricedFields & { seq: number };

/** Each column: the record's field, and its type. */
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
  ['price_data_version', 'priceDataVersion', 'text'],
  ['input', 'input', 'json'],
  ['output', 'output', 'json'],
  ['error_code', 'errorCode', 'text'],
  ['error_message', 'errorMessage', 'text'],
  ['error_class', 'errorClass', 'text'],
  ['attributes', 'attributes', 'json'],
];
const jsonColumns = new Set(columns.filter(([, , type]) => type === 'json').map(([column]) => column));
/** Numbers and times are sent as texts too. */
const sentAs = (type: string) => (type === 'json' ? 'json' : 'text');

const names = columns.map(([column]) => column);
/** A late 'running' of a step that has ended may fill what is unknown, but changes nothing that is known. */
const isLate = `(s.status <> 'RUNNING' AND excluded.status = 'RUNNING')`;
const known = (column: string) => `COALESCE(excluded.${column}, s.${column})`;
const filled = (column: string) => `COALESCE(s.${column}, excluded.${column})`;
/** A price never takes the place of a cost that was reported. */
const keepsCost = `(excluded.cost_usd IS NULL OR (s.cost_usd IS NOT NULL AND (${isLate}
  OR (s.cost_source = 'REPORTED' AND excluded.cost_source = 'PRICED'))))`;
const measured = (start: string, end: string) =>
  `CASE WHEN ${end} >= ${start} THEN extract(epoch FROM ${end} - ${start}) * 1000 END`;

/** What each column becomes when a step is sent again: what is told anew wins, what is not told stays. */
function merged(column: string): string {
  switch (column) {
    case 'status':
    case 'type':
    case 'name':
      return `CASE WHEN ${isLate} THEN s.${column} ELSE excluded.${column} END`;
    case 'cost_usd':
    case 'cost_source':
    case 'price_data_version':
      return `CASE WHEN ${keepsCost} THEN s.${column} ELSE excluded.${column} END`;
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

const isUnpriced = (row: string) => `${row}model IS NOT NULL AND ${row}cost_usd IS NULL`;
/** What the totals of a task are made of, as a row was before. */
const before = ['cost_usd', 'cost_source', 'model', 'input_tokens', 'output_tokens'];

/**
 * Writes a whole wave and answers what it changed, in one statement: rows of new keys are inserted, those of known keys merged. The
 * caller holds the task's row lock, so what is found here is what is there. A step sent again unchanged is not touched and keeps
 * its revision.
 *
 * OFFSET 0 has each key looked up by itself, and ON CONFLICT does so too. Left to choose, the planner now and then reads the whole
 * task, for all that it knows of tasks is how many steps they have on average.
 *
 * $1 task, $2 revision, $3 the highest seq so far, $4 … the columns as arrays.
 */
const writeSteps = {
  name: 'write-steps',
  text: `
    WITH told AS MATERIALIZED (
      SELECT ${columns.map(([c, , type]) => (sentAs(type) === type ? `t.${c}` : `t.${c}::${type} AS ${c}`)).join(', ')},
        ordinal, ${['seq', ...before].map((c) => `k.${c} AS was_${c}`).join(', ')}
      FROM unnest(${columns.map(([, , type], i) => `$${i + 4}::${sentAs(type)}[]`).join(', ')})
        WITH ORDINALITY AS t(${names.join(', ')}, ordinal)
      LEFT JOIN LATERAL (
        SELECT seq, ${before.join(', ')} FROM task_steps s WHERE s.task_id = $1 AND s.key = t.key OFFSET 0
      ) k ON true
    ), inserted AS (
      INSERT INTO task_steps (task_id, seq, revision, ${names.join(', ')})
      SELECT $1, $3 + row_number() OVER (ORDER BY ordinal), $2, ${names.join(', ')}
      FROM told WHERE was_seq IS NULL
      RETURNING ${before.join(', ')}
    ), updated AS (
      INSERT INTO task_steps AS s (task_id, seq, revision, ${names.join(', ')})
      SELECT $1, was_seq, $2, ${names.join(', ')}
      FROM told WHERE was_seq IS NOT NULL ORDER BY ordinal
      ON CONFLICT (task_id, key) DO UPDATE SET
        revision = excluded.revision,
        ${changeable.map((column) => `${column} = ${merged(column)}`).join(',\n        ')}
      WHERE (${changeable.map((c) => comparable(c, `s.${c}`)).join(', ')})
        IS DISTINCT FROM (${changeable.map((c) => comparable(c, merged(c))).join(', ')})
      RETURNING s.key, s.seq, s.type, s.provider, s.started_at, s.ended_at, s.cached_input_tokens, s.cache_write_tokens,
        ${before.map((c) => `s.${c}`).join(', ')}
    ), changed AS (
      SELECT u.*, ${before.map((c) => `i.was_${c}`).join(', ')},
        i.cost_usd IS NULL OR i.started_at IS NULL OR i.status = 'RUNNING' AS is_told_in_parts
      FROM updated u JOIN told i ON i.key = u.key
    ), written AS (
      SELECT false AS was_there, *, ${before.map((c) => `NULL AS was_${c}`).join(', ')} FROM inserted
      UNION ALL
      SELECT true, ${before.join(', ')}, ${before.map((c) => `was_${c}`).join(', ')} FROM changed
    )
    SELECT
      count(*) FILTER (WHERE NOT was_there)::int AS "inserted",
      count(*) FILTER (WHERE was_there)::int AS "updated",
      COALESCE(sum(COALESCE(input_tokens, 0)::bigint - COALESCE(was_input_tokens, 0)), 0)::bigint AS "inputTokens",
      COALESCE(sum(COALESCE(output_tokens, 0)::bigint - COALESCE(was_output_tokens, 0)), 0)::bigint AS "outputTokens",
      COALESCE(sum(COALESCE(cost_usd, 0) - COALESCE(was_cost_usd, 0)), 0)::text AS "costUsd",
      (count(cost_usd) - count(was_cost_usd))::int AS "costedSteps",
      (count(*) FILTER (WHERE cost_source = 'REPORTED') - count(*) FILTER (WHERE was_cost_source = 'REPORTED'))::int
        AS "reportedCostSteps",
      (count(*) FILTER (WHERE ${isUnpriced('')}) - count(*) FILTER (WHERE ${isUnpriced('was_')}))::int AS "unpricedSteps",
      (SELECT json_agg(json_build_object('seq', seq, 'type', type, 'provider', provider, 'model', model,
          'startedAt', started_at, 'endedAt', ended_at, 'inputTokens', input_tokens,
          'cachedInputTokens', cached_input_tokens, 'cacheWriteTokens', cache_write_tokens,
          'outputTokens', output_tokens))
        FROM changed WHERE cost_source <> 'REPORTED' AND model IS NOT NULL AND is_told_in_parts) AS "toPrice"
    FROM written`,
};

/** The first steps of tasks that were made in the same transaction. $1 tasks, $2 seqs, $3 revision, $4 … the columns, as arrays. */
const beginSteps = {
  name: 'begin-steps',
  text: `
    INSERT INTO task_steps (task_id, seq, revision, ${names.join(', ')})
    SELECT t.task_id, t.seq, $3::int,
      ${columns.map(([c, , type]) => (sentAs(type) === type ? `t.${c}` : `t.${c}::${type}`)).join(', ')}
    FROM unnest($1::uuid[], $2::int[], ${columns.map(([, , type], i) => `$${i + 4}::${sentAs(type)}[]`).join(', ')})
      AS t(task_id, seq, ${names.join(', ')})`,
};

/** Gives steps other prices, where these differ. $1 task, $2 revision, $3 … seqs, costs and price lists as arrays. */
const priceSteps = {
  name: 'price-steps',
  text: `
    WITH told AS (
      SELECT seq, cost_usd::numeric(20, 10) AS cost_usd, version
      FROM unnest($3::int[], $4::numeric[], $5::text[]) AS t(seq, cost_usd, version)
    ), changed AS (
      SELECT told.*, s.cost_usd AS was FROM told JOIN task_steps s ON s.task_id = $1 AND s.seq = told.seq
      WHERE s.cost_source <> 'REPORTED' AND s.cost_usd IS DISTINCT FROM told.cost_usd
    ), written AS (
      UPDATE task_steps s SET revision = $2, cost_usd = c.cost_usd, price_data_version = c.version,
        cost_source = CASE WHEN c.cost_usd IS NULL THEN 'UNPRICED' ELSE 'PRICED' END
      FROM changed c WHERE s.task_id = $1 AND s.seq = c.seq RETURNING c.cost_usd, c.was
    )
    SELECT 0 AS "inserted", count(*)::int AS "updated", 0 AS "inputTokens", 0 AS "outputTokens",
      COALESCE(sum(COALESCE(cost_usd, 0) - COALESCE(was, 0)), 0)::text AS "costUsd",
      (count(cost_usd) - count(was))::int AS "costedSteps", 0 AS "reportedCostSteps",
      (count(was) - count(cost_usd))::int AS "unpricedSteps"
    FROM written`,
};

const arraysOf = (records: readonly StepRecord[]) =>
  columns.map(([, field, type]) =>
    textArray(
      records.map((record) => record[field]),
      sentAs(type),
    ),
  );

/** Writes steps of tasks; reading them is the business of traces. */
export class StepRepository {
  /**
   * Stores the records under the given revision, numbered after `lastSeq` in the order given; those without a reported cost are
   * priced. The caller holds the lock of the task's row.
   * @returns what is to be added to the task's totals
   */
  async write(
    tx: Transaction,
    taskId: string,
    revision: number,
    lastSeq: number,
    records: readonly StepRecord[],
    pricer: Pricer,
  ): Promise<StepTotals[]> {
    priceRecords(records, pricer);
    const all: StepTotals[] = [];
    let seq = lastSeq;
    for (const wave of inWaves(records)) {
      const values = [taskId, revision, seq, ...arraysOf(wave)];
      const [written] = await tx.query<StepTotals & { toPrice: ToPrice[] | null }>(writeSteps, values);
      if (!written) throw new Error('Writing steps answered nothing.');
      const { toPrice, ...totals } = written;
      seq += totals.inserted;
      all.push(totals);
      if (!toPrice) continue;
      const prices = toPrice.map((step) => ({ seq: step.seq, price: priceOfStep(step, pricer) }));
      // They are counted as updated already.
      all.push({ ...(await this.price(tx, taskId, revision, prices)), updated: 0 });
    }
    return all;
  }

  /** Stores the first steps of tasks that were made in this transaction, each task's numbered from 1; no key comes twice in a task. */
  async begin(
    tx: Transaction,
    revision: number,
    begun: readonly { taskId: string; records: readonly StepRecord[] }[],
    pricer: Pricer,
  ): Promise<void> {
    const all = begun.flatMap(({ records }) => records);
    priceRecords(all, pricer);
    await tx.query(beginSteps, [
      begun.flatMap(({ taskId, records }) => records.map(() => taskId)),
      begun.flatMap(({ records }) => records.map((_, at) => at + 1)),
      revision,
      ...arraysOf(all),
    ]);
  }

  /** Gives steps other prices under the given revision; a reported cost stays, and so does a price that is the same. */
  async price(
    tx: Transaction,
    taskId: string,
    revision: number,
    prices: readonly StepPrice[],
  ): Promise<StepTotals> {
    const [totals] = await tx.query<StepTotals>(priceSteps, [
      taskId,
      revision,
      prices.map(({ seq }) => seq),
      prices.map(({ price }) => price?.costUsd ?? null),
      prices.map(({ price }) => price?.priceDataVersion ?? null),
    ]);
    if (!totals) throw new Error('Pricing steps answered nothing.');
    return totals;
  }
}
