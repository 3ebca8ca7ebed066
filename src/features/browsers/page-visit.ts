import type { BrowserContext, Page } from 'playwright-core';
import { EgressProxy } from '../../platform/egress-proxy.js';
import { EgressRefusedError, type EgressGuard } from '../../platform/egress-guard.js';
import { FetchError } from '../../platform/guarded-fetch.js';
import { within } from '../../platform/time-limit.js';
import type { AroundHop, StorageState } from '../scraping/index.js';
import type { BrowserInstance } from './browser-instance.js';
import { pageContext, takeAway } from './chromium-launch.js';
import { NavigationWatch } from './navigation-watch.js';
import { TimeBudget } from './time-budget.js';

/** How one page is opened, and what it may take. */
export interface PageOptions {
  /** Longest time of the work, without what `around` waits, milliseconds. */
  timeoutMs: number;
  /** Most bytes of all that the page loads. */
  maxBytes: number;
  maxRedirects: number;
  userAgent: string;
  storageState?: StorageState;
  signal?: AbortSignal;
  around?: AroundHop;
  /** For whom it is, as the status shows. */
  taskId?: string;
}

/** What is known of an open page beside what Playwright tells. */
export interface PageVisit {
  watch: NavigationWatch;
  budget: TimeBudget;
  /** Bytes that came in so far. */
  readonly bytes: number;
  /** What was refused on it. */
  readonly refusals: string[];
}

export type PageWork<T> = (page: Page, context: BrowserContext, visit: PageVisit) => Promise<T>;

const breathMs = 2_000;
const closeMs = 5_000;
const bytesLookMs = 100;

/**
 * Opens an empty page that reaches nothing past the guard, has the work done on it, and closes it. A page that hangs condemns its browser.
 * @throws what ended the work: EgressRefusedError, HostNotFoundError, FetchError, what `around` throws, or the signal's reason
 */
export async function visitPage<T>(
  instance: BrowserInstance,
  guard: EgressGuard,
  options: PageOptions,
  work: PageWork<T>,
): Promise<T> {
  const { maxBytes, signal } = options;
  signal?.throwIfAborted();
  let fault: { error: unknown } | undefined;
  let raise: () => void = () => undefined;
  const raised = new Promise<void>((resolve) => (raise = resolve));
  const onFault = (error: unknown) => {
    fault ??= { error };
    raise();
  };
  const onAbort = () => onFault(signal?.reason);
  const budget = new TimeBudget(options.timeoutMs, () => {
    const what = watch?.current ? watch.current.href : 'The page';
    onFault(new FetchError('TIMEOUT', `${what} timed out: it was not ready within ${options.timeoutMs} ms.`));
  });
  let watch: NavigationWatch | undefined;
  let context: BrowserContext | undefined;
  const proxy = await EgressProxy.start({ guard, maxBytes });
  const bytesLook = setInterval(() => proxy.isExhausted && onFault(tooLarge(watch, maxBytes)), bytesLookMs);
  signal?.addEventListener('abort', onAbort, { once: true });
  const labour = async (): Promise<T> => {
    const { storageState } = options;
    budget.run();
    const opened = await instance
      .newContext({
        ...pageContext(proxy.url, options.userAgent),
        ...(storageState ? { storageState } : {}),
      })
      .catch(stateFault);
    context = opened;
    // Whoever asked for it has left meanwhile, and closes nothing any more.
    if (fault) return opened.close().then(() => Promise.reject(fault?.error as Error));
    await context.addInitScript(takeAway);
    const page = await context.newPage();
    context.on('page', (other) => other.close().catch(() => undefined));
    watch = await NavigationWatch.begin(page, { ...options, guard }, budget, onFault);
    const seen = watch;
    page.on('dialog', (dialog) => {
      seen.note(`A dialog (${dialog.type()}) was closed.`);
      dialog.dismiss().catch(() => undefined);
    });
    page.on('download', (download) => {
      seen.note(`A download was refused: ${download.url().slice(0, 100)}`);
      download.cancel().catch(() => undefined);
    });
    page.on('crash', () =>
      onFault(new FetchError('NETWORK', `${seen.current?.href ?? 'The page'} crashed in the browser.`)),
    );
    return work(page, context, {
      watch: seen,
      budget,
      get bytes() {
        return proxy.bytes;
      },
      get refusals() {
        return [...seen.refused, ...proxy.refusals.values()];
      },
    });
  };
  try {
    const outcome = await Promise.race([labour().then((value) => ({ value })), raised]);
    if (proxy.isExhausted) throw tooLarge(watch, maxBytes);
    if (fault || !outcome) throw fault?.error;
    return outcome.value;
  } catch (error) {
    if (fault) throw fault.error;
    if (proxy.isExhausted) throw tooLarge(watch, maxBytes);
    throw meaningOf(error, watch?.current, proxy);
  } finally {
    clearInterval(bytesLook);
    signal?.removeEventListener('abort', onAbort);
    budget.pause();
    watch?.end();
    const isLate = fault?.error instanceof FetchError && fault.error.code === 'TIMEOUT';
    await leave(instance, context, isLate ? watch : undefined);
    await proxy.close();
  }
}

/** @param suspect the watch of a page that took too long, and may hang */
async function leave(
  instance: BrowserInstance,
  context: BrowserContext | undefined,
  suspect: NavigationWatch | undefined,
): Promise<void> {
  if (!context || !instance.isRunning) return;
  try {
    if (suspect) await within(breathMs, suspect.breath());
    await within(closeMs, context.close());
  } catch {
    instance.condemn();
  }
}

function tooLarge(watch: NavigationWatch | undefined, maxBytes: number): FetchError {
  const what = watch?.current ? watch.current.href : 'The page';
  return new FetchError(
    'TOO_LARGE',
    `${what} loads more than ${maxBytes} bytes, the most that is loaded for a page.`,
  );
}

/** What Playwright says of a state that it cannot put in place may hold parts of it. */
function stateFault(error: unknown): never {
  const isOfState = error instanceof Error && error.message.includes('Error setting storage state');
  throw isOfState ? new Error('The stored cookies or local storage are none that a browser takes.') : error;
}

/** What an error of Playwright means. */
function meaningOf(error: unknown, url: URL | undefined, proxy: EgressProxy): unknown {
  const message = error instanceof Error ? error.message : '';
  const [, code] = /net::(ERR_[A-Z0-9_]+)/.exec(message) ?? [];
  if (url && (code !== undefined || message.includes('Download is starting'))) {
    const port = url.port || (url.protocol === 'https:' ? '443' : '80');
    const refusal = proxy.refusals.get(url.host) ?? proxy.refusals.get(`${url.hostname}:${port}`);
    if (refusal !== undefined) return new EgressRefusedError(refusal);
    const why = code ?? 'it is a file to be saved, which a page cannot show';
    return new FetchError('NETWORK', `${url.href} could not be opened: ${why}.`, error);
  }
  if (/has been closed|has ended|has crashed|Target crashed/.test(message)) {
    return new FetchError('NETWORK', `The browser ended while it had ${url?.href ?? 'a page'} open.`, error);
  }
  return error;
}
