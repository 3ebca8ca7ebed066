import { STATUS_CODES } from 'node:http';
import type { CDPSession, Page } from 'playwright-core';
import { EgressRefusedError, type EgressGuard } from '../../platform/egress-guard.js';
import { FetchError } from '../../platform/guarded-fetch.js';
import type { AroundHop } from '../scraping/index.js';
import type { TimeBudget } from './time-budget.js';

export interface NavigationRules {
  guard: EgressGuard;
  maxRedirects: number;
  around?: AroundHop | undefined;
}

/** What an address answered with that the page went to. */
export interface PageAnswer {
  url: URL;
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  firstByteMs: number;
}

/** An event of Chromium's Fetch domain, as far as it is read here. */
interface Paused {
  requestId: string;
  networkId?: string;
  frameId: string;
  redirectedRequestId?: string;
  request: { url: string };
  responseStatusCode?: number;
  responseErrorReason?: string;
  responseHeaders?: { name: string; value: string }[];
}

/** Documents in frames come over the network, through the proxy, or they do not come. Kept by what inherits from the page, too. */
const framePolicy = { name: 'Content-Security-Policy', value: 'frame-src http: https: blob: about:' };
const frameSchemes = new Set(['http:', 'https:', 'blob:', 'about:', 'chrome-error:']);
const maxNotes = 50;

/** Follows where a page goes: each address is asked for before, and counted; frames that come from no network are emptied. */
export class NavigationWatch {
  readonly redirects: { url: string; status: number }[] = [];
  /** What was refused on the page, with the reason; the first few. */
  readonly refused: string[] = [];
  /** Of the address where the page is. */
  answer: PageAnswer | undefined;
  /** Where the page goes just now, or is. */
  current: URL | undefined;
  #hop: { networkId: string | undefined; isAnswered: () => void; askedAt: number } | undefined;

  private constructor(
    private readonly session: CDPSession,
    private readonly mainFrame: string,
    private readonly rules: NavigationRules,
    private readonly budget: TimeBudget,
    private readonly onFault: (error: unknown) => void,
  ) {}

