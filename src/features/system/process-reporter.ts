import { hostname } from 'node:os';
import { v7 as uuid } from 'uuid';
import type { Logger } from '../../platform/logger.js';
import { within } from '../../platform/time-limit.js';
import type { BrowsersReport } from './browser-status.js';
import { lookAt, type Probe, type ProcessRole } from './probe.js';
import { ProcessGauge, type ProcessLoad } from './process-gauge.js';
import type { AgedReport, ProcessReportRepository } from './process-report.repository.js';

/** How long writing a report, or taking it back, may take. */
const writeMs = 2_000;

type Looks = NonNullable<Awaited<ReturnType<typeof lookAt>>>[];

/** Tells the other processes, every few seconds, how this one is and what it sees of the components. */
export class ProcessReporter {
  /** Of this process; its workers claim tasks by it. */
  readonly id = uuid();
  #capacity = 0;
  readonly #startedAt = new Date(Date.now() - process.uptime() * 1000);
  readonly #gauge = new ProcessGauge();
  #roles: readonly ProcessRole[] = [];
  #load: ProcessLoad | undefined;
  #looks: Looks = [];
  #browsers: BrowsersReport | null = null;
  #lookedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #isSilent = false;

  constructor(
    private readonly reports: ProcessReportRepository,
    private readonly probes: readonly Probe[],
    private readonly browsers: () => BrowsersReport | null,
    private readonly everyMs: number,
    private readonly version: string,
    private readonly logger: Logger,
  ) {}

  /**
   * Begins to look and to report; the first time at once.
   * @param capacity how many tasks of the queue the workers of this process run at a time
   */
  start(roles: readonly ProcessRole[], capacity: number): void {
    this.#roles = roles;
    this.#capacity = capacity;
    this.#gauge.start();
    this.#timer = setTimeout(() => this.#next(), 0).unref();
  }

  /** What this process would report now, from its last look; null where it has not looked yet. */
  get own(): AgedReport | null {
    if (!this.#load) return null;
    const now = performance.now();
    return {
      id: this.id,
      hostname: hostname(),
      pid: process.pid,
      version: this.version,
      roles: [...this.#roles],
      startedAt: this.#startedAt,
      capacity: this.#capacity,
      ...this.#load,
      components: this.#looks.map(({ lookedAt, ...look }) => ({ ...look, ageMs: now - lookedAt })),
      browsers: this.#browsers,
      ageMs: now - this.#lookedAt,
    };
  }

  /** Waits for the first look, where there is one under way. */
  async firstLook(): Promise<void> {
    if (!this.#load) await this.#round;
  }

  /** Says goodbye: a process that stopped in order is not missed. */
  async stop(): Promise<void> {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#gauge.stop();
    await this.#round;
    await within(writeMs, this.reports.remove(this.id)).catch(() => undefined);
  }

  #next(): void {
    this.#round = this.#report().finally(() => {
      if (this.#timer) this.#timer = setTimeout(() => this.#next(), this.everyMs).unref();
    });
  }

  async #report(): Promise<void> {
    const mine = this.probes.filter(({ role }) => role === undefined || this.#roles.includes(role));
    this.#looks = (await Promise.all(mine.map(lookAt))).filter((look) => look !== null);
    // Pages are opened by what runs jobs.
    this.#browsers = this.#roles.includes('worker') ? this.browsers() : null;
    this.#load = this.#gauge.read();
    this.#lookedAt = performance.now();
    const { own } = this;
    if (!own) return;
    try {
      await within(writeMs, this.reports.write(own));
      this.#isSilent = false;
    } catch (error) {
      if (!this.#isSilent)
        this.logger.warn({ err: error }, 'The other processes were not told how this one is.');
      this.#isSilent = true;
    }
  }
}
