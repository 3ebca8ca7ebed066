import { TooSlowError } from '../../src/platform/shared-subscription.js';

/**
 * Events on their way to one subscriber: pushed by whoever hears of them, taken one by one by the subscription. It holds
 * `most` events at a time; a subscriber that lets more of them wait is given up with TooSlowError, and may resume.
 */
export class EventQueue<Event> implements AsyncIterableIterator<Event> {
  readonly #events: Event[] = [];
  readonly #waiting: {
    resolve: (result: IteratorResult<Event>) => void;
    reject: (error: unknown) => void;
  }[] = [];
  #ended: { error?: unknown } | undefined;

  /** @param onEnd runs once when the subscriber leaves, or is given up: the place to stop listening */
  constructor(
    private readonly onEnd: () => void = () => undefined,
    private readonly most = 1000,
  ) {}

  push(event: Event): void {
    if (this.#ended) return;
    const waiting = this.#waiting.shift();
    if (waiting) return waiting.resolve({ value: event, done: false });
    if (this.#events.length >= this.most) {
      this.#events.length = 0;
      return this.#end({ error: new TooSlowError() });
    }
    this.#events.push(event);
  }

  /** No more events come; those that wait are still delivered. */
  end(): void {
    this.#end({});
  }

  /** Those that wait are still delivered, then the error. */
  fail(error: unknown): void {
    this.#end({ error });
  }

  next(): Promise<IteratorResult<Event>> {
    if (this.#events.length > 0)
      return Promise.resolve({ value: this.#events.shift() as Event, done: false });
    const ended = this.#ended;
    if (!ended) return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    // Told once; afterwards the iterator is done, as a generator that threw would be.
    this.#ended = {};
    return 'error' in ended ? Promise.reject(ended.error as Error) : Promise.resolve(done);
  }

  return(): Promise<IteratorResult<Event>> {
    this.#events.length = 0;
    this.#end({});
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(how: { error?: unknown }): void {
    if (this.#ended) return;
    this.#ended = how;
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if ('error' in how) reject(how.error);
      else resolve(done);
    }
    this.onEnd();
  }
}

const done = { value: undefined, done: true as const };
