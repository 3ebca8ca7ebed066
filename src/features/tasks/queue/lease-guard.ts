import type { Transaction } from '../../../platform/database.js';
import type { TaskStatus } from '../task-enums.js';
import type { TaskHead } from '../task.repository.js';
import { LeaseLostError, requireWorkerOf } from './lease-lost.js';
import type { QueueRepository } from './queue.repository.js';
import type { WorkerBeats } from './worker-beats.js';

/** Stands between a locked task and whoever tells something of it as its worker. */
export class LeaseGuard {
  constructor(
    private readonly queue: QueueRepository,
    private readonly beats: WorkerBeats,
  ) {}

  /**
   * For a worker that tells its name: it must hold the lease of the locked task, which nobody can take from it before the
   * transaction ends. Without a name there is nothing to check, and nothing is asked.
   * @throws LeaseLostError
   */
  async require(tx: Transaction, task: TaskHead, worker: string | null | undefined): Promise<void> {
    if (worker == null) return;
    requireWorkerOf(task, worker);
    if (!(await this.queue.isHeld(tx, task.id, worker))) throw new LeaseLostError(task.status, worker);
    tx.afterCommit(() => this.beats.note(task.projectId, worker));
  }

  /** The queue follows a locked task from one state into another, which has been written. */
  follow(tx: Transaction, taskId: string, from: TaskStatus, to: TaskStatus): Promise<void> {
    return this.queue.follow(tx, taskId, from, to);
  }
}
