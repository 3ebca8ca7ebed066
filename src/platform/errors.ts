/** The codes a client sees in `extensions.code`; the contract names them, and INTERNAL always means a bug. */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'BAD_USER_INPUT'
  | 'CONFLICT'
  | 'RATE_LIMITED'
  | 'QUERY_TOO_COMPLEX'
  | 'UNAVAILABLE'
  | 'INTERNAL';

/** One thing wrong with an input: where it stands (`input.steps[3].name`) and what to do about it. */
export interface FieldProblem {
  path: string;
  message: string;
}

/**
 * A fault that the caller is told about as it is. Everything else that is thrown reaches the caller as INTERNAL, masked.
 * Features subclass it where they need to recognise their own faults; the code decides status and extensions everywhere.
 */
export class DomainError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: { fields?: FieldProblem[]; retryAfterMs?: number } = {},
  ) {
    super(message);
    this.name = new.target.name;
  }
}

export class UnauthenticatedError extends DomainError {
  constructor(message = 'Sign in first: send a session token or an API key as "Authorization: Bearer …".') {
    super('UNAUTHENTICATED', message);
  }
}

export class ForbiddenError extends DomainError {
  constructor(message: string) {
    super('FORBIDDEN', message);
  }
}

/** Also thrown for what exists in another project: the two must not be told apart. */
export class NotFoundError extends DomainError {
  constructor(what: string) {
    super('NOT_FOUND', `${what} was not found.`);
  }
}

export class BadUserInputError extends DomainError {
  constructor(fields: FieldProblem[]) {
    super('BAD_USER_INPUT', fields.map((field) => `${field.path}: ${field.message}`).join(' '), { fields });
  }
}

export class ConflictError extends DomainError {
  constructor(message: string) {
    super('CONFLICT', message);
  }
}

export class RateLimitedError extends DomainError {
  constructor(message: string, retryAfterMs: number) {
    super('RATE_LIMITED', message, { retryAfterMs });
  }
}

export class UnavailableError extends DomainError {
  constructor(message: string, retryAfterMs = 1000) {
    super('UNAVAILABLE', message, { retryAfterMs });
  }
}

/** The HTTP status of each code, for the REST routes and for requests refused before GraphQL runs. */
export function httpStatusOf(code: ErrorCode): number {
  switch (code) {
    case 'UNAUTHENTICATED':
      return 401;
    case 'FORBIDDEN':
      return 403;
    case 'NOT_FOUND':
      return 404;
    case 'BAD_USER_INPUT':
    case 'QUERY_TOO_COMPLEX':
      return 400;
    case 'CONFLICT':
      return 409;
    case 'RATE_LIMITED':
      return 429;
    case 'UNAVAILABLE':
      return 503;
    case 'INTERNAL':
      return 500;
  }
}
