import { createServer, request as requestHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { EgressRefusedError, pinnedLookup, type EgressGuard } from './egress-guard.js';

export interface EgressProxyOptions {
  guard: EgressGuard;
  /** Most bytes that may come in through it, over all connections; then it closes them all. */
  maxBytes: number;
}

const connectTimeoutMs = 15_000;
/** A page may open very many connections; Chromium itself holds 256 at most through a proxy. */
const maxConnections = 300;
const maxRefusals = 50;
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/**
 * A forward proxy on loopback that lets out only what the egress guard lets out. A browser whose every connection goes through it
 * can reach nothing else, whatever its pages try: frames, redirects, WebSockets and workers are all the same to it.
 */
export class EgressProxy {
  readonly #server = createServer({ maxHeaderSize: 65_536 });
  readonly #sockets = new Set<Duplex>();
  readonly #refusals = new Map<string, string>();
  #bytes = 0;
  #isClosed = false;

  private constructor(private readonly options: EgressProxyOptions) {
    this.#server.maxConnections = maxConnections;
    this.#server.on('connection', (socket: Socket) => this.#watch(socket));
    this.#server.on('request', (request, response) => void this.#forward(request, response));
    this.#server.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      void this.#tunnel(request, socket, head);
    });
    this.#server.on('upgrade', (_request, socket: Duplex) => socket.destroy());
    this.#server.on('clientError', (_error, socket: Duplex) => socket.destroy());
  }

  static async start(options: EgressProxyOptions): Promise<EgressProxy> {
    const proxy = new EgressProxy(options);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  /** Its address, as http://127.0.0.1:port. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Bytes that came in through it so far. */
  get bytes(): number {
    return this.#bytes;
  }

  get isExhausted(): boolean {
    return this.#bytes > this.options.maxBytes;
  }

  /** What was refused and why, by destination; the first few. */
  get refusals(): ReadonlyMap<string, string> {
    return this.#refusals;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #watch(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #count(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.isExhausted) for (const socket of this.#sockets) socket.destroy();
  }

  /** A plain request, with its whole address in the request line. */
  async #forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.canParse(request.url ?? '') ? new URL(request.url ?? '') : undefined;
    if (url?.protocol !== 'http:') return void response.writeHead(400).end();
    try {
      const target = await this.options.guard.checkUrl(url);
      if (this.#isClosed || this.isExhausted) return void response.destroy();
      const headers = { ...request.headers };
      for (const name of hopByHop) delete headers[name];
      const onward = requestHttp(url, {
        method: request.method,
        headers: { ...headers, host: url.host },
        lookup: pinnedLookup(target),
        agent: false,
      });
      onward.on('socket', (socket) => this.#watch(socket));
      onward.once('response', (answer) => {
        this.options.guard.watch.note(url.hostname, true);
        const answerHeaders = { ...answer.headers };
        for (const name of hopByHop) delete answerHeaders[name];
        const { statusCode = 0 } = answer;
        // Read by Node.js, but not written by it. The phrase, which may be anything as well, is of no use to anybody.
        if (statusCode < 100) return void response.destroy();
        response.writeHead(statusCode, answerHeaders);
        answer.on('data', (chunk: Buffer) => this.#count(chunk));
        answer.once('error', () => response.destroy());
        answer.pipe(response);
      });
      // Nothing was asked for that would want it.
      onward.once('upgrade', (_answer, socket: Duplex) => {
        socket.destroy();
        response.destroy();
      });
      onward.once('error', () => {
        if (response.headersSent) return response.destroy();
        if (!response.destroyed) this.options.guard.watch.note(url.hostname, false);
        response.writeHead(502).end();
      });
      response.once('close', () => onward.destroy());
      request.pipe(onward);
    } catch (error) {
      // An answer would look as if it came from the site.
      this.#refuse(url.host, error);
      response.destroy();
    }
  }

  /** What is opaque to it: TLS and WebSockets, secure or not. */
  async #tunnel(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    this.#watch(socket);
    const [, name, digits] = /^(\[[\da-f:.]+\]|[^\s/@?#:[\]]+):(\d{1,5})$/i.exec(request.url ?? '') ?? [];
    const url = URL.canParse(`http://${name}`) ? new URL(`http://${name}`) : undefined;
    const port = Number(digits);
    if (!name || !url || !(port > 0 && port <= 65_535)) {
      return void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    }
    try {
      const target = await this.options.guard.checkHost(url.hostname, port);
      if (this.#isClosed || this.isExhausted || socket.destroyed) return void socket.destroy();
      const onward = connect({
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port,
        lookup: pinnedLookup(target),
        autoSelectFamily: true,
      });
      this.#watch(onward);
      onward.setTimeout(connectTimeoutMs, () => onward.destroy());
      let isOpen = false;
      onward.once('connect', () => {
        isOpen = true;
        this.options.guard.watch.note(url.hostname, true);
        onward.setTimeout(0);
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        onward.write(head);
        onward.on('data', (chunk: Buffer) => this.#count(chunk));
        onward.pipe(socket).pipe(onward);
      });
      onward.once('error', () => {
        if (!isOpen) this.options.guard.watch.note(url.hostname, false);
        onward.destroy();
      });
      onward.once('close', () =>
        isOpen ? socket.destroy() : socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'),
      );
      socket.once('close', () => onward.destroy());
    } catch (error) {
      this.#refuse(`${url.host}:${port}`, error);
      const isRefused = error instanceof EgressRefusedError;
      socket.end(`HTTP/1.1 ${isRefused ? '403 Forbidden' : '502 Bad Gateway'}\r\n\r\n`);
    }
  }

  #refuse(destination: string, error: unknown): void {
    if (this.#refusals.size < maxRefusals) this.#refusals.set(destination, (error as Error).message);
  }
}
