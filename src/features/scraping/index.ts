import type { Router, Request } from 'express';
import type { AgentService } from '../agents/index.js';
import type { BuiltInWorkers, TaskService, TasksReads } from '../tasks/index.js';
import type { TraceService } from '../traces/index.js';
import type { Database } from '../../platform/database.js';
import type { EgressGuard } from '../../platform/egress-guard.js';
import type { JobHandlers } from '../../platform/jobs.js';
import type { Logger } from '../../platform/logger.js';
import type { RequestContext } from '../../platform/request-context.js';
import { HostTurn } from './host-turn.entity.js';
import { HostTurns } from './host-turns.js';
import type { PageSource } from './page-source.js';
import { ScrapingItems } from './scraping-items.js';
import { ScrapingParts } from './scraping-parts.js';
import { ScrapingPreviews } from './scraping-preview.js';
import { ScrapingResolver } from './scraping.resolver.js';
import { createScrapingRoutes } from './scraping.routes.js';
import { ScrapingWorker } from './scraping-worker.js';
import { ScrapingService } from './scraping.service.js';
import type { ScrapingLogins } from './signed-out.js';

export { CookieJar } from './cookie-jar.js';
export { decodePage } from './page-charset.js';
export { PageReader } from './page-reader.js';
export {
  EngineUnavailableError,
  type AroundHop,
  type PageRequest,
  type PageSource,
  type SourcedPage,
} from './page-source.js';
export { ScrapingEngine, ScrapingKind } from './scraping-enums.js';
export type { ScrapingService } from './scraping.service.js';
export { CreateScrapingTaskInput, ScrapingField } from './scraping.inputs.js';
export type { LoginSite, ScrapingLogins, SignedOutOutcome } from './signed-out.js';
export type { StorageState, StoredCookie, StoredOrigin } from './storage-state.js';

export const scrapingEntities = [HostTurn];

/** What scraping has done by jobs. */
export interface ScrapingJobs {
  forgetHostTurns: object;
}

export interface ScrapingDependencies {
  database: Database;
  agents: AgentService;
  tasks: TaskService;
  workers: BuiltInWorkers;
  reads: TasksReads;
  traces: TraceService;
  guard: EgressGuard;
  /** Undefined where this process has no browsers. */
  browser?: PageSource;
  /** Undefined where there are no login sessions. */
  logins?: ScrapingLogins;
  /** Between two requests to a host. */
  delayMs: number;
  pageTimeoutMs: number;
  pageBytes: number;
  /** Tasks that this process runs at a time. */
  concurrency: number;
  maxStepsPerCall: number;
  logger: Logger;
}

/** Scraping tasks: made, previewed, carried out, downloaded. */
export function createScraping(deps: ScrapingDependencies) {
  const turns = new HostTurns(deps.database, deps.delayMs);
  const { guard, browser, logins, pageTimeoutMs, pageBytes } = deps;
  const parts = new ScrapingParts({ guard, turns, browser, logins, pageTimeoutMs, pageBytes });
  const previews = new ScrapingPreviews(parts);
  const service = new ScrapingService(deps.tasks, deps.agents, previews, logins);
  const items = new ScrapingItems(deps.tasks, deps.traces);
  const { workers, traces, reads, logger, concurrency, maxStepsPerCall } = deps;
  const worker = new ScrapingWorker({ parts, workers, traces, reads, logger, concurrency, maxStepsPerCall });
  const handlers: JobHandlers<ScrapingJobs> = { forgetHostTurns: () => turns.forget() };
  return {
    service,
    /** To be started where this process runs jobs. */
    worker,
    handlers,
    resolvers: [new ScrapingResolver(service)] as object[],
    routes: (contextOf: (request: Request) => Promise<RequestContext>): Router =>
      createScrapingRoutes(items, contextOf),
  };
}
