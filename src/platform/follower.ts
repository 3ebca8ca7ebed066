import { setTimeout as sleep } from 'node:timers/promises';
import { isDatabaseUnavailable, isGivenUp } from './database.js';

/** How long to wait before asking a database again that did not answer, milliseconds. */
const retryMs = 1_000;

/**
 * What a subscription iterates: `pull` answers the next event, null at the end. Ending it from outside aborts the signal, on
 * which a pull that waits must return, and lets go of what is watched, once. While the database is away the follower waits for
 * it: `pull` is asked again, so it must not have moved on before it throws.
 */
export class Follower<Event> implements AsyncIterableIterator<Event> {
  readonly #end = new AbortController();

  constructor(
    private readonly pull: (signal: AbortSignal) => Promise<Event | null>,
    private readonly release: () => void,
  ) {}

  async next(): Promise<IteratorResult<Event>> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      try {
        const event = await this.pull(signal);
        if (event === null || signal.aborted) break;
        return { done: false, value: event };
      } catch (error) {
        if (!isDatabaseUnavailable(error) && !isGivenUp(error)) {
          this.#finish();
          throw error;
        }
        await sleep(retryMs, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
    this.#finish();
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorResult<Event>> {
    this.#finish();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #finish(): void {
    if (this.#end.signal.aborted) return;
    this.#end.abort();
    this.release();
  }
}

/** Those who wait for something to happen, until it does or their signal ends the wait. */
export class Waiters {
  readonly #waiting = new Set<{ isDue: () => boolean; wake: () => void }>();

  /** Resolves at the next check at which `isDue`, which is asked at once too. */
  until(isDue: () => boolean, signal: AbortSignal): Promise<void> {
    if (isDue() || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const entry = {
        isDue,
        wake: () => {
          this.#waiting.delete(entry);
          signal.removeEventListener('abort', entry.wake);
          resolve();
        },
      };
      this.#waiting.add(entry);
      signal.addEventListener('abort', entry.wake, { once: true });
    });
  }

  /** Wakes all whose time has come. */
  check(): void {
    for (const entry of this.#waiting) if (entry.isDue()) entry.wake();
  }
}
