/**
 * What follows from a request that brought no data:
 *
 * - WAIT: the server is away, or has too much to do; the same request is sent again later
 * - RETRY: the server failed at this request; it is sent again a few times
 * - REJECT: the server does not want this request, now or later
 * - STOP: the server does not accept the key, whatever is asked
 */
export type Verdict = 'WAIT' | 'RETRY' | 'REJECT' | 'STOP';

/** Why a request brought no data. */
export class RequestFault extends Error {
  override readonly name = 'RequestFault';

  constructor(
    message: string,
    readonly verdict: Verdict,
    readonly details: {
      /** The paths of the input which the server named, such as `input.steps[3].costUsd`. */
      fields?: readonly string[];
      /** Whether the server said that there was too much of it. */
      isTooLarge?: boolean;
      /** Whether the server does not have what the request is about. */
      isGone?: boolean;
      /** How long the server asked to be left alone; null where it did not. */
      retryAfterMs?: number | null;
      cause?: unknown;
      /** Whether it was given up here. */
      isGivenUp?: boolean;
    } = {},
  ) {
    super(message);
  }
}

const waitStatuses = new Set([408, 425, 429, 502, 503, 504]);
const longestRetryAfterMs = 300_000;

/** The GraphQL address of a server: `http://host:4000` and `http://host:4000/graphql` are the same one. */
export function graphqlUrl(serverUrl: string): string {
  const url = new URL(serverUrl);
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = path.endsWith('/graphql') ? path : `${path}/graphql`;
  return url.href;
}

/** Sends single requests. When to send them again is for others to decide. */
export class GraphqlEndpoint {
  readonly #underWay = new Set<AbortController>();

  constructor(
    private readonly url: string,
    private readonly apiKey: string,
    private readonly timeoutMs: number,
    private readonly fetch: typeof globalThis.fetch,
  ) {}

  /**
   * @param input the variable `input` of the document, as JSON
   * @throws RequestFault and nothing else
   */
  async ask<Data>(query: string, input?: string): Promise<Data> {
    const body = `{"query":${JSON.stringify(query)}${input === undefined ? '' : `,"variables":{"input":${input}}`}}`;
    const controller = new AbortController();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      controller.abort();
    }, this.timeoutMs);
    this.#underWay.add(controller);
    try {
      const response = await this.fetch(this.url, {
        method: 'POST',
        headers: {
          accept: 'application/graphql-response+json, application/json;q=0.9',
          'content-type': 'application/json',
          authorization: `Bearer ${this.apiKey}`,
        },
        body,
        signal: controller.signal,
      });
      return readAnswer(this.url, response, await response.text()) as Data;
    } catch (error) {
      if (error instanceof RequestFault) throw error;
      const reason = isLate
        ? `did not answer within ${this.timeoutMs} ms`
        : `could not be reached (${networkReason(error)})`;
      const isGivenUp = controller.signal.aborted && !isLate;
      throw new RequestFault(`${this.url} ${reason}.`, 'WAIT', { cause: error, isGivenUp });
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(controller);
    }
  }

  /** Gives up what is under way: nobody waits for it any more. */
  abort(): void {
    for (const controller of this.#underWay) controller.abort();
  }
}

/** fetch says only "fetch failed"; what happened stands in its cause. */
function networkReason(error: unknown): string {
  const cause = isObject(error) && isObject(error.cause) ? error.cause : error;
  const { code, message } = isObject(cause) ? cause : {};
  return [code, message].find((text) => typeof text === 'string' && text !== '')?.toString() ?? String(error);
}

function readAnswer(url: string, response: Response, text: string): unknown {
  const answer = parseObject(text);
  const { status } = response;
  const [first] = Array.isArray(answer?.errors) ? answer.errors : [];
  if (isObject(first)) throw refusal(first, response);
  if (status >= 200 && status < 300 && isObject(answer?.data)) return answer.data;
  const retryAfterMs = readRetryAfter(response.headers);
  if (status === 413) {
    throw new RequestFault('The request was too large.', 'REJECT', { isTooLarge: true });
  }
  if (status === 401) throw new RequestFault(`${url} does not accept the API key.`, 'STOP');
  const hint = waitStatuses.has(status) ? '' : ' See that the address is that of a Binnacle server.';
  throw new RequestFault(`${url} answered with HTTP status ${status} and no result.${hint}`, 'WAIT', {
    retryAfterMs,
  });
}

/** What an error of the answer means: the server's code decides, and the HTTP status where there is none. */
function refusal(error: Record<string, unknown>, response: Response): RequestFault {
  const extensions = isObject(error.extensions) ? error.extensions : {};
  const message = typeof error.message === 'string' ? error.message : 'The server named no reason.';
  const asked = typeof extensions.retryAfterMs === 'number' ? extensions.retryAfterMs : null;
  const retryAfterMs =
    asked === null ? readRetryAfter(response.headers) : Math.min(Math.max(asked, 0), longestRetryAfterMs);
  const fields = (Array.isArray(extensions.fields) ? extensions.fields : []).flatMap((field) =>
    isObject(field) && typeof field.path === 'string' ? [field.path] : [],
  );
  const isTooLarge = response.status === 413;
  return new RequestFault(message, verdictOf(extensions.code, response.status), {
    retryAfterMs,
    fields,
    isTooLarge,
    isGone: extensions.code === 'NOT_FOUND',
  });
}

function verdictOf(code: unknown, status: number): Verdict {
  switch (code) {
    case 'UNAUTHENTICATED':
    case 'FORBIDDEN':
      return 'STOP';
    case 'RATE_LIMITED':
    case 'UNAVAILABLE':
      return 'WAIT';
    case 'BAD_USER_INPUT':
    case 'NOT_FOUND':
    case 'CONFLICT':
    case 'QUERY_TOO_COMPLEX':
      return 'REJECT';
    default:
      return waitStatuses.has(status) ? 'WAIT' : 'RETRY';
  }
}

/** Retry-After is a number of seconds or a date. */
function readRetryAfter(headers: Headers): number | null {
  const value = headers.get('retry-after');
  if (value === null) return null;
  const waitMs = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(waitMs, 0), longestRetryAfterMs);
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
