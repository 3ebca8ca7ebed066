import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { readConfig, type Config } from '../../src/platform/config.js';
import { createLogger } from '../../src/platform/logger.js';
import { BinnacleServer, type ServerRoles } from '../../src/server.js';
import { administer, withDatabase } from './global-setup.js';

export interface TestDatabase {
  url: string;
  /** One statement, past the API: to look at rows, or to break them. */
  query<Row>(sql: string, values?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

let databases = 0;

/** A migrated database of the suite's own, cloned from the template. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { BINNACLE_TEST_SERVER: serverUrl = '', BINNACLE_TEST_TEMPLATE: template = '' } = process.env;
  const name = `binnacle_test_${process.pid}_${Date.now()}_${databases++}`;
  await administer(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = withDatabase(serverUrl, name);
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  // One statement after the other, whoever asks: they share a connection.
  let last: Promise<unknown> = Promise.resolve();
  return {
    url,
    query: async (sql, values = []) => {
      const answer = last.then(() => client.query(sql, values));
      last = answer.catch(() => undefined);
      return (await answer).rows;
    },
    drop: async () => {
      await client.end();
      await administer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

export interface TestServer {
  url: string;
  database: TestDatabase;
  stop(): Promise<void>;
}

/**
 * The whole server in this process, on a free port and a database of its own, or on one that is given.
 * @param settings environment variables beside DATABASE_URL
 */
export async function startTestServer(
  settings: Partial<Record<keyof Config, string>> = {},
  shared?: TestDatabase,
  roles: ServerRoles = { api: true, worker: true },
): Promise<TestServer> {
  const database = shared ?? (await createTestDatabase());
  const home = await mkdtemp(join(tmpdir(), 'binnacle-home-'));
  const config = readConfig({
    DATABASE_URL: database.url,
    BINNACLE_HOME: home,
    PORT: '0',
    JWT_SECRET: 'a secret that only tests know, long enough',
    LOG_LEVEL: 'silent',
    ...settings,
  });
  const server = await BinnacleServer.start(config, roles, createLogger(config.LOG_LEVEL));
  return {
    url: server.url,
    database,
    stop: async () => {
      await server.stop();
      if (!shared) await database.drop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
