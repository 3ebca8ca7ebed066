import type { TaskEvents, TaskService, TasksReads } from '../tasks/index.js';
import type { Database } from '../../platform/database.js';
import { countOf } from '../../platform/pagination.js';
import type { JobQueue } from '../../platform/jobs.js';
import type { Logger } from '../../platform/logger.js';
import type { PubSub } from '../../platform/pubsub.js';
import { LiveHub } from './live-hub.js';
import { LiveResolver, liveStreams } from './live.resolver.js';
import { IndexingTrigger } from './search/indexing-trigger.js';
import { SearchBits } from './search/search-bits.entity.js';
import { SearchIndexRepository } from './search/search-index.repository.js';
import { SearchIndexer } from './search/search-indexer.js';
import { SearchRun } from './search/search-run.entity.js';
import type { SearchJobs } from './search/search.jobs.js';
import { StepSearch } from './search/step-search.js';
import { StepReader } from './step.reader.js';
import { StepHitResolver, TaskStepResolver, TaskStepsResolver } from './trace.resolver.js';
import { TraceService } from './trace.service.js';
import { StepHitConnection, TaskStepConnection } from './trace.types.js';

export type { SearchJobs } from './search/search.jobs.js';
export { StepFilter } from './step-filter.js';
export type { StepRow } from './step.reader.js';
export type { TraceService } from './trace.service.js';

export const traceEntities = [SearchBits, SearchRun];

export interface TracesDependencies {
  database: Database;
  events: PubSub<TaskEvents>;
  jobs: JobQueue<SearchJobs>;
  tasks: TaskService;
  reads: TasksReads;
  /** How often watched tasks are compared with the database. */
  sweepMs: number;
  logger: Logger;
}

/** Reading and following what agents do. */
export function createTraces(deps: TracesDependencies) {
  const steps = new StepReader(deps.database);
  const live = new LiveHub(deps.database, steps, deps.reads, deps.events, deps.sweepMs, deps.logger);
  const service = new TraceService(steps, new StepSearch(deps.database, steps), deps.tasks, live);
  const indexRepository = new SearchIndexRepository(deps.database);
  const indexer = new SearchIndexer(deps.database, indexRepository, deps.jobs, deps.logger);
  return {
    service,
    live,
    indexing: new IndexingTrigger((projectId) => indexer.ask(projectId), deps.logger),
    handlers: indexer.handlers,
    resolvers: [
      new TaskStepsResolver(service),
      countOf(TaskStepConnection),
      countOf(StepHitConnection),
      new TaskStepResolver(service),
      new StepHitResolver(service),
      new LiveResolver(),
    ] as object[],
    streams: liveStreams(service),
  };
}
