import { Follower, Waiters } from '../../platform/follower.js';
import type { Logger } from '../../platform/logger.js';
import type { SystemPicture } from './system-picture.js';
import type { SystemWatch } from './system-watch.js';

/** A picture is told again after this time although nothing in it has changed, so that its load is not too old. */
const longestQuietMs = 60_000;

/** What makes a picture worth telling: how things are, not when they were looked at, nor how busy they are. */
export function materialOf({ status, components }: SystemPicture): string {
  return JSON.stringify([status, components.map(({ name, health }) => [name, health])]);
}

/** The picture as it changes, for all who follow it here: looked at every few seconds, once for all of them. */
export class SystemLive {
  readonly #waiters = new Waiters();
  #told: { picture: SystemPicture; material: string; number: number; at: number } | undefined;
  #followers = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly watch: SystemWatch,
    private readonly sweepMs: number,
    private readonly logger: Logger,
  ) {}

  /** How the system is now, then whenever that changed; states in between may be left out. */
  follow(): AsyncIterableIterator<SystemPicture> {
    this.#followers++;
    this.#timer ??= setTimeout(() => void this.#sweep(), 0).unref();
    let seen = 0;
    const isDue = () => this.#told !== undefined && this.#told.number > seen;
    return new Follower(
      async (signal) => {
        await this.#waiters.until(isDue, signal);
        if (!this.#told) return null;
        seen = this.#told.number;
        return this.#told.picture;
      },
      () => {
        // Whoever comes next is not told of what was long ago.
        if (--this.#followers === 0) this.#told = undefined;
      },
    );
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #sweep(): Promise<void> {
    try {
      this.#tell(await this.watch.picture());
    } catch (error) {
      this.logger.warn({ err: error }, 'The state of the system was not told; it is tried again.');
    }
    const goesOn = this.#followers > 0 && this.#timer !== undefined;
    this.#timer = goesOn ? setTimeout(() => void this.#sweep(), this.sweepMs).unref() : undefined;
  }

  #tell(picture: SystemPicture): void {
    if (this.#followers === 0) return;
    const material = materialOf(picture);
    const now = performance.now();
    const isOld = !this.#told || now - this.#told.at > longestQuietMs;
    if (!isOld && this.#told?.material === material) return;
    this.#told = { picture, material, number: (this.#told?.number ?? 0) + 1, at: now };
    this.#waiters.check();
  }
}
