import { StepType } from '../tasks/index.js';
import { isText } from './http-page-source.js';
import type { Manners, Visitor } from './manners.js';
import { engineFaultOf, PageFault } from './page-fault.js';
import type { PageSource, SourcedPage } from './page-source.js';
import { retryAfterMs } from './retry-after.js';
import type { StepTrail } from './step-trail.js';
import type { StorageState } from './storage-state.js';

export interface PageLimits {
  /** Of one page, milliseconds. */
  timeoutMs: number;
  /** Of one page, as it comes over the network. */
  maxBytes: number;
  maxRedirects: number;
}

export interface Opening {
  url: URL;
  /** The key of the page's step, and what the keys of the steps within begin with. */
  pageKey: string;
  /** Tells steps of a second look at the same page from those of the first. */
  suffix: string;
  source: PageSource;
  waitForSelector: string | null;
  storageState: StorageState | undefined;
}

const mostTries = 4;
/** A host that wants to be left alone for longer than this is, and the page has failed. */
const longestRetryMs = 120_000;
const firstBackoffMs = 2_000;
/** No host is left alone for longer, whatever it asks for. */
const longestPutOffMs = 900_000;

/** Opens pages as the trace shows it: each try is a step; a host that asks for patience gets it, within bounds. */
export class PageOpener {
  constructor(
    private readonly manners: Manners,
    private readonly limits: PageLimits,
    private readonly visitor: Visitor & { signal: AbortSignal },
    private readonly trail: StepTrail,
  ) {}

  /** @throws PageFault, or what ends the run */
  async open(opening: Opening): Promise<SourcedPage> {
    for (let attempt = 1; ; attempt++) {
      const page = await this.#try(opening, attempt);
      if (page) return page;
    }
  }

  /** @returns undefined where it is worth another try */
  async #try(opening: Opening, attempt: number): Promise<SourcedPage | undefined> {
    const { url, pageKey, suffix, source } = opening;
    const isBrowser = source.engine === 'BROWSER';
    const step = this.trail.begin(
      pageKey,
      `${pageKey}:${isBrowser ? 'navigate' : 'fetch'}${suffix}${attempt > 1 ? `:${attempt}` : ''}`,
      StepType.TOOL,
      isBrowser ? 'navigation' : 'fetch',
      { url: url.href, engine: source.engine, ...(attempt > 1 ? { attempt } : {}) },
    );
    await this.trail.flush();
    const { page, fault } = await this.#open(opening);
    if (!page) {
      step.fail(fault.input);
      // The network may mend itself at once; that a page is too large, or not to be had, does not.
      if (fault.code === 'NETWORK' && attempt < 2) return undefined;
      throw fault;
    }
    const told = {
      url: page.url.href,
      status: page.status,
      contentType: page.contentType,
      bytes: page.bytes,
      timings: { firstByteMs: round(page.timings.firstByteMs), totalMs: round(page.timings.totalMs) },
      ...(page.redirects.length > 0 ? { redirects: page.redirects } : {}),
      ...page.notes,
    };
    if (page.wait && opening.waitForSelector !== null) this.#tellWait(opening, page.wait);
    const problem = problemOf(page);
    if (!problem) {
      step.end(told);
      return page;
    }
    const waitMs = patienceOf(page, attempt);
    step.fail(problem.input, { ...told, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) });
    if (waitMs === undefined) throw problem;
    await this.manners.putOff(page.url, Math.min(waitMs, longestPutOffMs));
    if (attempt >= mostTries || waitMs > longestRetryMs) throw problem;
    return undefined;
  }

  async #open({
    url,
    source,
    waitForSelector,
    storageState,
  }: Opening): Promise<{ page: SourcedPage; fault?: undefined } | { page?: undefined; fault: PageFault }> {
    const { signal, userAgent, taskId } = this.visitor;
    try {
      const page = await source.open({
        url,
        ...this.limits,
        userAgent,
        signal,
        around: this.manners.around(this.visitor),
        ...(waitForSelector === null ? {} : { waitForSelector }),
        ...(storageState ? { storageState } : {}),
        ...(taskId === undefined ? {} : { taskId }),
      });
      return { page };
    } catch (error) {
      return { fault: engineFaultOf(error, signal) };
    }
  }

  #tellWait(
    { pageKey, suffix, waitForSelector }: Opening,
    { isFound, waitedMs }: NonNullable<SourcedPage['wait']>,
  ): void {
    const step = this.trail.begin(pageKey, `${pageKey}:wait${suffix}`, StepType.TOOL, 'wait', {
      selector: waitForSelector,
    });
    const output = { isFound, waitedMs: round(waitedMs) };
    const message = `${waitForSelector} timed out: it was not on the page after ${round(waitedMs)} ms.`;
    if (isFound) step.end(output);
    else step.fail({ code: 'WAIT_TIMEOUT', message }, output);
  }
}

const round = (ms: number) => Math.round(ms * 10) / 10;

function problemOf(page: SourcedPage): PageFault | undefined {
  const { status, contentType, url } = page;
  if (status >= 400) {
    const message = `${url.href} answered with the status ${status}.`;
    // Some sites refuse with numbers that are none of HTTP, such as 999.
    return new PageFault(`HTTP_${status}`, message, status < 600 ? { httpStatus: status } : {});
  }
  if (!isText(contentType)) {
    return new PageFault('NOT_A_PAGE', `${url.href} is ${contentType}, which is no page that can be read.`);
  }
  return undefined;
}

/** How long to wait before the page is asked for again; undefined where that would not help. */
function patienceOf({ status, headers }: SourcedPage, attempt: number): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  return retryAfterMs(headers['retry-after']) ?? firstBackoffMs * 2 ** (attempt - 1);
}
