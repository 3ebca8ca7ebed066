import { ConflictError } from '../../platform/errors.js';
import { TaskStatus } from './task-enums.js';

const { QUEUED, RUNNING, WAITING_FOR_HUMAN, SUCCEEDED, FAILED, TIMED_OUT, CANCELLED } = TaskStatus;

/**
 * The state machine of a task: from each state, the states that may follow.
 *
 *   QUEUED ──> RUNNING <──> WAITING_FOR_HUMAN
 *     │           │                 │
 *     │           └──> SUCCEEDED | FAILED | TIMED_OUT | CANCELLED <──┘
 *     └──> CANCELLED | FAILED            FAILED | TIMED_OUT | CANCELLED ──> QUEUED (retry)
 *
 * RUNNING goes back to QUEUED where a worker's lease runs out. A queued task FAILS where it cannot be run at all.
 */
const successors: Record<TaskStatus, readonly TaskStatus[]> = {
  [QUEUED]: [RUNNING, FAILED, CANCELLED],
  [RUNNING]: [WAITING_FOR_HUMAN, QUEUED, SUCCEEDED, FAILED, TIMED_OUT, CANCELLED],
  [WAITING_FOR_HUMAN]: [RUNNING, SUCCEEDED, FAILED, TIMED_OUT, CANCELLED],
  [SUCCEEDED]: [],
  [FAILED]: [QUEUED],
  [TIMED_OUT]: [QUEUED],
  [CANCELLED]: [QUEUED],
};

const ends: ReadonlySet<TaskStatus> = new Set([SUCCEEDED, FAILED, TIMED_OUT, CANCELLED]);

/** True for a task that has come to an end. */
export function isFinished(status: TaskStatus): boolean {
  return ends.has(status);
}

export function mayFollow(from: TaskStatus, to: TaskStatus): boolean {
  return successors[from].includes(to);
}

/** @throws ConflictError naming both states where the one cannot follow the other */
export function requireTransition(from: TaskStatus, to: TaskStatus): void {
  if (mayFollow(from, to)) return;
  const possible = successors[from].join(', ') || 'nothing';
  throw new ConflictError(
    `The task is ${from} and cannot become ${to}; from ${from} it may become ${possible}.`,
  );
}
