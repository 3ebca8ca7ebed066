import { v7 as uuid } from 'uuid';
import { recordAudit, systemActor } from '../audit/index.js';
import type { Database, Transaction } from '../../platform/database.js';
import { BadUserInputError, ConflictError, NotFoundError } from '../../platform/errors.js';
import type { JobQueue } from '../../platform/jobs.js';
import { Page, pageRequest, type PageArguments } from '../../platform/pagination.js';
import type { PubSub } from '../../platform/pubsub.js';
import type { RequestContext } from '../../platform/request-context.js';
import { isId } from '../../platform/validation.js';
import { requirePermission } from '../../platform/viewer.js';
import { Intervention } from './intervention.entity.js';
import { stepRecord, type StepRecord } from './step-record.js';
import type { Cause, TaskChanger } from './task-change.js';
import { InterventionKind, InterventionStatus, StepStatus, StepType, TaskStatus } from './task-enums.js';
import type { Task } from './task.entity.js';
import type { TaskEvents } from './task.events.js';
import type { RequestInterventionInput, ResolveInterventionInput } from './task.inputs.js';
import type { TaskJobs } from './task.jobs.js';
import type { TaskRepository } from './task.repository.js';
import { requireTransition } from './task-state.js';

const { OPEN, APPROVED, REJECTED, ANSWERED, EXPIRED } = InterventionStatus;

/** Questions of tasks to humans. Asking holds the task up, the last answer lets it go on; both are steps of type HUMAN. */
export class InterventionService {
  constructor(
    private readonly database: Database,
    private readonly tasks: TaskRepository,
    private readonly changer: TaskChanger,
    private readonly events: PubSub<TaskEvents>,
    private readonly jobs: JobQueue<TaskJobs>,
  ) {}

  async list(
    context: RequestContext,
    projectId: string,
    status: InterventionStatus | null,
    pageArgs: PageArguments,
  ): Promise<Page<Intervention>> {
    requirePermission(context.viewer, projectId, 'read');
    const request = pageRequest(pageArgs, ['time', 'id']);
    const rows = await this.tasks.interventionPage(projectId, status, request);
    return new Page(
      request,
      rows,
      ({ requestedAt, id }) => [requestedAt.toISOString(), id],
      () => this.tasks.countInterventions(projectId, status),
    );
  }

  /** The interventions of tasks that the viewer may already see. */
  ofTaskLoader(context: RequestContext) {
    return context.loader(this, (taskIds) => this.tasks.interventionsOf(taskIds));
  }

