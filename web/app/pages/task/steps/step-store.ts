import type { StepSkeletonFragment } from '../../../generated/graphql';

export type StepRow = StepSkeletonFragment;

/** How many steps one request reads. */
export const WINDOW_ROWS = 200;
const MOST_REQUESTS = 3;
/** Beyond this, what lies far from the rows in sight is let go. */
const MOST_ROWS = 30_000;
const KEPT_AROUND = 5_000;

/** How many parents one request reads. */
const MOST_KEYS = 100;
/** A row is not looked upwards from further than this. */
const MOST_ANCESTORS = 50;

/** How steps are read. */
export interface StepReader {
  /** So many from a number on. */
  window: (fromSeq: number, first: number, signal: AbortSignal) => Promise<StepRow[]>;
  /** Those of the keys, as far as there are such. */
  keys: (keys: string[], signal: AbortSignal) => Promise<StepRow[]>;
}

/**
 * The steps of one task as far as they are known: read in windows around what is in sight, and kept current by what is
 * followed live. Numbers have no gaps, so a window's place is known before it is read. A store in React's sense, which
 * tells of its changes once a frame at most.
 */
export class StepStore {
  readonly #rows = new Map<number, StepRow>();
  readonly #seqByKey = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  readonly #requests = new Map<number, AbortController>();
  /** Windows that stayed incomplete, and the count that they were read at: read again only when there is more. */
  readonly #triedAt = new Map<number, number>();
  #inSight: [first: number, last: number] = [1, 1];
  /** Keys of parents that were asked for; those that did not come are not there. */
  readonly #triedKeys = new Set<string>();
  readonly #takers = new Set<(steps: readonly StepRow[]) => void>();
  #parentsRequest: AbortController | null = null;
  #wantsAll = false;
  #wantsParents = false;
  #version = 0;
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
    this.#count = known.count;
    this.#revision = known.revision;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Another number after each change. */
  readonly snapshot = (): number => this.#version;

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

  /** The step within which that one happened, where it is known here. */
  parentOf(row: StepRow): StepRow | undefined {
    const seq = row.parentKey === null ? undefined : this.#seqByKey.get(row.parentKey);
    return seq === undefined ? undefined : this.#rows.get(seq);
  }

  /** The steps within which that one happened, as far as they are known here, the nearest first. */
  ancestorsOf(row: StepRow): StepRow[] {
    const ancestors: StepRow[] = [];
    for (let at = this.parentOf(row); at && ancestors.length < MOST_ANCESTORS; at = this.parentOf(at)) {
      // Agents may name steps as each other's parents.
      if (at === row || ancestors.includes(at)) break;
      ancestors.push(at);
    }
    return ancestors;
  }

