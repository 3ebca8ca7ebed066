import type { EgressGuard } from '../../platform/egress-guard.js';
import { version } from '../../platform/version.js';
import { Manners, type Visitor } from './manners.js';
import { HttpPageSource } from './http-page-source.js';
import type { HostTurns } from './host-turns.js';
import { PageOpener, type PageLimits } from './page-opener.js';
import { PageReader } from './page-reader.js';
import type { PageSource } from './page-source.js';
import { PageVisits, type Sources } from './page-visit.js';
import { RobotsCache } from './robots-cache.js';
import { RunLogin, type AskHuman } from './run-login.js';
import type { ScrapingPlan } from './scraping-plan.js';
import type { ScrapingLogins } from './signed-out.js';
import { StepTrail, type StepSink } from './step-trail.js';

/** How Binnacle names itself to sites; robots.txt may address it by "Binnacle". */
export const userAgent = `Mozilla/5.0 (compatible; Binnacle/${version})`;

const maxRedirects = 10;

export interface ScrapingPartsOptions {
  guard: EgressGuard;
  turns: HostTurns;
  browser: PageSource | undefined;
  logins: ScrapingLogins | undefined;
  /** Of one page, milliseconds. */
  pageTimeoutMs: number;
  /** Of one page, as it is sent and decompressed. */
  pageBytes: number;
}

/** For whom pages are visited. */
export interface VisitOwner {
  projectId: string;
  /** Undefined for a preview. */
  taskId?: string;
}

/** What all runs of a process share, and what each is made of. */
export class ScrapingParts {
  readonly reader = new PageReader();
  readonly #sources: Sources;
  readonly #manners: Manners;
  readonly #limits: PageLimits;

  constructor(private readonly options: ScrapingPartsOptions) {
    const { guard, turns, browser, pageTimeoutMs, pageBytes } = options;
    this.#sources = { http: new HttpPageSource(guard, pageBytes), browser };
    this.#manners = new Manners(new RobotsCache(guard, pageTimeoutMs), turns);
    this.#limits = { timeoutMs: pageTimeoutMs, maxBytes: pageBytes, maxRedirects };
  }

  /** @throws PageFault where the login session is gone */
  async visits(
    plan: ScrapingPlan,
    { projectId, taskId }: VisitOwner,
    sink: StepSink,
    signal: AbortSignal,
    askHuman: AskHuman,
  ): Promise<{ visits: PageVisits; trail: StepTrail }> {
    const trail = new StepTrail(sink);
    const visitor: Visitor & { signal: AbortSignal } = {
      userAgent,
      respectRobots: plan.respectRobots,
      signal,
      taskId,
    };
    const { logins } = this.options;
    const sessionId = plan.loginSessionId;
    const login =
      sessionId === null
        ? RunLogin.none
        : await RunLogin.open({ logins, projectId, sessionId, trail, askHuman, signal });
    const opener = new PageOpener(this.#manners, this.#limits, visitor, trail);
    const visits = new PageVisits({
      plan,
      sources: this.#sources,
      manners: this.#manners,
      opener,
      reader: this.reader,
      login,
      visitor,
      trail,
    });
    return { visits, trail };
  }
}
