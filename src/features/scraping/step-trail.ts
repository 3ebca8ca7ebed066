import { StepStatus, type ErrorInput, type StepInput, type StepType } from '../tasks/index.js';

/** How far a run has come. */
export interface RunProgress {
  /** 0 to 1. */
  progress: number;
  message: string;
}

/** Where the steps of a run go. @throws whatever ends the run: the task was lost, cancelled, or ended */
export interface StepSink {
  record(steps: readonly StepInput[], progress: RunProgress | null): Promise<void>;
}

export interface OpenStep {
  readonly key: string;
  end(output: unknown, status?: StepStatus): void;
  fail(error: ErrorInput, output?: unknown, status?: StepStatus): void;
}

/** Collects steps as they begin and end, so that several go in one call; what ends before it was told is told once. */
export class StepTrail {
  readonly #waiting = new Map<string, StepInput>();

  constructor(private readonly sink: StepSink) {}

  begin(parentKey: string | null, key: string, type: StepType, name: string, input?: unknown): OpenStep {
    const step: StepInput = {
      key,
      type,
      name: name.slice(0, 500).toWellFormed(),
      status: StepStatus.RUNNING,
      startedAt: new Date(),
      ...(parentKey === null ? {} : { parentKey }),
      ...(input === undefined ? {} : { input }),
    };
    this.#waiting.set(key, step);
    const close = (more: Partial<StepInput>) => {
      // It comes after what has happened within it.
      this.#waiting.delete(key);
      this.#waiting.set(key, { ...step, endedAt: new Date(), ...more });
    };
    return {
      key,
      end: (output, status = StepStatus.SUCCEEDED) => close({ output, status }),
      fail: (error, output, status = StepStatus.FAILED) =>
        close({ error, status, ...(output === undefined ? {} : { output }) }),
    };
  }

  /** Ends a step of a run that was cut off. */
  abandon({ key, type, name }: Pick<StepInput, 'key' | 'type' | 'name'>, error: ErrorInput): void {
    this.#waiting.set(key, { key, type, name, status: StepStatus.FAILED, endedAt: new Date(), error });
  }

  /** Tells what has not been told yet. */
  async flush(progress: RunProgress | null = null): Promise<void> {
    if (this.#waiting.size === 0 && progress === null) return;
    const steps = [...this.#waiting.values()];
    this.#waiting.clear();
    await this.sink.record(steps, progress);
  }
}
