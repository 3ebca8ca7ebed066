import 'reflect-metadata';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { createApp } from '../app.js';
import { createBinnacleDataSource } from '../data-source.js';
import type { Events } from '../events.js';
import { readConfig } from '../platform/config.js';
import { Database } from '../platform/database.js';
import { createLogger } from '../platform/logger.js';
import { createLocalEventBus } from '../platform/pubsub.js';

/** The schema as schema.graphql holds it; nothing is connected to. */
export async function schemaText(): Promise<string> {
  const logger = createLogger('silent');
  const app = await createApp({
    config: readConfig({}),
    database: new Database(createBinnacleDataSource({ url: 'postgres://localhost/none' })),
    events: createLocalEventBus<Events>(logger),
    jwtSecret: 'x'.repeat(32),
    logger,
  });
  return `${printSchema(lexicographicSortSchema(app.schema))}\n`;
}

/** `npm run --silent schema > schema.graphql`: after a change of the API. */
export async function runPrintSchema(): Promise<number> {
  process.stdout.write(await schemaText());
  return 0;
}
