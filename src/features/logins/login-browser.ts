import type { BrowserPool, PageWork } from '../browsers/index.js';
import type { StorageState } from '../scraping/index.js';

/** Of all that is done on one page: a sign-in and the look that proves it. */
const visitMs = 90_000;
const maxBytes = 50_000_000;
const maxRedirects = 20;

export interface LoginPageOptions {
  storageState: StorageState | null;
  signal: AbortSignal;
}

/** A browser as logins use it: pages of the pool, each for one visit to a site. */
export class LoginBrowser {
  constructor(
    private readonly pool: BrowserPool,
    private readonly userAgent: string,
  ) {}

  /** Why there is none to be had here; null = there is. */
  unavailableBecause(): Promise<string | null> {
    return this.pool.unavailableBecause();
  }

  /** A page of a context of its own, which holds that state, for as long as the work takes. */
  withPage<T>({ storageState, signal }: LoginPageOptions, work: PageWork<T>): Promise<T> {
    const { userAgent } = this;
    const options = { timeoutMs: visitMs, maxBytes, maxRedirects, userAgent, signal };
    return this.pool.withPage(storageState ? { ...options, storageState } : options, work);
  }
}
