/** What is wrong with one field of an input. */
export interface FieldProblem {
  path: string;
  message: string;
}

export interface GraphqlError {
  message: string;
  extensions?: { code?: string; fields?: FieldProblem[]; retryAfterMs?: number };
}

export interface Answer {
  data?: unknown;
  errors?: GraphqlError[];
}

/** Stands for faults between this page and the server, where the server itself says nothing. */
export const UNREACHABLE = 'UNREACHABLE';

/** Faults that the same request will meet again. */
const FINAL_CODES = new Set([
  'NOT_FOUND',
  'FORBIDDEN',
  'UNAUTHENTICATED',
  'BAD_USER_INPUT',
  'CONFLICT',
  'GRAPHQL_VALIDATION_FAILED',
]);

/** The server answered with errors, or not with GraphQL at all. The message is fit to be shown. */
export class GraphqlFault extends Error {
  readonly code: string | undefined;
  readonly fields: FieldProblem[];
  /** Whether the same request will meet it again. */
  readonly isFinal: boolean;

  constructor(message: string, extensions: GraphqlError['extensions'] = {}) {
    super(message);
    this.name = 'GraphqlFault';
    this.code = extensions.code;
    this.fields = extensions.fields ?? [];
    this.isFinal = FINAL_CODES.has(this.code ?? '');
  }
}

export interface PostOptions {
  /** Empty or left out = none is sent. */
  token?: string | undefined;
  /** Win over all others. */
  headers?: HeadersInit | undefined;
  signal?: AbortSignal | undefined;
  /** Reads the text of the answer; JSON.parse unless told. */
  read?: ((text: string) => unknown) | undefined;
}

/**
 * Sends one operation. That the server could not be asked is an error like those it answers with (code UNREACHABLE).
 * @throws DOMException (AbortError) when the signal ends it, and nothing else
 */
export async function postGraphql(url: URL, body: object, options: PostOptions = {}): Promise<Answer> {
  const { token, headers: extraHeaders, signal, read = JSON.parse } = options;
  let response: Response;
  try {
    const headers = new Headers({
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json;q=0.9',
    });
    if (token) headers.set('authorization', `Bearer ${token}`);
    new Headers(extraHeaders).forEach((value, name) => headers.set(name, value));
    response = await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal: signal ?? null,
    });
  } catch (error) {
    signal?.throwIfAborted();
    return failed(`The request could not be sent; see whether the server runs. (${String(error)})`);
  }
  const answer: unknown = await response
    .text()
    .then(read)
    .catch(() => null);
  signal?.throwIfAborted();
  if (isAnswer(answer)) return answer;
  return failed(`The server answered ${response.status} ${response.statusText}, and not with GraphQL.`);
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && ('data' in value || 'errors' in value);
}

function failed(message: string): Answer {
  return { errors: [{ message, extensions: { code: UNREACHABLE } }] };
}
