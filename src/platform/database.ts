import pg from 'pg';
import { DataSource, type EntityManager, type EntityTarget, type ObjectLiteral } from 'typeorm';

import { SnakeNamingStrategy } from './naming-strategy.js';

// Numbers arrive as numbers: counts stay below 2^53, and money has at most ten decimals.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);
pg.types.setTypeParser(pg.types.builtins.NUMERIC, Number);
pg.types.setTypeParser(pg.types.builtins.DATE, (day) => day);
// Lists of whole numbers may be long, and hold no null.
const int4Array = 1007 as Parameters<typeof pg.types.setTypeParser>[0];
pg.types.setTypeParser(int4Array, (list) => (list === '{}' ? [] : list.slice(1, -1).split(',').map(Number)));

export interface DatabaseOptions {
  url: string;
  entities: EntityTarget<ObjectLiteral>[];
  migrations: (new () => object)[];
  poolSize: number;
  statementTimeoutMs: number;
}

/**
 * A connection breaks now and then, also while somebody holds it and asks nothing just then: its next statement tells. Without a
 * listener it would end the process.
 */
class Connection extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}

/** The options of the one data source: the server's, the migrations' and the TypeORM command line's. */
export function createDataSource(options: DatabaseOptions): DataSource {
  return new DataSource({
    type: 'postgres',
    url: options.url,
    entities: options.entities as never,
    migrations: options.migrations as never,
    migrationsTransactionMode: 'each',
    namingStrategy: new SnakeNamingStrategy(),
    poolSize: options.poolSize,
    connectTimeoutMS: 10_000,
    extra: {
      Client: Connection,
      statement_timeout: options.statementTimeoutMs,
      idle_in_transaction_session_timeout: 60_000,
      keepAlive: true,
      // Text forms of times are then always UTC, whatever the server is set to. Statements are short: compiling them costs more.
      options: '-c TimeZone=UTC -c jit=off',
    },
    // The pool says so when an idle connection breaks; the next query opens a new one.
    poolErrorHandler: () => undefined,
  });
}

export type Row = Record<string, unknown>;

/** A statement that is prepared once per connection under its name: use it for hot, fixed SQL. */
export interface Statement {
  name: string;
  text: string;
}

/**
 * One transaction. Everyday reads and writes go through `manager`; hot paths run plain SQL on the same connection.
 */
export interface Transaction {
  manager: EntityManager;
  query<R = Row>(sql: string | Statement, values?: unknown[]): Promise<R[]>;
  insert<E extends ObjectLiteral>(entity: new () => E, row: E): Promise<void>;
  /** Writes what `patch` holds to the rows that match. */
  update<E extends ObjectLiteral>(entity: new () => E, where: Partial<E>, patch: Partial<E>): Promise<void>;
  /** Runs once the commit has succeeded, in the order given; a fault in it is the caller's to log, never to roll back. */
  afterCommit(task: () => void): void;
}

/** What reads rows: the database, each time as it stands then, or a snapshot of it. */
export interface Reads {
  query<R = Row>(sql: string | Statement, values?: unknown[], types?: pg.CustomTypesConfig): Promise<R[]>;
}

async function queryOn<R>(
  connection: pg.Pool | pg.PoolClient,
  sql: string | Statement,
  values: unknown[],
  types?: pg.CustomTypesConfig,
): Promise<R[]> {
  const config = typeof sql === 'string' ? { text: sql } : { name: sql.name, text: sql.text };
  const result = await connection.query({ ...config, values, ...(types ? { types } : {}) });
  return result.rows as R[];
}

const retryable = new Set(['40001', '40P01']); // serialization failure, deadlock
const attempts = 5;

/** The connection pool, and the one way to run a transaction. */
export class Database implements Reads {
  constructor(readonly dataSource: DataSource) {}

  get manager(): EntityManager {
    return this.dataSource.manager;
  }

  /** A read outside of any transaction, on a connection of the pool. */
  query<R = Row>(
    sql: string | Statement,
    values: unknown[] = [],
    types?: pg.CustomTypesConfig,
  ): Promise<R[]> {
    return queryOn(this.pool, sql, values, types);
  }

