import type { Outcome } from './plan.js';

/** What the fleet has done so far. */
export class Tally {
  started = 0;
  /** Steps that have ended. */
  steps = 0;
  costUsd = 0;
  readonly ended = { SUCCEEDED: 0, FAILED: 0, TIMED_OUT: 0, CANCELLED: 0 };

  end(status: Outcome['status'], costUsd: number | null): void {
    this.ended[status] += 1;
    this.costUsd += costUsd ?? 0;
  }

  get endedCount(): number {
    return Object.values(this.ended).reduce((sum, count) => sum + count, 0);
  }

  /** One line; `waiting` and `left` are tasks that wait for a human, and those of them left to the person who looks. */
  describe(waiting: number, left: number): string {
    const { SUCCEEDED, FAILED, TIMED_OUT, CANCELLED } = this.ended;
    const ends = [
      `${SUCCEEDED} succeeded`,
      `${FAILED} failed`,
      ...(TIMED_OUT > 0 ? [`${TIMED_OUT} timed out`] : []),
      ...(CANCELLED > 0 ? [`${CANCELLED} cancelled`] : []),
    ];
    const open = this.started - this.endedCount;
    const humans =
      waiting === 0 ? '' : `, ${waiting} of them waiting for a human${left > 0 ? ` (${left} for you)` : ''}`;
    return `${this.started} tasks: ${open} running${humans}; ${ends.join(', ')}; ${this.steps} steps, $${this.costUsd.toFixed(2)} known`;
  }
}
