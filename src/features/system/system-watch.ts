import type { Logger } from '../../platform/logger.js';
import { within } from '../../platform/time-limit.js';
import type { AgedReport, ProcessReportRepository } from './process-report.repository.js';
import type { ProcessReporter } from './process-reporter.js';
import { pictureOf, type PictureRules, type SystemPicture } from './system-picture.js';

/** How long a picture serves all who ask, milliseconds. */
const keptMs = 1_000;
/** How long reading the reports may take: a database that hangs is told of no later than one that is gone. */
const readMs = 2_000;

/** Makes the picture from what all processes reported: once for all who ask within a second. */
export class SystemWatch {
  #picture: { at: number; made: Promise<SystemPicture> } | undefined;
  /** The reports as last read: all that is known of the others while the database is away. */
  #known: { at: number; reports: AgedReport[] } = { at: 0, reports: [] };
  #isBlind = false;

  constructor(
    private readonly reports: ProcessReportRepository,
    private readonly reporter: ProcessReporter,
    private readonly rules: PictureRules,
    private readonly logger: Logger,
  ) {}

  picture(): Promise<SystemPicture> {
    const now = performance.now();
    if (!this.#picture || now - this.#picture.at > keptMs) this.#picture = { at: now, made: this.#make() };
    return this.#picture.made;
  }

  async #make(): Promise<SystemPicture> {
    await this.reporter.firstLook();
    try {
      const reports = await within(readMs, this.reports.read());
      this.#known = { reports, at: performance.now() };
      this.#isBlind = false;
    } catch (error) {
      if (!this.#isBlind)
        this.logger.warn(
          { err: error },
          'What other processes report cannot be read; they count as not seen.',
        );
      this.#isBlind = true;
    }
    return pictureOf(this.#reports(), this.rules, new Date());
  }

  /** The last reports of the processes that are there, or were until lately: as old as the picture, which is made first. */
  async processes(): Promise<AgedReport[]> {
    await this.picture();
    return this.#reports().filter(({ ageMs }) => ageMs <= this.rules.forgottenMs);
  }

  /** A worker that was silent for longer is gone, milliseconds. */
  get goneMs(): number {
    return this.rules.forgottenMs;
  }

  #reports(): AgedReport[] {
    const { own } = this.reporter;
    const since = performance.now() - this.#known.at;
    const others = this.#known.reports.filter(({ id }) => id !== own?.id);
    const aged = others.map((report) => ({ ...report, ageMs: report.ageMs + since }));
    return own ? [own, ...aged] : aged;
  }
}
