import { createBinnacleDataSource } from './data-source.js';
import { Database, migrate, sqlStateOf } from './platform/database.js';
import { migrateJobs } from './platform/jobs.js';

export interface OpenDatabaseOptions {
  url: string;
  poolSize?: number;
  statementTimeoutMs?: number;
}

/**
 * Connects to the database and brings it to the newest version; many processes may do so at once.
 * @returns the database, to be closed by the caller, and the names of the migrations that were run
 * @throws Error that names the address without its password, and what to do
 */
export async function openDatabase(
  options: OpenDatabaseOptions,
): Promise<{ database: Database; ran: string[] }> {
  const dataSource = createBinnacleDataSource(options);
  try {
    await dataSource.initialize();
  } catch (error) {
    throw connectError(options.url, error);
  }
  const database = new Database(dataSource);
  try {
    return { database, ran: await migrate(dataSource, () => migrateJobs(database.pool)) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

function connectError(url: string, error: unknown): Error {
  const { host, pathname } = new URL(url);
  const { code = '', message } = error as NodeJS.ErrnoException;
  const remedy =
    remedies[sqlStateOf(error) ?? ''] ??
    'Look whether PostgreSQL runs there, and whether DATABASE_URL names it rightly.';
  return new Error(`The database ${host}${pathname} cannot be used: ${message || code}. ${remedy}`, {
    cause: error,
  });
}

const remedies: Readonly<Record<string, string>> = {
  '28000': 'Look at the user and the password in DATABASE_URL.',
  '28P01': 'Look at the user and the password in DATABASE_URL.',
  '3D000': 'Make that database, or name another one in DATABASE_URL.',
  '53300': 'Raise its max_connections, or lower DATABASE_POOL.',
};
