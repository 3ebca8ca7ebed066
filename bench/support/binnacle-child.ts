import 'reflect-metadata';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/platform/config.js';
import { createLogger } from '../../src/platform/logger.js';
import { BinnacleServer } from '../../src/server.js';

// Binnacle as it ships, in a process of its own: it answers, or with BENCH_ROLE=worker runs jobs.
const isWorker = process.env.BENCH_ROLE === 'worker';
const home = await mkdtemp(join(tmpdir(), 'binnacle-bench-home-'));
const config = readConfig({ ...process.env, BINNACLE_HOME: home, PORT: '0', LOG_LEVEL: 'warn' });
const server = await BinnacleServer.start(
  config,
  { api: !isWorker, worker: isWorker },
  createLogger(config.LOG_LEVEL),
);
process.on('SIGTERM', () => void server.stop().then(() => process.exit()));
process.send?.(server.url);
