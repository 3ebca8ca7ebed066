import type { TaskEvents, TaskService, TasksReads } from '../tasks/index.js';
import type { Database } from '../../platform/database.js';
import { countOf } from '../../platform/pagination.js';
import type { Logger } from '../../platform/logger.js';
import type { PubSub } from '../../platform/pubsub.js';
import { LiveHub } from './live-hub.js';
import { LiveResolver, liveStreams } from './live.resolver.js';
import { StepReader } from './step.reader.js';
import { StepHitResolver, TaskStepResolver, TaskStepsResolver } from './trace.resolver.js';
import { TraceService } from './trace.service.js';
import { StepHitConnection, TaskStepConnection } from './trace.types.js';

export interface TracesDependencies {
  database: Database;
  events: PubSub<TaskEvents>;
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
  const service = new TraceService(steps, deps.tasks, live);
  return {
    live,
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
