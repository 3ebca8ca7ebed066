import { Clock } from './clock.js';
import {
  moment,
  text,
  time,
  writeFields,
  writeNumber,
  type Fields,
  type ReportedError,
  type StepEnd,
  type StepFields,
  type StepReport,
  type StepStart,
} from './report.js';
import type { Reporter } from './reporter.js';

/** Where steps happen: within a task, or within another step. */
export abstract class StepScope {
  /** @internal */
  protected constructor(
    protected readonly reporter: Reporter,
    /** The key of the step that others happen within here; undefined for the task itself. */
    private readonly scopeKey: string | undefined,
  ) {}

  /**
   * Tells of a step that has happened. Awaiting it never waits for the server; it slows down who reports more than the
   * server takes.
   * @returns the step, within which others can be told
   */
  step(report: StepReport): Promise<Step>;
  /**
   * Runs work as a step: it is shown as running, ends when the work does, and fails with what the work throws, which is
   * thrown on.
   * @returns what the work returns; what is to be kept of it, say with `step.set`
   */
  step<Result>(start: StepStart, work: (step: Step) => Result | PromiseLike<Result>): Promise<Result>;
  step<Result>(
    given: StepReport | StepStart,
    work?: (step: Step) => Result | PromiseLike<Result>,
  ): Promise<Step | Result> {
    return work ? this.#run(given as StepStart, work) : this.#told(given);
  }

  /** Begins a step that is ended by hand, with `end` or `fail`. */
  startStep(start: StepStart): Step {
    const startedAt = moment(start.startedAt) ?? Date.now();
    return new Step(this.reporter, this.#fields(start), start, startedAt);
  }

  async #run<Result>(start: StepStart, work: (step: Step) => Result | PromiseLike<Result>): Promise<Result> {
    const step = this.startStep(start);
    let result: Result;
    try {
      result = await work(step);
    } catch (error) {
      step.fail(error as ReportedError);
      throw error;
    }
    step.end();
    await this.reporter.room();
    return result;
  }

  async #told(report: StepReport): Promise<Step> {
    const endedAt = report.endedAt === null ? undefined : (moment(report.endedAt) ?? Date.now());
    const { latencyMs } = report;
    const isTimed = endedAt !== undefined && typeof latencyMs === 'number' && latencyMs >= 0;
    const startedAt =
      moment(report.startedAt) ?? (isTimed ? moment(new Date(endedAt - latencyMs)) : undefined);
    const step = new Step(this.reporter, this.#fields(report), null, startedAt);
    step.end({ ...report, endedAt: endedAt === undefined ? null : new Date(endedAt) });
    await this.reporter.room();
    return step;
  }

  #fields({ key, parentKey, type, name }: StepStart | StepReport): Fields {
    const parent = parentKey ?? this.scopeKey;
    return {
      key: text(key ?? this.reporter.nextKey(), 200),
      ...(parent === undefined ? {} : { parentKey: text(parent, 200) }),
      type: text(type, 100),
      name: text(name, 500),
    };
  }
}

/** One step of a task. Other steps can happen within it. */
export class Step extends StepScope {
  /** Its id, unique within the task. */
  readonly key: string;
  readonly #identity: Fields;
  readonly #clock = new Clock();
  #startedAt: number | undefined;
  /** Said since the server was told last. */
  #unsaid: Fields = {};
  #wasTold = false;
  #hasEnded = false;

  /**
   * @internal
   * @param start what is known at its start; null for a step that is told when it has ended
   */
  constructor(reporter: Reporter, identity: Fields, start: StepStart | null, startedAt: number | undefined) {
    const key = JSON.parse(identity.key ?? '""') as string;
    super(reporter, key);
    this.key = key;
    this.#identity = identity;
    this.#startedAt = startedAt;
    if (!start) return;
    const fields: Fields = { ...identity, status: '"RUNNING"', ...this.#startField() };
    reporter.noteShortened(writeFields(start, fields, reporter.maxPayloadBytes), key);
    this.#wasTold = reporter.step(key, fields, false);
  }

  /** Says more of it: what it used, what it cost, what came out. Told when it ends; said again, the last holds. */
  set(fields: StepFields): void {
    if (this.#hasEnded)
      return this.reporter.misused(`The step "${this.key}" has ended; nothing more can be said of it.`);
    this.reporter.noteShortened(writeFields(fields, this.#unsaid, this.reporter.maxPayloadBytes), this.key);
  }

  /** Ends it. To end it again changes nothing. */
  end(end: StepEnd = {}): void {
    if (this.#hasEnded) return;
    this.set(end);
    writeEnd(end, this.#unsaid);
    this.#hasEnded = true;
    const { reporter } = this;
    const endedAt = this.#endedAt(end);
    const fields: Fields = {
      ...this.#identity,
      ...this.#startField(),
      status: JSON.stringify(end.status ?? (end.error == null ? 'SUCCEEDED' : 'FAILED')),
      ...(endedAt === undefined ? {} : { endedAt: time(endedAt) }),
      ...this.#unsaid,
    };
    this.#unsaid = {};
    reporter.step(this.key, fields, this.#wasTold);
  }

  /** Ends it as FAILED. */
  fail(error: ReportedError, end: Omit<StepEnd, 'status' | 'error'> = {}): void {
    // Even `throw undefined` is a failure.
    this.end({ ...end, status: 'FAILED', error: error ?? 'It failed without saying why.' });
  }

  #startField(): Fields {
    return this.#startedAt === undefined ? {} : { startedAt: time(this.#startedAt) };
  }

  #endedAt({ endedAt }: StepEnd): number | undefined {
    if (endedAt === null) return undefined;
    return moment(endedAt) ?? Math.max(this.#clock.now(), this.#startedAt ?? 0);
  }
}

function writeEnd({ latencyMs }: StepEnd, into: Fields): void {
  writeNumber(latencyMs, 'latencyMs', into);
}
