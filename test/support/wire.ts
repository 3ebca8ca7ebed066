import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** The database behind a wire that can be cut, or hang. */
export class Wire {
  readonly #open = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #isHanging = false;

  constructor(private readonly target: URL) {}

  /** Connects, on the same port again. */
  async join(): Promise<string> {
    const { hostname, port } = this.target;
    this.#server = createServer((socket) => {
      const onward = connect(Number(port || 5432), hostname);
      for (const end of [socket, onward]) {
        this.#open.add(end);
        end.on('error', () => undefined).once('close', () => this.#open.delete(end));
      }
      socket.pipe(onward).pipe(socket);
      if (this.#isHanging) this.hang();
    }).listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as { port: number }).port;
    const url = new URL(this.target);
    url.host = `127.0.0.1:${this.#port}`;
    return url.toString();
  }

  /** Nothing comes through any more, and nobody is told. */
  hang(): void {
    this.#isHanging = true;
    for (const end of this.#open) end.pause();
  }

  /** What was held up goes on. */
  release(): void {
    this.#isHanging = false;
    for (const end of this.#open) end.resume();
  }

  cut(): void {
    this.#server?.close();
    for (const end of this.#open) end.destroy();
  }
}
