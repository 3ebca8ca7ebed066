import { createHash } from 'node:crypto';
import { v5 as derivedUuid, v7 as uuid } from 'uuid';
import { AgentStatus, type Agent, type AgentService } from '../agents/index.js';
import type { Database, Transaction } from '../../platform/database.js';
import { BadUserInputError, ConflictError, NotFoundError } from '../../platform/errors.js';
import type { JobQueue } from '../../platform/jobs.js';
import { Page, pageRequest, type PageArguments } from '../../platform/pagination.js';
import type { RequestContext } from '../../platform/request-context.js';
import { isId } from '../../platform/validation.js';
import { requirePermission } from '../../platform/viewer.js';
import { errorColumns } from './error-info.js';
import type { TaskChanger, Cause, TaskChange } from './task-change.js';
import { ErrorClass, TaskOrder, TaskStatus } from './task-enums.js';
import { Task } from './task.entity.js';
import type { CreateTaskInput, FinishTaskInput, TaskFilter } from './task.inputs.js';
import type { TaskJobs } from './task.jobs.js';
import { newTask } from './new-task.js';
import { requireWorkerOf } from './queue/lease-lost.js';
import type { QueueRepository } from './queue/queue.repository.js';
import type { TaskRepository } from './task.repository.js';
import { isFinished, requireTransition } from './task-state.js';
import { watchTimeout } from './task-timeout.js';

const dayMs = 86_400_000;

/** What a task's end does to the interventions that are still open; wired to InterventionService. */
export type ExpireOpen = (tx: Transaction, task: Task) => Promise<TaskChange['steps']>;

/** The life of tasks: made, finished, cancelled, tried again, timed out. */
export class TaskService {
  constructor(
    private readonly database: Database,
    private readonly tasks: TaskRepository,
    private readonly changer: TaskChanger,
    private readonly agents: AgentService,
    private readonly jobs: JobQueue<TaskJobs>,
    private readonly expireOpen: ExpireOpen,
    private readonly queue: QueueRepository,
  ) {}

  /** @throws NotFoundError where the viewer's projects hold no such task */
  async get(context: RequestContext, id: string): Promise<Task> {
    return this.#visible(context, isId(id) ? await this.tasks.find(id) : null);
  }

  async getByTrace(context: RequestContext, projectId: string, traceId: string): Promise<Task> {
    requirePermission(context.viewer, projectId, 'read');
    return this.#visible(context, await this.tasks.findByTrace(projectId, traceId.toLowerCase()));
  }

  async list(
    context: RequestContext,
    projectId: string,
    filter: TaskFilter,
    order: TaskOrder,
    pageArgs: PageArguments,
  ): Promise<Page<Task>> {
    requirePermission(context.viewer, projectId, 'read');
    for (const name of ['agentId', 'agentVersionId'] as const) {
      if (filter[name] != null && !isId(filter[name])) {
        throw new BadUserInputError([{ path: `filter.${name}`, message: 'This is no id.' }]);
      }
    }
    const isByTime = order === TaskOrder.NEWEST || order === TaskOrder.OLDEST;
    const request = pageRequest(pageArgs, [isByTime ? 'time' : 'number', 'id']);
    const rows = await this.tasks.page(projectId, filter, order, request);
    const keyOf = (task: Task): [string | number, string] => {
      if (order === TaskOrder.SLOWEST) return [task.latencyMs ?? 0, task.id];
      if (order === TaskOrder.COSTLIEST) return [task.costUsd ?? 0, task.id];
      return [task.queuedAt.toISOString(), task.id];
    };
    return new Page(request, rows, keyOf, () => this.tasks.count(projectId, filter));
  }

  /** A task that the viewer was just allowed to change, as it is stored now. */
  reload(id: string): Promise<Task> {
    return this.database.manager.findOneByOrFail(Task, { id });
  }

  /** The tasks of those ids, for fields of objects that the viewer may already see. */
  loader(context: RequestContext) {
    return context.loader(this.tasks, (ids) => this.tasks.findMany(ids));
  }

  /**
   * Makes a task, RUNNING or QUEUED. With an idempotency key the id is derived from it, so that the same call made again,
   * on any server, meets the same row.
   * @param isBuiltIn whether Binnacle's own workers run it, and no others
   */
  async create(context: RequestContext, input: CreateTaskInput, isBuiltIn = false): Promise<Task> {
    const agent = await this.agents.get(context, input.agentId, 'ingest');
    const isActive = agent.status === AgentStatus.ACTIVE;
    const parent = input.parentId == null ? null : await this.#parent(agent.projectId, input.parentId);
    const task = this.#newTask(agent, parent?.id ?? null, input);
    task.isBuiltIn = isBuiltIn;
    const isNew = await this.database.transaction(async (tx) => {
      if (!isActive || !(await this.tasks.insert(tx, task))) return false;
      if (task.status === TaskStatus.RUNNING) await watchTimeout(tx, this.jobs, task);
      else await this.queue.put(tx, task.id);
      await this.changer.audit(tx, context, task, 'createTask', null, {
        agentId: agent.id,
        type: task.type,
        name: task.name,
        status: task.status,
      });
      this.changer.publish(tx, task);
      return true;
    });
    if (isNew) return task;
    const existing = await this.tasks.find(task.id);
    if (existing && existing.requestHash === task.requestHash) return existing;
    if (!isActive) {
      throw new ConflictError(`The agent is ${agent.status} and takes no new tasks; set it ACTIVE first.`);
    }
    throw new ConflictError('This idempotency key already made a task from another input; use another key.');
  }

