import type { Page } from 'playwright-core';
import type { PageVisit } from '../browsers/index.js';
import { CookieJar, decodePage, type StorageState } from '../scraping/index.js';
import { EgressRefusedError, HostNotFoundError, type EgressGuard } from '../../platform/egress-guard.js';
import { FetchError, guardedFetch } from '../../platform/guarded-fetch.js';
import type { LoginBrowser } from './login-browser.js';
import { plainAddress, type ProbeReading, type ProbeSelectors } from './probe-reading.js';
import type { ProbeReader } from './probe-reader.js';

export interface ProbeTarget extends ProbeSelectors {
  probeUrl: string;
  storageState: StorageState | null;
}

export interface ProbeFinding extends ProbeReading {
  /** As the site left it, where it differs: sites that change a session's cookies at each visit know the old ones no more. */
  storageState: StorageState | null;
}

/** The site could not be seen: nothing is known of the session by it. The message holds nothing secret. */
export class ProbeFailedError extends Error {}

const limits = { timeoutMs: 15_000, maxBytes: 2_097_152, maxDecodedBytes: 4_194_304, maxRedirects: 10 };
const browserTimeoutMs = 20_000;
/** Of a page that scripts have made. */
export const maxCharacters = 8_388_608;
/** How long the scripts of a page may take to show that somebody is signed in. */
const scriptsMs = 5_000;

/** Looks at a site with the state of a session: by HTTP, and in a browser where that tells nothing for certain and there is one. */
export class LoginProbes {
  constructor(
    private readonly guard: EgressGuard,
    private readonly browser: LoginBrowser | null,
    private readonly reader: ProbeReader,
    private readonly userAgent: string,
    private readonly clock: () => Date,
  ) {}

  /** @throws ProbeFailedError where the site could not be seen */
  async probe(target: ProbeTarget, signal: AbortSignal): Promise<ProbeFinding> {
    const found = await this.#byHttp(target, signal);
    if (found.isShown || !this.browser || (await this.browser.unavailableBecause()) !== null) return found;
    return this.browser.withPage(
      { storageState: target.storageState, signal },
      async (page, context, visit) => {
        const reading = await lookInBrowser(page, visit, target, this.reader);
        return { ...reading, storageState: await storedBy(context) };
      },
    );
  }

  async #byHttp(target: ProbeTarget, signal: AbortSignal): Promise<ProbeFinding> {
    const jar = new CookieJar(target.storageState ?? undefined, () => this.clock().getTime());
    let isChanged = false;
    const fetched = await guardedFetch(this.guard, new URL(target.probeUrl), {
      limits,
      signal,
      headersFor: (url) => {
        const cookie = jar.headerFor(url);
        return {
          'user-agent': this.userAgent,
          accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.5',
          ...(cookie === undefined ? {} : { cookie }),
        };
      },
      around: async (url, go) => {
        const hop = await go();
        const set = hop.headers['set-cookie'] ?? [];
        if (set.length > 0) isChanged = true;
        jar.take(url, set);
        return hop;
      },
    }).catch((error: unknown) => {
      throw asProbeFailure(error, target.probeUrl);
    });
    const page = {
      status: fetched.status,
      url: fetched.url,
      html: decodePage(fetched.body, fetched.headers['content-type'] ?? null),
      engine: 'HTTP' as const,
    };
    const reading = await this.reader.read(page, target);
    if (!reading) throw siteFault(fetched.url, fetched.status);
    return {
      ...reading,
      storageState: isChanged ? { cookies: jar.cookies, origins: target.storageState?.origins ?? [] } : null,
    };
  }
}

/** Opens the address to probe in a page, gives its scripts time, and reads it. @throws ProbeFailedError */
export async function lookInBrowser(
  page: Page,
  visit: PageVisit,
  target: Omit<ProbeTarget, 'storageState'>,
  reader: ProbeReader,
): Promise<ProbeReading> {
  let status: number;
  try {
    const response = await page.goto(target.probeUrl, {
      waitUntil: 'domcontentloaded',
      timeout: browserTimeoutMs,
    });
    status = response?.status() ?? 200;
    const wanted = [target.loggedInSelector, target.loggedOutSelector].filter(
      (selector) => selector !== null,
    );
    // What does not come says something, too.
    await page
      .waitForSelector(wanted.join(', '), { state: 'attached', timeout: scriptsMs })
      .catch(() => undefined);
  } catch {
    throw new ProbeFailedError(`${plainAddress(new URL(target.probeUrl))} could not be opened in a browser.`);
  }
  const url = new URL(page.url());
  const html = await visit.watch.html(maxCharacters);
  if (html === null) throw new ProbeFailedError(`${plainAddress(url)} is larger than is read.`);
  const reading = await reader.read({ status, url, html, engine: 'BROWSER' }, target);
  if (!reading) throw siteFault(url, status);
  return reading;
}

/** The state of a browser's context, without what Playwright adds beyond cookies and local storage. */
export async function storedBy(context: { storageState(): Promise<StorageState> }): Promise<StorageState> {
  const { cookies, origins } = await context.storageState();
  return { cookies, origins };
}

function siteFault(url: URL, status: number): ProbeFailedError {
  return new ProbeFailedError(`The site answers ${status} at ${plainAddress(url)}.`);
}

/** Messages of fetching name the whole address, which may hold what is secret. */
function asProbeFailure(error: unknown, probeUrl: string): unknown {
  const address = plainAddress(new URL(probeUrl));
  if (error instanceof FetchError)
    return new ProbeFailedError(`${address} could not be fetched: ${error.code}.`);
  if (error instanceof HostNotFoundError) return new ProbeFailedError(`${address}: the host was not found.`);
  if (error instanceof EgressRefusedError)
    return new ProbeFailedError(
      `${address} is, or leads to, no public address. An administrator can name exceptions in EGRESS_ALLOW.`,
    );
  return error;
}
