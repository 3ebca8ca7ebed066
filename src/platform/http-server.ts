import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler, type Express, type Response } from 'express';
import { v7 as uuidv7 } from 'uuid';
import type { Config } from './config.js';
import type { ErrorReporter, Explanation } from './error-format.js';
import { httpStatusOf, type ErrorCode } from './errors.js';
import type { HttpMetrics } from './http-metrics.js';
import type { Logger } from './logger.js';

export interface HttpServerOptions {
  settings: Pick<Config, 'TRUST_PROXY'>;
  logger: Logger;
  errors: ErrorReporter;
  metrics?: HttpMetrics;
  /** Puts the routes in place; what they leave unanswered is 404, what they throw is told as problem details. */
  mount: (app: Express) => void;
}

const requestIds = new WeakMap<IncomingMessage, string>();
const saneRequestId = /^[\w.-]{1,128}$/;

/** The id that a request came with as X-Request-Id, if it looks sane, or one made for it. */
export function requestIdOf(request: IncomingMessage): string {
  let id = requestIds.get(request);
  if (id === undefined) {
    const given = request.headers['x-request-id'];
    id = typeof given === 'string' && saneRequestId.test(given) ? given : uuidv7();
    requestIds.set(request, id);
  }
  return id;
}

/**
 * The caller's address, through so many proxies as are trusted; WebSockets have no Express to ask.
 * @param trustProxy number of proxies in front that add to X-Forwarded-For
 */
export function addressOf(request: IncomingMessage, trustProxy: number): string | null {
  const forwarded = trustProxy > 0 ? (request.headers['x-forwarded-for'] ?? '') : '';
  const hops = String(forwarded)
    .split(',')
    .map((hop) => hop.trim())
    .filter((hop) => hop !== '');
  return hops.at(-Math.min(trustProxy, hops.length)) ?? request.socket.remoteAddress ?? null;
}

/** The HTTP side of the process: one Express app on one node:http server, which WebSockets share. */
export class HttpServer {
  readonly server: Server;
  #isStopping = false;

  constructor(private readonly options: HttpServerOptions) {
    this.server = createServer(this.#createApp());
    // Longer than proxies keep theirs, so that none sends a request down a connection that is just closing.
    this.server.keepAliveTimeout = 65_000;
  }

  /**
   * @param port 0 takes a free one
   * @returns the address to open, as http://host:port
   * @throws Error that says what to do where the port is taken or not allowed
   */
  async listen(host: string, port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
      this.server.listen(port, host, resolve);
    });
    const address = this.server.address() as AddressInfo;
    return `http://${urlHost(host, address)}:${address.port}`;
  }

  /**
   * Stops in order: takes no more connections, lets running requests finish for `graceMs` at most, closes what is left.
   * Sockets count as running; close them at the same time.
   */
  async drain(graceMs: number): Promise<void> {
    this.#isStopping = true;
    const closed = new Promise<void>((resolve) => {
      this.server.close(() => resolve());
    });
    // A kept-alive connection becomes idle when its last answer is out, and nothing else would close it then.
    const idle = setInterval(() => this.server.closeIdleConnections(), 25);
    const late = setTimeout(() => this.server.closeAllConnections(), graceMs);
    await closed;
    clearInterval(idle);
    clearTimeout(late);
  }

  #createApp(): Express {
    const { settings, metrics, errors, logger, mount } = this.options;
    const app = express();
    app.disable('x-powered-by');
    app.disable('etag');
    app.set('trust proxy', settings.TRUST_PROXY);
    app.use((request, response, next) => {
      const requestId = requestIdOf(request);
      response.setHeader('X-Request-Id', requestId);
      response.setHeader('X-Content-Type-Options', 'nosniff');
      response.setHeader('Referrer-Policy', 'no-referrer');
      response.setHeader('X-Frame-Options', 'DENY');
      if (this.#isStopping) response.setHeader('Connection', 'close');
      if (logger.isLevelEnabled('debug')) {
        const { method, path } = request;
        const started = performance.now();
        response.once('close', () => {
          const ms = Math.round(performance.now() - started);
          logger.debug(
            { requestId, method, path, status: response.statusCode, ms, ip: request.ip },
            'request',
          );
        });
      }
      next();
    });
    if (metrics) app.use(metrics.measure);
    mount(app);
    app.use((request, response) => {
      sendProblem(response, 404, {
        code: 'NOT_FOUND',
        message: `There is nothing at ${request.method} ${request.path}.`,
      });
    });
    app.use(problemHandler(errors));
    return app;
  }
}

/** Tells what a route threw as RFC 9457 problem details. */
function problemHandler(errors: ErrorReporter): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const refused = bodyProblem(error);
    if (refused) return sendProblem(response, refused.status, refused);
    const explanation = errors.explain(error, requestIdOf(request));
    sendProblem(response, httpStatusOf(explanation.code), explanation);
  };
}

export interface BodyProblem extends Explanation {
  status: number;
}

/** What is wrong with a request that could not be read (body too large, no JSON, …); undefined for any other error. */
export function bodyProblem(error: unknown): BodyProblem | undefined {
  const isRefusal = error instanceof Error && ('expose' in error || error instanceof URIError);
  if (!isRefusal || !('status' in error)) return undefined;
  const { status, message, limit } = error as Error & { status: unknown; limit?: number };
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  const detail =
    status === 413
      ? `The body is larger than ${limit ?? 0} bytes, the most allowed (MAX_BODY_BYTES). Send it in parts.`
      : 'type' in error && error.type === 'entity.parse.failed'
        ? `The body is no JSON: ${message}`
        : `The request could not be read: ${message}`;
  return { status, code: 'BAD_USER_INPUT', message: detail };
}

const titles: Record<ErrorCode, string> = {
  UNAUTHENTICATED: 'Not signed in',
  FORBIDDEN: 'Not allowed',
  NOT_FOUND: 'Not found',
  BAD_USER_INPUT: 'Bad input',
  CONFLICT: 'Conflict',
  RATE_LIMITED: 'Too many requests',
  QUERY_TOO_COMPLEX: 'Query too complex',
  UNAVAILABLE: 'Not available',
  INTERNAL: 'Internal error',
};

/** Answers with RFC 9457 problem details. */
export function sendProblem(response: Response, status: number, explanation: Explanation): void {
  const { code, message, fields, retryAfterMs } = explanation;
  if (retryAfterMs !== undefined) response.setHeader('Retry-After', Math.ceil(retryAfterMs / 1000));
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  const problem = {
    type: `urn:binnacle:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: titles[code],
    status,
    detail: message,
    code,
    fields,
    retryAfterMs,
    requestId: response.getHeader('X-Request-Id'),
  };
  response.status(status).type('application/problem+json').send(JSON.stringify(problem));
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const told: Record<string, string> = {
    EADDRINUSE: `Port ${port} is taken by another program. Set PORT to a free one (PORT=0 finds one), or stop that program.`,
    EACCES: `This user may not listen on port ${port}. Set PORT to 1024 or above.`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Set HOST to one that it has, such as 127.0.0.1.`,
    ENOTFOUND: `This machine has no address ${host}. Set HOST to one that it has, such as 127.0.0.1.`,
  };
  const message = told[error.code ?? ''];
  return message ? new Error(message, { cause: error }) : error;
}

/** A host that a browser can open, where the server listens on all addresses. */
function urlHost(host: string, address: AddressInfo): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return address.family === 'IPv6' ? `[${address.address}]` : host;
}
