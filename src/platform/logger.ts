import { pino, type Logger } from 'pino';

export type { Logger };

/** Names of fields that never reach a log line, wherever they stand in what is logged. */
const secret = ['password', 'token', 'secret', 'authorization', 'apiKey', 'storageState', 'recipe', 'cookie'];

/** JSON lines on standard error, so that what commands print stays apart from what they log. */
export function createLogger(level: string): Logger {
  return pino(
    { level, base: undefined, redact: secret.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]) },
    pino.destination({ dest: 2, sync: false }),
  );
}
