import type { StorageState } from './storage-state.js';

/** What scraping needs to know of a login session; the logins feature answers. */
export interface LoginSite {
  storageState: StorageState | null;
  /** On a page where it is found, the account is not signed in; null = pages are not looked at. */
  loggedOutSelector: string | null;
  /** Another one after each sign-in, and after each state that was put. */
  version: string;
}

/** What became of a session that was met signed out: signed in again (its state is to be read anew), or a human is needed. */
export type SignedOutOutcome = 'SIGNED_IN' | 'ASK_HUMAN';

/** What scraping asks of the login sessions; wired by the composition root, since scraping knows no logins. */
export interface ScrapingLogins {
  /** @returns null where the project has no such session */
  find(projectId: string, sessionId: string): Promise<LoginSite | null>;
  /**
   * Single flight over all workers: whoever comes second gets the first one's outcome.
   * @param version of what the caller was signed out with, however long ago it was found; null = not known
   */
  onSignedOut(sessionId: string, version: string | null, signal?: AbortSignal): Promise<SignedOutOutcome>;
}
