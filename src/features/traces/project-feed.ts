import type { Intervention, Task, TasksReads } from '../tasks/index.js';
import { TooSlowError } from '../../platform/shared-subscription.js';
import { Follower, Waiters } from './follower.js';

/** Most changed things that may wait for one slow follower: past it the follower is cut off, and starts anew. */
const maxWaiting = 10_000;
const keptRevisions = 20_000;

/** Things that changed, newest state of each, for those who follow a whole project. */
class ChangeQueue<Item extends { id: string }> {
  readonly #waiting = new Map<string, Item>();
  readonly #waiters = new Waiters();
  #isTooSlow = false;

  push(item: Item): void {
    if (this.#waiting.size >= maxWaiting) this.#isTooSlow = true;
    else this.#waiting.set(item.id, item);
    this.#waiters.check();
  }

  async pull(signal: AbortSignal): Promise<Item | null> {
    await this.#waiters.until(() => this.#waiting.size > 0 || this.#isTooSlow, signal);
    if (this.#isTooSlow) throw new TooSlowError();
    const [first] = this.#waiting.values();
    if (!first) return null;
    this.#waiting.delete(first.id);
    return first;
  }
}

/**
 * The tasks and interventions of one watched project of this process. Each is read once after it changed, however many follow,
 * and whatever changes while a read is under way waits for the next one: a burst of changes costs few reads.
 */
export class ProjectFeed {
  readonly #taskQueues = new Map<ChangeQueue<Task>, string | null>();
  readonly #interventionQueues = new Set<ChangeQueue<Intervention>>();
  readonly #dirtyTasks = new Map<string, number>();
  readonly #dirtyInterventions = new Set<string>();
  /** The revisions told so far, so that a sweep knows what it missed. */
  readonly #told = new Map<string, number>();
  #isReading = false;

  constructor(
    readonly projectId: string,
    private readonly reads: TasksReads,
    private readonly onFault: (error: unknown) => void,
  ) {}

  followTasks(agentId: string | null, release: () => void): AsyncIterableIterator<Task> {
    const queue = new ChangeQueue<Task>();
    this.#taskQueues.set(queue, agentId);
    return new Follower(
      (signal) => queue.pull(signal),
      () => {
        this.#taskQueues.delete(queue);
        release();
      },
    );
  }

  followInterventions(release: () => void): AsyncIterableIterator<Intervention> {
    const queue = new ChangeQueue<Intervention>();
    this.#interventionQueues.add(queue);
    return new Follower(
      (signal) => queue.pull(signal),
      () => {
        this.#interventionQueues.delete(queue);
        release();
      },
    );
  }

  get isFollowed(): boolean {
    return this.#taskQueues.size > 0 || this.#interventionQueues.size > 0;
  }

  /** Notes revisions as told already: those that stood when the watch began. */
  prime(taskId: string, revision: number): void {
    this.#remember(taskId, revision);
  }

  /** True where a change had not been heard of: a hint went missing. */
  taskChanged(taskId: string, revision: number): boolean {
    if (revision <= (this.#told.get(taskId) ?? 0)) return false;
    this.#remember(taskId, revision);
    if (this.#taskQueues.size > 0) this.#dirtyTasks.set(taskId, revision);
    void this.#read();
    return true;
  }

  interventionChanged(interventionId: string): void {
    if (this.#interventionQueues.size === 0) return;
    this.#dirtyInterventions.add(interventionId);
    void this.#read();
  }

  #remember(taskId: string, revision: number): void {
    this.#told.delete(taskId);
    this.#told.set(taskId, revision);
    for (const [oldest] of this.#told) {
      if (this.#told.size <= keptRevisions) break;
      this.#told.delete(oldest);
    }
  }

  async #read(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#dirtyTasks.size > 0 || this.#dirtyInterventions.size > 0) {
        const taskIds = take(this.#dirtyTasks.keys(), 500);
        for (const id of taskIds) this.#dirtyTasks.delete(id);
        const interventionIds = take(this.#dirtyInterventions.values(), 500);
        for (const id of interventionIds) this.#dirtyInterventions.delete(id);
        const [tasks, interventions] = await Promise.all([
          taskIds.length > 0 ? this.reads.tasks(taskIds) : [],
          interventionIds.length > 0 ? this.reads.interventions(interventionIds) : [],
        ]);
        for (const task of tasks) if (task) this.#tellTask(task);
        for (const intervention of interventions) {
          for (const queue of this.#interventionQueues) queue.push(intervention);
        }
      }
    } catch (error) {
      // The next hint or sweep of the same task finds it again: what was not told is forgotten as told.
      this.#told.clear();
      this.onFault(error);
    } finally {
      this.#isReading = false;
    }
  }

  #tellTask(task: Task): void {
    for (const [queue, agentId] of this.#taskQueues) {
      if (agentId === null || agentId === task.agentId) queue.push(task);
    }
  }
}

function take(values: Iterator<string>, most: number): string[] {
  const taken: string[] = [];
  for (let next = values.next(); !next.done && taken.length < most; next = values.next())
    taken.push(next.value);
  return taken;
}