  /** Ends a task. Ending it again with the same status answers it as it is. */
  async finish(context: Cause, input: FinishTaskInput): Promise<Task> {
    const { status } = input;
    if (!isFinished(status)) {
      const message = `A task is finished as SUCCEEDED, FAILED, TIMED_OUT or CANCELLED, not as ${status}.`;
      throw new BadUserInputError([{ path: 'input.status', message }]);
    }
    if (status === TaskStatus.SUCCEEDED && input.error) {
      throw new BadUserInputError([{ path: 'input.error', message: 'A task that SUCCEEDED has no error.' }]);
    }
    return this.database.transaction(async (tx) => {
      const task = await this.changer.lock(tx, context, input.taskId, 'ingest');
      const { worker } = input;
      if (task.status === status) {
        if (worker != null) requireWorkerOf(task, worker);
        return task;
      }
      await this.changer.leases.require(tx, task, worker);
      if (input.finishedAt) requireSensibleEnd(task, input.finishedAt);
      const finishedAt = input.finishedAt ?? new Date();
      const patch = { output: input.output ?? null, ...errorColumns(input.error) };
      return this.#end(tx, context, 'finishTask', task, status, finishedAt, patch);
    });
  }

  /** Ends a task that nobody needs any more; a worker that runs it learns so at its next call. */
  cancel(context: RequestContext, id: string): Promise<Task> {
    return this.database.transaction(async (tx) => {
      const task = await this.changer.lock(tx, context, id, 'operate');
      if (task.status === TaskStatus.CANCELLED) return task;
      return this.#end(tx, context, 'cancelTask', task, TaskStatus.CANCELLED, new Date(), {});
    });
  }

  /** Puts a task that did not succeed back into the queue, as its next attempt; its steps stay. */
  retry(context: RequestContext, id: string): Promise<Task> {
    return this.database.transaction(async (tx) => {
      const task = await this.changer.lock(tx, context, id, 'operate');
      requireTransition(task.status, TaskStatus.QUEUED);
      // RUNNING goes back to the queue only where a worker lost the task, which is not for callers to say.
      if (!isFinished(task.status)) {
        throw new ConflictError(
          `The task is ${task.status} and cannot become QUEUED; finish or cancel it first.`,
        );
      }
      const attempt = task.attempt + 1;
      const patch: Partial<Task> = {
        ...nextAttempt(attempt),
        maxAttempts: Math.max(task.maxAttempts, attempt),
        output: null,
        ...errorColumns(null),
        queuedAt: new Date(),
        finishedAt: null,
        latencyMs: null,
      };
      await this.#change(tx, context, 'retryTask', task, { patch });
      return task;
    });
  }

