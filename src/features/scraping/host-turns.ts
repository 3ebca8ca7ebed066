import { setTimeout as sleep } from 'node:timers/promises';
import { v4 as uuid } from 'uuid';
import type { Database } from '../../platform/database.js';
import { EgressRefusedError, HostNotFoundError } from '../../platform/egress-guard.js';

const holdMs = 10_000;
const renewMs = 3_000;
/** How often a turn that another worker has is asked for. */
const askAgainMs = 200;

const takeTurn = {
  name: 'take-host-turn',
  text: `INSERT INTO host_turns AS t (host, holder, held_until, free_at)
         VALUES ($1, $2, now() + make_interval(secs => $3), now())
         ON CONFLICT (host) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
         WHERE t.held_until <= now() AND t.free_at <= now()
         RETURNING host`,
};
const lookAtTurn = {
  name: 'look-at-host-turn',
  text: `SELECT (extract(epoch FROM greatest(free_at - now(), interval '0')) * 1000)::float8 AS "waitMs"
         FROM host_turns WHERE host = $1`,
};
const keepTurn = {
  name: 'keep-host-turn',
  text: 'UPDATE host_turns SET held_until = now() + make_interval(secs => $3) WHERE host = $1 AND holder = $2',
};
const giveTurn = {
  name: 'give-host-turn',
  text: `UPDATE host_turns SET held_until = now(), free_at = greatest(free_at, now() + make_interval(secs => $3))
         WHERE host = $1 AND holder = $2`,
};
const putOff = {
  name: 'put-off-host-turns',
  text: `INSERT INTO host_turns AS t (host, held_until, free_at) VALUES ($1, now(), now() + make_interval(secs => $2))
         ON CONFLICT (host) DO UPDATE SET free_at = greatest(t.free_at, excluded.free_at)`,
};

/**
 * One request at a time to each host, and a while between two, whoever makes them: the turn is a row that all workers share. It is
 * held for seconds and kept by renewing it, so that a worker that was killed holds nobody up for long.
 */
export class HostTurns {
  /** Within this process they wait in line, and only the first asks the database. */
  readonly #lines = new Map<string, Promise<void>>();

  constructor(
    private readonly database: Database,
    private readonly delayMs: number,
  ) {}

  /**
   * Does it when the host's turn has come.
   * @param leastDelayMs where the host asks for a longer while after it
   * @throws the signal's reason, where it is aborted while waiting
   */
  async run<T>(
    host: string,
    go: () => Promise<T>,
    { leastDelayMs = 0, signal }: { leastDelayMs?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    const before = this.#lines.get(host) ?? Promise.resolve();
    let leave: () => void = () => undefined;
    const left = new Promise<void>((resolve) => (leave = resolve));
    const mine = before.then(() => left);
    this.#lines.set(host, mine);
    void mine.then(() => this.#lines.get(host) === mine && this.#lines.delete(host));
    try {
      await orAborted(before, signal);
      return await this.#run(host, go, Math.max(this.delayMs, leastDelayMs), signal);
    } finally {
      leave();
    }
  }

  /** Nobody asks that host for so long. */
  async putOff(host: string, forMs: number): Promise<void> {
    await this.database.query(putOff, [host, forMs / 1000]);
  }

  /** The job forgetHostTurns: those that say nothing any more. */
  async forget(): Promise<void> {
    await this.database.query(
      `DELETE FROM host_turns WHERE held_until < now() - interval '1 hour' AND free_at < now() - interval '1 hour'`,
    );
  }

  async #run<T>(
    host: string,
    go: () => Promise<T>,
    delayMs: number,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const holder = uuid();
    await this.#take(host, holder, signal);
    const renewal = setInterval(() => {
      this.database.query(keepTurn, [host, holder, holdMs / 1000]).catch(() => undefined);
    }, renewMs);
    let pauseMs = delayMs;
    try {
      return await go();
    } catch (error) {
      // The host was not asked at all.
      if (error instanceof EgressRefusedError || error instanceof HostNotFoundError) pauseMs = 0;
      throw error;
    } finally {
      clearInterval(renewal);
      // Where the database is away, the turn runs out by itself.
      await this.database.query(giveTurn, [host, holder, pauseMs / 1000]).catch(() => undefined);
    }
  }

  async #take(host: string, holder: string, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      const taken = await this.database.query(takeTurn, [host, holder, holdMs / 1000]);
      if (taken.length > 0) return;
      const [turn] = await this.database.query<{ waitMs: number }>(lookAtTurn, [host]);
      const waitMs = turn && turn.waitMs > 0 ? turn.waitMs : askAgainMs * (0.5 + Math.random());
      // A wait may be cut short by nobody but the signal, whose reason is then thrown above.
      await sleep(Math.min(waitMs, 60_000), undefined, signal ? { signal } : {}).catch(() => undefined);
    }
  }
}

/** Waits for it, but no longer than until the signal is aborted. @throws the signal's reason */
export async function orAborted(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return void (await work);
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const aborted = new Promise<void>((resolve) => (stop = resolve));
  signal.addEventListener('abort', stop, { once: true });
  await Promise.race([work, aborted]);
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
}
