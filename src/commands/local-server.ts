import 'reflect-metadata';
import { createApp } from '../app.js';
import { createBinnacleDataSource } from '../data-source.js';
import type { Events } from '../events.js';
import { ApiKeyScope } from '../features/auth/index.js';
import { readConfig, type Config } from '../platform/config.js';
import { Database } from '../platform/database.js';
import { Home, type RunningServer } from '../platform/home.js';
import { createLogger } from '../platform/logger.js';
import { createLocalEventBus } from '../platform/pubsub.js';
import { BinnacleServer } from '../server.js';
import type { CommandIo } from './server-connection.js';

/** The server of this folder, found running or started for a command. */
export interface LocalServer extends Pick<RunningServer, 'url' | 'databaseUrl'> {
  config: Config;
  /** Whether it was started for the command, which then stops it. */
  isOwn: boolean;
  stop(): Promise<void>;
}

/**
 * Finds the server of this folder, or starts one.
 * @param port of a server that has to be started; 0 takes a free one
 */
export async function findOrStartServer(port?: number): Promise<LocalServer> {
  const config = readConfig(process.env);
  const running = await new Home(config.BINNACLE_HOME).runningServer();
  if (running) return { ...running, config, isOwn: false, stop: () => Promise.resolve() };
  const settings = port === undefined ? config : { ...config, PORT: port };
  const server = await BinnacleServer.start(settings, { api: true, worker: true }, createLogger('warn'));
  const { url, databaseUrl } = server;
  return { url, databaseUrl, config, isOwn: true, stop: () => server.stop() };
}

/**
 * A key of a project of the server of this folder, for a command that runs on its machine.
 * @param purpose the key's name
 * @throws WhichProjectError where the project cannot be told
 */
async function connectLocally(
  projectSlug: string | undefined,
  purpose: string,
  scopes: readonly (keyof typeof ApiKeyScope)[],
) {
  const server = await findOrStartServer(0);
  const { config, url, databaseUrl } = server;
  const logger = createLogger('warn');
  const database = new Database(createBinnacleDataSource({ url: databaseUrl, poolSize: 2 }));
  const close = async () => {
    if (database.dataSource.isInitialized) await database.close();
    await server.stop();
  };
  try {
    await database.dataSource.initialize();
    const events = createLocalEventBus<Events>(logger);
    const jwtSecret = config.JWT_SECRET ?? (await new Home(config.BINNACLE_HOME).secret('jwt-secret'));
    const encryptionKey = config.ENCRYPTION_KEY;
    const app = await createApp({ config, database, events, jwtSecret, encryptionKey, logger });
    const key = await app.projects.localAccess.openKey(
      projectSlug,
      purpose,
      scopes.map((scope) => ApiKeyScope[scope]),
    );
    return {
      url,
      apiKey: key.secret,
      close: async () => {
        await key.revoke();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A command that speaks to a server: with this process's output and environment, ended by Ctrl-C. */
export function asCommand(
  purpose: string,
  scopes: readonly (keyof typeof ApiKeyScope)[],
  run: (argv: readonly string[], io: CommandIo) => Promise<number>,
): (argv: string[]) => Promise<number> {
  return (argv) => {
    const stop = new AbortController();
    const onSignal = () => stop.abort();
    process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
    return run(argv, {
      stdout: process.stdout,
      stderr: process.stderr,
      env: process.env,
      signal: stop.signal,
      connect: (project) => connectLocally(project, purpose, scopes),
    });
  };
}
