import { createBrowsers } from '../../src/features/browsers/index.js';
import { EgressGuard } from '../../src/platform/egress-guard.js';
import { createLogger } from '../../src/platform/logger.js';

/** A process that holds a page open until it is killed. Its argument is the program of Chromium. */
const { pool } = createBrowsers({
  guard: new EgressGuard([]),
  settings: { chromiumPath: process.argv[2], size: 1, pagesAtOnce: 1, maxPages: 10, watchMs: 2_000 },
  logger: createLogger('silent'),
});
const limits = { timeoutMs: 600_000, maxBytes: 1_000_000, maxRedirects: 1, userAgent: 'BinnacleTest/1.0' };
await pool.withPage(limits, async () => {
  process.stdout.write('A page is open.\n');
  await new Promise(() => undefined);
});
