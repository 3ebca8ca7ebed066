import { recordAudit, systemActor } from '../audit/index.js';
import type { AgentService } from '../agents/index.js';
import type { Transaction } from '../../platform/database.js';
import { NotFoundError } from '../../platform/errors.js';
import type { PubSub } from '../../platform/pubsub.js';
import type { RequestContext } from '../../platform/request-context.js';
import { isId } from '../../platform/validation.js';
import { requirePermission, type Permission } from '../../platform/viewer.js';
import type { PriceBook } from '../prices/index.js';
import type { StepPrice } from './step-price.js';
import type { StepRecord } from './step-record.js';
import type { StepRepository, StepTotals } from './step.repository.js';
import type { LeaseGuard } from './queue/lease-guard.js';
import { Task } from './task.entity.js';
import type { TaskEvents } from './task.events.js';
import type { TaskHead, TaskRepository } from './task.repository.js';

/** What one change does to a locked task; what is left out stays. */
export interface TaskChange {
  patch?: Partial<Task>;
  steps?: readonly StepRecord[];
  /** Other prices of steps that are there. */
  prices?: readonly StepPrice[];
  progress?: number | null;
  message?: string | null;
}

/** Who is told of changes; tasks knows no metrics and no search, so the composition root wires them. */
export interface ChangeListeners {
  /** Of each change of a task that finished at that moment, before it or by it, in the change's transaction. */
  onFinishedTask(tx: Transaction, projectId: string, agentId: string, finishedAt: Date): Promise<void>;
  /** Of steps that were told, after the commit. */
  onStepsTold(projectId: string, steps: readonly StepRecord[]): void;
}

/** Who causes a change: a request, or null for Binnacle itself (a job). */
export type Cause = RequestContext | null;

/**
 * The one way to change a task: lock its row, write, raise its revision by one, commit, publish. Everything that changes tasks,
 * steps or interventions goes through here, so revisions are gapless and in the order of commits.
 */
export class TaskChanger {
  constructor(
    private readonly tasks: TaskRepository,
    private readonly steps: StepRepository,
    readonly leases: LeaseGuard,
    private readonly events: PubSub<TaskEvents>,
    private readonly agents: AgentService,
    private readonly prices: PriceBook,
    private readonly listeners: ChangeListeners,
  ) {}

  /** The locked task. @throws NotFoundError, ForbiddenError as the cause's viewer may */
  async lock(tx: Transaction, cause: Cause, id: string, permission: Permission): Promise<Task> {
    const task = isId(id) ? await this.tasks.lock(tx, id) : null;
    if (!task) throw new NotFoundError('The task');
    if (cause) requirePermission(cause.viewer, task.projectId, permission, 'The task');
    return task;
  }

  /** As lock, without the task's payloads: for what is told often. */
  async lockHead(tx: Transaction, cause: Cause, id: string, permission: Permission): Promise<TaskHead> {
    const head = isId(id) ? await this.tasks.lockHead(tx, id) : null;
    if (!head) throw new NotFoundError('The task');
    if (cause) requirePermission(cause.viewer, head.projectId, permission, 'The task');
    return head;
  }

  /**
   * Writes a change of a locked task under its next revision and has it published after the commit. Steps that were all
   * there already, unchanged, and nothing else: then nothing happens.
   */
  async apply(tx: Transaction, head: TaskHead, change: TaskChange): Promise<readonly StepTotals[]> {
    const revision = head.revision + 1;
    const totals: StepTotals[] = [];
    if (change.steps?.length) {
      const pricer = await this.prices.pricer(tx, head.projectId);
      totals.push(...(await this.steps.write(tx, head.id, revision, head.stepCount, change.steps, pricer)));
    }
    const hasTold = totals.some((total) => total.inserted + total.updated > 0);
    if (change.prices?.length) totals.push(await this.steps.price(tx, head.id, revision, change.prices));
    const hasWritten = hasTold || totals.some((total) => total.updated > 0);
    if (!hasWritten && !change.patch && change.progress == null && change.message == null) return totals;
    await this.tasks.apply(tx, head, revision, totals, { ...change, hasTold });
    if (change.patch) await tx.update(Task, { id: head.id }, change.patch);
    const status = change.patch?.status;
    if (status !== undefined && status !== head.status)
      await this.leases.follow(tx, head.id, head.status, status);
    const finishedAt = change.patch?.finishedAt === undefined ? head.finishedAt : change.patch.finishedAt;
    for (const at of new Set([head.finishedAt?.getTime(), finishedAt?.getTime()])) {
      if (at !== undefined)
        await this.listeners.onFinishedTask(tx, head.projectId, head.agentId, new Date(at));
    }
    head.finishedAt = finishedAt;
    head.agentId = change.patch?.agentId ?? head.agentId;
    head.revision = revision;
    head.stepCount += totals.reduce((sum, total) => sum + total.inserted, 0);
    this.publish(tx, head);
    const { steps } = change;
    if (hasTold && steps) tx.afterCommit(() => this.listeners.onStepsTold(head.projectId, steps));
    return totals;
  }

  /**
   * As apply, for the first steps of tasks of one project that were made in this transaction, in two statements for all of them. No
   * key may come twice in a task.
   */
  async begin(
    tx: Transaction,
    begun: readonly { task: TaskHead; steps: readonly StepRecord[] }[],
  ): Promise<void> {
    const [first] = begun;
    if (!first) return;
    const { projectId } = first.task;
    const revision = first.task.revision + 1;
    const written = begun.map(({ task, steps }) => ({ taskId: task.id, records: steps }));
    await this.steps.begin(tx, revision, written, await this.prices.pricer(tx, projectId));
    await this.tasks.countFirstSteps(
      tx,
      written.map(({ taskId }) => taskId),
      revision,
    );
    for (const { task, steps } of begun) {
      if (task.finishedAt) await this.listeners.onFinishedTask(tx, projectId, task.agentId, task.finishedAt);
      task.revision = revision;
      task.stepCount = steps.length;
      this.publish(tx, task);
    }
    const told = begun.flatMap(({ steps }) => steps);
    tx.afterCommit(() => this.listeners.onStepsTold(projectId, told));
  }

  /** Has the task's present revision published after the commit. */
  publish(tx: Transaction, { id, projectId, agentId, revision }: TaskHead): void {
    tx.afterCommit(() => {
      this.events.publish('taskChanged', projectId, { taskId: id, agentId, revision });
      this.agents.touch(agentId);
    });
  }

  /** The audit entry of a change of a task. */
  audit(
    tx: Transaction,
    cause: Cause,
    task: TaskHead,
    action: string,
    before: Record<string, unknown> | null,
    after: Record<string, unknown>,
  ): Promise<void> {
    return recordAudit(tx, {
      context: cause,
      ...(cause ? {} : { actor: systemActor(action) }),
      projectId: task.projectId,
      action,
      subjectType: 'Task',
      subjectId: task.id,
      ...(before ? { before } : {}),
      after,
    });
  }
}
