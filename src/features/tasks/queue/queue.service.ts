import type { AgentService } from '../../agents/index.js';
import type { Database } from '../../../platform/database.js';
import { BadUserInputError, NotFoundError } from '../../../platform/errors.js';
import type { JobQueue } from '../../../platform/jobs.js';
import type { RequestContext } from '../../../platform/request-context.js';
import { isId, textRuleProblem } from '../../../platform/validation.js';
import { requirePermission } from '../../../platform/viewer.js';
import type { Cause, TaskChanger } from '../task-change.js';
import type { Task } from '../task.entity.js';
import type { TaskJobs } from '../task.jobs.js';
import type { TaskRepository } from '../task.repository.js';
import { watchTimeout } from '../task-timeout.js';
import type { LeaseKeeper } from './lease-keeper.js';
import { LeaseLostError } from './lease-lost.js';
import { longestLease, standardLease, type ClaimTasksInput } from './queue.inputs.js';
import type { QueueRepository, Wanted } from './queue.repository.js';
import type { WorkerBeats } from './worker-beats.js';

export interface Claim {
  worker: string;
  limit: number;
  leaseSeconds: number;
}

export interface QueueParts {
  database: Database;
  tasks: TaskRepository;
  queue: QueueRepository;
  changer: TaskChanger;
  agents: AgentService;
  jobs: JobQueue<TaskJobs>;
  leases: LeaseKeeper;
  beats: WorkerBeats;
}

/** Gives tasks that wait to workers, for as long as these keep telling that they are there. */
export class QueueService {
  constructor(private readonly parts: QueueParts) {}

  /** @throws NotFoundError for agents that the project does not have */
  async claim(context: RequestContext, input: ClaimTasksInput): Promise<Task[]> {
    const { projectId, worker, agentIds, limit } = input;
    requirePermission(context.viewer, projectId, 'work');
    if (agentIds) await this.#requireAgents(context, projectId, agentIds);
    this.parts.beats.note(projectId, worker, {
      hostname: input.hostname ?? context.ip ?? 'unknown',
      version: input.version ?? 'unknown',
      capacity: input.capacity ?? limit,
    });
    const wanted: Wanted = { projectId, agentIds: unique(agentIds), types: unique(input.types) };
    return this.take(context, wanted, { worker, limit, leaseSeconds: input.leaseSeconds ?? standardLease });
  }

  /** Leases tasks, whoever asks. Where none waits, those are taken back first whose workers are gone. */
  async take(cause: Cause, wanted: Wanted, claim: Claim): Promise<Task[]> {
    const waiting = await this.#lease(cause, wanted, claim);
    // What is leased is the worker's, and it has to learn that: nothing more is done that could fail, or wait for others.
    if (waiting.length > 0) return waiting;
    const projectId = 'projectId' in wanted ? wanted.projectId : null;
    if ((await this.parts.leases.giveBackExpired(projectId)) === 0) return [];
    return this.#lease(cause, wanted, claim);
  }

  /** From now on, the lease lasts so many seconds. @throws LeaseLostError where the worker does not hold it */
  async extend(cause: Cause, taskId: string, worker: string, seconds: number): Promise<Task> {
    const task = isId(taskId) ? await this.parts.tasks.find(taskId) : null;
    if (!task) throw new NotFoundError('The task');
    if (cause) requirePermission(cause.viewer, task.projectId, 'work', 'The task');
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > longestLease) {
      const message = `A lease lasts 1 to ${longestLease} seconds.`;
      throw new BadUserInputError([{ path: 'seconds', message }]);
    }
    const problem = textRuleProblem(worker, { max: 200 });
    if (problem) throw new BadUserInputError([{ path: 'worker', message: problem }]);
    if (await this.parts.queue.extend(task.id, worker, seconds)) {
      if (cause) this.parts.beats.note(task.projectId, worker);
      return task;
    }
    const now = await this.parts.tasks.find(task.id);
    throw new LeaseLostError(now?.status ?? task.status, worker);
  }

  /** When the leases of tasks run out that the viewer may already see. */
  expiryLoader(context: RequestContext) {
    return context.loader(this, (ids) => this.parts.queue.expiriesOf(ids));
  }

  async #lease(cause: Cause, wanted: Wanted, { worker, limit, leaseSeconds }: Claim): Promise<Task[]> {
    const { database, queue, changer, jobs, leases } = this.parts;
    const claimed = await database.transaction(async (tx) => {
      const ids = await queue.lease(tx, wanted, worker, leaseSeconds, limit);
      if (ids.length === 0) return [];
      const tasks = await queue.start(tx, ids, worker, new Date());
      for (const task of tasks) {
        await watchTimeout(tx, jobs, task);
        const { status, attempt } = task;
        await changer.audit(tx, cause, task, 'claimTasks', { status: 'QUEUED' }, { status, attempt, worker });
        changer.publish(tx, task);
      }
      return tasks;
    });
    if (claimed.length > 0) leases.watch(leaseSeconds);
    return claimed;
  }

  async #requireAgents(context: RequestContext, projectId: string, ids: readonly string[]): Promise<void> {
    if (!ids.every(isId)) throw new NotFoundError('The agent');
    for (const agent of await this.parts.agents.loader(context).loadMany(ids)) {
      if (agent instanceof Error) throw agent;
      if (agent?.projectId !== projectId) throw new NotFoundError('The agent');
    }
  }
}

const unique = (list: readonly string[] | null | undefined) => (list ? [...new Set(list)] : null);
