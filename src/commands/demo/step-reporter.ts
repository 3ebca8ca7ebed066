import type { FleetApi, StepReport } from './fleet-api.js';
import type { PlannedStep } from './plan.js';

/** Nobody wants more of the task: somebody cancelled it, it ran out of time, or the demo ends. */
export class EndedElsewhere extends Error {
  override readonly name = 'EndedElsewhere';
}

const ends = new Set(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'CANCELLED']);

/** What is told of a step when it begins. */
export function beginningOf(step: PlannedStep, startedAt: Date): StepReport {
  const { key, parentKey, type, name, provider, model, input, attributes } = step;
  const told = { key, parentKey, type, name, provider, model, input, attributes };
  return { ...told, status: 'RUNNING', startedAt: startedAt.toISOString() };
}

/** What is told of a step when it has ended; all of it, so that the beginning need not have been told. */
export function endOf(step: PlannedStep, startedAt: Date, endedAt: Date): StepReport {
  const { output, fault, usage } = step;
  return {
    ...beginningOf(step, startedAt),
    ...usage,
    status: fault ? 'FAILED' : 'SUCCEEDED',
    endedAt: endedAt.toISOString(),
    output,
    ...(fault ? { error: fault } : {}),
  };
}

/** Tells the server of the steps of one task, several in a call; what a call did not get through goes with the next. */
export class StepReporter {
  readonly #open = new Map<string, { step: PlannedStep; startedAt: Date; isTold: boolean }>();
  #pending: StepReport[] = [];
  #progress: { progress?: number; progressMessage?: string } = {};

  constructor(
    private readonly taskId: string,
    private readonly onTold: (steps: number) => void,
  ) {}

  /** @param isTold whether it is shown as RUNNING, or only once it has ended */
  begin(step: PlannedStep, isTold: boolean): void {
    const startedAt = new Date();
    this.#open.set(step.key, { step, startedAt, isTold });
    if (isTold) this.#pending.push(beginningOf(step, startedAt));
  }

  /** @param step as it ended: with its output, fault and usage */
  end(step: PlannedStep): void {
    const startedAt = this.#open.get(step.key)?.startedAt ?? new Date();
    this.#open.delete(step.key);
    this.#pending.push(endOf(step, startedAt, new Date()));
  }

  /** Ends what is open without a result. */
  abandon(): void {
    for (const { step, startedAt, isTold } of this.#open.values()) {
      if (!isTold) continue;
      const { key, parentKey, type, name } = step;
      this.#pending.push({
        ...{ key, parentKey, type, name, status: 'SKIPPED' },
        startedAt: startedAt.toISOString(),
        endedAt: new Date().toISOString(),
      });
    }
    this.#open.clear();
  }

  progress(progress: number, progressMessage: string): void {
    this.#progress = { progress, progressMessage };
  }

  /** Sends what has gathered. @throws EndedElsewhere where nobody wants more of it */
  async flush(api: FleetApi): Promise<void> {
    if (this.#pending.length === 0) return;
    const steps = [...this.#pending];
    const status = await api.recordSteps(this.taskId, steps, this.#progress);
    this.#pending = this.#pending.slice(steps.length);
    this.#progress = {};
    this.onTold(steps.filter((step) => step.status !== 'RUNNING').length);
    if (ends.has(status)) throw new EndedElsewhere(`The task is ${status}.`);
  }
}
