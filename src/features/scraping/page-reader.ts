import { Worker } from 'node:worker_threads';
import type { PageReading, Wanted } from './page-reading.js';
import type { ReadingAnswer, ReadingOrder } from './page-reading-thread.js';

const idleMs = 10_000;

/** The page could not be read: it, or a selector, takes too long or too much memory. */
export class PageReadingError extends Error {
  readonly code = 'PAGE_NOT_READ';
}

/**
 * Reads pages in a thread of its own, one at a time: a huge page, or a selector that takes for ever, shall not keep the process from
 * answering others. The thread ends when nothing was read for a while.
 */
export class PageReader {
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;

  constructor(private readonly timeoutMs = 20_000) {}

  /** @throws PageReadingError */
  read(html: string, url: string, wanted: Wanted): Promise<PageReading> {
    const answer = this.#last.then(() => this.#read({ html, url, wanted }));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async stop(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #read(order: ReadingOrder): Promise<PageReading> {
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    return new Promise<PageReading>((resolve, reject) => {
      const fail = (why: string) => {
        if (this.#worker === worker) this.#worker = undefined;
        void worker.terminate();
        end();
        reject(new PageReadingError(`The page ${order.url} could not be read: ${why}`));
      };
      const timer = setTimeout(
        () => fail(`its selectors took longer than ${this.timeoutMs} ms.`),
        this.timeoutMs,
      );
      const onMessage = ({ reading, fault }: ReadingAnswer) => {
        end();
        this.#rest();
        if (reading) resolve(reading);
        else reject(new PageReadingError(`The page ${order.url} could not be read: ${fault}`));
      };
      const onError = (error: Error) => fail(error.message);
      const onExit = () => fail('the thread that reads it ended.');
      const end = () => {
        clearTimeout(timer);
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      };
      worker.on('message', onMessage).once('error', onError).once('exit', onExit);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
      worker.postMessage(order);
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL('./page-reading-thread.js', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 512 },
    });
    worker.unref();
    // What comes of a thread that was ended has nobody else to hear it.
    worker.on('error', () => undefined);
    return worker;
  }

  #rest(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.stop(), idleMs);
    this.#idle.unref();
  }
}
