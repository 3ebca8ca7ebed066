import { backoffMs } from './backoff.js';
import { Gate } from './gate.js';
import { RequestFault } from './graphql-endpoint.js';
import type { Entry, Lane, Load } from './lane.js';
import { longestTimerMs, type Settings } from './options.js';
import type { ProblemCode, ProblemTeller } from './problem.js';
import { Queue } from './queue.js';
import { withoutPayload } from './report.js';
import type { Sender } from './sender.js';

/** After so many failures of the server's own at one call, it is not sent as it is any more. */
const mostFailures = 5;
const firstRetryMs = 250;
const smallestBatchBytes = 16_384;
const closed = 'The client was closed before.';

interface Waiter {
  /** The lane it is about; null for all. */
  lane: Lane | null;
  /** The last report that it waits for. */
  upTo: number;
  resolve: (isDone: boolean) => void;
}

/**
 * Sends what waits: each task's reports in their order and one call at a time, several tasks at the same time, with pauses
 * while the server is away. It holds no program open, unless somebody waits for it.
 */
export class Outbox {
  readonly queue: Queue;
  readonly #gate: Gate;
  readonly #waiters = new Set<Waiter>();
  #underWay = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #batchBytes: number;
  /** Why nothing is sent any more; null while it is. */
  #stopped: string | null = null;

  constructor(
    private readonly settings: Settings,
    /** Null where nothing can be sent. */
    private readonly sender: Sender | null,
    private readonly problems: ProblemTeller,
  ) {
    this.queue = new Queue(settings, () => this.#gate.isAway);
    this.#gate = new Gate(settings.maxRetryDelayMs);
    this.#batchBytes = settings.maxBatchBytes;
    if (!sender) this.#stopped = 'Nothing is reported.';
  }

  get isClosed(): boolean {
    return this.#stopped === closed;
  }

  /** Why nothing is sent any more; null while it is. */
  get stopped(): string | null {
    return this.#stopped;
  }

  /** To be called when a lane has got something; steps may wait a little for others, all else goes at once. */
  wake(lane: Lane, delayMs: number): void {
    const { maxBatchSteps } = this.settings;
    const isFull = lane.size >= maxBatchSteps;
    const dueAt = isFull ? 0 : performance.now() + delayMs;
    if (dueAt >= lane.dueAt) return;
    lane.dueAt = dueAt;
    this.#pump();
  }

  /** Waits until all that was reported before, of one task or of all, is with the server or told as lost; false at the deadline. */
  flush(lane: Lane | null, timeoutMs: number): Promise<boolean> {
    const upTo = this.queue.lastSeq;
    if (!this.#isWaitedFor({ lane, upTo })) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => waiter.resolve(false), Math.min(timeoutMs, longestTimerMs));
      const waiter: Waiter = {
        lane,
        upTo,
        resolve: (isDone) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          // Nobody waits any more: the timer shall not hold the program.
          if (this.#waiters.size === 0) this.#pump();
          resolve(isDone);
        },
      };
      this.#waiters.add(waiter);
      this.#gate.hurry();
      this.#pump();
    });
  }

