import type { Reads } from '../../../platform/database.js';
import { timesAsText } from '../step.reader.js';
import { blockSlots, mergedBlocks, mergedSlots } from './search-block.js';

/** Where a task stands in its project: the newest first. */
export interface TaskPlace {
  taskId: string;
  /** ISO 8601. */
  queuedAt: string;
}

/** Steps of a task that may hold what is searched for, by their first and last seq. */
export interface Candidates extends TaskPlace {
  ranges: [first: number, last: number][];
}

/** The slots of one block that have all the codes asked for, as a text of 0 and 1. */
export interface BlockSlots {
  firstSlot: number;
  slots: string;
  /** How many of them. */
  count: number;
}

export interface RunRow extends TaskPlace {
  firstSlot: number;
  slotCount: number;
  /** Of each slot the first and the last seq, as PostgreSQL writes arrays: few are looked at, and parsing takes longest. */
  firstSeqs: string;
  lastSeqs: string;
}

const run = `r.first_slot AS "firstSlot", cardinality(r.first_seqs) AS "slotCount",
  r.first_seqs::text AS "firstSeqs", r.last_seqs::text AS "lastSeqs"`;

const pageOfTasks = 100;
/** Runs that are read at a time. */
export const pageOfRuns = 200;

const upTo = (from: TaskPlace | null): [string, string] => [
  from?.queuedAt ?? 'infinity',
  from?.taskId ?? 'ffffffff-ffff-ffff-ffff-ffffffffffff',
];

/** Finds where in a project or a task something may be found; nothing here compares any text. */
export class CandidateRepository {
  constructor(private readonly reads: Reads) {}

  /**
   * The slots that have all of the codes, by block; blocks without any are left out.
   * @param blocks only these, by their first slots
   */
  async slots(
    projectId: string,
    codes: readonly number[],
    blocks?: readonly number[],
  ): Promise<BlockSlots[]> {
    const only = (slots: number) => (blocks ? `AND b.block * ${slots} = ANY($3)` : '');
    return this.reads.query<BlockSlots>(
      `SELECT first_slot AS "firstSlot", slots::text, bit_count(slots)::int AS count FROM (
         SELECT b.first_slot, bit_and(b.bits) AS slots
         FROM (
           SELECT b.block * ${mergedSlots} AS first_slot, b.bits FROM search_bits b
           WHERE b.project_id = $1 AND b.level = 1 AND b.bucket = ANY($2) ${only(mergedSlots)}
           UNION ALL
           SELECT b.block * ${blockSlots}, substring(b.bits FROM c.code % ${mergedBlocks} * ${blockSlots} + 1 FOR ${blockSlots})
           FROM unnest($2::int[]) AS c (code)
           JOIN search_bits b ON b.project_id = $1 AND b.level = 0 AND b.bucket = c.code / ${mergedBlocks} ${only(blockSlots)}
         ) b GROUP BY 1
       ) f WHERE bit_count(slots) > 0 ORDER BY 1`,
      [projectId, codes, ...(blocks ? [blocks] : [])],
    );
  }

  /** A page of the tasks that were told more than the index holds, newest first, with the steps in question. */
  async waiting(projectId: string, from: TaskPlace | null, isAfter: boolean): Promise<Candidates[]> {
    const rows = await this.reads.query<TaskPlace & { seqs: number[] }>(
      `SELECT t.id AS "taskId", t.queued_at AS "queuedAt", w.seqs
       FROM (SELECT id, queued_at, searchable_revision FROM tasks
             WHERE project_id = $1 AND searchable_revision < revision
               AND (queued_at, id) ${isAfter ? '<' : '<='} ($2::timestamptz, $3::uuid)) t
       CROSS JOIN LATERAL (SELECT array_agg(s.seq ORDER BY s.seq) AS seqs FROM task_steps s
                           WHERE s.task_id = t.id AND s.revision > t.searchable_revision) w
       WHERE w.seqs IS NOT NULL ORDER BY t.queued_at DESC, t.id DESC LIMIT ${pageOfTasks}`,
      [projectId, ...upTo(from)],
      timesAsText,
    );
    return rows.map(({ seqs, ...place }) => ({ ...place, ranges: seqs.map((seq) => [seq, seq]) }));
  }

