import 'reflect-metadata';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { createApp, type App } from '../app.js';
import { createBinnacleDataSource } from '../data-source.js';
import type { Events } from '../events.js';
import { readConfig } from '../platform/config.js';
import { Database } from '../platform/database.js';
import { createLogger } from '../platform/logger.js';
import { createLocalEventBus } from '../platform/pubsub.js';

/** The app with nothing behind it: enough to look at its schema. */
export function createUnconnectedApp(): Promise<App> {
  const logger = createLogger('silent');
  return createApp({
    config: readConfig({}),
    database: new Database(createBinnacleDataSource({ url: 'postgres://localhost/none' })),
    events: createLocalEventBus<Events>(logger),
    jwtSecret: 'x'.repeat(32),
    encryptionKey: undefined,
    logger,
  });
}

/** The schema as schema.graphql holds it. */
export async function schemaText(): Promise<string> {
  const { schema } = await createUnconnectedApp();
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}

/** `npm run --silent schema > schema.graphql`: after a change of the API. */
export async function runPrintSchema(): Promise<number> {
  process.stdout.write(await schemaText());
  return 0;
}
