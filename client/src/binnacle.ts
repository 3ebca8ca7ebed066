import { onExit } from './exit-flush.js';
import { GraphqlEndpoint, graphqlUrl } from './graphql-endpoint.js';
import { Lane } from './lane.js';
import { resolveOptions, type BinnacleOptions, type Settings } from './options.js';
import { Outbox } from './outbox.js';
import { ProblemTeller } from './problem.js';
import type { Counts } from './queue.js';
import { asText, type ReportedError } from './report.js';
import { Reporter } from './reporter.js';
import { Sender } from './sender.js';
import { Task, type TaskOptions } from './task.js';

export interface Stats extends Counts {
  /** Reports that wait for the server. */
  queued: number;
  /** UTF-8 bytes of these. */
  queuedBytes: number;
}

/**
 * Reports what an agent does to a Binnacle server. One for the process is enough. It never throws because of reporting,
 * keeps a bounded number of reports while the server is away, and delivers what is left before the program ends by itself.
 */
export class Binnacle {
  readonly #settings: Settings;
  readonly #problems: ProblemTeller;
  readonly #outbox: Outbox;
  readonly #endpoint: GraphqlEndpoint | null;
  readonly #forgetExit: () => void;
  #isLeaving = false;

  constructor(options: BinnacleOptions = {}) {
    this.#settings = resolveOptions(options);
    this.#problems = new ProblemTeller(this.#settings.onProblem);
    this.#endpoint = this.#open();
    const sender = this.#endpoint && new Sender(this.#endpoint);
    this.#outbox = new Outbox(this.#settings, sender, this.#problems);
    this.#forgetExit = onExit({
      beforeExit: () => void this.#beforeExit(),
      exit: () => this.#exit(),
    });
  }

  /**
   * Begins a task. It does not wait for the server: while that is away, the task and its steps are kept, and told later
   * with the times at which they happened.
   */
  async startTask(options: TaskOptions): Promise<Task> {
    const lane = new Lane(asText(options.name));
    const keyPrefix = randomId().slice(0, 8);
    const reporter = new Reporter(lane, this.#outbox, this.#settings, this.#problems, keyPrefix);
    const key = options.key ?? randomId();
    const task = new Task(reporter, key, options, this.#settings.agent, (slug, id) =>
      this.#pageUrl(slug, id),
    );
    await this.#outbox.queue.room();
    return task;
  }

  /**
   * Runs work as a task: it succeeds when the work does, unless the work finished it otherwise, and fails with what the
   * work throws, which is thrown on.
   * @returns what the work returns
   */
  async runTask<Result>(
    options: TaskOptions,
    work: (task: Task) => Result | PromiseLike<Result>,
  ): Promise<Result> {
    const task = await this.startTask(options);
    let result: Result;
    try {
      result = await work(task);
    } catch (error) {
      if (!task.hasFinished) await task.fail(error as ReportedError);
      throw error;
    }
    if (!task.hasFinished) await task.finish();
    return result;
  }

  /** What became of the reports so far. */
  get stats(): Stats {
    const { queue } = this.#outbox;
    return { ...queue.counts, queued: queue.reports, queuedBytes: queue.bytes };
  }

  /**
   * Waits until the server has all that was reported so far, or has been told as lost. For programs that are frozen
   * between two pieces of work, and before process.exit().
   * @returns false where that took longer; it goes on all the same
   */
  flush({ timeoutMs = 10_000 }: { timeoutMs?: number } = {}): Promise<boolean> {
    return this.#outbox.flush(null, timeoutMs);
  }

  /**
   * Delivers what is left and stops. What cannot be delivered in time is lost, and told.
   * @returns whether all was delivered
   */
  async close({ timeoutMs = 10_000 }: { timeoutMs?: number } = {}): Promise<boolean> {
    const isDone = await this.#deliver(timeoutMs);
    this.#outbox.close();
    this.#endpoint?.abort();
    this.#forgetExit();
    this.#problems.tellHeld();
    return isDone;
  }

  async #deliver(timeoutMs: number): Promise<boolean> {
    const isDone = await this.flush({ timeoutMs });
    if (!isDone) {
      this.#endpoint?.abort();
      this.#outbox.giveUp(`The server did not take the last reports within ${timeoutMs} ms; they are lost.`);
    }
    return isDone;
  }

  /** The program has nothing else to do: as long as this takes, it stays. */
  async #beforeExit(): Promise<void> {
    if (this.#isLeaving || this.#outbox.queue.isEmpty) return;
    this.#isLeaving = true;
    await this.#deliver(this.#settings.exitFlushMs);
    this.#isLeaving = false;
  }

  /** Nothing can be sent any more. */
  #exit(): void {
    this.#outbox.giveUp(
      'The process ended before these reports were sent; call `await binnacle.close()` first.',
    );
    this.#problems.tellHeld();
  }

  #open(): GraphqlEndpoint | null {
    const { url, apiKey, requestTimeoutMs, fetch } = this.#settings;
    const problem =
      apiKey === undefined
        ? 'Nothing is reported: set BINNACLE_API_KEY, or the option apiKey, to an API key of scope INGEST.'
        : !/^https?:\/\//.test(url) || !isUrl(url)
          ? `Nothing is reported: "${url}" (BINNACLE_URL, or the option url) is no http or https address.`
          : null;
    if (problem === null) return new GraphqlEndpoint(graphqlUrl(url), apiKey ?? '', requestTimeoutMs, fetch);
    this.#problems.tell({ code: 'DISABLED', message: problem, reports: 0 });
    return null;
  }

  #pageUrl(projectSlug: string, taskId: string): string {
    const root = this.#settings.url.replace(/\/+$/, '').replace(/\/graphql$/, '');
    return `${root}/p/${projectSlug}/tasks/${taskId}`;
  }
}

function isUrl(text: string): boolean {
  try {
    return Boolean(new URL(text));
  } catch {
    return false;
  }
}

/** Unique, and no secret. */
function randomId(): string {
  const { crypto } = globalThis as { crypto?: Crypto };
  if (crypto && typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const part = () => Math.random().toString(36).slice(2, 12).padEnd(10, '0');
  return `${part()}${Date.now().toString(36)}${part()}`;
}
