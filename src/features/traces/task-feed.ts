import { isFinished, type Task } from '../tasks/index.js';
import { Follower, Waiters } from './follower.js';
import type { StepReader, StepRow, StepWindow } from './step.reader.js';

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

const batchRows = 500;
const keptBatches = 32;

/**
 * One watched task of this process. Followers hold nothing but a cursor: told that there is more, they read past it, and all who
 * are at the same cursor share one read and its answer. So a slow follower costs no memory and misses nothing, a lost hint
 * is made up for by the next one or by the sweep, and a batch is serialised once for all who get it.
 */
export class TaskFeed {
  /** The newest revision heard of, from hints, sweeps and reads. */
  #head = 0;
  readonly #waiters = new Waiters();
  readonly #batches = new Map<number, Promise<StepWindow | null>>();
  #snapshot: { revision: number; read: Promise<TaskSnapshot | null> } | undefined;
  readonly #events = new WeakMap<StepWindow, StepBatch>();

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
        const window = await this.#window(cursor);
        if (!window) return null;
        cursor = Math.max(cursor, window.revision);
        isOver = window.isFinished;
        if (window.steps.length > 0) return this.#batch(window);
        if (!isOver) await this.#waiters.until(() => this.#head > cursor, signal);
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
      const snapshot = signal.aborted ? null : await this.#read();
      if (!snapshot) return null;
      seen = snapshot.task.revision;
      isOver = isFinished(snapshot.task.status);
      return snapshot;
    }, release);
  }

  #window(cursor: number): Promise<StepWindow | null> {
    const known = this.#batches.get(cursor);
    if (known) return known;
    const read = this.steps.since(this.taskId, cursor, batchRows);
    this.#batches.set(cursor, read);
    // What held nothing new, or failed, is asked anew next time.
    const forget = () => {
      if (this.#batches.get(cursor) === read) this.#batches.delete(cursor);
    };
    read.then((window) => {
      if (!window || window.steps.length === 0) forget();
      else this.raise(window.revision);
    }, forget);
    for (const [oldest] of this.#batches) {
      if (this.#batches.size <= keptBatches) break;
      this.#batches.delete(oldest);
    }
    return read;
  }

  #batch(window: StepWindow): StepBatch {
    let event = this.#events.get(window);
    if (!event) {
      const { taskId, projectId } = this;
      event = { projectId, taskId, revision: window.revision, steps: window.steps };
      this.#events.set(window, event);
    }
    return event;
  }

  #read(): Promise<TaskSnapshot | null> {
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
