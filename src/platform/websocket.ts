import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { GraphQLError, type ExecutionArgs, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { handleProtocols, makeServer, type SubscribePayload } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Config } from './config.js';
import type { ErrorReporter } from './error-format.js';
import { DomainError, UnauthenticatedError, type ErrorCode } from './errors.js';
import { RefusedDocument, type Executor, type OperationRequest, type PreparedOperation } from './executor.js';
import type { HttpMetrics } from './http-metrics.js';
import { requestIdOf } from './http-server.js';
import type { Logger } from './logger.js';
import { OpenSocket, SocketClose } from './open-socket.js';
import { RequestContext } from './request-context.js';
import { SharedSubscriptions, TooSlowError, type ResultStream } from './shared-subscription.js';

export interface GraphqlSocketsOptions {
  schema: GraphQLSchema;
  executor: Executor;
  settings: Pick<
    Config,
    | 'MAX_FRAME_BYTES'
    | 'MAX_SOCKETS'
    | 'MAX_SUBSCRIPTIONS'
    | 'CONNECTION_INIT_TIMEOUT_MS'
    | 'MAX_SOCKET_BACKLOG_BYTES'
  >;
  errors: ErrorReporter;
  logger: Logger;
  metrics?: HttpMetrics;
  /**
   * Who is asking, by what connection_init carried. What it throws closes the socket with the code that fits; so do
   * credentials that do not count. Without any the socket stays, for what is public.
   * @param credentials as the headers of an HTTP request would have them
   * @param upgrade the request that opened the socket
   */
  authenticate: (credentials: SocketCredentials, upgrade: IncomingMessage) => Promise<RequestContext>;
}

export interface SocketCredentials {
  authorization?: string;
  'x-api-key'?: string;
}

/** An operation on its way through graphql-ws, which hands its arguments on as they are. */
interface Execution extends ExecutionArgs {
  socket: OpenSocket;
  id: string;
  operation: PreparedOperation;
  request: OperationRequest;
}

interface Extra {
  socket: OpenSocket;
  upgrade: IncomingMessage;
}

type ConnectionParams = Record<string, unknown> | undefined;

/** Ids of subscriptions stand in every frame. */
const maxIdLength = 128;
const pingEveryMs = 15_000;

/**
 * GraphQL over WebSockets by the protocol graphql-transport-ws, on the upgrades of an HTTP server. A socket shows whose it
 * is by connection_init, never by a cookie: a foreign page that opens one has nothing to use.
 */
export class GraphqlSockets {
  readonly #sockets = new Set<OpenSocket>();
  readonly #upgrades: WebSocketServer;
  readonly #shared: SharedSubscriptions;
  readonly #protocol: ReturnType<typeof makeServer<ConnectionParams, Extra>>;
  readonly #pings: NodeJS.Timeout;
  #isDraining = false;

