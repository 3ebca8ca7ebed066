import { backoffMs } from './backoff.js';

const firstRetryMs = 250;

/** Whether the server is there, as far as the last calls tell, and when to ask it again. */
export class Gate {
  /** When the next call may go, by the clock of performance.now(). */
  openAt = 0;
  #failures = 0;
  /** Whether the pause is the server's own wish. */
  #isAsked = false;

  constructor(private readonly mostMs: number) {}

  /** Whether the last call found no server: then one call at a time is enough. */
  get isAway(): boolean {
    return this.#failures > 0;
  }

  answered(): void {
    this.#failures = 0;
    this.openAt = 0;
  }

  /** @returns whether that is news: the first failure of an outage */
  failed(retryAfterMs: number | null, now: number = performance.now()): boolean {
    // Calls that were under way together fail together; they are one failure.
    const isKnown = now < this.openAt;
    if (!isKnown) this.#failures += 1;
    const delayMs = backoffMs(this.#failures, retryAfterMs, { firstMs: firstRetryMs, mostMs: this.mostMs });
    if (!isKnown || retryAfterMs !== null) this.openAt = Math.max(this.openAt, now + delayMs);
    this.#isAsked = retryAfterMs !== null;
    return this.#failures === 1 && !isKnown;
  }

  /** Somebody waits: the next attempt comes soon, unless the server asked for the pause. */
  hurry(now: number = performance.now()): void {
    if (!this.#isAsked) this.openAt = Math.min(this.openAt, now);
    this.#failures = Math.min(this.#failures, 1);
  }
}
