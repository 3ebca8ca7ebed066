import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One call that came by. */
export interface SeenCall {
  /** The first field of its document, such as recordSteps. */
  field: string;
  input: { taskId?: string; steps?: { key: string; status?: string }[]; idempotencyKey?: string };
  bytes: number;
  arrivedAt: number;
  /** When its answer had gone back; undefined while it has not. */
  answeredAt?: number;
}

/** What becomes of a call: passed on, answered here, or passed on and its answer kept back. */
export type Fate =
  | 'pass'
  | 'losesAnswer'
  | 'refuses'
  | { delayMs: number }
  | { status: number; headers?: Record<string, string>; body?: string };

/** An HTTP proxy in front of a server, which counts the calls and treats them as it is told. */
export class WaywardProxy {
  readonly calls: SeenCall[] = [];
  /** Decides over each call. */
  fateOf: (call: SeenCall, index: number) => Fate = () => 'pass';
  #server: Server | undefined;
  #port = 0;
  /** Ends what is held up, when the proxy closes. */
  #open = new AbortController();

  constructor(private target: string) {}

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** How many calls of that field came by. */
  count(field: string): number {
    return this.calls.filter((call) => call.field === field).length;
  }

  /** Listens, on the same port as before where it did. */
  async listen(): Promise<this> {
    const server = createServer((request, response) => {
      void this.#handle(request, response.socket?.destroy.bind(response.socket) ?? (() => undefined))
        .then((answer) => {
          if (answer) response.writeHead(answer.status, answer.headers).end(answer.body);
        })
        .catch(() => response.destroy());
    });
    this.#server = server;
    this.#open = new AbortController();
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    return this;
  }

  /** Takes no more connections, and cuts those that there are. */
  async close(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#open.abort();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  async #handle(request: IncomingMessage, cut: () => void): Promise<Required<Answer> | null> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const call = seen(body);
    const fate = this.fateOf(call, this.calls.push(call) - 1);
    if (fate === 'refuses') {
      cut();
      return null;
    }
    if (typeof fate === 'object' && 'status' in fate) {
      call.answeredAt = performance.now();
      return { headers: {}, body: '', ...fate };
    }
    if (typeof fate === 'object') await sleep(fate.delayMs, undefined, { signal: this.#open.signal });
    const answer = await this.#pass(request, body);
    call.answeredAt = performance.now();
    if (fate !== 'losesAnswer') return answer;
    cut();
    return null;
  }

  #pass({ method, url, headers }: IncomingMessage, body: Buffer): Promise<Required<Answer>> {
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(
        new URL(url ?? '/', this.target),
        { method, headers, agent: false },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('end', () => {
            const type = incoming.headers['content-type'] ?? 'application/json';
            const answer = Buffer.concat(chunks).toString();
            resolve({ status: incoming.statusCode ?? 500, headers: { 'content-type': type }, body: answer });
          });
          incoming.on('error', reject);
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

function seen(body: Buffer): SeenCall {
  const { query, variables } = JSON.parse(body.toString()) as {
    query: string;
    variables?: { input: SeenCall['input'] };
  };
  const field = /\{\s*(\w+)/.exec(query)?.[1] ?? '';
  return { field, input: variables?.input ?? {}, bytes: body.length, arrivedAt: performance.now() };
}
