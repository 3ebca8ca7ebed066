import { setTimeout as sleep } from 'node:timers/promises';

/** One wrong field of the input, as the server names it in `extensions.fields`. */
export interface GraphqlFieldError {
  path: string;
  message: string;
}

/**
 * Why a GraphQL request had no result. `code` is the server's `extensions.code`, or one of the client's own:
 * NETWORK (no answer came), TIMEOUT (none came in time), BAD_RESPONSE (what came is no GraphQL answer).
 */
export class GraphqlRequestError extends Error {
  override readonly name = 'GraphqlRequestError';

  constructor(
    message: string,
    readonly code: string,
    readonly details: {
      /** What the server said of single fields; empty where it said nothing of them. */
      fields: readonly GraphqlFieldError[];
      /** The status of the HTTP answer; null where none came. */
      httpStatus: number | null;
      /** How long the server asked to be left alone; null where it did not. */
      retryAfterMs: number | null;
    },
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get fields(): readonly GraphqlFieldError[] {
    return this.details.fields;
  }

  /** Whether the same request may pass a little later. */
  get isTransient(): boolean {
    return TRANSIENT_CODES.has(this.code) || TRANSIENT_STATUSES.has(this.details.httpStatus ?? 0);
  }
}

export interface GraphqlRequestOptions {
  /** The document; one operation. */
  query: string;
  variables?: Record<string, unknown>;
  /** An API key or a person's session token; sent as a bearer token. Left out: the request is anonymous. */
  token?: string;
  /** How long one attempt may take. Default 30,000. */
  timeoutMs?: number;
  /**
   * How often the request is sent at most. Default 6. A mutation which the server does not recognise when it
   * comes twice belongs on 1: an answer that was lost does not mean that nothing was done.
   */
  attempts?: number;
  /** The wait before the second attempt; it doubles up to 10 seconds. A longer Retry-After wins. Default 250. */
  retryDelayMs?: number;
  /** Ends the request and its waiting at once; the promise is rejected with the signal's reason. */
  signal?: AbortSignal;
}

const TRANSIENT_CODES = new Set(['NETWORK', 'TIMEOUT', 'RATE_LIMITED', 'UNAVAILABLE']);
const TRANSIENT_STATUSES = new Set([429, 502, 503, 504]);
const LONGEST_BACKOFF_MS = 10_000;
const LONGEST_RETRY_AFTER_MS = 60_000;

/** The GraphQL address of a server: `http://host:4000` and `http://host:4000/graphql` are the same one. */
export function graphqlEndpoint(serverUrl: string): string {
  const url = new URL(serverUrl);
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = path.endsWith('/graphql') ? path : `${path}/graphql`;
  return url.href;
}

/**
 * Sends one operation and answers its `data`, whose shape the caller knows from the document. What is only a matter
 * of time (no connection, a time-out, 429, 502, 503, 504) is tried again with a growing, jittered wait.
 * @throws GraphqlRequestError when the answer holds errors, or when no attempt brought an answer.
 */
export async function graphqlRequest<TData>(url: string, options: GraphqlRequestOptions): Promise<TData> {
  const { attempts = 6, retryDelayMs = 250, signal } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return (await sendOnce(url, options)) as TData;
    } catch (error) {
      if (!(error instanceof GraphqlRequestError) || !error.isTransient || attempt >= attempts) throw error;
      const backoffMs = Math.min(retryDelayMs * 2 ** (attempt - 1), LONGEST_BACKOFF_MS);
      const jitteredMs = backoffMs * (0.5 + Math.random() / 2);
      await pause(Math.max(jitteredMs, error.details.retryAfterMs ?? 0), signal);
    }
  }
}

async function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(delayMs, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** One attempt. The timer and the caller's signal share a controller, so that nothing stays behind on a signal that lives long. */
async function sendOnce(url: string, options: GraphqlRequestOptions): Promise<unknown> {
  const { query, variables, token, timeoutMs = 30_000, signal } = options;
  signal?.throwIfAborted();
  const body = JSON.stringify({ query, variables });
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, timeoutMs);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        accept: 'application/graphql-response+json, application/json;q=0.9',
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body,
      signal: controller.signal,
    });
    return readAnswer(url, response, await response.text());
  } catch (error) {
    if (error instanceof GraphqlRequestError) throw error;
    signal?.throwIfAborted();
    throw noAnswer(url, error, controller.signal.aborted ? timeoutMs : null);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

function noAnswer(url: string, cause: unknown, timeoutMs: number | null): GraphqlRequestError {
  const details = { fields: [], httpStatus: null, retryAfterMs: null };
  if (timeoutMs !== null) {
    return new GraphqlRequestError(`${url} did not answer within ${timeoutMs} ms.`, 'TIMEOUT', details, {
      cause,
    });
  }
  return new GraphqlRequestError(
    `${url} could not be reached (${networkReason(cause)}). See that the server runs and that the address is right.`,
    'NETWORK',
    details,
    { cause },
  );
}

/** fetch says only "fetch failed"; what happened stands in its cause. */
function networkReason(error: unknown): string {
  const cause = isObject(error) && isObject(error.cause) ? error.cause : error;
  const { code, message } = isObject(cause) ? cause : {};
  return [code, message].find((text) => typeof text === 'string' && text !== '')?.toString() ?? String(error);
}

function readAnswer(url: string, response: Response, text: string): unknown {
  const details = { fields: [], httpStatus: response.status, retryAfterMs: retryAfterMs(response.headers) };
  const answer = parseObject(text);
  const [first, ...others] = Array.isArray(answer?.errors) ? answer.errors.map(readError) : [];
  if (first !== undefined) {
    const message = [first.message, ...others.map((other) => other.message)].join(' ');
    const fields = [first, ...others].flatMap((error) => error.fields);
    throw new GraphqlRequestError(message, first.code, { ...details, fields });
  }
  if (answer === null || !isObject(answer.data)) {
    throw new GraphqlRequestError(
      `${url} answered with HTTP status ${response.status} and no GraphQL result. See that the address is that of a Binnacle server.`,
      'BAD_RESPONSE',
      details,
    );
  }
  return answer.data;
}

function readError(error: unknown): { message: string; code: string; fields: GraphqlFieldError[] } {
  const { message, extensions } = isObject(error) ? error : {};
  const { code, fields } = isObject(extensions) ? extensions : {};
  return {
    message: typeof message === 'string' ? message : 'The server named no reason.',
    code: typeof code === 'string' ? code : 'BAD_RESPONSE',
    fields: Array.isArray(fields) ? fields.flatMap(readFieldError) : [],
  };
}

function readFieldError(field: unknown): GraphqlFieldError[] {
  if (!isObject(field) || typeof field.message !== 'string') return [];
  return [{ path: typeof field.path === 'string' ? field.path : '', message: field.message }];
}

/** Retry-After is a number of seconds or a date. */
function retryAfterMs(headers: Headers): number | null {
  const value = headers.get('retry-after');
  if (value === null) return null;
  const waitMs = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(waitMs, 0), LONGEST_RETRY_AFTER_MS);
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