  /** Sends nothing from now on; what waits is lost, and told. */
  stop(reason: string, code: ProblemCode): void {
    if (this.#stopped !== null) return;
    this.#stopped = reason;
    const dropped = this.#drop(reason);
    if (dropped > 0 || code !== 'DROPPED') this.#tell(code, reason, dropped);
  }

  /** Takes no more reports; what comes now is a mistake, which is told once. */
  close(): void {
    if (this.#stopped === null) this.stop(closed, 'DROPPED');
  }

  /** Gives up what waits, when no time is left. */
  giveUp(reason: string): void {
    const dropped = this.#drop(reason);
    if (dropped > 0) this.#tell('DROPPED', reason, dropped);
  }

  /** @returns how many reports that were */
  #drop(reason: string): number {
    clearTimeout(this.#timer);
    let dropped = 0;
    for (const lane of this.queue.lanes()) dropped += this.queue.clear(lane, reason);
    this.queue.counts.dropped += dropped;
    this.#settleWaiters();
    return dropped;
  }

  /** Begins every call that is due and has a place, and sets the timer for the next. */
  #pump(): void {
    clearTimeout(this.#timer);
    if (this.#stopped !== null) return;
    const now = performance.now();
    const places = this.#gate.isAway ? 1 : this.settings.maxConcurrency;
    let nextAt = Infinity;
    for (const lane of this.queue.lanes()) {
      if (this.#underWay >= places) return;
      if (lane.isBusy || lane.isEmpty) continue;
      const dueAt = Math.max(this.#waiters.size > 0 ? 0 : lane.dueAt, lane.notBefore, this.#gate.openAt);
      if (dueAt <= now) void this.#send(lane);
      else nextAt = Math.min(nextAt, dueAt);
    }
    if (nextAt === Infinity) return;
    this.#timer = setTimeout(() => this.#pump(), Math.ceil(nextAt - now));
    if (this.#waiters.size === 0) unref(this.#timer);
  }

  async #send(lane: Lane): Promise<void> {
    const load = lane.next(this.settings.maxBatchSteps, this.#batchBytes);
    if (!load || !this.sender) return;
    lane.isBusy = true;
    lane.dueAt = Infinity;
    const upTo = this.queue.lastSeq;
    this.#underWay += 1;
    try {
      const { taken, rejected } = await this.sender.send(lane, load);
      this.#gate.answered();
      lane.failures = 0;
      lane.mostSteps *= 2;
      if ('progress' in load && lane.progress === load.progress) lane.progress = null;
      this.queue.counts.delivered += this.queue.remove(lane, taken);
      for (const { entry, reason } of rejected) this.#reject(lane, entry, reason);
    } catch (error) {
      const fault = error instanceof RequestFault ? error : new RequestFault(String(error), 'RETRY');
      this.#fail(lane, load, fault);
    }
    lane.isBusy = false;
    this.#underWay -= 1;
    // What came meanwhile waits for others, as it would have; what was there before does not wait again.
    if (lane.oldest <= upTo) lane.dueAt = 0;
    this.queue.rotate(lane);
    this.#settleWaiters();
    this.#pump();
  }

  #fail(lane: Lane, load: Load, fault: RequestFault): void {
    const { verdict, details, message } = fault;
    if (details.isGivenUp) return;
    if (verdict === 'WAIT') {
      if (this.#gate.failed(details.retryAfterMs ?? null)) {
        this.#tell(
          'UNREACHABLE',
          `${message} Reports wait, and are sent when it answers.`,
          0,
          lane,
          details.cause,
        );
      }
      // Whoever waits for room would wait for nothing.
      this.queue.letGo();
      return;
    }
    if (verdict === 'STOP')
      return this.stop(`${message} Nothing more is reported by this process.`, 'REFUSED');
    this.#gate.answered();
    lane.failures += 1;
    if (verdict === 'RETRY' && lane.failures < mostFailures) {
      const delay = { firstMs: firstRetryMs, mostMs: this.settings.maxRetryDelayMs };
      lane.notBefore = performance.now() + backoffMs(lane.failures, details.retryAfterMs ?? null, delay);
      return;
    }
    if (details.isGone && load.kind !== 'create')
      return this.#abandon(lane, `The server does not have the task "${lane.name}" any more: ${message}`);
    if (details.isTooLarge && this.#makeSmaller(lane, load)) return;
    this.#refused(lane, load, fault);
  }

  /** A call that something between here and the server does not let through is sent again with less. */
  #makeSmaller(lane: Lane, load: Load): boolean {
    if (load.kind === 'progress') return false;
    const entries: Entry[] = load.kind === 'steps' ? load.entries : [load.entry];
    const [entry] = entries;
    if (entries.length > 1) {
      this.#batchBytes = Math.max(this.#batchBytes / 2, smallestBatchBytes);
      lane.mostSteps = Math.ceil(entries.length / 2);
      return true;
    }
    if (!entry || !this.queue.shrink(entry, withoutPayload(entry.fields))) return false;
    this.queue.counts.shortened += 1;
    this.#tell('SHORTENED', 'The server takes no report as large as this; its payload is left out.', 1, lane);
    return true;
  }

  /** The server does not want this call: what spoils it is taken out, and the rest is sent again. */
  #refused(lane: Lane, load: Load, { message, details }: RequestFault): void {
    switch (load.kind) {
      case 'create':
        return this.#abandon(lane, `The server does not take the task "${lane.name}": ${message}`);
      case 'steps': {
        const { entries } = load;
        const named = new Set((details.fields ?? []).map((path) => Number(/steps\[(\d+)\]/.exec(path)?.[1])));
        const spoilt = entries.length === 1 ? entries : entries.filter((_, index) => named.has(index));
        for (const entry of spoilt) this.#reject(lane, entry, message);
        if (spoilt.length === 0) lane.mostSteps = Math.ceil(entries.length / 2);
        return;
      }
      case 'progress':
        lane.progress = null;
        return this.#tell('REJECTED', `The progress of "${lane.name}" was not taken: ${message}`, 1, lane);
      case 'ask':
        load.entry.onLost(message);
        return this.#reject(lane, load.entry, message);
      case 'finish':
        return this.#reject(lane, load.entry, message);
    }
  }

  #reject(lane: Lane, entry: Entry, reason: string): void {
    this.queue.counts.rejected += this.queue.remove(lane, [entry]);
    const { what, step } = describe(entry);
    this.#tell(
      'REJECTED',
      `${what} of the task "${lane.name}" was not taken: ${reason}`,
      1,
      lane,
      undefined,
      step,
    );
  }

  /** The server will never have the task: what is reported of it is lost. */
  #abandon(lane: Lane, reason: string): void {
    lane.isAbandoned = true;
    const lost = this.queue.clear(lane, reason);
    this.queue.counts.rejected += lost;
    this.#tell('REJECTED', reason, lost, lane);
  }

  #isWaitedFor({ lane, upTo }: Pick<Waiter, 'lane' | 'upTo'>): boolean {
    if (lane) return lane.oldest <= upTo;
    for (const each of this.queue.lanes()) if (each.oldest <= upTo) return true;
    return false;
  }

  #settleWaiters(): void {
    for (const waiter of this.#waiters) if (!this.#isWaitedFor(waiter)) waiter.resolve(true);
  }

  #tell(
    code: ProblemCode,
    message: string,
    reports: number,
    lane?: Lane,
    cause?: unknown,
    step?: string,
  ): void {
    this.problems.tell({
      code,
      message,
      reports,
      ...(lane ? { task: lane.name } : {}),
      ...(step === undefined ? {} : { step }),
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

function describe(entry: Entry): { what: string; step?: string } {
  switch (entry.kind) {
    case 'create':
      return { what: 'The beginning' };
    case 'step':
      return { what: `The step ${entry.fields.name ?? ''} (key ${entry.key})`, step: entry.key };
    case 'ask':
      return { what: 'A question' };
    case 'finish':
      return { what: 'The end' };
  }
}

/** Of runtimes that have it: a timer alone keeps no program alive. */
function unref(timer: unknown): void {
  (timer as { unref?: () => void }).unref?.();
}