  /** Puts the task into WAITING_FOR_HUMAN. By the same key it answers the intervention that stands. */
  async request(context: Cause, input: RequestInterventionInput): Promise<Intervention> {
    return this.database.transaction(async (tx) => {
      const task = await this.changer.lock(tx, context, input.taskId, 'ingest');
      await this.changer.leases.require(tx, task, input.worker);
      const id = uuid();
      const key = input.key ?? `intervention:${id}`;
      const existing = await tx.manager.findOneBy(Intervention, { taskId: task.id, key });
      if (existing) return existing;
      if (input.expiresAt && input.expiresAt.getTime() <= Date.now()) {
        throw new BadUserInputError([{ path: 'input.expiresAt', message: 'It must lie ahead of now.' }]);
      }
      if (task.status !== TaskStatus.WAITING_FOR_HUMAN)
        requireTransition(task.status, TaskStatus.WAITING_FOR_HUMAN);
      const intervention = Object.assign(new Intervention(), {
        taskId: task.id,
        id,
        projectId: task.projectId,
        key,
        kind: input.kind,
        reason: input.reason,
        question: input.question ?? null,
        status: OPEN,
        answer: null,
        requestedAt: new Date(),
        expiresAt: input.expiresAt ?? null,
        resolvedAt: null,
        resolvedById: null,
      });
      await tx.insert(Intervention, intervention);
      const patch = { status: TaskStatus.WAITING_FOR_HUMAN, interventionCount: task.interventionCount + 1 };
      await this.changer.apply(tx, task, {
        patch,
        steps: [this.#askStep(task, intervention, StepStatus.RUNNING)],
      });
      if (intervention.expiresAt) {
        await this.jobs.add(
          tx,
          'expireIntervention',
          { interventionId: id },
          { runAt: intervention.expiresAt },
        );
      }
      await this.#told(tx, context, 'requestIntervention', intervention, {
        kind: input.kind,
        taskId: task.id,
      });
      return intervention;
    });
  }

  /** Records the answer; the task goes on once nothing else is open. */
  async resolve(context: RequestContext, input: ResolveInterventionInput): Promise<Intervention> {
    const found = isId(input.id) ? await this.tasks.findIntervention(input.id) : null;
    if (!found) throw new NotFoundError('The intervention');
    requirePermission(context.viewer, found.projectId, 'operate', 'The intervention');
    const allowed = found.kind === InterventionKind.APPROVAL ? [APPROVED, REJECTED] : [ANSWERED, REJECTED];
    if (!allowed.includes(input.status)) {
      const message = `An intervention of kind ${found.kind} becomes ${allowed.join(' or ')}, not ${input.status}.`;
      throw new BadUserInputError([{ path: 'input.status', message }]);
    }
    const resolvedById = context.viewer.kind === 'USER' ? context.viewer.id : null;
    return this.database.transaction(async (tx) => {
      const task = await this.changer.lock(tx, context, found.taskId, 'operate');
      const intervention = await this.#reread(tx, found);
      if (intervention.status !== OPEN) {
        throw new ConflictError(
          `The intervention is ${intervention.status} and cannot become ${input.status}.`,
        );
      }
      return this.#close(tx, context, task, intervention, {
        status: input.status,
        answer: input.answer ?? null,
        resolvedById,
      });
    });
  }

  /** The job expireIntervention: nobody answered in time, and the task goes on. */
  async expire({ interventionId }: TaskJobs['expireIntervention']): Promise<void> {
    const found = await this.tasks.findIntervention(interventionId);
    if (found?.status !== OPEN) return;
    await this.database.transaction(async (tx) => {
      const task = await this.changer.lock(tx, null, found.taskId, 'operate');
      const intervention = await this.#reread(tx, found);
      if (intervention.status !== OPEN) return;
      await this.#close(tx, null, task, intervention, { status: EXPIRED, answer: null, resolvedById: null });
    });
  }

  /** For a task that ends: its open interventions expire with it. Answers the steps that say so. */
  async expireOpen(tx: Transaction, task: Task): Promise<StepRecord[]> {
    const open = await this.tasks.openInterventions(tx, task.id);
    for (const intervention of open) {
      const { taskId, id } = intervention;
      await tx.update(Intervention, { taskId, id }, { status: EXPIRED, resolvedAt: new Date() });
      this.#publish(tx, intervention);
    }
    return open.map((intervention) => this.#askStep(task, intervention, StepStatus.SKIPPED));
  }

  async #close(
    tx: Transaction,
    cause: Cause,
    task: Task,
    intervention: Intervention,
    outcome: Pick<Intervention, 'status' | 'answer' | 'resolvedById'>,
  ): Promise<Intervention> {
    const before = { status: intervention.status };
    // Not before it was asked, by the clock of another server.
    const resolvedAt = new Date(Math.max(Date.now(), intervention.requestedAt.getTime()));
    Object.assign(intervention, outcome, { resolvedAt });
    const { taskId, id } = intervention;
    await tx.update(Intervention, { taskId, id }, { ...outcome, resolvedAt });
    const isLast = (await this.tasks.openInterventions(tx, taskId)).length === 0;
    const goesOn = isLast && task.status === TaskStatus.WAITING_FOR_HUMAN;
    const isAnswered = outcome.status !== EXPIRED;
    await this.changer.apply(tx, task, {
      ...(goesOn ? { patch: { status: TaskStatus.RUNNING } } : {}),
      steps: isAnswered
        ? [this.#askStep(task, intervention, StepStatus.SUCCEEDED), this.#answerStep(task, intervention)]
        : [this.#askStep(task, intervention, StepStatus.SKIPPED)],
    });
    const action = isAnswered ? 'resolveIntervention' : 'expireIntervention';
    await this.#told(tx, cause, action, intervention, { status: outcome.status }, before);
    return intervention;
  }

  /** Asking: open until there is an answer; SKIPPED where there was none. A task without times gets none here either. */
  #askStep(task: Task, intervention: Intervention, status: StepStatus): StepRecord {
    const { key, kind, reason, question, requestedAt, resolvedAt } = intervention;
    const isTimed = task.startedAt !== null;
    return stepRecord({
      key,
      type: StepType.HUMAN,
      name: kind,
      status,
      startedAt: isTimed ? requestedAt : null,
      endedAt: isTimed && status === StepStatus.SUCCEEDED ? resolvedAt : null,
      input: { reason, question },
    });
  }

  #answerStep(task: Task, { key, status, answer, resolvedAt }: Intervention): StepRecord {
    const at = task.startedAt === null ? null : resolvedAt;
    return stepRecord({
      key: `${key}:answer`,
      parentKey: key,
      type: StepType.HUMAN,
      name: status,
      status: StepStatus.SUCCEEDED,
      startedAt: at,
      endedAt: at,
      output: { status, answer },
    });
  }

  async #reread(tx: Transaction, { taskId, id }: Intervention): Promise<Intervention> {
    return tx.manager.findOneByOrFail(Intervention, { taskId, id });
  }

  async #told(
    tx: Transaction,
    cause: Cause,
    action: string,
    intervention: Intervention,
    after: Record<string, unknown>,
    before?: Record<string, unknown>,
  ): Promise<void> {
    await recordAudit(tx, {
      context: cause,
      ...(cause ? {} : { actor: systemActor(action) }),
      projectId: intervention.projectId,
      action,
      subjectType: 'Intervention',
      subjectId: intervention.id,
      ...(before ? { before } : {}),
      after,
    });
    this.#publish(tx, intervention);
  }

  #publish(tx: Transaction, { projectId, id }: Intervention): void {
    tx.afterCommit(() => this.events.publish('interventionChanged', projectId, { interventionId: id }));
  }
}
