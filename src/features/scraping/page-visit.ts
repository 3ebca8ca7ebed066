import { StepStatus, StepType } from '../tasks/index.js';
import { disallowed, RobotsDisallowedError, type Manners, type Visitor } from './manners.js';
import { engineFaultOf, PageFault } from './page-fault.js';
import type { PageOpener } from './page-opener.js';
import type { PageReader } from './page-reader.js';
import type { PageReading } from './page-reading.js';
import type { PageSource, SourcedPage } from './page-source.js';
import { chunksOf } from './run-items.js';
import type { RunLogin } from './run-login.js';
import type { ScrapingPlan } from './scraping-plan.js';
import { ScrapingEngine } from './scraping-enums.js';
import type { StepTrail } from './step-trail.js';

export interface Sources {
  http: PageSource;
  /** Undefined where this process has no browsers at all. */
  browser: PageSource | undefined;
}

export interface VisitParts {
  plan: ScrapingPlan;
  sources: Sources;
  manners: Manners;
  opener: PageOpener;
  reader: PageReader;
  login: RunLogin;
  visitor: Visitor & { signal: AbortSignal };
  trail: StepTrail;
}

/** A page that was opened and read. */
export interface Visited {
  page: SourcedPage;
  reading: PageReading;
  engine: PageSource['engine'];
}

/** After so many pages for which the browser had nothing more, it is asked no more. */
const mostUseless = 3;

/** Visits pages one after the other: robots.txt, fetch or navigation, wait, extract, each a step of the trace. */
export class PageVisits {
  #uselessTries = 0;
  #needsBrowser = false;

  constructor(private readonly parts: VisitParts) {}

  /**
   * @param wantsLinks whether links of this page would be followed, so that a page without any may lack some
   * @throws PageFault, RobotsDisallowedError, or what ends the run
   */
  async visit(url: URL, pageKey: string, wantsLinks: boolean): Promise<Visited> {
    const { plan, sources } = this.parts;
    const isRendered = plan.engine === ScrapingEngine.BROWSER || this.#needsBrowser;
    // Where there is none, that is said before anything else is done.
    const source = isRendered ? await this.#browser() : sources.http;
    await this.#checkRobots(url, pageKey);
    if (isRendered) return this.#finish(await this.#see(source, url, pageKey), pageKey);
    const plain = await this.#see(source, url, pageKey);
    const isLacking = plan.engine === ScrapingEngine.AUTO && this.#lacks(plain, wantsLinks);
    if (!isLacking || this.#uselessTries >= mostUseless) return this.#finish(plain, pageKey);
    const rendered = await this.#seeRendered(url, pageKey, plain);
    if (!rendered) return this.#finish(plain, pageKey);
    const isBetter = wealthOf(rendered) > wealthOf(plain);
    this.#uselessTries = isBetter ? 0 : this.#uselessTries + 1;
    this.#needsBrowser = isBetter;
    return this.#finish(isBetter ? rendered : plain, pageKey);
  }

  async #checkRobots(url: URL, pageKey: string): Promise<void> {
    const { manners, visitor, trail } = this.parts;
    if (!visitor.respectRobots) return;
    const step = trail.begin(pageKey, `${pageKey}:robots`, StepType.GUARDRAIL, 'robots.txt', {
      url: url.href,
    });
    let check;
    try {
      check = await manners.check(url, visitor);
    } catch (error) {
      const fault = engineFaultOf(error, visitor.signal);
      step.fail(fault.input);
      throw fault;
    }
    const { isAllowed, rule, status, remark, isCached } = check;
    const output = { isAllowed, rule, robots: check.url, status, isCached, ...(remark ? { remark } : {}) };
    if (isAllowed) return step.end(output);
    const message = `${disallowed(url, rule)}${remark ? ` ${remark}` : ''}`;
    step.fail({ code: 'ROBOTS_DISALLOWED', message }, output);
    throw new RobotsDisallowedError(message);
  }