  /** Reads that all see things as they stand at one moment. */
  async snapshot<T>(work: (reads: Reads) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      return await work({ query: (sql, values = [], types) => queryOn(client, sql, values, types) });
    } finally {
      await client.query('ROLLBACK').then(
        () => client.release(),
        (error: Error) => client.release(error),
      );
    }
  }

  /**
   * Commits what `work` did, or nothing. A deadlock is tried again from the start, so `work` must do nothing but SQL
   * before the commit; what tells others belongs into afterCommit.
   */
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(work);
      } catch (error) {
        if (attempt === attempts || !retryable.has(sqlStateOf(error) ?? '')) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 2 ** attempt));
      }
    }
  }

  async #once<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const afterCommit: (() => void)[] = [];
    const runner = this.dataSource.createQueryRunner();
    try {
      const client = (await runner.connect()) as pg.PoolClient;
      await runner.startTransaction();
      const result = await work({
        manager: runner.manager,
        query: (sql, values = []) => queryOn(client, sql, values),
        // TypeORM's partial types cannot express columns of any JSON; ours are the entity's own.
        insert: async (entity, row) => void (await runner.manager.insert(entity, row as never)),
        update: async (entity, where, patch) =>
          void (await runner.manager.update(entity, where as never, patch as never)),
        afterCommit: (task) => void afterCommit.push(task),
      });
      await runner.commitTransaction();
      for (const task of afterCommit) task();
      return result;
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await runner.release();
    }
  }

  /** Ends the pool and waits until the server has let go of its connections, so that it may be stopped next. */
  async close(): Promise<void> {
    const { pool } = this;
    const open = pool.totalCount;
    let removed = 0;
    const gone = new Promise<void>((resolve) => {
      if (open === 0) resolve();
      pool.on('remove', () => ++removed >= open && resolve());
      setTimeout(resolve, 2000).unref();
    });
    await this.dataSource.destroy();
    await gone;
  }

  get pool(): pg.Pool {
    return (this.dataSource.driver as unknown as { master: pg.Pool }).master;
  }
}

/** The five-character SQLSTATE of a database error, through TypeORM's wrapping; undefined for anything else. */
export function sqlStateOf(error: unknown): string | undefined {
  const cause = error instanceof Error && 'driverError' in error ? error.driverError : error;
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** True where the unique rule of that name refused a row. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const cause = error instanceof Error && 'driverError' in error ? error.driverError : error;
  return (
    sqlStateOf(error) === '23505' &&
    (constraint === undefined || (cause as { constraint?: string }).constraint === constraint)
  );
}

/** True where the database could not be reached or refused to take part: the caller may try again soon. */
export function isDatabaseUnavailable(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state) return state.startsWith('08') || state.startsWith('53') || state.startsWith('57P');
  const code = (error as { code?: unknown } | undefined)?.code;
  const message = error instanceof Error ? error.message : '';
  return (
    ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'].includes(String(code)) ||
    /Connection terminated|timeout exceeded when trying to connect|Client (has encountered a connection error|was closed)/.test(
      message,
    )
  );
}

/** True where the database gave a statement up that may succeed another time: it took too long, or others were in its way. */
export function isGivenUp(error: unknown): boolean {
  return ['57014', '55P03', '40P01', '40001'].includes(sqlStateOf(error) ?? '');
}

/** Any number of processes may start at once: one migrates, the others wait for it. */
const migrationLock = 0x62696e6e; // "binn"

/**
 * Brings the database to the newest migration, under an advisory lock. Answers the names of those it ran.
 * @param besides what else has to be brought up to date under the same lock
 */
export async function migrate(
  dataSource: DataSource,
  besides: () => Promise<void> = () => Promise.resolve(),
): Promise<string[]> {
  const client = new pg.Client({ connectionString: (dataSource.options as { url?: string }).url });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    const ran = await dataSource.runMigrations();
    await besides();
    return ran.map((migration) => migration.name);
  } finally {
    await client.end();
  }
}
