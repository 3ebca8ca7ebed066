import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { createBinnacleDataSource } from '../src/data-source.js';
import { createTestDatabase, type TestDatabase } from './support/test-server.js';

let database: TestDatabase;
let dataSource: DataSource;
beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = createBinnacleDataSource({ url: database.url });
  await dataSource.initialize();
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

/** What TypeORM would still change to make the database what the entities say. */
async function difference(): Promise<string[]> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query);
}

/** Tables, columns, indexes and constraints, as text that two states can be compared by. */
async function shape(): Promise<string[]> {
  const rows = await database.query<{ line: string }>(`
    SELECT format('%s.%s %s %s', table_name, column_name, data_type, is_nullable) AS line
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT format('%s %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
      WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    ORDER BY 1`);
  return rows.map(({ line }) => line);
}

test('the migrated database is what the entities say', async () => {
  expect(await difference()).toEqual([]);
});

test('every migration goes down and up again, and leaves nothing behind', async () => {
  const before = await shape();
  const count = dataSource.migrations.length;
  expect(count).toBeGreaterThan(1);
  for (let index = 0; index < count; index++) await dataSource.undoLastMigration();
  const left = await database.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'
     UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace`,
  );
  expect(left).toEqual([{ name: 'migrations' }]);
  expect(await dataSource.runMigrations()).toHaveLength(count);
  expect(await shape()).toEqual(before);
  expect(await difference()).toEqual([]);
});
