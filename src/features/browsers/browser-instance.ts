import type { Browser, BrowserContext, BrowserContextOptions, CDPSession } from 'playwright-core';
import { v7 as uuid } from 'uuid';
import { within } from '../../platform/time-limit.js';
import { launchChromium } from './chromium-launch.js';
import { memoryOf } from './process-memory.js';
import { createProfileFolder, removeProfileFolder } from './profile-folders.js';

export type InstanceState = 'STARTING' | 'IDLE' | 'BUSY' | 'UNRESPONSIVE' | 'CLOSED';

export interface InstanceRules {
  chromiumPath: string;
  /** How often it is asked whether it still answers, and how long it may take, milliseconds. */
  watchMs: number;
  /** Pages after which it is replaced, since browsers grow with time. */
  maxPages: number;
  /** How long it is kept with nothing to do, milliseconds. */
  idleMs: number;
}

/** An instance as systemStatus tells of it. */
export interface InstanceReport {
  id: string;
  state: InstanceState;
  /** Pages opened so far. */
  pages: number;
  memoryBytes: number | null;
  startedAt: string;
  currentTaskId: string | null;
}

const launchMs = 60_000;
const closeMs = 5_000;

/** One Chromium, from its start to its end; it is watched, and killed when it no longer answers. */
export class BrowserInstance {
  readonly id = uuid();
  readonly #startedAt = new Date();
  readonly #tasks: (string | undefined)[] = [];
  #state: 'STARTING' | 'RUNNING' | 'UNRESPONSIVE' | 'CLOSED' = 'STARTING';
  #launching: Promise<void> | undefined;
  #browser: Browser | undefined;
  #session: CDPSession | undefined;
  #folder: string | undefined;
  #pids: number[] = [];
  #memoryBytes: number | null = null;
  #pages = 0;
  #isLeaving = false;
  #timer: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  #ending: Promise<void> | undefined;

  /** @param onChange called when it became free, fit or unfit for pages, or ended */
  constructor(
    private readonly rules: InstanceRules,
    private readonly onChange: () => void,
  ) {}

  get state(): InstanceState {
    if (this.#state !== 'RUNNING') return this.#state;
    return this.#tasks.length > 0 ? 'BUSY' : 'IDLE';
  }

  /** Whether pages may be opened in it, now or later. */
  get isStaying(): boolean {
    return !this.#isLeaving && (this.#state === 'STARTING' || this.#state === 'RUNNING');
  }

  get isRunning(): boolean {
    return this.#state === 'RUNNING';
  }

  /** Pages that are open now. */
  get openPages(): number {
    return this.#tasks.length;
  }

  get report(): InstanceReport {
    return {
      id: this.id,
      state: this.state,
      pages: this.#pages,
      memoryBytes: this.#memoryBytes,
      startedAt: this.#startedAt.toISOString(),
      currentTaskId: this.#tasks.find((task) => task !== undefined) ?? null,
    };
  }

  /** @throws Error where Chromium does not start; nothing of it is left then */
  async start(): Promise<void> {
    try {
      this.#launching = this.#launch();
      await this.#launching;
      this.#session = await this.#browser?.newBrowserCDPSession();
      await this.#look();
    } catch (error) {
      await this.end();
      throw error;
    }
    if (this.#ending) throw new Error('It was stopped while it started.');
    this.#state = 'RUNNING';
    this.#watch();
    this.#settle();
  }

  /** Reserves a page. */
  take(taskId: string | undefined): void {
    clearTimeout(this.#idle);
    this.#tasks.push(taskId);
    if (++this.#pages >= this.rules.maxPages) this.#isLeaving = true;
  }

  /** Gives a page back. */
  release(taskId: string | undefined): void {
    this.#tasks.splice(this.#tasks.indexOf(taskId), 1);
    this.#settle();
  }

  async newContext(options: BrowserContextOptions): Promise<BrowserContext> {
    if (!this.#browser || !this.isRunning) throw new Error('The browser has ended.');
    return this.#browser.newContext(options);
  }

  /** A page in it hangs: it gets no more pages, and is killed as soon as the others are done. */
  condemn(): void {
    if (this.#state !== 'RUNNING') return;
    this.#state = 'UNRESPONSIVE';
    this.onChange();
    if (this.#tasks.length === 0) void this.end();
  }

  /** Ends it, kindly where it answers. Its processes and its folder are gone then. */
  end(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #launch(): Promise<void> {
    this.#folder = await createProfileFolder();
    this.#browser = await launchChromium(this.rules.chromiumPath, this.#folder, launchMs);
    this.#browser.once('disconnected', () => void this.end());
  }

  async #end(): Promise<void> {
    const isFine = this.#state === 'RUNNING';
    this.#isLeaving = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#idle);
    // What only begins to start cannot be ended yet, and would be there afterwards.
    await this.#launching?.catch(() => undefined);
    if (!isFine) this.#kill();
    if (this.#browser?.isConnected()) {
      await within(closeMs, this.#browser.close()).catch(() => this.#kill());
    }
    const [browser] = this.#pids;
    if (browser !== undefined) signal(-browser);
    this.#state = 'CLOSED';
    if (this.#folder) await removeProfileFolder(this.#folder).catch(() => undefined);
    this.onChange();
  }

  #kill(): void {
    const [browser] = this.#pids;
    // Its children are of its group, nearly all of them.
    for (const pid of browser === undefined ? [] : [-browser, ...this.#pids]) signal(pid);
  }

  /** What is to become of it, now that something has changed. */
  #settle(): void {
    const isEmpty = this.#tasks.length === 0;
    if (isEmpty && !this.isStaying) void this.end();
    else if (isEmpty) this.#idle = setTimeout(() => void this.end(), this.rules.idleMs).unref();
    this.onChange();
  }

  #watch(): void {
    this.#timer = setTimeout(() => {
      this.#look().then(
        () => !this.#ending && this.#watch(),
        () => {
          if (this.#ending) return;
          this.#state = 'UNRESPONSIVE';
          this.onChange();
          void this.end();
        },
      );
    }, this.rules.watchMs).unref();
  }

  /** @throws where the browser does not answer in time */
  async #look(): Promise<void> {
    if (!this.#session) return;
    const patienceMs = Math.max(this.rules.watchMs, 1_000);
    const { processInfo } = await within(patienceMs, this.#session.send('SystemInfo.getProcessInfo'));
    // The browser itself first, then its children.
    const ordered = processInfo.toSorted(
      (a, b) => Number(b.type === 'browser') - Number(a.type === 'browser'),
    );
    this.#pids = ordered.map(({ id }) => id);
    this.#memoryBytes = await memoryOf(this.#pids);
  }
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}
