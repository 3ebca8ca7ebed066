import { In, type EntityManager, type SelectQueryBuilder } from 'typeorm';
import type { Database, Statement, Transaction } from '../../platform/database.js';
import type { PageRequest } from '../../platform/pagination.js';
import type { StepTotals } from './step.repository.js';
import { Intervention } from './intervention.entity.js';
import { InterventionStatus, TaskOrder, type TaskStatus } from './task-enums.js';
import { Task, taskOfRow } from './task.entity.js';
import type { TaskFilter } from './task.inputs.js';

/** The part of a task that its hot writes need: payloads stay where they are. */
export interface TaskHead {
  id: string;
  projectId: string;
  agentId: string;
  status: TaskStatus;
  revision: number;
  stepCount: number;
  finishedAt: Date | null;
  /** The worker that has it, or had it when it ended. */
  worker: string | null;
}

const lockHead = {
  name: 'lock-task-head',
  text: `SELECT id, project_id AS "projectId", agent_id AS "agentId", status, revision, step_count AS "stepCount",
           finished_at AS "finishedAt", worker
         FROM tasks WHERE id = $1 FOR UPDATE`,
};

/**
 * $1 task, $2 revision, $3 … the totals' changes, $9 progress, $10 message, $11 steps without a price, $12 whether steps were told.
 * A finished task keeps its progress. Where no steps were told, a task that was in the index of the text search still is.
 */
const applyChange = {
  name: 'apply-task-change',
  text: `
    UPDATE tasks SET
      revision = $2,
      updated_at = clock_timestamp(),
      step_count = step_count + $3,
      input_tokens = input_tokens + $4,
      output_tokens = output_tokens + $5,
      cost_usd = CASE WHEN costed_steps + $7 > 0 THEN COALESCE(cost_usd, 0) + $6::numeric END,
      costed_steps = costed_steps + $7,
      reported_cost_steps = reported_cost_steps + $8,
      unpriced_steps = unpriced_steps + $11,
      searchable_revision = CASE WHEN searchable_revision = revision AND NOT $12 THEN $2 ELSE searchable_revision END,
      progress = CASE WHEN finished_at IS NULL THEN GREATEST(progress, $9) ELSE progress END,
      progress_message = CASE WHEN finished_at IS NULL THEN COALESCE($10, progress_message) ELSE progress_message END
    WHERE id = $1`,
};

/** The totals of tasks whose first steps were just stored: what there is of them is all there is. $1 tasks, $2 revision. */
const countFirstSteps = {
  name: 'count-first-steps',
  text: `
    UPDATE tasks t SET
      revision = $2,
      updated_at = clock_timestamp(),
      step_count = s.steps,
      input_tokens = s.input_tokens,
      output_tokens = s.output_tokens,
      cost_usd = s.cost_usd,
      costed_steps = s.costed_steps,
      reported_cost_steps = s.reported_cost_steps,
      unpriced_steps = s.unpriced_steps
    FROM (
      SELECT task_id, count(*)::int AS steps, COALESCE(sum(input_tokens), 0) AS input_tokens,
        COALESCE(sum(output_tokens), 0) AS output_tokens, sum(cost_usd) AS cost_usd, count(cost_usd)::int AS costed_steps,
        count(*) FILTER (WHERE cost_source = 'REPORTED')::int AS reported_cost_steps,
        count(*) FILTER (WHERE model IS NOT NULL AND cost_usd IS NULL)::int AS unpriced_steps
      FROM task_steps WHERE task_id = ANY($1) GROUP BY task_id
    ) s
    WHERE t.id = s.task_id AND t.id = ANY($1)`,
};

/** How each order sorts: its column, whether downwards, and whether the column may be null (those rows are left out). */
const orders = {
  [TaskOrder.NEWEST]: { property: 'queuedAt', column: 'queued_at', type: 'timestamptz', isDown: true },
  [TaskOrder.OLDEST]: { property: 'queuedAt', column: 'queued_at', type: 'timestamptz', isDown: false },
  [TaskOrder.SLOWEST]: {
    property: 'latencyMs',
    column: 'latency_ms',
    type: 'double precision',
    isDown: true,
  },
  [TaskOrder.COSTLIEST]: { property: 'costUsd', column: 'cost_usd', type: 'numeric', isDown: true },
} as const;

/** A statement takes 65,535 values, and a task has some 40. */
const tasksOfAStatement = 500;

/** Rows of tasks and interventions. */
export class TaskRepository {
  #findById: Statement | undefined;

  constructor(private readonly database: Database) {}

