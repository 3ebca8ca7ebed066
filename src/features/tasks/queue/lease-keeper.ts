import type { Database, Transaction } from '../../../platform/database.js';
import type { JobQueue } from '../../../platform/jobs.js';
import type { Logger } from '../../../platform/logger.js';
import { TaskStatus } from '../task-enums.js';
import type { Task } from '../task.entity.js';
import type { TaskJobs } from '../task.jobs.js';
import type { TaskRepository } from '../task.repository.js';
import { isFinished } from '../task-state.js';
import type { QueueRepository } from './queue.repository.js';

const atATime = 100;
/** How often at most a process asks for leases to be looked at, and how often at most the job looks. */
const askEveryMs = 5_000;
const lookEveryMs = 1_000;
/** The clock looks in any case. */
const clockMs = 60_000;

/** What becomes of a task whose worker lost it; wired to TaskService. */
export type LoseWorker = (tx: Transaction, task: Task) => Promise<void>;

/** Takes tasks back from workers that let their lease run out. */
export class LeaseKeeper {
  #askedAt = -Infinity;

  constructor(
    private readonly database: Database,
    private readonly tasks: TaskRepository,
    private readonly queue: QueueRepository,
    private readonly jobs: JobQueue<TaskJobs>,
    private readonly loseWorker: LoseWorker,
    private readonly logger: Logger,
  ) {}

  /** The job giveBackTasks: soon after a lease may have run out, and each minute in any case. */
  async giveBack(): Promise<void> {
    while ((await this.giveBackExpired(null)) === atATime);
    const ms = await this.queue.nextExpiryMs();
    if (ms !== null && ms < clockMs) await this.#look(Math.max(ms, lookEveryMs));
  }

  /** @returns how many leases had run out; more may have where it is 100 */
  async giveBackExpired(projectId: string | null): Promise<number> {
    const ids = await this.queue.expired(projectId, atATime);
    for (const id of ids) await this.#giveBack(id);
    return ids.length;
  }

  /** Has leases looked at once this one may have run out. Where that is lost, the clock and other claims see to it. */
  watch(leaseSeconds: number): void {
    const now = performance.now();
    if (now - this.#askedAt < askEveryMs || leaseSeconds * 1000 >= clockMs) return;
    this.#askedAt = now;
    this.#look(leaseSeconds * 1000).catch((error: unknown) =>
      this.logger.debug({ err: error }, 'Leases are looked at by the clock instead.'),
    );
  }

  #look(inMs: number): Promise<void> {
    const runAt = new Date(Date.now() + inMs);
    const options = { runAt, key: 'giveBackTasks soon', keepsRunAt: true };
    return this.database.transaction((tx) => this.jobs.add(tx, 'giveBackTasks', {}, options));
  }

  async #giveBack(taskId: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const task = await this.tasks.lock(tx, taskId);
      const lease = await this.queue.lockLease(tx, taskId);
      if (!lease?.isExpired) return;
      if (!task || isFinished(task.status)) await this.queue.remove(tx, taskId);
      else if (task.status === TaskStatus.RUNNING) await this.loseWorker(tx, task);
      // It is as if it had been claimed by nobody, or asked a human: so it is put right.
      else await this.queue.follow(tx, taskId, TaskStatus.RUNNING, task.status);
    });
  }
}
