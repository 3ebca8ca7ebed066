import type { WebSocket } from 'ws';
import { RequestContext } from './request-context.js';

/**
 * The codes with which sockets are closed. The graphql-ws client reconnects by itself after 1001, 1013, 4403, 4408 and
 * 4430; after 4400, 4401, 4409, 4429 and 4500 it gives up, since the same again would fare no better.
 */
export const SocketClose = {
  /** The server is stopping; the next one is there in a moment. */
  stopping: 1001,
  /** The server could not check the credentials just now. */
  unavailable: 1013,
  /** The client breaks the protocol. */
  badRequest: 4400,
  /** No valid credentials, or they have run out: sign in again. */
  unauthorized: 4401,
  /** The credentials were taken back, or allow less: come back with those that hold now, to follow what they allow. */
  forbidden: 4403,
  /** The client does not keep up; it may resume from the last revision it saw. */
  tooSlow: 4430,
  /** A fault of the server. */
  internal: 4500,
} as const;

/** Bytes that may wait before a subscription waits with its next result. */
const highWaterBytes = 262_144;
/** How long nothing may move while a subscription waits. */
const stallMs = 10_000;
/** How long a closed socket may take to say goodbye. */
const goodbyeMs = 5_000;
/** The longest delay of a timer. */
const maxTimerMs = 2_147_483_647;
/** A close frame holds no more. */
const maxReasonBytes = 123;

/** One WebSocket: what may wait for it, whose it is, and how it ends. */
export class OpenSocket {
  /** Whose it is; null before connection_init. */
  context: RequestContext | null = null;
  /** Queries and mutations being carried out. */
  readonly running = new Set<Promise<unknown>>();
  #authenticate: () => Promise<RequestContext> = () => Promise.reject(new Error('Not connected yet.'));
  #isAlive = true;
  #operations = 0;
  #flushes = 0;
  #expiry: NodeJS.Timeout | undefined;
  readonly #highWaterBytes: number;
  #drained: { promise: Promise<void>; resolve: () => void } | undefined;

  constructor(
    readonly webSocket: WebSocket,
    private readonly options: { maxBacklogBytes: number; onTooSlow: () => void },
  ) {
    this.#highWaterBytes = Math.min(highWaterBytes, options.maxBacklogBytes / 2);
    webSocket.on('pong', () => {
      this.#isAlive = true;
    });
    webSocket.once('close', () => {
      clearTimeout(this.#expiry);
      this.#drained?.resolve();
    });
  }

  get isOpen(): boolean {
    return this.webSocket.readyState === this.webSocket.OPEN;
  }

  /**
   * The socket is the viewer's from now on, until the credentials run out.
   * @param authenticate finds out anew what the same credentials allow
   */
  belongTo(context: RequestContext, authenticate: () => Promise<RequestContext>): void {
    this.context = context;
    this.#authenticate = authenticate;
    this.#watchExpiry();
  }

  /** The context of one more operation: sockets live long, and what their owner may do has grown or shrunk meanwhile. */
  async newContext(): Promise<RequestContext> {
    const { viewer, ip, authProblem } = await this.#authenticate();
    return new RequestContext(viewer, this.nextOperationId(), ip, authProblem);
  }

  /** An id for each operation of the socket, so that its log lines are found. */
  nextOperationId(): string {
    return `${this.context?.requestId ?? 'socket'}.${++this.#operations}`;
  }

  /** Sends a text frame; nothing happens on a socket that is closing. */
  send(text: string): void {
    if (!this.isOpen) return;
    if (this.webSocket.bufferedAmount > this.options.maxBacklogBytes) return this.closeAsTooSlow();
    this.webSocket.send(text, this.#onFlushed);
  }

  /** Whether a subscription should wait for `drained` before its next result. */
  get isBehind(): boolean {
    return this.isOpen && this.webSocket.bufferedAmount > this.#highWaterBytes;
  }

  /** When the reader has taken most of what waits, or is given up. */
  drained(): Promise<void> {
    if (!this.isBehind) return Promise.resolve();
    return (this.#drained ??= this.#watchDrain()).promise;
  }

  closeAsTooSlow(): void {
    if (!this.isOpen) return;
    this.options.onTooSlow();
    this.close(SocketClose.tooSlow, 'Too slow; resume from your last revision.');
  }

  /** Closes after what waits has been sent; a peer that does not take it is cut off. */
  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.webSocket.close(code, fitReason(reason));
    const cutOff = setTimeout(() => this.webSocket.terminate(), goodbyeMs);
    cutOff.unref();
    this.webSocket.once('close', () => clearTimeout(cutOff));
  }

  /** Asks the peer for a sign of life, and cuts it off where it has not answered the last time. */
  ping(): void {
    if (!this.#isAlive) return this.webSocket.terminate();
    this.#isAlive = false;
    if (this.isOpen) this.webSocket.ping();
  }

  readonly #onFlushed = (): void => {
    this.#flushes++;
    if (this.#drained && this.webSocket.bufferedAmount <= this.#highWaterBytes) this.#drained.resolve();
  };

  #watchDrain(): { promise: Promise<void>; resolve: () => void } {
    let flushes = this.#flushes;
    const stalled = setInterval(() => {
      if (this.#flushes === flushes) this.closeAsTooSlow();
      flushes = this.#flushes;
    }, stallMs);
    let settle: () => void = () => undefined;
    const promise = new Promise<void>((resolve) => (settle = resolve));
    const resolve = () => {
      clearInterval(stalled);
      this.#drained = undefined;
      settle();
    };
    return { promise, resolve };
  }

  #watchExpiry(): void {
    const expiresAt = this.context?.viewer?.expiresAt;
    if (!expiresAt || !this.isOpen) return;
    const leftMs = expiresAt.getTime() - Date.now();
    if (leftMs <= 0) return this.close(SocketClose.unauthorized, 'The session has expired; sign in again.');
    this.#expiry = setTimeout(() => this.#watchExpiry(), Math.min(leftMs, maxTimerMs));
    this.#expiry.unref();
  }
}

/** Reasons may quote what a client sent, and a longer one than a close frame holds would throw. */
function fitReason(reason: string): string {
  let fitting = reason.slice(0, maxReasonBytes);
  while (Buffer.byteLength(fitting) > maxReasonBytes) fitting = fitting.slice(0, -1);
  return fitting.isWellFormed() ? fitting : fitting.toWellFormed().slice(0, -1);
}