  constructor(private readonly options: GraphqlSocketsOptions) {
    const { settings, errors } = options;
    this.#shared = new SharedSubscriptions(options.schema, options.executor);
    this.#upgrades = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: settings.MAX_FRAME_BYTES,
      handleProtocols,
    });
    this.#protocol = makeServer<ConnectionParams, Extra>({
      connectionInitWaitTimeout: settings.CONNECTION_INIT_TIMEOUT_MS,
      onConnect: ({ connectionParams, extra }) => this.#connect(connectionParams ?? {}, extra),
      onSubscribe: ({ subscriptions, extra }, id, payload) =>
        this.#select(extra.socket, id, payload, Object.keys(subscriptions).length),
      execute: (args) => this.#execute(args as Execution),
      subscribe: (args) => this.#subscribe(args as Execution),
      onError: ({ extra }, _id, _payload, faults) =>
        faults.map((fault) => errors.format(fault, extra.socket.nextOperationId()).toJSON()),
    });
    this.#pings = setInterval(() => {
      for (const socket of this.#sockets) socket.ping();
    }, pingEveryMs);
    this.#pings.unref();
  }

  /** Takes the upgrades of a server at one path; others are refused. */
  attach(server: Server, path = '/graphql'): void {
    server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      const [pathname] = (request.url ?? '').split('?');
      const isFull = this.#sockets.size >= this.options.settings.MAX_SOCKETS;
      if (this.#isDraining || isFull || pathname !== path) {
        const status = pathname === path ? '503 Service Unavailable' : '404 Not Found';
        stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      this.#upgrades.handleUpgrade(request, stream, head, (webSocket) => this.#open(webSocket, request));
    });
  }

  /** The contexts of all open sockets that have shown whose they are. */
  *contexts(): Iterable<RequestContext> {
    for (const { context, isOpen } of this.#sockets) if (context && isOpen) yield context;
  }

  /**
   * Closes the sockets whose context is meant: after a logout, a lost membership, a revoked key.
   * @param code one of SocketClose
   * @returns how many there were
   */
  closeWhere(predicate: (context: RequestContext) => boolean, code: number, reason: string): number {
    let closed = 0;
    for (const socket of this.#sockets) {
      if (!socket.isOpen || !socket.context || !predicate(socket.context)) continue;
      socket.close(code, reason);
      closed++;
    }
    return closed;
  }

  /** Closes all sockets: queries and mutations under way are answered first, for `graceMs` at most. */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    clearInterval(this.#pings);
    const deadline = Date.now() + graceMs;
    await Promise.all([...this.#sockets].map((socket) => this.#drainOne(socket, deadline)));
  }

  async #drainOne(socket: OpenSocket, deadline: number): Promise<void> {
    await within(deadline, Promise.allSettled(socket.running));
    const closed = new Promise((resolve) => socket.webSocket.once('close', resolve));
    socket.close(SocketClose.stopping, 'The server is stopping; come back.');
    await within(deadline, closed);
    socket.webSocket.terminate();
  }

  #open(webSocket: WebSocket, upgrade: IncomingMessage): void {
    const { settings, metrics, logger } = this.options;
    const socket = new OpenSocket(webSocket, {
      maxBacklogBytes: settings.MAX_SOCKET_BACKLOG_BYTES,
      onTooSlow: () => metrics?.slowClosed.inc(),
    });
    this.#sockets.add(socket);
    metrics?.sockets.inc();
    // A frame too large, a connection reset: the close that follows is all there is to do.
    webSocket.on('error', (error) => logger.debug({ err: error }, 'A WebSocket failed.'));
    const onClosed = this.#protocol.opened(
      {
        protocol: webSocket.protocol,
        send: (text) => socket.send(text),
        close: (code, reason) => socket.close(code ?? SocketClose.internal, reason ?? ''),
        onMessage: (handle) =>
          webSocket.on('message', (data: Buffer) => {
            handle(data.toString()).catch((error: unknown) => this.#fail(socket, error));
          }),
      },
      { socket, upgrade },
    );
    webSocket.once('close', (code, reason) => {
      this.#sockets.delete(socket);
      metrics?.sockets.dec();
      onClosed(code, String(reason)).catch((error: unknown) => this.#fail(socket, error));
    });
  }

  async #connect(params: Record<string, unknown>, { socket, upgrade }: Extra): Promise<boolean> {
    try {
      const authenticate = () => this.options.authenticate(credentialsOf(params), upgrade);
      const context = await authenticate();
      if (context.authProblem !== null) throw new UnauthenticatedError(context.authProblem);
      socket.belongTo(context, authenticate);
      return socket.isOpen;
    } catch (error) {
      const { code, message } = this.options.errors.explain(error, requestIdOf(upgrade));
      socket.close(closeCodeOf(code), message);
      return false;
    }
  }

  /** Checks an operation before anything of it is carried out. */
  async #select(
    socket: OpenSocket,
    id: string,
    payload: SubscribePayload,
    open: number,
  ): Promise<Execution | readonly GraphQLError[]> {
    const { schema, executor, settings, errors } = this.options;
    let requestId = '';
    try {
      const context = await socket.newContext();
      ({ requestId } = context);
      if (id.length > maxIdLength) {
        throw new GraphQLError(`The id has ${id.length} characters; ${maxIdLength} are allowed.`);
      }
      if (open > settings.MAX_SUBSCRIPTIONS) {
        throw new DomainError(
          'RATE_LIMITED',
          `This socket has ${settings.MAX_SUBSCRIPTIONS} subscriptions, the most allowed. End one, or open another socket.`,
        );
      }
      const request = { operationName: payload.operationName, variables: payload.variables, context };
      const operation = executor.select(payload.query, request);
      return {
        ...{ socket, id, operation, request },
        ...{ schema, document: operation.document, contextValue: context },
        operationName: operation.definition.name?.value ?? null,
      };
    } catch (error) {
      const faults = error instanceof RefusedDocument ? error.errors : [error];
      return faults.map((fault) => errors.format(fault, requestId || socket.nextOperationId()));
    }
  }

  #execute({ socket, operation, request }: Execution): Promise<ExecutionResult> {
    const running = this.options.executor.run(operation, request);
    socket.running.add(running);
    void running.finally(() => socket.running.delete(running));
    return running;
  }

  async #subscribe(execution: Execution): Promise<ExecutionResult | AsyncIterableIterator<ExecutionResult>> {
    const { socket, id, operation, request } = execution;
    const stream = await this.#shared.subscribe(operation, request);
    return 'next' in stream ? this.#follow(stream, socket, id) : stream;
  }

  /**
   * Sends the results of a subscription as they are, under its id; to graphql-ws it looks like one without any, that
   * ends when the last has been sent. So a result is never written as JSON again.
   */
  #follow(stream: ResultStream, socket: OpenSocket, id: string): AsyncIterableIterator<ExecutionResult> {
    const { metrics } = this.options;
    const frameStart = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
    const finished: IteratorReturnResult<undefined> = { value: undefined, done: true };
    let leave: () => void = () => undefined;
    const left = new Promise<void>((resolve) => (leave = resolve));
    let hasLeft = false;
    const deliverAll = async () => {
      for (;;) {
        const result = await stream.next();
        if (result === undefined || hasLeft) return;
        socket.send(`${frameStart}${result}}`);
        metrics?.deliveries.inc();
        if (socket.isBehind) await socket.drained();
      }
    };
    const release = () => {
      if (hasLeft) return;
      hasLeft = true;
      metrics?.subscriptions.dec();
      stream.return();
      leave();
    };
    metrics?.subscriptions.inc();
    return {
      next: async () => {
        try {
          await Promise.race([deliverAll(), left]);
        } catch (error) {
          if (!(error instanceof TooSlowError)) throw error;
          socket.closeAsTooSlow();
        } finally {
          release();
        }
        return finished;
      },
      return: async () => {
        release();
        return finished;
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  #fail(socket: OpenSocket, error: unknown): void {
    const { message } = this.options.errors.explain(error, socket.nextOperationId());
    socket.close(SocketClose.internal, message);
  }
}

/** Clients name credentials in connection_init as in HTTP headers, or as a bare token. */
function credentialsOf(params: Record<string, unknown>): SocketCredentials {
  const credentials: SocketCredentials = {};
  for (const [name, value] of Object.entries(params)) {
    if (typeof value !== 'string') continue;
    const key = name.toLowerCase();
    if (key === 'authorization') credentials.authorization = value;
    else if (key === 'token') credentials.authorization = `Bearer ${value}`;
    else if (key === 'x-api-key') credentials['x-api-key'] = value;
  }
  return credentials;
}

function closeCodeOf(code: ErrorCode): number {
  switch (code) {
    case 'UNAUTHENTICATED':
      return SocketClose.unauthorized;
    case 'FORBIDDEN':
    case 'NOT_FOUND':
      return SocketClose.forbidden;
    case 'RATE_LIMITED':
    case 'UNAVAILABLE':
      return SocketClose.unavailable;
    case 'BAD_USER_INPUT':
    case 'QUERY_TOO_COMPLEX':
    case 'CONFLICT':
      return SocketClose.badRequest;
    case 'INTERNAL':
      return SocketClose.internal;
  }
}

/** Waits for the work, but no longer than to the deadline. */
async function within(deadline: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, deadline - Date.now()));
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
