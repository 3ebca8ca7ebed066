import { ConflictError } from '../../../platform/errors.js';
import { TaskStatus } from '../task-enums.js';
import type { TaskHead } from '../task.repository.js';
import { isFinished } from '../task-state.js';

/** A worker tells of a task that is not its own any more: it is to stop working on it. */
export class LeaseLostError extends ConflictError {
  constructor(
    /** Where the task stands now. */
    readonly status: TaskStatus,
    worker: string,
  ) {
    super(
      `The worker "${worker}" does not hold this task: ${reasonOf(status)}. It is to stop working on it.`,
    );
  }
}

function reasonOf(status: TaskStatus): string {
  if (isFinished(status)) return `it is ${status}`;
  if (status === TaskStatus.QUEUED) return 'its lease ran out, and the task waits for another worker';
  return 'its lease ran out, or it never had one';
}

/** @throws LeaseLostError unless the worker is the one that the task was last given to */
export function requireWorkerOf(task: Pick<TaskHead, 'status' | 'worker'>, worker: string): void {
  if (task.worker !== worker) throw new LeaseLostError(task.status, worker);
}
