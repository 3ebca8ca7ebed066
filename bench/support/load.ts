import { Agent, request } from 'node:http';

/** How a request was answered. */
export interface Answer {
  status: number;
  /** Its beginning. */
  text: string;
  /** Seconds. */
  retryAfter: number | null;
}

/** One POST over the agent's connections, of JSON unless the headers say otherwise. */
export function send(
  url: string,
  headers: Record<string, string>,
  body: string | Buffer,
  agent: Agent,
): Promise<Answer> {
  const allHeaders = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', agent, headers: allHeaders }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text.length < 200 ? (text += chunk) : undefined));
      response.on('end', () => {
        const retryAfter = Number(response.headers['retry-after']) || null;
        resolve({ status: response.statusCode ?? 0, text, retryAfter });
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}

/** As send, of an operation: its answer's text. @throws Error for any answer but 200 with data */
export async function post(...request: Parameters<typeof send>): Promise<string> {
  const { status, text } = await send(...request);
  if (status !== 200 || text.startsWith('{"errors"')) throw new Error(text);
  return text;
}

/** Runs a POST over so many kept-alive connections for so long, and answers how many were answered per second. */
export async function postRate(
  url: string,
  headers: Record<string, string>,
  body: string,
  connections: number,
  seconds: number,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const until = Date.now() + seconds * 1000;
  let answered = 0;
  const started = Date.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (Date.now() < until) {
        await post(url, headers, body, agent);
        answered++;
      }
    }),
  );
  agent.destroy();
  return answered / ((Date.now() - started) / 1000);
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** One line of a bench's answer: figures of one run beside each other, so that noise strikes all alike. */
export function line(name: string, perSecond: number, unit: string, base?: number): string {
  const ratio = base === undefined ? '' : `   ${(perSecond / base).toFixed(2)} of it`;
  return `  ${name.padEnd(46)} ${Math.round(perSecond).toLocaleString('en').padStart(9)} ${unit}${ratio}`;
}

/** `--quick`: a run that only shows that the bench still works. */
export const isQuick = process.argv.includes('--quick');
