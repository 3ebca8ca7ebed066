import { Store } from '../../../store';
import type { StepRow } from './step-store';

const MOST_KEPT = 50_000;
/** How many steps one request asks about by their keys. */
const MOST_KEYS = 100;

export interface MatchPage {
  rows: StepRow[];
  hasMore: boolean;
  endCursor: string | null;
}

/** How the steps that match are read. */
export interface MatchReader {
  /** Those after a cursor, by seq. */
  page: (after: string | null, signal: AbortSignal) => Promise<MatchPage>;
  /** Those among the steps of the keys. */
  keys: (keys: string[], signal: AbortSignal) => Promise<StepRow[]>;
}

/** The steps of a task that match a filter, page after page as they come near. */
export class MatchingSteps extends Store {
  readonly #indexBySeq = new Map<number, number>();
  /** Keys of steps that lie before the end of what was read, and have changed since. */
  readonly #changed = new Set<string>();
  readonly rows: StepRow[] = [];
  #request: AbortController | null = null;
  #cursor: string | null = null;
  #hasMore = true;
  #wantedSeq = 0;
  #fault: Error | null = null;

  constructor(private readonly read: MatchReader) {
    super();
  }

  get hasMore(): boolean {
    return this.#hasMore && this.rows.length < MOST_KEPT;
  }

  /** Whether the first answer is here. */
  get isRead(): boolean {
    return this.version() > 0;
  }

  /** Whether all of them are here. */
  get isComplete(): boolean {
    return this.isRead && !this.#hasMore;
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

  /** Takes note of what came live: what did not match before may match now. */
  note(steps: readonly StepRow[]): void {
    const lastSeq = this.rows.at(-1)?.seq ?? 0;
    for (const { seq, key } of steps) {
      if (seq < lastSeq && !this.#indexBySeq.has(seq)) this.#changed.add(key);
    }
  }

  /** Looks again: a task that goes on may have more, past the end and, by what was noted, before it. */
  lookAgain(): void {
    if (this.#hasMore && this.#changed.size === 0) return;
    this.#run(async (signal) => {
      const keys = [...this.#changed];
      this.#changed.clear();
      try {
        const found: StepRow[] = [];
        for (let from = 0; from < keys.length; from += MOST_KEYS) {
          found.push(...(await this.read.keys(keys.slice(from, from + MOST_KEYS), signal)));
        }
        const page = this.#hasMore ? null : await this.read.page(this.#cursor, signal);
        return () => {
          this.#insert(found);
          if (page) this.#append(page);
        };
      } catch (error) {
        for (const key of keys) this.#changed.add(key);
        throw error;
      }
    });
  }

  /** Reads on until the step of that number, or one past it, is here. */
  readUntil(seq: number): void {
    this.#wantedSeq = seq;
    this.readMore();
  }

  readMore(): void {
    if (!this.hasMore) return;
    this.#run(async (signal) => {
      const page = await this.read.page(this.#cursor, signal);
      return () => this.#append(page);
    });
  }

  stop(): void {
    this.#request?.abort();
    this.#request = null;
  }

  #append({ rows, hasMore, endCursor }: MatchPage): void {
    for (const row of rows) this.#indexBySeq.set(row.seq, this.rows.push(row) - 1);
    this.#hasMore = hasMore;
    this.#cursor = endCursor ?? this.#cursor;
  }

  #insert(rows: readonly StepRow[]): void {
    if (rows.length === 0) return;
    this.rows.push(...rows.filter(({ seq }) => !this.#indexBySeq.has(seq)));
    this.rows.sort((a, b) => a.seq - b.seq);
    this.rows.forEach(({ seq }, index) => this.#indexBySeq.set(seq, index));
  }

  /** Asks for one thing at a time. @param ask answers what takes over the answer */
  #run(ask: (signal: AbortSignal) => Promise<() => void>): void {
    if (this.#request || this.#fault) return;
    const request = new AbortController();
    this.#request = request;
    ask(request.signal)
      .then((takeOver) => {
        if (!request.signal.aborted) takeOver();
      })
      .catch((error: Error) => {
        if (!request.signal.aborted) this.#fault = error;
      })
      .finally(() => {
        if (this.#request === request) this.#request = null;
        this.tell();
        if (!request.signal.aborted && (this.rows.at(-1)?.seq ?? 0) < this.#wantedSeq) this.readMore();
      });
  }
}
