import { sizeOf, type Fields } from './report.js';

/** How a human answered, or that nobody has yet. */
export interface Answer {
  status: 'OPEN' | 'APPROVED' | 'REJECTED' | 'ANSWERED' | 'EXPIRED';
  /** What the human said beside it. */
  answer: unknown;
}

interface Queued {
  /** Its place among all reports of the process. */
  seq: number;
  fields: Fields;
  /** UTF-8 bytes of the fields as JSON. */
  bytes: number;
}

export type StepEntry = Queued & { kind: 'step'; key: string };
export type Entry =
  | StepEntry
  | (Queued & { kind: 'create' | 'finish' })
  | (Queued & {
      kind: 'ask';
      onAnswer: (answer: Answer) => void;
      onLost: (reason: string) => void;
    });

/** What is told of how far a task is; the newest takes the place of those before. */
export interface Progress {
  seq: number;
  fields: Fields;
}

/** What goes to the server in one call. */
export type Load =
  | { kind: 'create' | 'finish'; entry: Entry }
  | { kind: 'ask'; entry: Entry & { kind: 'ask' } }
  | { kind: 'steps'; entries: StepEntry[]; progress: Progress | null }
  | { kind: 'progress'; progress: Progress };

/** The reports of one task on their way to the server: in order, one call at a time. */
export class Lane {
  /** The task's id; null until the server has answered. */
  taskId: string | null = null;
  /** The project's slug, which is part of the page's address; null until the server has answered. */
  projectSlug: string | null = null;
  /** Whether the server does not have the task, and will not have it: what is reported of it is lost. */
  isAbandoned = false;
  /** Whether a call is under way. */
  isBusy = false;
  /** When it shall be sent, by the clock of performance.now(). */
  dueAt = Infinity;
  /** Not before this moment, after failures that concern this lane alone. */
  notBefore = 0;
  failures = 0;
  /** Steps that a call may have: lowered to find the step that spoils a call. */
  mostSteps = Infinity;
  progress: Progress | null = null;

  readonly #entries: Entry[] = [];
  /** Steps that wait and are not on their way: a later report of the same key joins them. */
  readonly #joinable = new Map<string, StepEntry>();

  constructor(readonly name: string) {}

  get size(): number {
    return this.#entries.length;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0 && this.progress === null;
  }

  /** The place of its oldest report; Infinity where it has none. */
  get oldest(): number {
    return Math.min(this.#entries[0]?.seq ?? Infinity, this.progress?.seq ?? Infinity);
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
    if (entry.kind === 'step') this.#joinable.set(entry.key, entry);
  }

  /**
   * Joins a report with the beginning of the same step that still waits, so that a short step is one report.
   * @returns by how many bytes that grew; null where none waits
   */
  join(key: string, fields: Fields): number | null {
    const waiting = this.#joinable.get(key);
    if (!waiting || !this.canJoin(key)) return null;
    const before = waiting.bytes;
    Object.assign(waiting.fields, fields);
    waiting.bytes = sizeOf(waiting.fields);
    return waiting.bytes - before;
  }

  /** Whether the beginning of that step waits, and can still be changed. */
  canJoin(key: string): boolean {
    return this.#joinable.get(key)?.fields.status === '"RUNNING"';
  }

  /** What goes next; it stays until it is removed. Null where there is nothing. */
  next(mostSteps: number, mostBytes: number): Load | null {
    const [first] = this.#entries;
    if (first?.kind === 'create') return { kind: 'create', entry: first };
    if (first?.kind === 'step') return this.#steps(Math.min(mostSteps, this.mostSteps), mostBytes);
    if (this.progress) return { kind: 'progress', progress: this.progress };
    if (!first) return null;
    return first.kind === 'ask' ? { kind: 'ask', entry: first } : { kind: 'finish', entry: first };
  }

  #steps(mostSteps: number, mostBytes: number): Load {
    const entries: StepEntry[] = [];
    let bytes = 0;
    for (const entry of this.#entries) {
      if (entry.kind !== 'step' || entries.length >= mostSteps) break;
      if (entries.length > 0 && bytes + entry.bytes > mostBytes) break;
      bytes += entry.bytes;
      entries.push(entry);
      if (this.#joinable.get(entry.key) === entry) this.#joinable.delete(entry.key);
    }
    return { kind: 'steps', entries, progress: this.progress };
  }

  /** Takes reports away that the server has, or will never have. @returns those that were still here */
  remove(gone: readonly Entry[]): Entry[] {
    const set = new Set(gone);
    const removed: Entry[] = [];
    const kept: Entry[] = [];
    // They stand at the front, so what follows them is not looked at.
    for (const entry of this.#entries) {
      if (set.size === 0) break;
      if (set.delete(entry)) removed.push(entry);
      else kept.push(entry);
    }
    this.#entries.splice(0, removed.length + kept.length, ...kept);
    return removed;
  }

  /** Takes everything away, and answers it. */
  clear(): Entry[] {
    this.progress = null;
    this.#joinable.clear();
    return this.#entries.splice(0);
  }
}
