import type { Database, Transaction } from '../../platform/database.js';
import type { JobHandlers, JobQueue } from '../../platform/jobs.js';
import type { Logger } from '../../platform/logger.js';
import type { DayRepository, ProjectDay } from './day.repository.js';
import type { MetricsJobs } from './metrics.jobs.js';

/** How long marks gather before their days are computed, and how often at most a process asks for that. */
const gatherMs = 15_000;
const askEveryMs = 5_000;
const dayMs = 86_400_000;

/**
 * When days are computed: soon after something in them changed, each minute in any case, and once they are over. One job for
 * each day, so that days are spread over all workers and one that fails does not stop the others.
 */
export class DayJobs {
  #askedAt = -Infinity;
  /** What each transaction that still runs has marked: its marks are seen together, so one of a kind is enough. */
  readonly #marked = new WeakMap<Transaction, Set<string>>();

  constructor(
    private readonly database: Database,
    private readonly days: DayRepository,
    private readonly jobs: JobQueue<MetricsJobs>,
    private readonly logger: Logger,
  ) {}

  readonly handlers: JobHandlers<MetricsJobs> = {
    repairDirtyDays: async () => this.#computeAll(await this.days.dirtyDays()),
    sealDays: async () =>
      this.#computeAll([...(await this.days.dirtyDays()), ...(await this.days.unsealedDays())]),
    computeDay: async (day) => void (await this.days.compute(day)),
  };

  /** A task that finished then changes in this transaction: its day is computed again. */
  async mark(tx: Transaction, projectId: string, agentId: string, finishedAt: Date): Promise<void> {
    const marked = this.#marked.get(tx) ?? new Set();
    const mark = `${projectId} ${agentId} ${Math.floor(finishedAt.getTime() / dayMs)}`;
    if (marked.has(mark)) return;
    this.#marked.set(tx, marked.add(mark));
    await this.days.mark(tx, projectId, agentId, finishedAt);
    tx.afterCommit(() => this.#askForRepair());
  }

  /** Has days computed, in the transaction that asks for it. */
  async add(tx: Transaction, days: readonly ProjectDay[]): Promise<void> {
    for (const { projectId, day } of days) {
      await this.jobs.add(tx, 'computeDay', { projectId, day }, { key: keyOf({ projectId, day }) });
    }
  }

  /** Whether any of those days is still to be computed. */
  areWaiting(days: readonly ProjectDay[]): Promise<boolean> {
    return this.jobs.areWaiting(this.database, days.map(keyOf));
  }

  async #computeAll(days: readonly ProjectDay[]): Promise<void> {
    for (const day of days) await this.database.transaction((tx) => this.add(tx, [day]));
  }

  /** Not part of the transaction: all that change tasks would queue up for the one job. Where it is lost, the clock asks. */
  #askForRepair(): void {
    const now = performance.now();
    if (now - this.#askedAt < askEveryMs) return;
    this.#askedAt = now;
    const runAt = new Date(Date.now() + gatherMs);
    const options = { runAt, key: 'repairDirtyDays', keepsRunAt: true };
    this.database
      .transaction((tx) => this.jobs.add(tx, 'repairDirtyDays', {}, options))
      .catch((error: unknown) =>
        this.logger.debug({ err: error }, 'Days are computed by the clock instead.'),
      );
  }
}

const keyOf = ({ projectId, day }: ProjectDay) => `computeDay ${projectId} ${day}`;
