import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { createApi, watchCredentials, type Api } from './api.js';
import { createApp, type App } from './app.js';
import type { Events } from './events.js';
import { openDatabase } from './open-database.js';
import type { Config } from './platform/config.js';
import type { Database } from './platform/database.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './platform/embedded-postgres.js';
import { Home } from './platform/home.js';
import { startWorker } from './platform/jobs.js';
import type { Logger } from './platform/logger.js';
import { createLocalEventBus, createRedisEventBus, type EventBus } from './platform/pubsub.js';
import { Readiness } from './readiness.js';

export interface ServerRoles {
  /** Answers requests. */
  api: boolean;
  /** Runs jobs. */
  worker: boolean;
}

/** A part that was started, and how it is stopped; parts stop in the reverse order of their start. */
type Stop = () => Promise<unknown> | void;

/** One process of Binnacle: what it was asked to be, started in order and stopped in the reverse order. */
export class BinnacleServer {
  readonly #stops: Stop[] = [];
  #stopping: Promise<void> | undefined;
  /** Where it answers; empty for a worker alone. */
  url = '';
  databaseUrl = '';

  private constructor(
    private readonly config: Config,
    private readonly logger: Logger,
    private readonly onFault: (reason: string) => void,
  ) {}

  /**
   * @param onFault called once where the process cannot go on, as when the embedded database ends
   * @throws Error whose message says what to do; what had been started is stopped again
   */
  static async start(
    config: Config,
    roles: ServerRoles,
    logger: Logger,
    onFault: (reason: string) => void = () => undefined,
  ): Promise<BinnacleServer> {
    const server = new BinnacleServer(config, logger, onFault);
    try {
      await server.#start(roles);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Stops in order: no new requests, running ones finished, sockets told to come back, jobs put back, database last. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #start(roles: ServerRoles): Promise<void> {
    const { config, logger } = this;
    const home = new Home(config.BINNACLE_HOME);
    // The halves that run apart share no folder: they need none, and may have none to write to.
    const isWhole = roles.api && roles.worker;
    if (isWhole) await home.ensure();
    this.databaseUrl = config.DATABASE_URL ?? (await this.#startDatabase(home)).url;
    const database = await this.#connect();
    const events = this.#openEvents();
    // A worker alone signs nothing.
    const jwtSecret = config.JWT_SECRET ?? (roles.api ? await home.secret('jwt-secret') : randomUUID());
    // Halves that run apart without a key store no secrets, and say so where one is to be stored.
    const encryptionKey =
      config.ENCRYPTION_KEY ?? (isWhole ? await home.secret('encryption-key') : undefined);
    const app = await createApp({ config, database, events, jwtSecret, encryptionKey, logger });
    this.#stops.push(() => app.live.stop());
    this.#stops.push(() => app.metrics.stop());
    this.#stops.push(() => app.logins.stop());
    this.#stops.push(() => app.indexing.stop());
    this.#stops.push(() => app.browsers.stop());
    this.#startReports(app, roles);
    if (roles.worker) await this.#startWorker(app, database);
    if (roles.api) {
      const readiness = new Readiness(database, events.redis, app.ingestion, config.STATEMENT_TIMEOUT_MS / 3);
      const api = await createApi({ app, config, events, logger, readiness });
      this.#stops.push(api.stopGraphql);
      this.#stops.push(await watchCredentials(api, app, events, config.LIVE_SWEEP_MS, logger));
      await this.#listen(api, readiness);
      this.#stops.push(() => app.mcp.waits.stop());
    }
    if (isWhole) {
      await home.noteServer({ url: this.url, pid: process.pid, databaseUrl: this.databaseUrl });
      this.#stops.push(() => home.forgetServer());
    }
  }

  async #startDatabase(home: Home): Promise<EmbeddedPostgres> {
    const postgres = await startEmbeddedPostgres({
      homeDir: home.path,
      log: (line) => this.logger.debug(line),
      onExit: (reason) => this.onFault(reason),
    });
    this.#stops.push(() => postgres.stop());
    return postgres;
  }

  async #connect(): Promise<Database> {
    const { DATABASE_POOL: poolSize, STATEMENT_TIMEOUT_MS: statementTimeoutMs } = this.config;
    const { database } = await openDatabase({ url: this.databaseUrl, poolSize, statementTimeoutMs });
    this.#stops.push(() => database.close());
    return database;
  }

  #openEvents(): EventBus<Events> {
    const { REDIS_URL: url } = this.config;
    const events = url
      ? createRedisEventBus<Events>(url, this.logger)
      : createLocalEventBus<Events>(this.logger);
    this.#stops.push(() => events.close());
    return events;
  }

  #startReports({ system: { live, reporter } }: App, roles: ServerRoles): void {
    const names = [...(roles.api ? ['api' as const] : []), ...(roles.worker ? ['worker' as const] : [])];
    reporter.start(names, roles.worker ? this.config.WORKER_CONCURRENCY : 0);
    this.#stops.push(() => reporter.stop());
    this.#stops.push(() => live.stop());
  }

  async #startWorker({ handlers, cron, scraping }: App, { pool }: Database): Promise<void> {
    const { WORKER_CONCURRENCY: concurrency } = this.config;
    const worker = await startWorker({ pool, handlers, cron, concurrency, logger: this.logger });
    this.#stops.push(() => worker.stop());
    scraping.worker.start();
    this.#stops.push(() => scraping.worker.stop());
  }

  async #listen({ server, sockets }: Api, readiness: Readiness): Promise<void> {
    const { HOST, PORT, SHUTDOWN_GRACE_MS: graceMs } = this.config;
    this.url = await server.listen(HOST, PORT);
    this.#stops.push(() => Promise.all([server.drain(graceMs), sockets.drain(graceMs)]));
    this.#stops.push(() => readiness.stop());
  }

  async #stopAll(): Promise<void> {
    for (const stop of this.#stops.reverse()) {
      try {
        await stop();
      } catch (error) {
        this.logger.error({ err: error }, 'A part did not stop cleanly.');
      }
    }
  }
}