  /** The job timeOutTask: ends the attempt, if it still runs. */
  async timeOut({ taskId, attempt, startedAt }: TaskJobs['timeOutTask']): Promise<void> {
    await this.database.transaction(async (tx) => {
      const task = await this.tasks.lock(tx, taskId);
      const isDue = task?.attempt === attempt && (task.startedAt?.toISOString() ?? null) === startedAt;
      if (!isDue || (task.status !== TaskStatus.RUNNING && task.status !== TaskStatus.WAITING_FOR_HUMAN))
        return;
      const errorMessage = `The attempt ran longer than its ${task.timeoutMs} ms.`;
      await this.#end(tx, null, 'timeOutTask', task, TaskStatus.TIMED_OUT, new Date(), {
        errorCode: null,
        errorMessage,
        errorClass: ErrorClass.TIMEOUT,
      });
    });
  }

  /** The lease of a RUNNING task has run out: it waits for another worker, in its old place, or that was its last attempt. */
  async loseWorker(tx: Transaction, task: Task): Promise<void> {
    const { worker, attempt, maxAttempts } = task;
    if (attempt < maxAttempts) {
      return this.#change(tx, null, 'giveBackTask', task, { patch: nextAttempt(attempt + 1) });
    }
    const nth = maxAttempts === 1 ? 'the only attempt' : `the last of ${maxAttempts} attempts`;
    await this.#end(tx, null, 'giveBackTask', task, TaskStatus.FAILED, new Date(), {
      worker: null,
      errorCode: 'LEASE_EXPIRED',
      errorMessage: `The worker "${worker}" did not extend its lease in time; it was ${nth}.`,
      errorClass: ErrorClass.TIMEOUT,
    });
  }

  /** A worker that stops gives back what it has not begun or will not end: the attempt does not count. */
  release(cause: Cause, taskId: string, worker: string): Promise<void> {
    return this.database.transaction(async (tx) => {
      const task = await this.changer.lock(tx, cause, taskId, 'work');
      await this.changer.leases.require(tx, task, worker);
      requireTransition(task.status, TaskStatus.QUEUED);
      await this.#change(tx, cause, 'releaseTask', task, { patch: nextAttempt(task.attempt) });
    });
  }

  async #end(
    tx: Transaction,
    cause: Cause,
    action: string,
    task: Task,
    status: TaskStatus,
    finishedAt: Date,
    more: Partial<Task>,
  ): Promise<Task> {
    requireTransition(task.status, status);
    const steps = (await this.expireOpen(tx, task)) ?? [];
    const patch: Partial<Task> = {
      ...more,
      status,
      finishedAt,
      // Another machine's clock, which may run ahead, told when it began.
      latencyMs: task.startedAt && Math.max(0, finishedAt.getTime() - task.startedAt.getTime()),
      ...(status === TaskStatus.SUCCEEDED ? { progress: 1 } : {}),
    };
    await this.#change(tx, cause, action, task, { patch, steps });
    return task;
  }

  /** Applies and audits a change, and leaves `task` as it is stored now, but for its totals. */
  async #change(
    tx: Transaction,
    cause: Cause,
    action: string,
    task: Task,
    change: TaskChange,
  ): Promise<void> {
    const before = { status: task.status, attempt: task.attempt };
    await this.changer.apply(tx, task, change);
    Object.assign(task, change.patch);
    await this.changer.audit(tx, cause, task, action, before, { status: task.status, attempt: task.attempt });
  }

  async #parent(projectId: string, parentId: string): Promise<Task> {
    const parent = isId(parentId) ? await this.tasks.find(parentId) : null;
    if (parent?.projectId !== projectId) throw new NotFoundError('The parent task');
    return parent;
  }

  #visible(context: RequestContext, task: Task | null): Task {
    if (!task) throw new NotFoundError('The task');
    requirePermission(context.viewer, task.projectId, 'read', 'The task');
    return task;
  }

  #newTask(agent: Agent, parentId: string | null, input: CreateTaskInput): Task {
    const now = new Date();
    const isStarted = input.start ?? true;
    if (input.startedAt !== undefined && !isStarted) {
      const message = 'startedAt goes with start: true; a queued task has not started.';
      throw new BadUserInputError([{ path: 'input.startedAt', message }]);
    }
    if (input.startedAt && input.startedAt.getTime() > now.getTime() + dayMs) {
      throw new BadUserInputError([
        { path: 'input.startedAt', message: 'It lies more than a day ahead of now.' },
      ]);
    }
    const { idempotencyKey } = input;
    return newTask(agent, now, {
      id: idempotencyKey ? derivedUuid(`task:${idempotencyKey}`, agent.projectId) : uuid(),
      requestHash: idempotencyKey ? hashOf(input) : null,
      type: input.type ?? 'task',
      name: input.name,
      status: isStarted ? TaskStatus.RUNNING : TaskStatus.QUEUED,
      priority: input.priority ?? 0,
      maxAttempts: input.maxAttempts ?? 1,
      timeoutMs: input.timeoutMs ?? null,
      input: input.input ?? null,
      tags: input.tags ?? [],
      parentId,
      queuedAt: input.startedAt ?? now,
      startedAt: isStarted ? (input.startedAt === undefined ? now : input.startedAt) : null,
    });
  }
}

/** A task that begins from the queue again; its steps stay. */
function nextAttempt(attempt: number): Partial<Task> {
  const { QUEUED } = TaskStatus;
  return { status: QUEUED, attempt, worker: null, progress: 0, progressMessage: null, startedAt: null };
}

function requireSensibleEnd(task: Task, finishedAt: Date): void {
  const problem =
    task.startedAt && finishedAt < task.startedAt
      ? `It lies before the task's startedAt, ${task.startedAt.toISOString()}.`
      : finishedAt.getTime() > Date.now() + dayMs
        ? 'It lies more than a day ahead of now.'
        : undefined;
  if (problem) throw new BadUserInputError([{ path: 'input.finishedAt', message: problem }]);
}

/** The same input in another order of its fields has the same hash. */
function hashOf(input: object): string {
  const sorted = (_: string, value: unknown): unknown =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return createHash('sha256').update(JSON.stringify(input, sorted)).digest('hex');
}