  /** A page of the runs of a project, those of the newest task first; of the task at `from` only those after a slot. */
  runsOfNewest(projectId: string, from: TaskPlace | null, afterSlot: number): Promise<RunRow[]> {
    return this.reads.query<RunRow>(
      `SELECT t.id AS "taskId", t.queued_at AS "queuedAt", ${run} FROM tasks t
       CROSS JOIN LATERAL (SELECT * FROM search_runs r WHERE r.task_id = t.id AND (t.id <> $3 OR r.first_slot > $4)
                           ORDER BY r.first_slot LIMIT ${pageOfRuns}) r
       WHERE t.project_id = $1 AND (t.queued_at, t.id) <= ($2::timestamptz, $3::uuid)
       ORDER BY t.queued_at DESC, t.id DESC, r.first_slot LIMIT ${pageOfRuns}`,
      [projectId, ...upTo(from), afterSlot],
      timesAsText,
    );
  }

  /**
   * What stands in the slots, newest task first, each with one range.
   * @param taskId of this task alone
   */
  async inSlots(
    projectId: string,
    slots: readonly number[],
    from: TaskPlace | null,
    taskId?: string,
  ): Promise<Candidates[]> {
    const rows = await this.reads.query<TaskPlace & { first: number; last: number }>(
      `SELECT t.id AS "taskId", t.queued_at AS "queuedAt", r.first_seqs[k.slot - r.first_slot + 1] AS first,
         r.last_seqs[k.slot - r.first_slot + 1] AS last
       FROM unnest($2::int[]) AS k (slot)
       CROSS JOIN LATERAL (SELECT * FROM search_runs r WHERE r.project_id = $1 AND r.first_slot <= k.slot
                           ORDER BY r.first_slot DESC LIMIT 1) r
       JOIN tasks t ON t.id = r.task_id
       WHERE k.slot < r.first_slot + cardinality(r.first_seqs) AND t.project_id = $1
         AND (t.queued_at, t.id) <= ($3::timestamptz, $4::uuid) ${taskId ? 'AND r.task_id = $5' : ''}
       ORDER BY t.queued_at DESC, t.id DESC, 3`,
      [projectId, slots, ...upTo(from), ...(taskId ? [taskId] : [])],
      timesAsText,
    );
    return rows.map(({ first, last, ...place }) => ({ ...place, ranges: [[first, last]] }));
  }

  /** The runs of a task by their first slots. */
  async firstSlotsOf(taskId: string): Promise<number[]> {
    const rows = await this.reads.query<{ slot: number }>(
      'SELECT first_slot AS slot FROM search_runs WHERE task_id = $1',
      [taskId],
    );
    return rows.map(({ slot }) => slot);
  }

  runsOfTask(taskId: string): Promise<Omit<RunRow, keyof TaskPlace>[]> {
    return this.reads.query<RunRow>(`SELECT ${run} FROM search_runs r WHERE r.task_id = $1`, [taskId]);
  }

  /** The number of a task's last step; 0 where it has none. */
  async lastSeq(taskId: string): Promise<number> {
    const [row] = await this.reads.query<{ seq: number }>(
      'SELECT COALESCE(max(seq), 0) AS seq FROM task_steps WHERE task_id = $1',
      [taskId],
    );
    return row?.seq ?? 0;
  }

  /** The project of a task, and its steps that are not in the index as they stand. */
  async waitingOfTask(taskId: string): Promise<{ projectId: string; seqs: number[] } | null> {
    const [row] = await this.reads.query<{ projectId: string; seqs: number[] }>(
      `SELECT t.project_id AS "projectId", COALESCE((SELECT array_agg(s.seq) FROM task_steps s
         WHERE s.task_id = t.id AND s.revision > t.searchable_revision), '{}') AS seqs
       FROM tasks t WHERE t.id = $1`,
      [taskId],
    );
    return row ?? null;
  }
}
