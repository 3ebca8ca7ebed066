import type { Database, Transaction } from '../../../platform/database.js';
import { isDatabaseUnavailable } from '../../../platform/database.js';
import type { JobHandlers, JobQueue } from '../../../platform/jobs.js';
import type { Logger } from '../../../platform/logger.js';
import { TimeSlice } from '../../../platform/time-slice.js';
import { SearchBlock, slotPieces, type SlotRun } from './search-block.js';
import type { IndexedTask, SearchIndexRepository, WaitingTask } from './search-index.repository.js';
import type { SearchJobs } from './search.jobs.js';

/** With so many slots in use a block is written; what weighs less than that is searched as it stands. */
export const enoughSlots = 448;
/** After so long a job makes way for others, and asks to be run again. */
const runMs = 5_000;
/** For so long a task that could not be indexed is left alone. */
const setAsideMs = 3_600_000;
const settledAtATime = 500;

/** Rolls back what was written, and is no fault. */
class TakenBack extends Error {}

/** Brings steps into the index of the text search, off the path of those who report them. */
export class SearchIndexer {
  /** Tasks that could not be indexed, and until when they are left alone. Their steps are searched as they stand. */
  readonly #setAside = new Map<string, number>();

  constructor(
    private readonly database: Database,
    private readonly repository: SearchIndexRepository,
    private readonly jobs: JobQueue<SearchJobs>,
    private readonly logger: Logger,
    /** With so much, in slots, it is worth writing a block. */
    private readonly enough = enoughSlots,
  ) {}

  readonly handlers: JobHandlers<SearchJobs> = {
    indexWaiting: () => this.indexWaiting(),
    indexProject: ({ projectId }) => this.indexProject(projectId),
  };

  /** Asks for a job for each project that has enough to be indexed. */
  async indexWaiting(): Promise<void> {
    for (const projectId of await this.repository.waitingProjects()) {
      if (await this.#isWorthIt(projectId)) await this.ask(projectId);
    }
    await this.repository.dropEmpty();
  }

  /** Asks for a project to be indexed, unless that has been asked for and waits. */
  ask(projectId: string): Promise<void> {
    return this.jobs.add(this.database, 'indexProject', { projectId }, { key: `indexProject ${projectId}` });
  }

  /** Indexes a project block by block, each in a transaction of its own, as long as there is enough for one. */
  async indexProject(projectId: string): Promise<void> {
    const until = performance.now() + runMs;
    if (!(await this.#isWorthIt(projectId))) return;
    for (let isFirst = true, goesOn = true; goesOn; isFirst = false) {
      goesOn = await this.#index(projectId, isFirst);
      while (await this.#merge(projectId));
      if (goesOn && performance.now() > until) return this.ask(projectId);
    }
  }

  async #isWorthIt(projectId: string): Promise<boolean> {
    while ((await this.repository.passStepless(projectId, settledAtATime)) === settledAtATime);
    const setAside = [...this.#setAside.keys()];
    return (await this.repository.waitingWeight(projectId, setAside)) >= this.enough;
  }

  /**
   * Writes a block. Whether there may be more to do: false as well where another process is at it.
   * @param writesRest whether what does not fill a block is written too
   */
  async #index(projectId: string, writesRest: boolean): Promise<boolean> {
    const now = performance.now();
    for (const [taskId, until] of this.#setAside) if (until < now) this.#setAside.delete(taskId);
    const waiting = (tx: Transaction) =>
      this.repository.waitingTasks(tx, projectId, [...this.#setAside.keys()]);
    try {
      return await this.database.transaction(async (tx) => {
        if (!(await this.repository.lock(tx, projectId))) return false;
        const tasks = await waiting(tx);
        if (tasks.length === 0) return false;
        const isFull = await this.#write(tx, projectId, tasks);
        if (!isFull && !writesRest) throw new TakenBack();
        return isFull;
      });
    } catch (error) {
      if (error instanceof TakenBack) return false;
      if (isDatabaseUnavailable(error)) throw error;
      const tasks = await this.database.transaction(waiting);
      if (!(await this.#setAsideFaulty(projectId, tasks))) throw error;
      return true;
    }
  }

  #merge(projectId: string): Promise<boolean> {
    return this.database.transaction(
      async (tx) =>
        (await this.repository.lock(tx, projectId)) && (await this.repository.merge(tx, projectId)),
    );
  }

  /** Reads and writes whole revisions of the tasks, newest task first, until a block is nearly full; answers whether it is. */
  async #write(tx: Transaction, projectId: string, tasks: readonly WaitingTask[]): Promise<boolean> {
    const slice = new TimeSlice();
    const runs: SlotRun[] = [];
    const indexed: IndexedTask[] = [];
    let block = new SearchBlock(await this.repository.nextBlock(tx, projectId));
    const flush = async () => {
      if (block.size > 0) await this.repository.insertBits(tx, projectId, block);
      runs.push(...block.runs);
    };
    /** The place in `tasks`, and in the first of those left the last step that was taken. */
    let done = 0;
    let last: { revision: number; seq: number } | null = null;
    const leave = (task: WaitingTask, to: number) => {
      indexed.push({ id: task.id, from: task.searchableRevision, to });
    };
    const leaveTask = (task: WaitingTask) => {
      leave(task, Math.max(task.revision, last?.revision ?? 0));
      last = null;
      done++;
    };
    const isEnough = () => block.size >= this.enough;
    reading: for (;;) {
      const steps = await this.repository.waitingSteps(tx, tasks.slice(done), last);
      for (const step of steps) {
        while (tasks[done]!.id !== step.taskId) {
          leaveTask(tasks[done]!);
          if (isEnough()) break reading;
        }
        if (last && last.revision < step.revision && isEnough()) {
          leave(tasks[done]!, last.revision);
          break reading;
        }
        for (const piece of slotPieces(step)) {
          for (let rest = piece; (rest = block.add(step.taskId, step.seq, rest)) !== '';) {
            await flush();
            block = new SearchBlock(block.number + 1);
          }
          await slice.pause();
        }
        last = { revision: step.revision, seq: step.seq };
      }
      if (!steps[0]?.isCut) {
        for (const task of tasks.slice(done)) leaveTask(task);
        break;
      }
    }
    await flush();
    if (!(await this.repository.finish(tx, projectId, runs, indexed))) {
      throw new Error('Another process indexed the same steps.');
    }
    return isEnough();
  }

  /** Tries each task alone, without lasting effect, and sets aside those that fail: they do not stop the others. */
  async #setAsideFaulty(projectId: string, tasks: readonly WaitingTask[]): Promise<boolean> {
    // Where not even nothing can be written, no task is to blame.
    if (await this.#faultOf(projectId, [])) return false;
    let hasFound = false;
    for (const task of tasks) {
      const error = await this.#faultOf(projectId, [task]);
      if (!error) continue;
      this.logger.error({ err: error, taskId: task.id }, 'The steps of a task cannot be indexed for now.');
      this.#setAside.set(task.id, performance.now() + setAsideMs);
      hasFound = true;
    }
    return hasFound;
  }

  async #faultOf(projectId: string, tasks: readonly WaitingTask[]): Promise<unknown> {
    try {
      await this.database.transaction(async (tx) => {
        if (await this.repository.lock(tx, projectId)) await this.#write(tx, projectId, tasks);
        throw new TakenBack();
      });
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error;
      return error instanceof TakenBack ? undefined : error;
    }
    return undefined;
  }
}
