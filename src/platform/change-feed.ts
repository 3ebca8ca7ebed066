import { Follower, Waiters } from './follower.js';
import { TooSlowError } from './shared-subscription.js';

/** Most changed things that may wait for one slow follower: past it the follower is cut off, and starts anew. */
const mostWaiting = 10_000;
/** Of how many things it is remembered what was told. */
const mostRemembered = 20_000;
const readSize = 500;

/** Things that changed, the newest state of each, for one follower. */
class ChangeQueue<Item extends { id: string }> {
  readonly #waiting = new Map<string, Item>();
  readonly #waiters = new Waiters();
  #isTooSlow = false;

  constructor(readonly isWanted: (item: Item) => boolean) {}

  push(item: Item): void {
    if (!this.#waiting.has(item.id) && this.#waiting.size >= mostWaiting) this.#isTooSlow = true;
    else this.#waiting.set(item.id, item);
    this.#waiters.check();
  }

  async pull(signal: AbortSignal): Promise<Item | null> {
    await this.#waiters.until(() => this.#waiting.size > 0 || this.#isTooSlow, signal);
    if (this.#isTooSlow) throw new TooSlowError();
    const [first] = this.#waiting.values();
    if (!first) return null;
    this.#waiting.delete(first.id);
    return first;
  }
}

export interface ChangeFeedOptions<Item> {
  read: (ids: readonly string[]) => Promise<(Item | null)[]>;
  /** A number that grows with each change of an item. */
  versionOf: (item: Item) => number;
  onFault: (error: unknown) => void;
}

/**
 * The changing things of one kind in one project. Each is read once after it changed, however many follow, and whatever changes
 * while a read is under way waits for the next one: a burst of changes costs few reads. No version is told twice.
 */
export class ChangeFeed<Item extends { id: string }> {
  readonly #queues = new Set<ChangeQueue<Item>>();
  readonly #changed = new Set<string>();
  /** The version told of each thing, the oldest first. */
  readonly #told = new Map<string, number>();
  #isReading = false;

  constructor(private readonly options: ChangeFeedOptions<Item>) {}

  get isFollowed(): boolean {
    return this.#queues.size > 0;
  }

  follow(isWanted: (item: Item) => boolean, release: () => void): AsyncIterableIterator<Item> {
    const queue = new ChangeQueue(isWanted);
    this.#queues.add(queue);
    return new Follower(
      (signal) => queue.pull(signal),
      () => {
        this.#queues.delete(queue);
        release();
      },
    );
  }

  /** A version that those who begin to follow now need not be told. */
  know(id: string, version: number): void {
    if (!this.isFollowed) this.#remember(id, version);
  }

  /** Something changed. @param version where it is known; told already, it is passed over */
  hear(id: string, version = Infinity): void {
    if (!this.isFollowed || version <= (this.#told.get(id) ?? 0)) return;
    this.#changed.add(id);
    void this.#readAll();
  }

  async #readAll(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#changed.size > 0) {
      const ids = [...this.#changed].slice(0, readSize);
      for (const id of ids) this.#changed.delete(id);
      try {
        for (const item of await this.options.read(ids)) if (item) this.#tell(item);
      } catch (error) {
        // The next sweep finds them: they have not been told.
        this.options.onFault(error);
      }
    }
    this.#isReading = false;
  }

  #tell(item: Item): void {
    const version = this.options.versionOf(item);
    if (version <= (this.#told.get(item.id) ?? 0)) return;
    this.#remember(item.id, version);
    for (const queue of this.#queues) if (queue.isWanted(item)) queue.push(item);
  }

  #remember(id: string, version: number): void {
    this.#told.delete(id);
    this.#told.set(id, version);
    const [oldest] = this.#told.keys();
    if (this.#told.size > mostRemembered && oldest !== undefined) this.#told.delete(oldest);
  }
}
