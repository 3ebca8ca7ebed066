/**
 * What may go wrong with reporting; the agent's own work never fails because of it.
 *
 * - DISABLED: the address or the key is missing or wrong, so nothing is reported
 * - REFUSED: the server does not accept the key, so nothing more is reported
 * - UNREACHABLE: the server does not answer, or asked for a pause; reports wait and are sent later. Told once an outage
 * - REJECTED: the server did not take a report, and would not take it a second time
 * - DROPPED: a report was lost: the queue was full, or the time to deliver it was over
 * - SHORTENED: a report was kept without all of its payload: it was too large
 * - MISUSED: a call that makes no sense, such as to finish a task twice
 */
export type ProblemCode =
  'DISABLED' | 'REFUSED' | 'UNREACHABLE' | 'REJECTED' | 'DROPPED' | 'SHORTENED' | 'MISUSED';

export interface Problem {
  code: ProblemCode;
  /** A sentence that says what to do. */
  message: string;
  /** How many reports it concerns; those of problems like it that were not told one by one are counted in. */
  reports: number;
  /** The name of the task, where it concerns one. */
  task?: string;
  /** The key of the step, where it concerns one. */
  step?: string;
  /** What was thrown, where something was. */
  cause?: unknown;
}

/** So many of one code are told in a window; the others are counted, and told with the next. */
const mostPerWindow = 5;
const windowMs = 10_000;

/** Tells of problems: never by throwing, and not in a flood. */
export class ProblemTeller {
  readonly #windows = new Map<ProblemCode, { until: number; told: number; held: Problem | null }>();

  constructor(
    private readonly hook: (problem: Problem) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  tell(problem: Problem): void {
    const now = this.now();
    let window = this.#windows.get(problem.code);
    if (!window || now >= window.until) {
      window = { until: now + windowMs, told: 0, held: window?.held ?? null };
      this.#windows.set(problem.code, window);
    }
    const { held } = window;
    const reports = problem.reports + (held?.reports ?? 0);
    if (window.told >= mostPerWindow) {
      window.held = { ...problem, reports };
      return;
    }
    window.told += 1;
    window.held = null;
    this.#call(held ? { ...problem, reports } : problem);
  }

  /** Tells what was held back; before the end. */
  tellHeld(): void {
    for (const window of this.#windows.values()) {
      if (window.held) this.#call(window.held);
      window.held = null;
    }
  }

  #call(problem: Problem): void {
    try {
      this.hook(problem);
    } catch {
      // A hook that throws must not harm the agent.
    }
  }
}

/** Where nobody listens: a line on the console. */
export function warn({ code, message, reports }: Problem): void {
  console.warn(`[binnacle] ${code}: ${message}${reports > 1 ? ` (${reports} reports)` : ''}`);
}
