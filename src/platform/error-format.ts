import { GraphQLError } from 'graphql';
import { isDatabaseUnavailable, isGivenUp } from './database.js';
import { DomainError, type ErrorCode, type FieldProblem } from './errors.js';
import type { Logger } from './logger.js';

/** What a caller is told about an error, whatever the protocol. */
export interface Explanation {
  code: ErrorCode;
  message: string;
  fields?: FieldProblem[];
  retryAfterMs?: number;
  /** Only with INTERNAL: what to quote, so that the log line is found. */
  requestId?: string;
}

/** Turns whatever was thrown into what may be told, and logs what may not. One for the process. */
export interface ErrorReporter {
  explain(error: unknown, requestId: string): Explanation;
  /** The same as a GraphQL error: place in document and result kept, `extensions` as the contract has them. */
  format(error: unknown, requestId: string): GraphQLError;
}

const unavailable: Explanation = {
  code: 'UNAVAILABLE',
  message: 'The database cannot be reached just now. Try again in a moment.',
  retryAfterMs: 1000,
};

const givenUp: Explanation = {
  code: 'UNAVAILABLE',
  message:
    'The database took too long over this. Try again in a moment; if it stays so, ask for less at a time.',
  retryAfterMs: 1000,
};

/** Codes of Apollo Server for requests that never reached a resolver; all of them are the caller's to mend. */
const refusedRequestCodes = new Set([
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

const maxMessageLength = 1000;

/** Messages quote what was sent, and what was sent may be megabytes. */
export function shorten(message: string): string {
  return message.length > maxMessageLength ? `${message.slice(0, maxMessageLength)}…` : message;
}

/** @param logger gets each error that is answered as INTERNAL once, with its stack and the request's id */
export function createErrorReporter(logger: Logger): ErrorReporter {
  const logged = new WeakSet<object>();
  const formatted = new WeakSet<GraphQLError>();

  // A loader's one error fails every field that waited for it: it is one line in the log.
  const isNews = (error: unknown): boolean => {
    if (typeof error !== 'object' || error === null) return true;
    if (logged.has(error)) return false;
    logged.add(error);
    return true;
  };

  const masked = (error: unknown, requestId: string): Explanation => {
    if (isNews(error)) logger.error({ err: error, requestId }, 'A request failed by a fault of the server.');
    return {
      code: 'INTERNAL',
      message: `Something went wrong on our side. Tell us this request id: ${requestId}`,
      requestId,
    };
  };

  const explain = (error: unknown, requestId: string): Explanation => {
    const cause = rootCause(error);
    if (cause instanceof DomainError) {
      return cause.code === 'INTERNAL'
        ? masked(cause, requestId)
        : { code: cause.code, message: cause.message, ...cause.details };
    }
    if (isDatabaseUnavailable(cause)) {
      if (isNews(cause)) logger.warn({ err: cause, requestId }, 'The database could not be reached.');
      return unavailable;
    }
    if (isGivenUp(cause)) {
      if (isNews(cause)) logger.warn({ err: cause, requestId }, 'The database gave a statement up.');
      return givenUp;
    }
    if (cause instanceof GraphQLError && isCallersFault(cause, error)) {
      const fields = cause.extensions?.['fields'] as FieldProblem[] | undefined;
      return { code: 'BAD_USER_INPUT', message: shorten(cause.message), ...(fields ? { fields } : {}) };
    }
    return masked(cause, requestId);
  };

  const format = (error: unknown, requestId: string): GraphQLError => {
    if (error instanceof GraphQLError && formatted.has(error)) return error;
    const { message, ...extensions } = explain(error, requestId);
    const located = error instanceof GraphQLError ? error : undefined;
    // How a request is answered as a whole (status, headers) is between the transport and Apollo; it removes it again.
    const http = located?.extensions?.['http'];
    const result = new GraphQLError(message, {
      ...(located?.path ? { path: located.path } : {}),
      extensions: { ...extensions, ...(http ? { http } : {}) },
    });
    if (located?.locations) {
      Object.defineProperty(result, 'locations', { value: located.locations, enumerable: true });
    }
    formatted.add(result);
    return result;
  };

  return { explain, format };
}

/** What was thrown in the first place: GraphQL wraps it to say where. */
function rootCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

/**
 * GraphQL itself refuses requests (syntax, validation, values) and complains of resolvers (null where none may be, a value
 * that its type cannot write). The latter have a path in the result, and are bugs.
 */
function isCallersFault(cause: GraphQLError, outermost: unknown): boolean {
  const code = cause.extensions?.['code'];
  if (typeof code === 'string') return refusedRequestCodes.has(code);
  if (cause.message.startsWith('Argument "')) return true;
  return cause.path === undefined && (outermost as GraphQLError).path === undefined;
}