  static async begin(
    page: Page,
    rules: NavigationRules,
    budget: TimeBudget,
    onFault: (error: unknown) => void,
  ): Promise<NavigationWatch> {
    const session = await page.context().newCDPSession(page);
    const { frameTree } = await session.send('Page.getFrameTree');
    const watch = new NavigationWatch(session, frameTree.frame.id, rules, budget, onFault);
    session.on('Fetch.requestPaused', (event) => void watch.#onPaused(event));
    session.on('Network.loadingFailed', ({ requestId }) => watch.#endHop(requestId));
    page.on('framenavigated', (frame) => {
      const url = frame.url();
      const scheme = /^[a-z-]+:/.exec(url)?.[0];
      if (scheme === undefined || frameSchemes.has(scheme)) return;
      watch.note(`${url.slice(0, 100)} in a frame: only what comes by http and https is shown.`);
      frame.goto('about:blank').catch(() => undefined);
    });
    await session.send('Network.enable');
    await session.send('Network.setBypassServiceWorker', { bypass: true });
    // Nobody is there who could be asked for a password: the page that comes without one is shown, such as that of a 401.
    session.on('Fetch.authRequired', ({ requestId }) => {
      const authChallengeResponse = { response: 'CancelAuth' as const };
      session.send('Fetch.continueWithAuth', { requestId, authChallengeResponse }).catch(() => undefined);
    });
    await session.send('Fetch.enable', {
      handleAuthRequests: true,
      patterns: [
        { resourceType: 'Document', requestStage: 'Request' },
        { resourceType: 'Document', requestStage: 'Response' },
      ],
    });
    return watch;
  }

  note(refusal: string): void {
    if (this.refused.length < maxNotes) this.refused.push(refusal);
  }

  /** The page as it stands, read where its scripts cannot interfere; null where it has more characters than that. */
  async html(maxCharacters: number): Promise<string | null> {
    const { executionContextId: contextId } = await this.session.send('Page.createIsolatedWorld', {
      frameId: this.mainFrame,
    });
    const expression = `(() => {
      const html = document.documentElement?.outerHTML ?? '';
      const type = document.doctype ? new XMLSerializer().serializeToString(document.doctype) : '';
      return html.length > ${maxCharacters} ? null : type + html;
    })()`;
    const { result } = await this.session.send('Runtime.evaluate', {
      contextId,
      expression,
      returnByValue: true,
    });
    return result.value === null ? null : String(result.value);
  }

  /** Answers once the page's scripts let anything else run. */
  async breath(): Promise<void> {
    await this.session.send('Runtime.evaluate', { expression: '0' });
  }

  /** Lets go of whoever waits for an answer. */
  end(): void {
    this.#endHop(this.#hop?.networkId);
  }

  async #onPaused(event: Paused): Promise<void> {
    const isMain = event.frameId === this.mainFrame;
    const isAnswer = event.responseStatusCode !== undefined || event.responseErrorReason !== undefined;
    try {
      if (!isAnswer) await (isMain ? this.#go(event) : this.#continue(event));
      else {
        if (isMain) this.#onAnswer(event);
        await this.#continueAnswer(event);
      }
    } catch (error) {
      if (isMain) this.onFault(error);
      // The page may have gone meanwhile, and the request with it.
      const { requestId } = event;
      await this.session
        .send('Fetch.failRequest', { requestId, errorReason: 'BlockedByClient' })
        .catch(() => undefined);
    }
  }

  /** One navigation to one address. */
  async #go(event: Paused): Promise<void> {
    const url = new URL(event.request.url);
    this.end();
    // Sent on by a script or a meta tag, not by the answer's status.
    if (this.answer && event.redirectedRequestId === undefined) {
      this.redirects.push({ url: this.answer.url.href, status: this.answer.status });
    }
    const { maxRedirects, around, guard } = this.rules;
    if (this.redirects.length > maxRedirects) {
      const start = this.redirects[0]?.url ?? url.href;
      throw new FetchError('TOO_MANY_REDIRECTS', `${start} was redirected more than ${maxRedirects} times.`);
    }
    this.current = url;
    const go = async () => {
      this.budget.run();
      await guard.checkUrl(url);
      const answered = new Promise<void>((isAnswered) => {
        this.#hop = { networkId: event.networkId, isAnswered, askedAt: performance.now() };
      });
      await this.#continue(event);
      await answered;
    };
    if (!around) return go();
    this.budget.pause();
    try {
      await around(url, go);
    } finally {
      this.budget.run();
    }
  }

  #onAnswer({ networkId, request, responseStatusCode: status, responseHeaders = [] }: Paused): void {
    const firstByteMs = this.#hop ? performance.now() - this.#hop.askedAt : 0;
    if (status !== undefined) {
      const url = new URL(request.url);
      const headers = headersOf(responseHeaders);
      const location = status >= 300 && status < 400 ? headers.location : undefined;
      if (location === undefined) this.answer = { url, status, headers, firstByteMs };
      else {
        this.answer = undefined;
        this.redirects.push({ url: url.href, status });
        checkLocation(location, url);
      }
    }
    this.#endHop(networkId);
  }

  #endHop(networkId: string | undefined): void {
    if (!this.#hop || this.#hop.networkId !== networkId) return;
    this.#hop.isAnswered();
    this.#hop = undefined;
  }

  async #continue({ requestId }: Paused): Promise<void> {
    await this.session.send('Fetch.continueRequest', { requestId });
  }

  async #continueAnswer({ requestId, responseStatusCode, responseHeaders = [] }: Paused): Promise<void> {
    const isRedirect = (responseStatusCode ?? 0) >= 300 && (responseStatusCode ?? 0) < 400;
    await this.session.send('Fetch.continueResponse', {
      requestId,
      ...(responseStatusCode === undefined || isRedirect
        ? {}
        : {
            responseCode: responseStatusCode,
            // Where there is no usual phrase, as for the 999 of some sites, Chromium wants one.
            responsePhrase: STATUS_CODES[responseStatusCode] ?? 'Unknown',
            responseHeaders: [...responseHeaders, framePolicy],
          }),
    });
  }
}

function headersOf(list: readonly { name: string; value: string }[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { name, value } of list) {
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  return headers;
}

/** Chromium would not go there either; this says why. */
function checkLocation(location: string, from: URL): void {
  const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (!url) throw new FetchError('BAD_REDIRECT', `${from.href} redirects to what is no address.`);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new EgressRefusedError(
      `${from.href} redirects to a ${url.protocol} address; only http and https are fetched.`,
    );
  }
}
