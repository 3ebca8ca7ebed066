import { Clock } from './clock.js';
import { clip } from './json-text.js';
import { Question, type HumanAnswer, type QuestionOptions } from './question.js';
import type { AgentOptions } from './options.js';
import {
  asText,
  errorFields,
  moment,
  text,
  time,
  writeObject,
  writePayloads,
  type Fields,
  type ReportedError,
} from './report.js';
import type { Reporter } from './reporter.js';
import { StepScope } from './step.js';

export interface TaskOptions {
  /** 1 to 500 characters. */
  name: string;
  /** The agent that does it, by its name; that of the client unless told. */
  agent?: string | AgentOptions | undefined;
  /** The agent by its id, in place of its name. */
  agentId?: string | undefined;
  /** What sort of task it is, to compare it with others; "task" unless told. */
  type?: string | undefined;
  /** Any value; written as JSON at once. */
  input?: unknown;
  /** At most 50. */
  tags?: readonly string[] | undefined;
  /** The id of another task of the project, within which this one is done. */
  parentId?: string | undefined;
  /** After so many milliseconds the server ends the task as TIMED_OUT; at least 1,000. Never unless told. */
  timeoutMs?: number | undefined;
  /** When the work began; now unless told. */
  startedAt?: Date | undefined;
  /**
   * Your own id of the task, say that of a job: the same key with the same options, `startedAt` among them, is the same
   * task, also in another process. One is made unless told.
   */
  key?: string | undefined;
}

export interface TaskEnd {
  /** FAILED with an error, else SUCCEEDED, unless told. */
  status?: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'CANCELLED' | undefined;
  /** Any value; written as JSON at once. */
  output?: unknown;
  error?: ReportedError | undefined;
  /** Now unless told. */
  finishedAt?: Date | undefined;
}

/** A task while an agent works on it. Its methods return at once, whether the server is there or not, and do not throw. */
export class Task extends StepScope {
  /** Your own id of it, or the one that was made. */
  readonly key: string;
  readonly #startedAt: number;
  readonly #clock = new Clock();
  #hasFinished = false;

  /** @internal */
  constructor(
    reporter: Reporter,
    key: string,
    options: TaskOptions,
    standardAgent: AgentOptions,
    private readonly pageOf: (projectSlug: string, taskId: string) => string,
  ) {
    super(reporter, undefined);
    this.key = key;
    this.#startedAt = moment(options.startedAt) ?? this.#clock.now();
    const { agentId, agent = standardAgent, type, tags, parentId, timeoutMs } = options;
    const fields: Fields = {
      ...(agentId === undefined ? { agent: agentField(agent) } : { agentId: text(agentId, 200) }),
      idempotencyKey: text(key, 500),
      name: text(options.name, 500),
      startedAt: time(this.#startedAt),
      ...(type === undefined ? {} : { type: text(type, 200) }),
      ...(tags === undefined ? {} : { tags: `[${tags.map((tag) => text(tag, 200)).join(',')}]` }),
      ...(parentId === undefined ? {} : { parentId: text(parentId, 200) }),
      ...(timeoutMs === undefined ? {} : { timeoutMs: JSON.stringify(timeoutMs) }),
    };
    reporter.noteShortened(writePayloads({ input: options.input }, fields, reporter.maxPayloadBytes));
    reporter.create(fields);
  }

  /** The server's id of it; null until the server has answered, which `await task.flush()` waits for. */
  get id(): string | null {
    return this.reporter.lane.taskId;
  }

  /** Where to look at it; null until the server has answered. */
  get pageUrl(): string | null {
    const { taskId, projectSlug } = this.reporter.lane;
    return taskId === null || projectSlug === null ? null : this.pageOf(projectSlug, taskId);
  }

  /**
   * Says how far it is.
   * @param fraction 0 to 1; a lower one than before changes nothing
   * @param message 1,000 characters at most
   */
  progress(fraction: number, message?: string): void {
    if (!Number.isFinite(fraction)) return;
    const progressMessage =
      message === undefined || message.trim() === '' ? {} : { progressMessage: text(message, 1000) };
    this.reporter.progress({ progress: String(Math.min(Math.max(fraction, 0), 1)), ...progressMessage });
  }

  /**
   * Asks a human, and waits for the answer. This alone waits for the server, and for as long as it takes: give a signal.
   * @throws NoAnswerError where the question cannot be asked; the signal's reason where it is aborted
   */
  ask(question: QuestionOptions): Promise<HumanAnswer> {
    return new Question(this.reporter, question).answered();
  }

  /** Ends it. Told to the server once everything reported before is there; steps that come later are taken too. */
  async finish(end: TaskEnd = {}): Promise<void> {
    if (this.#hasFinished)
      return this.reporter.misused(`The task "${this.reporter.lane.name}" is finished already.`);
    this.#hasFinished = true;
    const { status, error, output, finishedAt } = end;
    const at = moment(finishedAt) ?? this.#clock.now();
    const fields: Fields = {
      status: JSON.stringify(status ?? (error == null ? 'SUCCEEDED' : 'FAILED')),
      finishedAt: time(Math.max(at, this.#startedAt)),
      ...(error == null ? {} : { error: writeObject(errorFields(error)) }),
    };
    this.reporter.noteShortened(writePayloads({ output }, fields, this.reporter.maxPayloadBytes));
    this.reporter.finish(fields);
    await this.reporter.room();
  }

  /** Ends it as FAILED. */
  fail(error: ReportedError, end: Omit<TaskEnd, 'status' | 'error'> = {}): Promise<void> {
    return this.finish({ ...end, status: 'FAILED', error: error ?? 'It failed without saying why.' });
  }

  /**
   * Waits until the server has all that was reported of it so far, or has been told as lost.
   * @returns false where that took longer; it goes on all the same
   */
  flush({ timeoutMs = 10_000 }: { timeoutMs?: number } = {}): Promise<boolean> {
    return this.reporter.flush(timeoutMs);
  }

  /** @internal Whether `finish` or `fail` was called. */
  get hasFinished(): boolean {
    return this.#hasFinished;
  }
}

/** As the server takes an agent, but for its project. */
function agentField(given: string | AgentOptions): string {
  const { name, kind, description, provider, model } = typeof given === 'string' ? { name: given } : given;
  const known = { name: clip(asText(name), 200), kind, description, provider, model };
  return JSON.stringify(known);
}
