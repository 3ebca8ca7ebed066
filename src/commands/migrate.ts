import 'reflect-metadata';
import { createBinnacleDataSource } from '../data-source.js';
import { readConfig } from '../platform/config.js';
import { Database, migrate } from '../platform/database.js';
import { startEmbeddedPostgres } from '../platform/embedded-postgres.js';
import { migrateJobs } from '../platform/jobs.js';

/** `npm run migrate`: brings the database to the newest version and ends. */
export async function runMigrate(): Promise<number> {
  const config = readConfig(process.env);
  const embedded = config.DATABASE_URL
    ? null
    : await startEmbeddedPostgres({ homeDir: config.BINNACLE_HOME });
  try {
    const dataSource = createBinnacleDataSource({ url: config.DATABASE_URL ?? embedded?.url ?? '' });
    await dataSource.initialize();
    try {
      const ran = await migrate(dataSource);
      await migrateJobs(new Database(dataSource).pool);
      process.stdout.write(
        ran.length > 0
          ? `Ran ${ran.length} migrations:\n${ran.map((n) => `  ${n}\n`).join('')}`
          : 'The database is up to date.\n',
      );
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await embedded?.stop();
  }
  return 0;
}
