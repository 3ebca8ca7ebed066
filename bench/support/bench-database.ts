import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBinnacleDataSource } from '../../src/data-source.js';
import { Database, migrate } from '../../src/platform/database.js';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres.js';
import { migrateJobs } from '../../src/platform/jobs.js';
import { administer, withDatabase } from '../../test/support/global-setup.js';

export interface BenchDatabase {
  url: string;
  database: Database;
  close(): Promise<void>;
}

/** A migrated database for one bench: in TEST_DATABASE_URL's server, else in an embedded one. */
export async function openBenchDatabase(): Promise<BenchDatabase> {
  const given = process.env.TEST_DATABASE_URL;
  const home = given ? null : await mkdtemp(join(tmpdir(), 'binnacle-bench-'));
  const embedded = home ? await startEmbeddedPostgres({ homeDir: home }) : null;
  const serverUrl = given ?? embedded?.url ?? '';
  const name = `binnacle_bench_${process.pid}_${Date.now()}`;
  await administer(serverUrl, `CREATE DATABASE ${name}`);
  const url = withDatabase(serverUrl, name);
  // What is made in one statement here takes longer than a request may.
  const dataSource = createBinnacleDataSource({ url, statementTimeoutMs: 600_000 });
  await dataSource.initialize();
  await migrate(dataSource);
  const database = new Database(dataSource);
  await migrateJobs(database.pool);
  return {
    url,
    database,
    close: async () => {
      await database.close();
      await administer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
      await embedded?.stop();
      if (home) await rm(home, { recursive: true, force: true });
    },
  };
}
