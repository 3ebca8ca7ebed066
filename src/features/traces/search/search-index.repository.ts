import type { Database, Transaction } from '../../../platform/database.js';
import { codeCount } from './grams.js';
import { blockSlots, mergedBlocks, mergedSlots, type SearchBlock, type SlotRun } from './search-block.js';
import { stepBatch, storedSize, type BatchStep } from './step-batch.js';

/** A task that has been told more than the index holds. */
export interface WaitingTask {
  id: string;
  searchableRevision: number;
  revision: number;
}

/** A task of which the index holds more now. */
export interface IndexedTask {
  id: string;
  from: number;
  to: number;
}

/** Most tasks that are looked at for one block. */
const mostTasks = blockSlots;

/** Bytes of the index that one row of a block has; each holds the same share of the codes. */
const rowBytes = mergedSlots / 8;
const blockRows = (codeCount * blockSlots) / mergedSlots;

const isWaiting = 't.searchable_revision < t.revision';
const ofWaiting = 's.task_id = t.id AND s.revision > t.searchable_revision';
const readWaiting = {
  name: 'search-waiting-steps',
  text: stepBatch(
    `FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY AS k (id, revision, place)
     CROSS JOIN LATERAL (SELECT * FROM task_steps s WHERE s.task_id = k.id AND s.revision > k.revision
       AND (k.place > 1 OR (s.revision, s.seq) > ($3, $4)) ORDER BY s.revision, s.seq LIMIT 256) s`,
    's.revision, s.seq',
    256,
  ),
};

/** Writes the index of the text search. */
export class SearchIndexRepository {
  constructor(private readonly database: Database) {}

