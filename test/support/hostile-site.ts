import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A site on loopback whose pages are told by the test. */
export class Site {
  /** Paths that were asked for, with the method where it is not GET. */
  readonly asked: string[] = [];
  readonly pages = new Map<string, string | Answer>();
  readonly #sockets = new Set<Socket>();
  connections = 0;
  readonly #server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    this.asked.push(path);
    const page = this.pages.get(path);
    if (typeof page === 'function') page(request, response);
    else if (page === undefined) response.writeHead(404).end('There is no such page.');
    else response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
  });

  static async start(): Promise<Site> {
    const site = new Site();
    site.#server.on('connection', (socket: Socket) => {
      site.connections++;
      site.#sockets.add(socket);
      socket.on('error', () => undefined);
    });
    site.#server.on('upgrade', (_request, socket) => socket.destroy());
    site.#server.listen(0, '127.0.0.1');
    await once(site.#server, 'listening');
    return site;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(path = '/'): URL {
    return new URL(path, `http://127.0.0.1:${this.port}`);
  }

  redirect(path: string, to: string, status = 302): void {
    this.pages.set(path, (_request, response) => response.writeHead(status, { location: to }).end());
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Listens for UDP on loopback, and counts what comes. */
export async function listenUdp(): Promise<{ port: number; count: () => number; stop: () => void }> {
  const socket = createSocket('udp4');
  let messages = 0;
  socket.on('message', () => messages++);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, count: () => messages, stop: () => socket.close() };
}
