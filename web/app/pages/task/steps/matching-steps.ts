import type { StepRow } from './step-store';

const MOST_KEPT = 50_000;

export interface MatchPage {
  rows: StepRow[];
  hasMore: boolean;
  endCursor: string | null;
}

type ReadPage = (after: string | null, signal: AbortSignal) => Promise<MatchPage>;

/** The steps of a task that match a filter, page after page as they come near. A store in React's sense. */
export class MatchingSteps {
  readonly #listeners = new Set<() => void>();
  readonly #indexBySeq = new Map<number, number>();
  readonly rows: StepRow[] = [];
  #request: AbortController | null = null;
  #cursor: string | null = null;
  #hasMore = true;
  #fault: Error | null = null;
  #version = 0;

  constructor(private readonly readPage: ReadPage) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): number => this.#version;

  get hasMore(): boolean {
    return this.#hasMore && this.rows.length < MOST_KEPT;
  }

  /** Whether the first answer is here. */
  get isRead(): boolean {
    return this.#version > 0;
  }

  get fault(): Error | null {
    return this.#fault;
  }

  indexOf(seq: number): number {
    return this.#indexBySeq.get(seq) ?? -1;
  }

  retry(): void {
    this.#fault = null;
    this.readMore();
  }

  /** Looks again past the end: a task that goes on may have more. */
  lookAgain(): void {
    this.#hasMore = true;
    this.readMore();
  }

  readMore(): void {
    if (this.#request || this.#fault || !this.hasMore) return;
    const request = new AbortController();
    this.#request = request;
    this.readPage(this.#cursor, request.signal)
      .then(({ rows, hasMore, endCursor }) => {
        if (request.signal.aborted) return;
        for (const row of rows) this.#indexBySeq.set(row.seq, this.rows.push(row) - 1);
        this.#hasMore = hasMore;
        this.#cursor = endCursor ?? this.#cursor;
      })
      .catch((error: Error) => {
        if (!request.signal.aborted) this.#fault = error;
      })
      .finally(() => {
        if (this.#request === request) this.#request = null;
        this.#version += 1;
        for (const listener of this.#listeners) listener();
      });
  }

  stop(): void {
    this.#request?.abort();
    this.#request = null;
  }
}
