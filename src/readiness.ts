import type { Redis } from 'ioredis';
import type { Database } from './platform/database.js';
import { within } from './platform/time-limit.js';

/** One thing that must hold before requests should come here. */
export interface ReadinessCheck {
  name: string;
  isReady: boolean;
  /** What is wrong; absent where nothing is. */
  detail?: string;
}

export interface ReadinessReport {
  isReady: boolean;
  checks: ReadinessCheck[];
}

const timeoutMs = 2000;

/** What takes steps in, as far as readiness goes. */
export interface Ingestion {
  /** For how long the oldest call that is under way has been so, milliseconds; 0 where none is. */
  readonly longestMs: number;
}

/**
 * What /readyz answers: the database reached and migrated, steps taken in without a stall, Redis reached where it is configured,
 * not stopping.
 */
export class Readiness {
  #isStopping = false;

  constructor(
    private readonly database: Database,
    private readonly redis: Redis | null,
    private readonly ingestion: Ingestion,
    /** How long taking in one call of steps may last before it counts as stalled, milliseconds. */
    private readonly stallMs: number,
  ) {}

  /** From now on not ready, so that a load balancer sends nothing more here. */
  stop(): void {
    this.#isStopping = true;
  }

  async check(): Promise<ReadinessReport> {
    const checks = await Promise.all([
      named('process', () => Promise.resolve(this.#isStopping ? 'The server is stopping.' : undefined)),
      named('database', async () => void (await this.database.query('SELECT 1'))),
      named('migrations', async () =>
        (await this.database.dataSource.showMigrations())
          ? 'Migrations are pending; run `npm run migrate`.'
          : undefined,
      ),
      named('ingestion', () => Promise.resolve(this.#stall())),
      ...(this.redis ? [named('redis', () => this.#ping(this.redis))] : []),
    ]);
    return { isReady: checks.every((check) => check.isReady), checks };
  }

  #stall(): string | undefined {
    const { longestMs } = this.ingestion;
    if (longestMs <= this.stallMs) return undefined;
    return `A call that reports steps has waited for ${Math.round(longestMs)} ms.`;
  }

  async #ping(redis: Redis | null): Promise<undefined> {
    await redis?.ping();
  }
}

/** `problemOf` answers or throws what is wrong; one that does not answer in time is wrong too. */
async function named(
  name: string,
  problemOf: () => Promise<string | undefined | void>,
): Promise<ReadinessCheck> {
  try {
    const detail = await within(timeoutMs, problemOf());
    return detail ? { name, isReady: false, detail } : { name, isReady: true };
  } catch (error) {
    return { name, isReady: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