  /** By plain SQL: every reading of a task and its steps begins here. */
  async find(id: string): Promise<Task | null> {
    const { columns } = this.database.dataSource.getMetadata(Task);
    this.#findById ??= {
      name: 'task',
      text: `SELECT ${columns.map((c) => `${c.databaseName} AS "${c.propertyName}"`).join(', ')} FROM tasks WHERE id = $1`,
    };
    const [row] = await this.database.query<Task>(this.#findById, [id]);
    return row ? taskOfRow(row) : null;
  }

  findByTrace(projectId: string, traceId: string): Promise<Task | null> {
    return this.database.manager.findOneBy(Task, { projectId, traceId });
  }

  async findMany(ids: readonly string[]): Promise<(Task | null)[]> {
    const found = await this.database.manager.findBy(Task, { id: In(ids) });
    const byId = new Map(found.map((task) => [task.id, task]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /** The whole task, locked until the transaction ends. */
  lock(tx: Transaction, id: string): Promise<Task | null> {
    return tx.manager.findOne(Task, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  async lockHead(tx: Transaction, id: string): Promise<TaskHead | null> {
    const [head] = await tx.query<TaskHead>(lockHead, [id]);
    return head ?? null;
  }

  /** Stores a new task, unless its id is taken. */
  async insert(tx: Transaction, task: Task): Promise<boolean> {
    return (await this.insertAll(tx, [task])).has(task.id);
  }

  /** Stores new tasks, but those whose ids are taken. @returns the ids of those that were stored */
  async insertAll(tx: Transaction, tasks: readonly Task[]): Promise<Set<string>> {
    const stored = new Set<string>();
    for (let from = 0; from < tasks.length; from += tasksOfAStatement) {
      const insert = tx.manager.createQueryBuilder().insert().into(Task);
      const values = tasks.slice(from, from + tasksOfAStatement) as never[];
      const { raw } = await insert.values(values).orIgnore().updateEntity(false).returning('id').execute();
      for (const { id } of raw as { id: string }[]) stored.add(id);
    }
    return stored;
  }

  /**
   * Raises the revision of a locked task and adds to its totals and progress.
   * @param change hasTold: whether the text of any step may have changed
   */
  async apply(
    tx: Transaction,
    head: Pick<TaskHead, 'id'>,
    revision: number,
    totals: readonly StepTotals[],
    change: { hasTold: boolean; progress?: number | null; message?: string | null },
  ): Promise<void> {
    const none = {
      inserted: 0,
      inputTokens: 0,
      outputTokens: 0,
      costUsd: '0',
      costedSteps: 0,
      reportedCostSteps: 0,
      unpricedSteps: 0,
    };
    const [first, ...later] = totals.length > 0 ? totals : [none];
    const say = (t: Omit<StepTotals, 'updated'>, p?: number | null, m?: string | null) =>
      tx.query(applyChange, [
        head.id,
        revision,
        t.inserted,
        t.inputTokens,
        t.outputTokens,
        t.costUsd,
        t.costedSteps,
        t.reportedCostSteps,
        p ?? 0,
        m ?? null,
        t.unpricedSteps,
        change.hasTold,
      ]);
    await say(first ?? none, change.progress, change.message);
    for (const total of later) await say(total);
  }

  /** Raises the revision of tasks made in this transaction to the given one, and counts their first steps. */
  async countFirstSteps(tx: Transaction, ids: readonly string[], revision: number): Promise<void> {
    await tx.query(countFirstSteps, [ids, revision]);
  }

  /** One row more than asked for, where there is one. Each order has an index that serves it within a project. */
  page(projectId: string, filter: TaskFilter, order: TaskOrder, request: PageRequest): Promise<Task[]> {
    const { property, column, type, isDown } = orders[order];
    const query = this.#filtered(projectId, filter);
    // Rows whose value is not known have no place in an order by it, and no cursor.
    if (order === TaskOrder.SLOWEST || order === TaskOrder.COSTLIEST)
      query.andWhere(`task.${column} IS NOT NULL`);
    const goesDown = isDown !== request.isBackwards;
    if (request.from) {
      const [value, id] = request.from;
      query.andWhere(
        `(task.${column}, task.id) ${goesDown ? '<' : '>'} (CAST(:value AS ${type}), CAST(:id AS uuid))`,
        {
          value,
          id,
        },
      );
    }
    const direction = goesDown ? 'DESC' : 'ASC';
    return query
      .orderBy(`task.${property}`, direction)
      .addOrderBy('task.id', direction)
      .limit(request.limit + 1)
      .getMany();
  }

  count(projectId: string, filter: TaskFilter): Promise<number> {
    return this.#filtered(projectId, filter).getCount();
  }

  #filtered(projectId: string, filter: TaskFilter): SelectQueryBuilder<Task> {
    const query = this.database.manager
      .createQueryBuilder(Task, 'task')
      .where('task.project_id = :projectId', { projectId });
    const where = (condition: string, values: Record<string, unknown>) => query.andWhere(condition, values);
    if (filter.traceId != null) where('task.trace_id = :traceId', { traceId: filter.traceId.toLowerCase() });
    if (filter.agentId != null) where('task.agent_id = :agentId', { agentId: filter.agentId });
    if (filter.agentVersionId != null) {
      where('task.agent_version_id = :agentVersionId', { agentVersionId: filter.agentVersionId });
    }
    if (filter.types) where('task.type = ANY(:types)', { types: filter.types });
    if (filter.statuses) where('task.status = ANY(:statuses)', { statuses: filter.statuses });
    if (filter.tags) where('task.tags @> CAST(:tags AS text[])', { tags: filter.tags });
    if (filter.search != null)
      where('strpos(lower(task.name), lower(:search)) > 0', { search: filter.search });
    if (filter.finishedAfter)
      where('task.finished_at >= :finishedAfter', { finishedAfter: filter.finishedAfter });
    if (filter.finishedBefore)
      where('task.finished_at < :finishedBefore', { finishedBefore: filter.finishedBefore });
    if (filter.minCostUsd != null) where('task.cost_usd >= :minCostUsd', { minCostUsd: filter.minCostUsd });
    if (filter.minLatencyMs != null)
      where('task.latency_ms >= :minLatencyMs', { minLatencyMs: filter.minLatencyMs });
    if (filter.hasIntervention != null) {
      query.andWhere(filter.hasIntervention ? 'task.intervention_count > 0' : 'task.intervention_count = 0');
    }
    if (filter.errorClasses)
      where('task.error_class = ANY(:errorClasses)', { errorClasses: filter.errorClasses });
    return query;
  }

  findIntervention(id: string, manager: EntityManager = this.database.manager): Promise<Intervention | null> {
    return manager.findOneBy(Intervention, { id });
  }

  openInterventions(tx: Transaction, taskId: string): Promise<Intervention[]> {
    return tx.manager.findBy(Intervention, { taskId, status: InterventionStatus.OPEN });
  }

  async findInterventions(ids: readonly string[]): Promise<Intervention[]> {
    return this.database.manager.findBy(Intervention, { id: In(ids) });
  }

  /** The interventions of those tasks that were asked for or resolved within so many seconds. */
  interventionsChangedIn(
    taskIds: readonly string[],
    seconds: number,
  ): Promise<Pick<Intervention, 'projectId' | 'id' | 'resolvedAt'>[]> {
    return this.database.query(
      `SELECT project_id AS "projectId", id, resolved_at AS "resolvedAt" FROM interventions
       WHERE task_id = ANY($1) AND GREATEST(requested_at, resolved_at) > now() - make_interval(secs => $2)`,
      [taskIds, seconds],
    );
  }

  /** The interventions of each task, oldest first. */
  async interventionsOf(taskIds: readonly string[]): Promise<Intervention[][]> {
    const found = await this.database.manager.find(Intervention, {
      where: { taskId: In(taskIds) },
      order: { requestedAt: 'ASC', id: 'ASC' },
    });
    return taskIds.map((id) => found.filter((intervention) => intervention.taskId === id));
  }

  /** Newest first; one row more than asked for, where there is one. */
  interventionPage(
    projectId: string,
    status: InterventionStatus | null,
    request: PageRequest,
  ): Promise<Intervention[]> {
    const query = this.database.manager
      .createQueryBuilder(Intervention, 'intervention')
      .where('intervention.project_id = :projectId', { projectId });
    if (status) query.andWhere('intervention.status = :status', { status });
    if (request.from) {
      const [at, id] = request.from;
      query.andWhere(
        '(intervention.requested_at, intervention.id) < (CAST(:at AS timestamptz), CAST(:id AS uuid))',
        { at, id },
      );
    }
    return query
      .orderBy('intervention.requestedAt', 'DESC')
      .addOrderBy('intervention.id', 'DESC')
      .limit(request.limit + 1)
      .getMany();
  }

  countInterventions(projectId: string, status: InterventionStatus | null): Promise<number> {
    return this.database.manager.countBy(Intervention, status ? { projectId, status } : { projectId });
  }
}
