import 'reflect-metadata';
import { createBinnacleDataSource } from './src/data-source.js';

/** For the TypeORM command line: `DATABASE_URL=postgres://… npm run typeorm -- migration:show`. */
const url = process.env.DATABASE_URL;
if (!url) throw new Error('Set DATABASE_URL to the database that the TypeORM command line shall work on.');

export default createBinnacleDataSource({ url });
