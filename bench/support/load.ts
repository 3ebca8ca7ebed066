import { Agent, request } from 'node:http';

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
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const call = request(
        url,
        {
          method: 'POST',
          agent,
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
            ...headers,
          },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => (text.length < 200 ? (text += chunk) : undefined));
          response.on('end', () => {
            if (response.statusCode !== 200 || text.startsWith('{"errors"')) reject(new Error(text));
            else resolve();
          });
        },
      );
      call.on('error', reject);
      call.end(body);
    });
  const started = Date.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (Date.now() < until) {
        await one();
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
