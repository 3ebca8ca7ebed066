import { readConfig, type Config } from '../platform/config.js';
import { createLogger } from '../platform/logger.js';
import { BinnacleServer, type ServerRoles } from '../server.js';

/** `npm start`: everything in one process. */
export function runServe(): Promise<number> {
  return run(readConfig(process.env), { api: true, worker: true });
}

/** `npm run api`: answers requests; any number of these share a database and a Redis. */
export function runApi(): Promise<number> {
  return run(readShared('api', ['DATABASE_URL', 'JWT_SECRET']), { api: true, worker: false });
}

/** `npm run worker`: runs jobs; any number of these share a database. */
export function runWorker(): Promise<number> {
  return run(readShared('worker', ['DATABASE_URL']), { api: false, worker: true });
}

/** Processes that work together must be told what they share. */
function readShared(role: string, needed: readonly (keyof Config)[]): Config {
  const config = readConfig(process.env);
  const missing = needed.filter((name) => config[name] === undefined);
  if (missing.length > 0) {
    throw new Error(
      `\`npm run ${role}\` works with other processes on one database: set ${missing.join(' and ')}. \`npm start\` runs everything in one process and needs neither.`,
    );
  }
  return config;
}

/** Within this time, two signals are the same one. */
const sameSignalMs = 500;

async function run(config: Config, roles: ServerRoles): Promise<number> {
  const logger = createLogger(config.LOG_LEVEL);
  let end: (code: number) => void = () => undefined;
  const ended = new Promise<number>((resolve) => (end = resolve));
  let askedAt: number | undefined;
  const onSignal = () => {
    // npm hands on a Ctrl-C of which the terminal has told this process already.
    if (askedAt !== undefined && performance.now() - askedAt > sameSignalMs) process.exit(130);
    if (askedAt !== undefined) return;
    askedAt = performance.now();
    process.stdout.write('\nStopping; press Ctrl-C again to stop at once.\n');
    end(0);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
  // A terminal that was closed takes no more words, which is no reason to stop in disorder.
  process.stdout.on('error', () => undefined);
  const server = await BinnacleServer.start(config, roles, logger, (reason) => {
    process.stderr.write(`Binnacle stops: ${reason}\n`);
    end(1);
  });
  if (askedAt === undefined)
    process.stdout.write(roles.api ? greeting(server, config) : 'The worker is running. Ctrl-C stops it.\n');
  // npm passes SIGTERM to its shell only, which dies without a word: a server that npm started stops when the shell is gone.
  const shell = process.ppid;
  const watch = setInterval(() => process.ppid !== shell && end(0), 500);
  if (!process.env.npm_lifecycle_event) clearInterval(watch);
  const code = await ended;
  clearInterval(watch);
  await server.stop();
  return code;
}

function greeting({ url }: BinnacleServer, config: Config): string {
  const data = config.DATABASE_URL
    ? 'on the database of DATABASE_URL'
    : `with its data in ${config.BINNACLE_HOME}/`;
  return `
  Binnacle runs at ${url}, ${data}.

  Open      ${url}
  First     register there. You get a project of your own, and its page says how to send the first step.
  Then      npm run demo                 a made-up fleet at work, to look at
            npm run import -- --help     runs of real agents, from files
            ${url}/graphql    GraphiQL, with the whole API
            README.md                    how your agents report their steps, in five minutes

  Ctrl-C stops it.

`;
}