  async #browser(): Promise<PageSource> {
    const { browser } = this.parts.sources;
    const reason = await unavailable(browser);
    if (browser && reason === null) return browser;
    throw new PageFault('ENGINE_UNAVAILABLE', `There is no browser to open the page: ${reason}`, {
      type: 'playwright',
    });
  }

  /** Opens and reads it, after signing in again where that is needed and can be done. */
  async #see(source: PageSource, url: URL, pageKey: string): Promise<Visited> {
    const { login } = this.parts;
    try {
      const seen = await this.#openAndRead(source, url, pageKey, '');
      if (!login.isSignedOut(seen.reading.isThere[1] ?? false)) return seen;
    } catch (error) {
      if (!(error instanceof PageFault) || !login.meansSignedOut(error.more.httpStatus)) throw error;
    }
    await login.signIn(pageKey, url);
    const again = await this.#openAndRead(source, url, pageKey, ':signed-in');
    if (!login.isSignedOut(again.reading.isThere[1] ?? false)) return again;
    throw new PageFault('SIGNED_OUT', `${url.href} still shows that nobody is signed in.`);
  }

  async #openAndRead(source: PageSource, url: URL, pageKey: string, suffix: string): Promise<Visited> {
    const { plan, opener, reader, login } = this.parts;
    const { waitForSelector, fields, itemSelector, nextPageSelector, linkSelector } = plan;
    const { storageState } = login;
    const page = await opener.open({ url, pageKey, suffix, source, waitForSelector, storageState });
    // What is waited for is looked for again: a plain page waits for nothing.
    const signs = [waitForSelector ?? ':root', ...(login.sign === null ? [] : [login.sign])];
    const wanted = { fields, itemSelector, nextPageSelector, linkSelector, signs };
    const reading = await reader.read(page.html, page.url.href, wanted);
    return { page, reading, engine: source.engine };
  }

  /** The page by the browser, or undefined where that cannot be had: the plain page is better than none. */
  async #seeRendered(url: URL, pageKey: string, plain: Visited): Promise<Visited | undefined> {
    const { sources, trail } = this.parts;
    const reason = await unavailable(sources.browser);
    const step = trail.begin(pageKey, `${pageKey}:extract:plain`, StepType.TOOL, 'extract');
    const found = this.#foundIn(plain.reading);
    if (!sources.browser || reason !== null) {
      this.#uselessTries = mostUseless;
      step.end({ ...found, browser: `The plain page lacks something, and there is no browser: ${reason}` });
      return undefined;
    }
    step.end({ ...found, browser: 'The plain page lacks something; the browser opens it next.' });
    try {
      return await this.#see(sources.browser, url, pageKey);
    } catch (error) {
      if (!(error instanceof PageFault)) throw error;
      this.#uselessTries++;
      return undefined;
    }
  }

  #lacks({ reading }: Visited, wantsLinks: boolean): boolean {
    const { items, counts, isThere, links } = reading;
    if (!isThere[0] || items.length === 0 || counts.some(({ found }) => found === 0)) return true;
    if (this.parts.plan.fields.length === 0 && items.every(({ text }) => text === null)) return true;
    return wantsLinks && links.length === 0;
  }

  /** Tells what was found, with the items; where there are very many, in portions. */
  #finish(visited: Visited, pageKey: string): Visited {
    const { plan, trail } = this.parts;
    const { reading, page } = visited;
    const [first = [], ...rest] = chunksOf(reading.items);
    const step = trail.begin(pageKey, `${pageKey}:extract`, StepType.TOOL, 'extract');
    const output = { ...this.#foundIn(reading), items: first };
    if (!reading.isThere[0]) {
      const message = `${plan.waitForSelector} is not on ${page.url.href}; it timed out, or needs a browser.`;
      step.fail({ code: 'WAIT_TIMEOUT', message }, this.#foundIn(reading));
      throw new PageFault('WAIT_TIMEOUT', message);
    }
    step.end(output, StepStatus.SUCCEEDED);
    for (const [index, items] of rest.entries()) {
      trail.begin(pageKey, `${pageKey}:items:${index + 2}`, StepType.TOOL, 'items').end({ items });
    }
    return visited;
  }

  #foundIn({ title, matched, items, leftOut, counts, isCut }: PageReading) {
    const missing = Object.fromEntries(
      counts.filter((count) => count.missing > 0).map((count) => [count.name, count.missing]),
    );
    return {
      title,
      matched,
      itemCount: items.length,
      ...(leftOut > 0 ? { leftOut } : {}),
      found: Object.fromEntries(counts.map(({ name, found }) => [name, found])),
      missing,
      ...(isCut ? { isCut } : {}),
    };
  }
}

/** How much was found, to compare two looks at one page. */
function wealthOf({ reading: { items, counts, links, isThere } }: Visited): number {
  const found = counts.reduce((sum, count) => sum + count.found, 0);
  const texts = counts.length > 0 ? 0 : items.filter(({ text }) => text !== null).length;
  return items.length + found + texts + links.length + (isThere[0] ? 1 : 0);
}

export async function unavailable(browser: PageSource | undefined): Promise<string | null> {
  return browser ? browser.unavailableBecause() : 'this process has none.';
}
