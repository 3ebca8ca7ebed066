import type { EgressGuard } from '../../platform/egress-guard.js';
import type { Logger } from '../../platform/logger.js';
import { BrowserPool, type PoolSettings } from './browser-pool.js';
import { BrowserSource } from './browser-source.js';

export type { InstanceReport, InstanceState } from './browser-instance.js';
export type { BrowserPool, PoolReport, PoolSettings } from './browser-pool.js';
export type { PageOptions, PageVisit, PageWork } from './page-visit.js';

export interface BrowserDependencies {
  guard: EgressGuard;
  settings: PoolSettings;
  logger: Logger;
}

/** Browsers for pages that only scripts make whole, and for signing in. */
export function createBrowsers({ guard, settings, logger }: BrowserDependencies) {
  const pool = new BrowserPool(settings, guard, logger);
  return { pool, source: new BrowserSource(pool), stop: () => pool.stop() };
}
