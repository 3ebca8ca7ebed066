import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  InterventionKind,
  InterventionStatus,
  LeaseLostError,
  TaskStatus,
  type BuiltInWorkers,
  type StepInput,
  type Task,
  type TasksReads,
} from '../tasks/index.js';
import type { TraceService } from '../traces/index.js';
import { isDatabaseUnavailable } from '../../platform/database.js';
import { NotFoundError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { PageFault } from './page-fault.js';
import type { ScrapingParts } from './scraping-parts.js';
import { readPlan, scrapingType } from './scraping-plan.js';
import { ScrapingRun, type RunOutcome } from './scraping-run.js';
import type { RunProgress, StepSink } from './step-trail.js';
import { storedSteps } from './stored-steps.js';

export interface ScrapingWorkerOptions {
  parts: ScrapingParts;
  workers: BuiltInWorkers;
  traces: TraceService;
  reads: Pick<TasksReads, 'interventions'>;
  logger: Logger;
  /** Tasks at a time; those that wait for a human do not count. */
  concurrency: number;
  maxStepsPerCall: number;
  leaseSeconds?: number;
}

const askEveryMs = 1_000;
const humanPatienceMs = 86_400_000;
const standardLease = 20;
/** However many wait for humans, no more tasks than this for each place. */
const mostPerPlace = 5;

/** The process stops; the task goes on elsewhere. */
class StoppedError extends Error {}

/** Takes scraping tasks from the queue and carries them out, some at a time. */
export class ScrapingWorker {
  /** Another one for each start of a process. */
  readonly name = `scraper ${hostname()} ${process.pid} ${randomBytes(4).toString('hex')}`;
  readonly #runs = new Map<AbortController, Promise<void>>();
  readonly #stopping = new AbortController();
  #waitingForHumans = 0;
  #loop: Promise<void> | undefined;

  constructor(private readonly options: ScrapingWorkerOptions) {}

  start(): void {
    this.#loop ??= this.#claimAll();
  }

  /** Takes no more tasks, and gives back those that it has; they go on where they were, here or elsewhere. */
  async stop(): Promise<void> {
    this.#stopping.abort(new StoppedError());
    await this.#loop;
    for (const ending of this.#runs.keys()) ending.abort(new StoppedError());
    await Promise.all(this.#runs.values());
    await this.options.parts.reader.stop();
  }

  async #claimAll(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const isBusy = await this.#claim();
      if (isBusy) continue;
      await sleep(askEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** @returns whether more may be waiting for a place that is free */
  async #claim(): Promise<boolean> {
    const { concurrency, workers, logger, leaseSeconds = standardLease } = this.options;
    const most = Math.min(
      concurrency - this.#runs.size + this.#waitingForHumans,
      concurrency * mostPerPlace - this.#runs.size,
    );
    if (most < 1) return false;
    try {
      const claimed = await workers.claim(this.name, { types: [scrapingType], limit: most, leaseSeconds });
      for (const task of claimed) this.#begin(task);
      return claimed.length === most;
    } catch (error) {
      logger.warn({ err: error }, 'Scraping tasks could not be taken from the queue; it is tried again.');
      return false;
    }
  }

  #begin(task: Task): void {
    const ending = new AbortController();
    const run = this.#run(task, ending).finally(() => this.#runs.delete(ending));
    this.#runs.set(ending, run);
  }

  async #run(task: Task, ending: AbortController): Promise<void> {
    const { workers, logger, leaseSeconds = standardLease } = this.options;
    const taskId = task.id;
    const keeping = setInterval(
      () => {
        workers.extend(this.name, taskId, leaseSeconds).catch((error: unknown) => {
          // With the database away, the lease is given up only when it has run out, which the next call says.
          if (error instanceof LeaseLostError || error instanceof NotFoundError) ending.abort(error);
        });
      },
      (leaseSeconds * 1000) / 3,
    );
    try {
      const outcome = await this.#carryOut(task, ending.signal);
      await workers.finish(this.name, { taskId, ...outcome });
    } catch (error) {
      await this.#giveUp(task, ending.signal.aborted ? ending.signal.reason : error).catch((fault: unknown) =>
        logger.debug({ err: fault, taskId }, 'A task is left to its lease.'),
      );
    } finally {
      clearInterval(keeping);
    }
  }

  async #giveUp({ id: taskId }: Task, error: unknown): Promise<void> {
    const { workers, logger } = this.options;
    if (error instanceof StoppedError) return workers.release(this.name, taskId);
    // It is nobody's to end: cancelled, timed out, or another worker's.
    if (error instanceof LeaseLostError || error instanceof NotFoundError) return;
    if (isDatabaseUnavailable(error)) {
      logger.warn({ err: error, taskId }, 'The database went away under a scraping task; it goes on later.');
      return;
    }
    logger.error({ err: error, taskId }, 'A scraping task failed by a fault of Binnacle.');
    const message = `Binnacle itself failed at this task: ${(error as Error).message.slice(0, 1000)}`;
    await workers.finish(this.name, {
      taskId,
      status: TaskStatus.FAILED,
      error: { code: 'INTERNAL', message },
    });
  }

  async #carryOut(task: Task, signal: AbortSignal): Promise<RunOutcome> {
    const { parts, traces } = this.options;
    try {
      const plan = readPlan(task.input);
      const { visits, trail } = await parts.visits(
        plan,
        { projectId: task.projectId, taskId: task.id },
        this.#sinkOf(task),
        signal,
        (key, reason) => this.#askHuman(task, key, reason, signal),
      );
      const run = new ScrapingRun({ plan, attempt: task.attempt, visits, trail, signal });
      return await run.run(storedSteps(traces, task.id));
    } catch (error) {
      if (!(error instanceof PageFault)) throw error;
      return { status: TaskStatus.FAILED, output: {}, error: error.input };
    }
  }

  #sinkOf(task: Task): StepSink {
    const { workers, maxStepsPerCall } = this.options;
    const tell = async (steps: readonly StepInput[], progress: RunProgress | null) => {
      const told = progress ? { progress: progress.progress, progressMessage: progress.message } : {};
      const input = { taskId: task.id, steps: [...steps], ...told };
      const { rejected } = await workers.record(this.name, input);
      const [first] = rejected;
      if (first) throw new Error(`The step ${first.key} could not be stored: ${first.reason}`);
    };
    return {
      record: async (steps, progress) => {
        if (steps.length === 0 && progress) {
          const { progress: value, message } = progress;
          return workers.reportProgress(this.name, { taskId: task.id, progress: value, message });
        }
        for (let at = 0; at < steps.length; at += maxStepsPerCall) {
          const isLast = at + maxStepsPerCall >= steps.length;
          await tell(steps.slice(at, at + maxStepsPerCall), isLast ? progress : null);
        }
      },
    };
  }

  /** While the human thinks, the lease stands still and the place is another task's. */
  async #askHuman(task: Task, key: string, reason: string, signal: AbortSignal): Promise<boolean> {
    const { workers, reads } = this.options;
    const { id } = await workers.requestIntervention(this.name, {
      taskId: task.id,
      kind: InterventionKind.TAKEOVER,
      reason,
      key: `${key}@${task.attempt}`,
      expiresAt: new Date(Date.now() + humanPatienceMs),
    });
    this.#waitingForHumans++;
    try {
      for (;;) {
        signal.throwIfAborted();
        const [intervention] = await reads.interventions([id]);
        if (!intervention) return false;
        if (intervention.status !== InterventionStatus.OPEN)
          return intervention.status === InterventionStatus.ANSWERED;
        await sleep(askEveryMs, undefined, { signal }).catch(() => undefined);
      }
    } finally {
      this.#waitingForHumans--;
    }
  }
}
