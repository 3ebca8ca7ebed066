import type { StorageState } from './storage-state.js';

/** Surrounds what goes to one address: asks whether it may, and waits for the host's turn. Never called within itself. */
export type AroundHop = <T>(url: URL, go: () => Promise<T>) => Promise<T>;

export interface PageRequest {
  url: URL;
  /** What must be on the page before it counts as loaded; only a browser waits for it. */
  waitForSelector?: string;
  /** Longest time from the first request until the page is ready, without what `around` waits, milliseconds. */
  timeoutMs: number;
  /** Most bytes of the page: of its one body, or of all that a browser loads for it. */
  maxBytes: number;
  maxRedirects: number;
  userAgent: string;
  storageState?: StorageState;
  signal?: AbortSignal;
  /** Surrounds the navigation to each address, redirects as well, until its answer has begun. Where it throws, so does open. */
  around?: AroundHop;
  /** For whom the page is, as the status of the browsers shows. */
  taskId?: string;
}

export interface SourcedPage {
  /** The address that it was in the end. */
  url: URL;
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  contentType: string | null;
  html: string;
  /** As they came over the network. */
  bytes: number;
  timings: { firstByteMs: number; totalMs: number };
  /** Where it was sent on from, in order. */
  redirects: { url: string; status: number }[];
  /** Of waitForSelector; null where none was asked for, and of what cannot wait. */
  wait: { isFound: boolean; waitedMs: number } | null;
  /** More that is worth a look in the trace: the address that answered, requests that were refused. */
  notes?: Record<string, unknown>;
}

/** What pages are opened by. */
export interface PageSource {
  readonly engine: 'HTTP' | 'BROWSER';
  /** Why it cannot be used here; null = it can. */
  unavailableBecause(): Promise<string | null>;
  /**
   * Opens one page, whatever its status. A selector that never comes is no fault of opening: `wait` tells.
   * @throws EngineUnavailableError, EgressRefusedError, HostNotFoundError, FetchError (TIMEOUT, TOO_LARGE, …), what `around`
   * throws, or the signal's reason
   */
  open(request: PageRequest): Promise<SourcedPage>;
}

/** The engine that a page needs is not there; the message says why and what to do. */
export class EngineUnavailableError extends Error {
  readonly code = 'ENGINE_UNAVAILABLE';
}