  rows(): StepRow[] {
    return [...this.#rows.values()].sort((a, b) => a.seq - b.seq);
  }

  /** The task has at least so many steps. */
  grow(count: number): void {
    if (count <= this.#count) return;
    this.#count = count;
    this.#changed();
  }

  raiseLatency(latencyMs: number): void {
    if (latencyMs <= this.#maxLatencyMs) return;
    this.#maxLatencyMs = latencyMs;
    this.#changed();
  }

  /** Has the rows between two numbers read, those of the latest call first. */
  show(firstSeq: number, lastSeq: number): void {
    this.#inSight = [firstSeq, lastSeq];
    this.#readOn();
  }

  /** Whether to read also the steps within which those in sight happened, however far away they stand. */
  wantParents(isWanted: boolean): void {
    this.#wantsParents = isWanted;
    this.#readOn();
  }

  /** Whether to read the rest in the background as well. */
  wantAll(isWanted: boolean): void {
    this.#wantsAll = isWanted;
    this.#readOn();
  }

  retry(): void {
    this.#fault = null;
    this.#triedAt.clear();
    this.#triedKeys.clear();
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
    for (const request of this.#requests.values()) request.abort();
    this.#requests.clear();
    this.#parentsRequest?.abort();
    this.#parentsRequest = null;
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  #put(steps: readonly StepRow[]): void {
    for (const step of steps) {
      const known = this.#rows.get(step.seq);
      if (known && known.revision >= step.revision) continue;
      this.#rows.set(step.seq, step);
      this.#seqByKey.set(step.key, step.seq);
      if (step.seq > this.#count) this.#count = step.seq;
      if (step.latencyMs !== null && step.latencyMs > this.#maxLatencyMs) this.#maxLatencyMs = step.latencyMs;
      const ms = Date.parse(step.endedAt ?? step.startedAt ?? '');
      if (ms > this.#lastMs) this.#lastMs = ms;
    }
    if (this.#rows.size > MOST_ROWS) this.#letGo();
    this.#changed();
  }

  #letGo(): void {
    const [first, last] = this.#inSight;
    for (const [seq, { key }] of this.#rows) {
      if (seq >= first - KEPT_AROUND && seq <= last + KEPT_AROUND) continue;
      this.#rows.delete(seq);
      this.#seqByKey.delete(key);
    }
    this.#triedAt.clear();
    this.#triedKeys.clear();
  }

  #isComplete(window: number): boolean {
    if (this.#triedAt.get(window) === this.#count) return true;
    const end = Math.min((window + 1) * WINDOW_ROWS, this.#count);
    for (let seq = window * WINDOW_ROWS + 1; seq <= end; seq++) if (!this.#rows.has(seq)) return false;
    return true;
  }

  #readOn(): void {
    if (this.#fault || this.#count === 0) return;
    const [first, last] = this.#inSight;
    const lastWindow = Math.floor((this.#count - 1) / WINDOW_ROWS);
    const windowOf = (seq: number) => Math.min(Math.max(Math.floor((seq - 1) / WINDOW_ROWS), 0), lastWindow);
    const [from, to] = [windowOf(first), windowOf(last)];
    // What was scrolled past is not waited for.
    if (!this.#wantsAll) {
      for (const [window, request] of this.#requests)
        if (window < from - 1 || window > to + 1) request.abort();
    }
    for (let window = from; window <= to; window++) this.#read(window);
    if (this.#wantsParents) this.#readParents(first, last);
    for (let window = 0; this.#wantsAll && window <= lastWindow; window++) {
      if (this.#requests.size >= MOST_REQUESTS) break;
      this.#read(window);
    }
  }

  #read(window: number): void {
    if (this.#requests.size >= MOST_REQUESTS || this.#requests.has(window) || this.#isComplete(window))
      return;
    const request = new AbortController();
    this.#requests.set(window, request);
    const count = this.#count;
    this.read
      .window(window * WINDOW_ROWS + 1, WINDOW_ROWS, request.signal)
      .then((steps) => {
        this.#put(steps);
        this.#triedAt.set(window, count);
      })
      .catch((error: Error) => this.#failed(error, request))
      .finally(() => {
        if (this.#requests.get(window) !== request) return;
        this.#requests.delete(window);
        this.#readOn();
      });
  }

  /** One level up at a time: who the parents of parents are is known when those are here. */
  #readParents(first: number, last: number): void {
    if (this.#parentsRequest) return;
    const keys = new Set<string>();
    for (let seq = first; seq <= last && keys.size < MOST_KEYS; seq++) {
      const row = this.#rows.get(seq);
      const key = row && (this.ancestorsOf(row).at(-1) ?? row).parentKey;
      if (key != null && !this.#seqByKey.has(key) && !this.#triedKeys.has(key)) keys.add(key);
    }
    if (keys.size === 0) return;
    const request = new AbortController();
    this.#parentsRequest = request;
    this.read
      .keys([...keys], request.signal)
      .then((steps) => {
        for (const key of keys) this.#triedKeys.add(key);
        this.#put(steps);
      })
      .catch((error: Error) => this.#failed(error, request))
      .finally(() => {
        if (this.#parentsRequest !== request) return;
        this.#parentsRequest = null;
        this.#readOn();
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
      this.#version += 1;
      for (const listener of this.#listeners) listener();
    });
  }
}
