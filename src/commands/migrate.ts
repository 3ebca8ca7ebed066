import 'reflect-metadata';
import { openDatabase } from '../open-database.js';
import { readConfig } from '../platform/config.js';
import { startEmbeddedPostgres } from '../platform/embedded-postgres.js';

/** `npm run migrate`: brings the database to the newest version and ends. */
export async function runMigrate(): Promise<number> {
  const config = readConfig(process.env);
  const embedded = config.DATABASE_URL
    ? null
    : await startEmbeddedPostgres({ homeDir: config.BINNACLE_HOME });
  try {
    const { database, ran } = await openDatabase({ url: config.DATABASE_URL ?? embedded?.url ?? '' });
    await database.close();
    process.stdout.write(
      ran.length > 0
        ? `Ran ${ran.length} migrations:\n${ran.map((name) => `  ${name}\n`).join('')}`
        : 'The database is up to date.\n',
    );
  } finally {
    await embedded?.stop();
  }
  return 0;
}
