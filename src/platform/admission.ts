import { UnavailableError } from './errors.js';

interface Waiting {
  enter: () => void;
  timer: NodeJS.Timeout;
}

/**
 * Lets so many in at a time; some more wait outside for a while, and those past that are turned away with the word when to come
 * back. What is let in takes memory, what waits does not.
 */
export class Admission {
  #inside = 0;
  readonly #waiting = new Set<Waiting>();

  constructor(private readonly limits: { atOnce: number; mostWaiting: number; mostWaitMs: number }) {}

  /** @throws UnavailableError where nobody can be let in for now */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #enter(): Promise<void> | undefined {
    if (this.#inside < this.limits.atOnce) {
      this.#inside++;
      return undefined;
    }
    const { mostWaiting, mostWaitMs } = this.limits;
    const busy = new UnavailableError(
      'More is being sent than can be taken in just now; send it again in a moment.',
    );
    if (this.#waiting.size >= mostWaiting) throw busy;
    return new Promise((resolve, reject) => {
      const turnAway = () => {
        this.#waiting.delete(waiting);
        reject(busy);
      };
      const waiting: Waiting = { enter: resolve, timer: setTimeout(turnAway, mostWaitMs) };
      this.#waiting.add(waiting);
    });
  }

  /** Whoever has waited longest takes the place. */
  #leave(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#inside--;
      return;
    }
    this.#waiting.delete(next);
    clearTimeout(next.timer);
    next.enter();
  }
}
