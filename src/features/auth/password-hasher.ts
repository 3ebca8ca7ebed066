import { randomBytes } from 'node:crypto';
import argon2 from 'argon2';
import { UnavailableError } from '../../platform/errors.js';

/** OWASP's recommendation for argon2id: 19 MiB, two passes, one lane; memory in KiB. */
const cost = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

// Each takes 19 MiB and one of Node's four pool threads, which files and name look-ups need as well.
const atOnce = 2;
const mostWaiting = 200;

/** Hashes and checks passwords, so many at a time: a flood of sign-ins waits, and past a bound is turned away. */
export class PasswordHasher {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #decoy: Promise<string> | undefined;

  /** @throws UnavailableError where too many are waiting */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => argon2.hash(normalized(password), cost));
  }

  /**
   * Without a hash (no such account) it takes the time of a real check and answers false.
   * @throws UnavailableError where too many are waiting
   */
  async verify(hash: string | null, password: string): Promise<boolean> {
    this.#decoy ??= this.hash(randomBytes(16).toString('hex'));
    const decoy = await this.#decoy;
    const matches = await this.#inTurn(() => argon2.verify(hash ?? decoy, normalized(password)));
    return matches && hash !== null;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= atOnce) {
      if (this.#waiting.length >= mostWaiting) {
        throw new UnavailableError('Too many people are signing in at this moment; try again soon.');
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running++;
    }
    try {
      return await work();
    } finally {
      // The place goes to who waits longest, or becomes free.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}

/** The same password typed on two keyboards may come as different code points. */
function normalized(password: string): string {
  return password.normalize('NFKC');
}
