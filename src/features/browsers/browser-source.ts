import type { Page } from 'playwright-core';
import { EgressRefusedError } from '../../platform/egress-guard.js';
import { FetchError } from '../../platform/guarded-fetch.js';
import type { PageRequest, PageSource, SourcedPage, StorageState, StoredCookie } from '../scraping/index.js';
import type { BrowserPool } from './browser-pool.js';
import type { PageVisit } from './page-visit.js';

/** How long a page that loaded is given to become quiet, where nothing says what to wait for. */
const settleMs = 2_000;
/** Left for reading the page when what was waited for never came. */
const readMs = 1_000;
/** Most characters of a page beside the bytes that it came by: scripts and compression make much of little. */
const charactersPerByte = 8;

/** Opens pages in a browser, scripts and all. */
export class BrowserSource implements PageSource {
  readonly engine = 'BROWSER';
  /** Cookies as the last page left them go on with the state that they began with: one for each run, gone with it. */
  readonly #cookies = new WeakMap<StorageState, StoredCookie[]>();

  constructor(private readonly pool: BrowserPool) {}

  unavailableBecause(): Promise<string | null> {
    return this.pool.unavailableBecause();
  }

  async open(request: PageRequest): Promise<SourcedPage> {
    const { protocol } = request.url;
    if (protocol !== 'http:' && protocol !== 'https:') {
      throw new EgressRefusedError(`Only http and https addresses are fetched, not ${protocol}`);
    }
    const { storageState: state } = request;
    const storageState = state && { ...state, cookies: this.#cookies.get(state) ?? state.cookies };
    const options = { ...request, ...(storageState ? { storageState } : {}) };
    return this.pool.withPage(options, async (page, context, visit) => {
      await page.goto(request.url.href, { waitUntil: 'domcontentloaded', timeout: 0 });
      const wait = request.waitForSelector ? await waitFor(page, request.waitForSelector, visit) : null;
      if (!wait) await settle(page, visit);
      const sourced = await read(request, wait, visit);
      if (state) this.#cookies.set(state, await context.cookies());
      return sourced;
    });
  }
}

async function waitFor(page: Page, selector: string, { budget }: PageVisit): Promise<SourcedPage['wait']> {
  const beganAt = performance.now();
  const timeout = Math.max(1, budget.remainingMs - readMs);
  const isFound = await page.waitForSelector(`css=${selector}`, { state: 'attached', timeout }).then(
    () => true,
    (error: Error) => {
      if (error.name === 'TimeoutError') return false;
      throw error;
    },
  );
  return { isFound, waitedMs: performance.now() - beganAt };
}

async function settle(page: Page, { budget }: PageVisit): Promise<void> {
  const timeout = Math.max(1, Math.min(settleMs, budget.remainingMs - readMs));
  await page.waitForLoadState('networkidle', { timeout }).catch((error: Error) => {
    if (error.name !== 'TimeoutError') throw error;
  });
}

async function read(request: PageRequest, wait: SourcedPage['wait'], visit: PageVisit): Promise<SourcedPage> {
  const { watch, budget } = visit;
  const maxCharacters = request.maxBytes * charactersPerByte;
  const html = await watch.html(maxCharacters);
  const { answer } = watch;
  if (!answer) throw new FetchError('NETWORK', `${request.url.href} gave no answer that a page came of.`);
  if (html === null) {
    const message = `${answer.url.href} is larger than ${maxCharacters} characters, the most that is read.`;
    throw new FetchError('TOO_LARGE', message);
  }
  const { refusals } = visit;
  return {
    url: answer.url,
    status: answer.status,
    headers: answer.headers,
    contentType: answer.headers['content-type'] ?? null,
    html,
    bytes: visit.bytes,
    timings: { firstByteMs: answer.firstByteMs, totalMs: budget.spentMs },
    redirects: watch.redirects,
    wait,
    ...(refusals.length > 0 ? { notes: { refused: refusals } } : {}),
  };
}
