import { isFinished, type Task } from '../tasks/index.js';
import { Follower, Waiters } from '../../platform/follower.js';
import type { StepReader, StepRow } from './step.reader.js';

/** Steps that changed up to a revision; the same object goes to everybody who was at the same place. */
export interface StepBatch {
  projectId: string;
  taskId: string;
  revision: number;
  steps: StepRow[];
}

/** How a task stands; the same object goes to everybody. */
export interface TaskSnapshot {
  projectId: string;
  task: Task;
}

/** What was read past a cursor. */
interface Window {
  batch: StepBatch;
  isFinished: boolean;
}

const batchRows = 500;
/** Most rows kept for those who come to the same place a little later. */
const mostKeptRows = 2_000;

/**
 * One watched task of this process. Followers hold nothing but a cursor: told that there is more, they read past it, and all who
 * are at the same cursor share one read and its answer. So a slow follower costs no memory and misses nothing, a lost hint
 * is made up for by the next one or by the sweep, and a batch is serialised once for all who get it.
 */
export class TaskFeed {
  /** The newest revision heard of, from hints, sweeps and reads. */
  #head = 0;
  readonly #waiters = new Waiters();
  readonly #reading = new Map<number, Promise<Window | null>>();
  readonly #kept = new Map<number, Window>();
  #keptRows = 0;
  #snapshot: { revision: number; read: Promise<TaskSnapshot | null> } | undefined;

  constructor(
    readonly taskId: string,
    readonly projectId: string,
    private readonly steps: StepReader,
    private readonly readTask: (id: string) => Promise<Task | null>,
  ) {}

  /** Tells the feed that the task has reached a revision; an older one says nothing. */
  raise(revision: number): void {
    if (revision <= this.#head) return;
    this.#head = revision;
    this.#waiters.check();
  }

  /** The steps stored past `afterRevision`, then those to come; ends when the task has ended and all is delivered. */
  followSteps(afterRevision: number, release: () => void): AsyncIterableIterator<StepBatch> {
    let cursor = afterRevision;
    let isOver = false;
    return new Follower(async (signal) => {
      while (!isOver && !signal.aborted) {
        const window = await this.#windowPast(cursor);
        if (!window) return null;
        const { batch } = window;
        cursor = Math.max(cursor, batch.revision);
        // A kept window may tell of an end after which the task was tried again.
        isOver = window.isFinished && batch.revision >= this.#head;
        if (batch.steps.length > 0) return batch;
        if (!isOver) await this.#waiters.until(() => this.#head > batch.revision, signal);
      }
      return null;
    }, release);
  }

  /** How the task stands now, then each time it changed; ends with the state in which the task has ended. */
  followTask(release: () => void): AsyncIterableIterator<TaskSnapshot> {
    let seen = -1;
    let isOver = false;
    return new Follower(async (signal) => {
      if (isOver) return null;
      await this.#waiters.until(() => this.#head > seen, signal);
      const snapshot = signal.aborted ? null : await this.#readSnapshot();
      if (!snapshot) return null;
      seen = snapshot.task.revision;
      isOver = isFinished(snapshot.task.status);
      return snapshot;
    }, release);
  }

  async #windowPast(cursor: number): Promise<Window | null> {
    const kept = this.#kept.get(cursor);
    if (kept) return kept;
    let read = this.#reading.get(cursor);
    if (!read) {
      read = this.#readPast(cursor).finally(() => this.#reading.delete(cursor));
      this.#reading.set(cursor, read);
    }
    return read;
  }

  async #readPast(cursor: number): Promise<Window | null> {
    const { taskId, projectId } = this;
    const found = await this.steps.since(taskId, cursor, batchRows);
    if (!found) return null;
    const { revision, steps, isFinished } = found;
    const window = { batch: { projectId, taskId, revision, steps }, isFinished };
    this.raise(revision);
    if (steps.length > 0) this.#keep(cursor, window);
    return window;
  }

  #keep(cursor: number, window: Window): void {
    this.#kept.set(cursor, window);
    this.#keptRows += window.batch.steps.length;
    for (const [oldest, { batch }] of this.#kept) {
      if (this.#keptRows <= mostKeptRows) break;
      this.#kept.delete(oldest);
      this.#keptRows -= batch.steps.length;
    }
  }

  #readSnapshot(): Promise<TaskSnapshot | null> {
    if (this.#snapshot && this.#snapshot.revision >= this.#head) return this.#snapshot.read;
    const read = this.readTask(this.taskId).then((task) => {
      if (!task) return null;
      snapshot.revision = task.revision;
      this.raise(task.revision);
      return { projectId: this.projectId, task };
    });
    const snapshot = { revision: this.#head, read };
    this.#snapshot = snapshot;
    read.catch(() => (this.#snapshot = undefined));
    return read;
  }
}
