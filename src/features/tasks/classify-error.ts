import { ErrorClass } from './task-enums.js';

/** What is known about a fault, as far as anybody told. */
export interface ErrorFacts {
  httpStatus?: number | null;
  code?: string | null;
  type?: string | null;
  message?: string | null;
  /** Response headers, names in any case. */
  headers?: Record<string, unknown> | null;
}

export interface Classification {
  class: ErrorClass;
  retryable: boolean;
  retryAfterMs: number | null;
  /** Which fact decided. */
  evidence: string;
}

const retryable: ReadonlySet<ErrorClass> = new Set([
  ErrorClass.RATE_LIMIT,
  ErrorClass.TIMEOUT,
  ErrorClass.OVERLOADED,
  ErrorClass.OUTAGE,
  ErrorClass.NETWORK,
  ErrorClass.BROWSER,
  ErrorClass.MALFORMED_OUTPUT,
]);

/**
 * What providers and runtimes say, most telling first: codes and types name the fault; messages only describe it; a status
 * is the coarsest sign. So "insufficient_quota" on a 429 is QUOTA, which no waiting mends.
 */
const words: readonly (readonly [ErrorClass, RegExp])[] = [
  [
    ErrorClass.QUOTA,
    /insufficient_quota|quota[ _]exceeded|exceeded your current quota|billing|credit balance|payment[ _]required/i,
  ],
  [
    ErrorClass.CONTEXT_LENGTH,
    /context_length|context (length|window)|maximum context|prompt is too long|too many (input )?tokens|string_above_max/i,
  ],
  [ErrorClass.CONTENT_POLICY, /content_(policy|filter)|safety|moderation|responsibleai|flagged/i],
  [
    ErrorClass.LOGIN_EXPIRED,
    /login[ _]expired|session[ _](has )?expired|signed[ _]out|logged[ _]out|login[ _]required/i,
  ],
  [ErrorClass.BLOCKED, /captcha|access denied by|bot detect|blocked by|robots\.txt/i],
  [ErrorClass.RATE_LIMIT, /rate[ _-]?limit|too many requests|throttl|resource_exhausted/i],
  [ErrorClass.OVERLOADED, /overloaded|model is busy|at capacity|engine is currently/i],
  [
    ErrorClass.BROWSER,
    /target (page|closed)|browser (has )?(crash|closed|disconnect)|page crash|net::err_aborted|playwright|puppeteer/i,
  ],
  [ErrorClass.TIMEOUT, /time[ds]?[ _-]?out|ETIMEDOUT|ESOCKETTIMEDOUT|deadline[ _]exceeded|AbortError/i],
  [
    ErrorClass.NETWORK,
    /ECONNRE(SET|FUSED)|ENOTFOUND|EAI_AGAIN|EPIPE|ENETUNREACH|EHOSTUNREACH|socket hang up|fetch failed|network error|net::err_|dns/i,
  ],
  [
    ErrorClass.AUTH,
    /invalid_api_key|incorrect api key|unauthori[sz]ed|authentication|permission[ _]denied|forbidden|invalid[ _]token/i,
  ],
  [
    ErrorClass.MALFORMED_OUTPUT,
    /JSONDecodeError|unexpected (token|end of json)|not valid json|invalid json|schema validation|failed to parse|ValidationError|OutputParser/i,
  ],
];

/** What providers say of many faults alike: counts only where nothing else tells. */
const vagueWords: typeof words = [
  [ErrorClass.TOOL_FAILURE, /tool[ _](error|fail|call)|function call/i],
  [
    ErrorClass.OUTAGE,
    /internal[ _]server[ _]error|api_error|server_error|bad gateway|service[ _]unavailable/i,
  ],
  [ErrorClass.INVALID_REQUEST, /invalid_request|bad request|invalid[ _]argument|unprocessable/i],
];

const byStatus: Readonly<Record<number, ErrorClass>> = {
  400: ErrorClass.INVALID_REQUEST,
  401: ErrorClass.AUTH,
  402: ErrorClass.QUOTA,
  403: ErrorClass.AUTH,
  404: ErrorClass.INVALID_REQUEST,
  408: ErrorClass.TIMEOUT,
  413: ErrorClass.CONTEXT_LENGTH,
  422: ErrorClass.INVALID_REQUEST,
  429: ErrorClass.RATE_LIMIT,
  500: ErrorClass.OUTAGE,
  502: ErrorClass.OUTAGE,
  503: ErrorClass.OVERLOADED,
  504: ErrorClass.TIMEOUT,
  529: ErrorClass.OVERLOADED,
};

/** Says what kind of fault it is: by words that name one (code, type, message), then the HTTP status, then vague words. */
export function classifyError(facts: ErrorFacts): Classification {
  const { errorClass, evidence } = decide(facts);
  return {
    class: errorClass,
    retryable: retryable.has(errorClass),
    retryAfterMs: retryAfterMs(facts.headers ?? {}),
    evidence,
  };
}

function decide(facts: ErrorFacts): { errorClass: ErrorClass; evidence: string } {
  const named = findWord(facts, words);
  if (named) return named;
  const status = facts.httpStatus ?? undefined;
  if (status !== undefined) {
    const errorClass = byStatus[status] ?? (status >= 500 ? ErrorClass.OUTAGE : undefined);
    if (errorClass) return { errorClass, evidence: `httpStatus: ${status}` };
  }
  return (
    findWord(facts, vagueWords) ?? {
      errorClass: ErrorClass.UNKNOWN,
      evidence: 'Nothing told names a known fault.',
    }
  );
}

function findWord(
  facts: ErrorFacts,
  known: typeof words,
): { errorClass: ErrorClass; evidence: string } | undefined {
  for (const field of ['code', 'type', 'message'] as const) {
    // A message may be a whole page: what it is about stands near its beginning.
    const text = facts[field]?.slice(0, 2000);
    const found = text && known.find(([, pattern]) => pattern.test(text));
    if (found) return { errorClass: found[0], evidence: `${field}: ${found[1].exec(text)?.[0]}` };
  }
  return undefined;
}

/** Retry-After in seconds or as a date, and the millisecond form some providers send beside it. */
function retryAfterMs(headers: Record<string, unknown>): number | null {
  const find = (name: string) => Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  const ms = Number(find('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(ms) && ms >= 0) return ms;
  const after = find('retry-after');
  if (typeof after !== 'string' && typeof after !== 'number') return null;
  const seconds = Number(after);
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1000 : null;
  const at = Date.parse(String(after));
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}
