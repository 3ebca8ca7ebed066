import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { createBinnacleDataSource } from '../../src/data-source.js';
import { Database, migrate } from '../../src/platform/database.js';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres.js';
import { migrateJobs } from '../../src/platform/jobs.js';

/**
 * Once for the whole run: a PostgreSQL (the one in TEST_DATABASE_URL, else the embedded one) and in it one migrated template, which
 * each suite clones in a fraction of a second.
 */
export default async function globalSetup(): Promise<void> {
  const given = process.env.TEST_DATABASE_URL || undefined;
  const homeDir = given ? null : await mkdtemp(join(tmpdir(), 'binnacle-test-'));
  const embedded = homeDir ? await startEmbeddedPostgres({ homeDir }) : null;
  const serverUrl = given ?? embedded?.url ?? '';
  const template = `binnacle_template_${process.pid}`;
  await administer(serverUrl, `CREATE DATABASE ${template}`);
  const url = withDatabase(serverUrl, template);
  const dataSource = createBinnacleDataSource({ url });
  await dataSource.initialize();
  await migrate(dataSource);
  const database = new Database(dataSource);
  await migrateJobs(database.pool);
  await database.close();
  process.env.BINNACLE_TEST_SERVER = serverUrl;
  process.env.BINNACLE_TEST_TEMPLATE = template;
  stop = async () => {
    await administer(serverUrl, `DROP DATABASE ${template} WITH (FORCE)`);
    await embedded?.stop();
    if (homeDir) await rm(homeDir, { recursive: true, force: true });
  };
}

let stop: () => Promise<void> = () => Promise.resolve();

/** For global-teardown.ts, which runs in the same process. */
export function stopTestDatabase(): Promise<void> {
  return stop();
}

export function withDatabase(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.toString();
}

export async function administer(serverUrl: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
