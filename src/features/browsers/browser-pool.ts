import { EngineUnavailableError } from '../scraping/index.js';
import type { EgressGuard } from '../../platform/egress-guard.js';
import type { Logger } from '../../platform/logger.js';
import { BrowserInstance, type InstanceReport, type InstanceRules } from './browser-instance.js';
import { findChromium, type FoundChromium } from './find-chromium.js';
import { visitPage, type PageOptions, type PageWork } from './page-visit.js';
import { sweepProfileFolders } from './profile-folders.js';

/** A browser with nothing to do for so long gives its memory back. */
const idleMs = 300_000;
/** Where another browser does not start, pages go on in those that are there, and it is tried again after this. */
const startAgainMs = 30_000;

export interface PoolSettings extends Omit<InstanceRules, 'chromiumPath' | 'idleMs'> {
  /** CHROMIUM_PATH. */
  chromiumPath: string | undefined;
  /** Most browsers. */
  size: number;
  /** Most pages open at a time in one of them. */
  pagesAtOnce: number;
}

/** The browsers of this process, as systemStatus tells of them. */
export interface PoolReport {
  /** Why there can be none; null = there can. */
  reason: string | null;
  instances: InstanceReport[];
}

/** The browsers of this process: started when pages are wanted, replaced when they are worn or hang. */
export class BrowserPool {
  readonly #instances = new Set<BrowserInstance>();
  readonly #waiting = new Set<() => void>();
  #found: Promise<FoundChromium> | undefined;
  #known: FoundChromium | undefined;
  #starting: Promise<void> | undefined;
  #startAgainAt = 0;
  #isStopped = false;

  constructor(
    private readonly settings: PoolSettings,
    private readonly guard: EgressGuard,
    private readonly logger: Logger,
  ) {}

  /** Why no page can be opened here; null = pages can. */
  async unavailableBecause(): Promise<string | null> {
    const found = await this.#find();
    return 'reason' in found ? found.reason : null;
  }

  async report(): Promise<PoolReport> {
    const instances = [...this.#instances].map((instance) => instance.report);
    return { reason: await this.unavailableBecause(), instances };
  }

  /** The same without waiting; null until it is known whether there is a Chromium, which the first call begins to find out. */
  knownReport(): PoolReport | null {
    void this.#find().then((found) => (this.#known = found));
    if (!this.#known) return null;
    const reason = 'reason' in this.#known ? this.#known.reason : null;
    return { reason, instances: [...this.#instances].map((instance) => instance.report) };
  }

  /**
   * Has work done on an empty page of its own, as soon as there is room for one.
   * @throws EngineUnavailableError, and what visitPage throws
   */
  async withPage<T>(options: PageOptions, work: PageWork<T>): Promise<T> {
    const instance = await this.#room(options);
    try {
      return await visitPage(instance, this.guard, options, work);
    } finally {
      instance.release(options.taskId);
    }
  }

  /** Ends all browsers; pages that are open fail. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wake();
    await Promise.all([...this.#instances].map((instance) => instance.end()));
    await this.#starting?.catch(() => undefined);
  }

  async #room({ signal, taskId }: PageOptions): Promise<BrowserInstance> {
    const found = await this.#find();
    if ('reason' in found) throw new EngineUnavailableError(found.reason);
    for (;;) {
      signal?.throwIfAborted();
      if (this.#isStopped) throw new EngineUnavailableError('Binnacle is stopping, and opens no more pages.');
      const staying = [...this.#instances].filter((instance) => instance.isStaying);
      const [free] = staying
        .filter(({ isRunning, openPages }) => isRunning && openPages < this.settings.pagesAtOnce)
        .toSorted((a, b) => a.openPages - b.openPages);
      if (free) {
        free.take(taskId);
        return free;
      }
      const mayStart = staying.length === 0 || performance.now() >= this.#startAgainAt;
      if (staying.length < this.settings.size && !this.#starting && mayStart) {
        this.#starting = this.#start(found.path).finally(() => (this.#starting = undefined));
      }
      await Promise.race([this.#change(signal), ...(this.#starting ? [this.#starting] : [])]);
    }
  }

  async #start(chromiumPath: string): Promise<void> {
    const instance: BrowserInstance = new BrowserInstance({ ...this.settings, idleMs, chromiumPath }, () => {
      if (instance.state === 'UNRESPONSIVE')
        this.logger.warn({ browser: instance.id }, 'A browser does not answer; it is killed and replaced.');
      if (instance.state === 'CLOSED') this.#instances.delete(instance);
      this.#wake();
    });
    this.#instances.add(instance);
    try {
      await instance.start();
    } catch (error) {
      const reason = startFault(error);
      if ([...this.#instances].some(({ isStaying }) => isStaying)) {
        this.#startAgainAt = performance.now() + startAgainMs;
        return this.logger.warn(
          { reason },
          'Another browser did not start; pages wait for those that are there.',
        );
      }
      throw new EngineUnavailableError(`Chromium (${chromiumPath}) did not start: ${reason}`, {
        cause: error,
      });
    }
  }

  /** Resolves when an instance changed, or the signal aborted. */
  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #find(): Promise<FoundChromium> {
    this.#found ??= this.#prepare();
    return this.#found;
  }

  async #prepare(): Promise<FoundChromium> {
    await sweepProfileFolders().catch((error: unknown) =>
      this.logger.warn({ err: error }, 'Folders of browsers that were killed could not be removed.'),
    );
    return findChromium(this.settings.chromiumPath);
  }
}

/** What Chromium said of its end, of all that Playwright tells. */
function startFault(error: unknown): string {
  const lines = (error as Error).message.split('\n');
  const said = lines.find((line) => /\[err\].*(FATAL|error while|cannot|not found)/i.test(line));
  return (said ?? lines[0] ?? '').replace(/^.*\[err\] /, '').trim();
}
