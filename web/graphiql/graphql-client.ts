import { getOperationAST, OperationTypeNode } from 'graphql';
import { createClient, type Client, type Sink } from 'graphql-ws';
import type { GraphiQLProps } from 'graphiql';
import { GraphqlFault, postGraphql, type Answer, type GraphqlError } from '../access/graphql-post';

type Fetcher = GraphiQLProps['fetcher'];
type FetcherParams = Parameters<Fetcher>[0];

/** Attempts to get a lost socket back before giving up: about three minutes, enough for a server to restart. */
const RECONNECT_ATTEMPTS = 20;
const LONGEST_RECONNECT_DELAY_MS = 10_000;
const FORBIDDEN_CLOSE_CODE = 4403;
const CREDENTIAL_CLOSE_CODES = [4401, FORBIDDEN_CLOSE_CODE];

/**
 * Speaks to the GraphQL endpoint: queries and mutations by POST, subscriptions over graphql-ws at the same path.
 * Both carry the token of the moment. The socket is opened by the first subscription and closed after the last.
 */
export class GraphqlClient {
  /** Called when the server no longer accepts the token that was sent. */
  onRefused: () => void = () => undefined;
  readonly #url: URL;
  #token = '';
  #socket: Client;

  constructor(url: URL) {
    this.#url = url;
    this.#socket = this.#createSocket();
  }

  /** Empty = none is sent. */
  get token(): string {
    return this.#token;
  }

  /** Running subscriptions end: what one person started does not go on in the name of another. */
  set token(token: string) {
    this.#token = token;
    const former = this.#socket;
    this.#socket = this.#createSocket();
    // Rejects when the former socket was still being opened and failed; nobody waits for it any more.
    void Promise.resolve(former.dispose()).catch(() => undefined);
  }

  /**
   * Runs one query or mutation.
   * @param token in place of the one in use; empty = none is sent
   * @throws GraphqlFault
   */
  async request<Data>(query: string, variables: object = {}, token = this.#token): Promise<Data> {
    const { data, errors } = await postGraphql(this.#url, { query, variables }, { token });
    const [error] = errors ?? [];
    if (error) throw new GraphqlFault(error.message, error.extensions);
    return data as Data;
  }

  /**
   * What GraphiQL calls: headers from its editor win over the token.
   * Its type asks for error objects with the methods of graphql-js, where it shows no more than their JSON.
   */
  readonly fetcher = ((params, options) => {
    const operation = options?.documentAST && getOperationAST(options.documentAST, params.operationName);
    return operation?.operation === OperationTypeNode.SUBSCRIPTION
      ? this.#subscribe(params)
      : this.#fetchForEditor(params, options?.headers);
  }) as Fetcher;

  async #fetchForEditor(params: FetcherParams, headers: HeadersInit | undefined): Promise<Answer> {
    const answer = await postGraphql(this.#url, params, { token: this.#token, headers });
    this.#noticeRefusal(answer.errors);
    return answer;
  }

  /** An observable: where an async generator waits for the next event, it cannot be stopped from outside. */
  #subscribe({ query, variables, operationName }: FetcherParams) {
    const start = (sink: Sink) =>
      this.#socket.subscribe(
        { query, variables, operationName },
        {
          next: (result) => sink.next(result),
          error: (problem) => sink.error(this.#explain(problem)),
          complete: () => sink.complete(),
        },
      );
    return { subscribe: (sink: Sink) => ({ unsubscribe: start(sink) }) };
  }

  /** Errors in GraphQL's form; what the browser tells as an event becomes a sentence. */
  #explain(problem: unknown): unknown {
    if (problem instanceof CloseEvent) {
      const isRefused = CREDENTIAL_CLOSE_CODES.includes(problem.code);
      if (isRefused && this.#token) this.onRefused();
      const advice = isRefused ? 'Sign in above, or put in a valid token.' : 'Run the subscription again.';
      return failed(`The server closed the socket: ${problem.code} ${problem.reason}. ${advice}`).errors;
    }
    if (problem instanceof Event) {
      return failed('The socket could not be opened; see whether the server runs and WebSockets reach it.')
        .errors;
    }
    if (Array.isArray(problem)) this.#noticeRefusal(problem);
    return problem;
  }

  #noticeRefusal(errors: readonly GraphqlError[] = []): void {
    if (this.#token && errors.some((error) => error.extensions?.code === 'UNAUTHENTICATED')) this.onRefused();
  }

  #createSocket(): Client {
    const url = new URL(this.#url);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    // Each socket keeps its token: while it reconnects, another one may have come into use.
    const token = this.#token;
    return createClient({
      url: url.href,
      connectionParams: () => (token ? { authorization: `Bearer ${token}` } : {}),
      retryAttempts: RECONNECT_ATTEMPTS,
      retryWait: (retries) =>
        new Promise((resolve) => {
          const delayMs = Math.min(1000 * 2 ** retries, LONGEST_RECONNECT_DELAY_MS);
          setTimeout(resolve, delayMs * (0.5 + Math.random() / 2));
        }),
      // A server that is down shows as an error event, not as a close: that, too, is worth another attempt.
      shouldRetry: (problem) =>
        problem instanceof CloseEvent ? problem.code !== FORBIDDEN_CLOSE_CODE : problem instanceof Event,
    });
  }
}

function failed(message: string) {
  return { errors: [{ message }] };
}
