import { Store } from '../../../store';
import type { StepSkeletonFragment } from '../../../generated/graphql';

export type StepRow = StepSkeletonFragment;

/** How many steps one request reads, of those that follow each other. */
export const WINDOW_ROWS = 200;
/** How many it reads of others. */
const MOST_SEQS = 100;
/** In more windows than these, steps count as scattered. */
const FEW_WINDOWS = 2;
const MOST_REQUESTS = 3;
/** Beyond this, what was read first is let go. */
const MOST_ROWS = 30_000;
const KEPT_ROWS = 20_000;

/** How steps are read. */
export interface StepReader {
  /** So many from a number on. */
  window: (fromSeq: number, first: number, signal: AbortSignal) => Promise<StepRow[]>;
  /** Those of the numbers, as far as there are such. */
  seqs: (seqs: number[], signal: AbortSignal) => Promise<StepRow[]>;
}

/**
 * The steps of one task as far as they are known: those in sight are read, with others around them, and kept current by what is
 * followed live. Numbers have no gaps, so a window's place is known before it is read. It tells of its changes once a
 * frame at most.
 */
export class StepStore extends Store {
  readonly #rows = new Map<number, StepRow>();
  readonly #requests = new Map<AbortController, (seq: number) => boolean>();
  /** Numbers that were asked for in vain, and the count at that time: asked for again only when there is more. */
  readonly #triedAt = new Map<number, number>();
  #inSight: readonly number[] = [];
  readonly #takers = new Set<(steps: readonly StepRow[]) => void>();
  #frame = 0;
  #count: number;
  #revision: number;
  #fault: Error | null = null;
  #maxLatencyMs = 0;
  #lastMs = 0;

  constructor(
    private readonly read: StepReader,
    known: { count: number; revision: number },
  ) {
    super();
    this.#count = known.count;
    this.#revision = known.revision;
  }

  get count(): number {
    return this.#count;
  }

  /** All changes up to it are either here or not yet read at all. */
  get revision(): number {
    return this.#revision;
  }

  get loadedCount(): number {
    return this.#rows.size;
  }

  /** Why rows are missing; null where nothing went wrong. */
  get fault(): Error | null {
    return this.#fault;
  }

  /** The longest latency seen so far. */
  get maxLatencyMs(): number {
    return this.#maxLatencyMs;
  }

  /** The latest time that a step seen so far began or ended; 0 = none. */
  get lastMs(): number {
    return this.#lastMs;
  }

  row(seq: number): StepRow | undefined {
    return this.#rows.get(seq);
  }

  /** The task has at least so many steps. */
  grow(count: number): void {
    if (count <= this.#count) return;
    this.#count = count;
    this.#changed();
  }

  /** The scales reach at least so far, also where the steps are not read that they end with. */
  raiseScales(latencyMs: number, lastMs: number): void {
    if (latencyMs <= this.#maxLatencyMs && lastMs <= this.#lastMs) return;
    this.#maxLatencyMs = Math.max(latencyMs, this.#maxLatencyMs);
    this.#lastMs = Math.max(lastMs, this.#lastMs);
    this.#changed();
  }

  /** Has the rows of those numbers read, those of the latest call first. */
  show(seqs: readonly number[]): void {
    this.#inSight = seqs;
    this.#readOn();
  }

  retry(): void {
    this.#fault = null;
    this.#triedAt.clear();
    this.#readOn();
    this.#changed();
  }

  /** Takes over what came live. */
  take(revision: number, steps: readonly StepRow[]): void {
    this.#revision = Math.max(this.#revision, revision);
    this.#put(steps);
    for (const taker of this.#takers) taker(steps);
  }

  /** Has the listener told at once of what comes live. @returns what ends that */
  onTaken(listener: (steps: readonly StepRow[]) => void): () => void {
    this.#takers.add(listener);
    return () => this.#takers.delete(listener);
  }

  stop(): void {
    for (const request of this.#requests.keys()) request.abort();
    this.#requests.clear();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  #put(steps: readonly StepRow[]): void {
    for (const step of steps) {
      const known = this.#rows.get(step.seq);
      if (known && known.revision >= step.revision) continue;
      this.#rows.set(step.seq, step);
      if (step.seq > this.#count) this.#count = step.seq;
      if (step.latencyMs !== null && step.latencyMs > this.#maxLatencyMs) this.#maxLatencyMs = step.latencyMs;
      const ms = Date.parse(step.endedAt ?? step.startedAt ?? '');
      if (ms > this.#lastMs) this.#lastMs = ms;
    }
    if (this.#rows.size > MOST_ROWS) this.#letGo();
    this.#changed();
  }

  #letGo(): void {
    const inSight = new Set(this.#inSight);
    for (const seq of this.#rows.keys()) {
      if (this.#rows.size <= KEPT_ROWS) break;
      if (!inSight.has(seq)) this.#rows.delete(seq);
    }
    this.#triedAt.clear();
  }

  #readOn(): void {
    if (this.#fault) return;
    // What was scrolled past is not waited for.
    for (const [request, isOf] of this.#requests) if (!this.#inSight.some(isOf)) request.abort();
    const missing = this.#inSight.filter((seq) => this.#isMissing(seq));
    const windows = new Set(missing.map((seq) => Math.floor((seq - 1) / WINDOW_ROWS)));
    if (windows.size > FEW_WINDOWS) {
      for (let from = 0; from < missing.length; from += MOST_SEQS) {
        this.#readScattered(missing.slice(from, from + MOST_SEQS));
      }
    } else for (const window of windows) this.#readWindow(window * WINDOW_ROWS + 1);
  }

  #isMissing(seq: number): boolean {
    if (seq < 1 || seq > this.#count || this.#rows.has(seq) || this.#triedAt.get(seq) === this.#count)
      return false;
    return ![...this.#requests.values()].some((isOf) => isOf(seq));
  }

  #readWindow(fromSeq: number): void {
    const isOf = (seq: number) => seq >= fromSeq && seq < fromSeq + WINDOW_ROWS;
    this.#read(isOf, (signal) => this.read.window(fromSeq, WINDOW_ROWS, signal));
  }

  #readScattered(seqs: number[]): void {
    this.#read(
      (seq) => seqs.includes(seq),
      (signal) => this.read.seqs(seqs, signal),
    );
  }

  #read(isOf: (seq: number) => boolean, ask: (signal: AbortSignal) => Promise<StepRow[]>): void {
    if (this.#requests.size >= MOST_REQUESTS) return;
    const request = new AbortController();
    this.#requests.set(request, isOf);
    const count = this.#count;
    ask(request.signal)
      .then((steps) => {
        this.#put(steps);
        for (const seq of this.#inSight) if (isOf(seq) && !this.#rows.has(seq)) this.#triedAt.set(seq, count);
      })
      .catch((error: Error) => this.#failed(error, request))
      .finally(() => {
        if (this.#requests.delete(request)) this.#readOn();
      });
  }

  #failed(error: Error, { signal }: AbortController): void {
    if (signal.aborted) return;
    this.#fault = error;
    this.#changed();
  }

  #changed(): void {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.tell();
    });
  }
}
