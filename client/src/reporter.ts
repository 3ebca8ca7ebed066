import type { Lane, Entry } from './lane.js';
import type { Settings } from './options.js';
import type { Outbox } from './outbox.js';
import type { Problem, ProblemTeller } from './problem.js';
import { sizeOf, withoutPayload, type Fields } from './report.js';

/** Takes the reports of one task into the queue, as far as there is room. */
export class Reporter {
  #keys = 0;

  constructor(
    readonly lane: Lane,
    private readonly outbox: Outbox,
    private readonly settings: Settings,
    private readonly problems: ProblemTeller,
    /** What makes the keys of steps different from those of another process that reports the same task. */
    private readonly keyPrefix: string,
  ) {}

  get maxPayloadBytes(): number {
    return this.settings.maxPayloadBytes;
  }

  nextKey(): string {
    this.#keys += 1;
    return `${this.keyPrefix}.${this.#keys}`;
  }

  /** Resolves when there is room for more; see Queue. */
  room(): Promise<void> {
    return this.outbox.queue.room();
  }

  flush(timeoutMs: number): Promise<boolean> {
    return this.outbox.flush(this.lane, timeoutMs);
  }

  /** Begins the task. */
  create(fields: Fields): void {
    if (!this.#add({ kind: 'create', fields }, false)) this.lane.isAbandoned = true;
  }

  /**
   * @param mustEnd whether the server was told of its beginning: then its end is told even where there is no room, without
   *   its payload
   * @returns whether it will be told
   */
  step(key: string, fields: Fields, mustEnd: boolean): boolean {
    const { queue } = this.outbox;
    if (this.lane.canJoin(key)) {
      const isRoomy = queue.hasBytesFor(sizeOf(fields));
      if (!isRoomy) this.#noteLeftOut(key);
      return queue.join(this.lane, key, isRoomy ? fields : withoutPayload(fields));
    }
    return this.#add({ kind: 'step', key, fields }, mustEnd);
  }

  finish(fields: Fields): void {
    this.#add({ kind: 'finish', fields }, true);
  }

  ask(fields: Fields, on: Pick<Entry & { kind: 'ask' }, 'onAnswer' | 'onLost'>): void {
    if (!this.#add({ kind: 'ask', fields, ...on }, false)) on.onLost(this.#whyNot());
  }

  progress(fields: Fields): void {
    if (this.#isLost()) return;
    this.lane.progress = { seq: this.outbox.queue.nextSeq(), fields };
    this.outbox.queue.keep(this.lane);
    this.outbox.wake(this.lane, this.settings.flushIntervalMs);
  }

  misused(message: string): void {
    this.#tell({ code: 'MISUSED', message, reports: 1 });
  }

  noteShortened(isShortened: boolean, step?: string): void {
    if (!isShortened) return;
    this.outbox.queue.counts.shortened += 1;
    const message = `A payload is larger than ${this.maxPayloadBytes} bytes (maxPayloadBytes); what exceeds it is left out.`;
    this.#tell({ code: 'SHORTENED', message, reports: 1, ...(step === undefined ? {} : { step }) });
  }

  /** @returns whether it was taken */
  #add(report: NewEntry, mustTake: boolean): boolean {
    const { queue } = this.outbox;
    if (this.#isLost()) {
      queue.counts.dropped += 1;
      if (this.outbox.isClosed) this.misused('The client was closed before; what is reported now is lost.');
      return false;
    }
    let { fields } = report;
    let bytes = sizeOf(fields);
    if (!queue.hasRoomFor(bytes)) {
      if (!mustTake) return this.#drop();
      this.#noteLeftOut(report.kind === 'step' ? report.key : undefined);
      fields = withoutPayload(fields);
      bytes = sizeOf(fields);
    }
    queue.push(this.lane, { ...report, fields, bytes, seq: queue.nextSeq() });
    this.outbox.wake(this.lane, report.kind === 'step' ? this.settings.flushIntervalMs : 0);
    return true;
  }

  /** What is reported now is lost, which has been told already. */
  #isLost(): boolean {
    return this.lane.isAbandoned || this.outbox.stopped !== null;
  }

  #whyNot(): string {
    return this.outbox.stopped ?? `The task "${this.lane.name}" could not be reported.`;
  }

  #drop(): false {
    const { queue } = this.outbox;
    queue.counts.dropped += 1;
    const message = `${queue.reports} reports with ${queue.bytes} bytes wait for the server, and no more are kept (maxQueuedReports, maxQueuedBytes).`;
    this.#tell({ code: 'DROPPED', message, reports: 1 });
    return false;
  }

  #noteLeftOut(step: string | undefined): void {
    this.outbox.queue.counts.shortened += 1;
    const message = 'The queue is full: an end is kept without its payload.';
    this.#tell({ code: 'SHORTENED', message, reports: 1, ...(step === undefined ? {} : { step }) });
  }

  #tell(problem: Problem): void {
    this.problems.tell({ ...problem, task: this.lane.name });
  }
}

/** An entry before it has its place in the queue. */
type NewEntry = WithoutPlace<Entry>;
type WithoutPlace<Each> = Each extends Entry ? Omit<Each, 'seq' | 'bytes'> : never;