  /** The projects of which anything is not in the index. */
  async waitingProjects(): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `SELECT p.id FROM projects p WHERE EXISTS (SELECT FROM tasks t WHERE t.project_id = p.id AND ${isWaiting})`,
    );
    return rows.map(({ id }) => id);
  }

  /** Marks as searchable what waits without having any steps, as far as `limit` tasks; answers how many they were. */
  async passStepless(projectId: string, limit: number): Promise<number> {
    const passed = await this.database.query(
      `UPDATE tasks t SET searchable_revision = w.revision
       FROM (SELECT t.id, t.searchable_revision, t.revision FROM tasks t
             WHERE t.project_id = $1 AND ${isWaiting} AND NOT EXISTS (SELECT FROM task_steps s WHERE ${ofWaiting})
             ORDER BY t.id LIMIT $2) w
       WHERE t.id = w.id AND t.searchable_revision = w.searchable_revision RETURNING 1`,
      [projectId, limit],
    );
    return passed.length;
  }

  /** How much work it is to search what waits, in steps of a thousand bytes; counted as far as a few thousand steps. */
  async waitingWeight(projectId: string, skipped: readonly string[]): Promise<number> {
    const [row] = await this.database.query<{ weight: number }>(
      `SELECT COALESCE(sum(0.25 + size / 1000.0), 0)::float8 AS weight
       FROM (SELECT ${storedSize} AS size FROM tasks t JOIN task_steps s ON ${ofWaiting}
             WHERE t.project_id = $1 AND ${isWaiting} AND t.id <> ALL($2) LIMIT 4096) w`,
      [projectId, skipped],
    );
    return row?.weight ?? 0;
  }

  /** One at a time writes the index of a project; false where another one does. */
  async lock(tx: Transaction, projectId: string): Promise<boolean> {
    const [row] = await tx.query<{ isLocked: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('search index ' || $1, 0)) AS "isLocked",
         set_config('synchronous_commit', 'off', true)`,
      [projectId],
    );
    return row?.isLocked ?? false;
  }

  /** The newest tasks that wait, those in `skipped` left out. */
  waitingTasks(tx: Transaction, projectId: string, skipped: readonly string[]): Promise<WaitingTask[]> {
    return tx.query<WaitingTask>(
      `SELECT t.id, t.searchable_revision AS "searchableRevision", t.revision FROM tasks t
       WHERE t.project_id = $1 AND ${isWaiting} AND t.id <> ALL($2)
       ORDER BY t.queued_at DESC, t.id DESC LIMIT ${mostTasks}`,
      [projectId, skipped],
    );
  }

  /**
   * The next steps of the tasks, in the order of the tasks, each by revision and seq; not all of them where they are many or
   * large.
   * @param after of the first task, only what comes after this place
   */
  waitingSteps(
    tx: Transaction,
    tasks: readonly WaitingTask[],
    after: { revision: number; seq: number } | null,
  ): Promise<BatchStep[]> {
    return tx.query<BatchStep>(readWaiting, [
      tasks.map(({ id }) => id),
      // A place within the first task: no revision before it is looked at again.
      tasks.map((task, index) => (index === 0 && after ? after.revision - 1 : task.searchableRevision)),
      after?.revision ?? 0,
      after?.seq ?? 0,
    ]);
  }

  /** The number of the next block of a project, under its lock. */
  async nextBlock(tx: Transaction, projectId: string): Promise<number> {
    const [row] = await tx.query<{ next: number }>(
      `SELECT COALESCE(max((block + 1) * CASE level WHEN 0 THEN 1 ELSE ${mergedBlocks} END), 0) AS next
       FROM search_bits WHERE project_id = $1 AND level IN (0, 1) AND bucket = 0`,
      [projectId],
    );
    return row?.next ?? 0;
  }

  async insertBits(tx: Transaction, projectId: string, { number, bits }: SearchBlock): Promise<void> {
    await tx.query(
      `INSERT INTO search_bits (project_id, level, bucket, block, bits)
       SELECT $1, 0, b, $2, ('x' || encode(substring($3::bytea FROM b * ${rowBytes} + 1 FOR ${rowBytes}), 'hex'))::bit(${rowBytes * 8})
       FROM generate_series(0, ${blockRows - 1}) AS b`,
      [projectId, number, bits],
    );
  }

  /** Last of all, since from here on the tasks are locked. False where another one indexed any of them meanwhile. */
  async finish(
    tx: Transaction,
    projectId: string,
    runs: readonly SlotRun[],
    tasks: readonly IndexedTask[],
  ): Promise<boolean> {
    await tx.query(
      `INSERT INTO search_runs (project_id, task_id, first_slot, first_seqs, last_seqs)
       SELECT $1, r.task_id, r.first_slot, r.first_seqs::int[], r.last_seqs::int[]
       FROM unnest($2::uuid[], $3::int[], $4::text[], $5::text[]) AS r (task_id, first_slot, first_seqs, last_seqs)
       ORDER BY r.task_id`,
      [
        projectId,
        runs.map(({ taskId }) => taskId),
        runs.map(({ firstSlot }) => firstSlot),
        runs.map(({ firstSeqs }) => `{${firstSeqs.join()}}`),
        runs.map(({ lastSeqs }) => `{${lastSeqs.join()}}`),
      ],
    );
    const updated = await tx.query(
      `UPDATE tasks t SET searchable_revision = k.upto
       FROM unnest($1::uuid[], $2::int[], $3::int[]) AS k (id, since, upto)
       WHERE t.id = k.id AND t.searchable_revision = k.since RETURNING 1`,
      [tasks.map(({ id }) => id), tasks.map(({ from }) => from), tasks.map(({ to }) => to)],
    );
    return updated.length === tasks.length;
  }

  /** Puts the oldest blocks of a project together where there are enough of them; answers whether there were. */
  async merge(tx: Transaction, projectId: string): Promise<boolean> {
    const [full] = await tx.query<{ merged: number }>(
      `SELECT block / ${mergedBlocks} AS merged FROM search_bits WHERE project_id = $1 AND level = 0 AND bucket = 0
       GROUP BY 1 HAVING count(*) = ${mergedBlocks} ORDER BY 1 LIMIT 1`,
      [projectId],
    );
    if (!full) return false;
    // By whole keys: rows of blocks that were merged before are still passed by until they are vacuumed.
    const ofBlocks = `b.project_id = $1 AND b.level = 0 AND b.bucket = ANY($3) AND b.block BETWEEN $2 * ${mergedBlocks}
      AND $2 * ${mergedBlocks} + ${mergedBlocks - 1}`;
    const values = [projectId, full.merged, Array.from({ length: blockRows }, (_, bucket) => bucket)];
    const parts = Array.from(
      { length: mergedBlocks },
      (_, block) => `substring(parts[${block + 1}] FROM c * ${blockSlots} + 1 FOR ${blockSlots})`,
    );
    await tx.query(
      `INSERT INTO search_bits (project_id, level, bucket, block, bits)
       SELECT $1, 1, bucket * ${mergedBlocks} + c, $2, ${parts.join(' || ')}
       FROM (SELECT b.bucket, array_agg(b.bits ORDER BY b.block) AS parts FROM search_bits b WHERE ${ofBlocks} GROUP BY 1) r
       CROSS JOIN generate_series(0, ${mergedBlocks - 1}) AS c`,
      values,
    );
    await tx.query(`DELETE FROM search_bits b WHERE ${ofBlocks}`, values);
    return true;
  }

  /** Removes merged blocks whose tasks are all gone. */
  async dropEmpty(): Promise<void> {
    await this.database.query(
      `DELETE FROM search_bits b USING (
         SELECT m.project_id, m.block FROM projects p JOIN search_bits m ON m.project_id = p.id AND m.level = 1 AND m.bucket = 0
         WHERE NOT EXISTS (SELECT FROM search_runs r WHERE r.project_id = p.id
           AND r.first_slot >= m.block * ${mergedSlots} AND r.first_slot < (m.block + 1) * ${mergedSlots}) LIMIT 10) empty
       WHERE b.project_id = empty.project_id AND b.level = 1 AND b.block = empty.block`,
    );
  }
}
