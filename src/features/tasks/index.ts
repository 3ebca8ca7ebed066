import type { AgentService } from '../agents/index.js';
import type { UserLoader } from '../auth/index.js';
import type { PriceBook } from '../prices/index.js';
import type { ProjectLoader } from '../projects/index.js';
import type { Database } from '../../platform/database.js';
import { countOf } from '../../platform/pagination.js';
import type { JobHandlers, JobQueue } from '../../platform/jobs.js';
import type { Logger } from '../../platform/logger.js';
import type { PubSub } from '../../platform/pubsub.js';
import { ClassifyErrorResolver } from './classify-error.resolver.js';
import { InterventionConnection, InterventionResolver } from './intervention.resolver.js';
import { IngestionWatch } from './ingestion-watch.js';
import { Intervention } from './intervention.entity.js';
import { InterventionService } from './intervention.service.js';
import { BuiltInWorkers } from './queue/built-in-workers.js';
import { LeaseGuard } from './queue/lease-guard.js';
import { LeaseKeeper } from './queue/lease-keeper.js';
import { QueueRepository } from './queue/queue.repository.js';
import { QueueResolver } from './queue/queue.resolver.js';
import { QueueService } from './queue/queue.service.js';
import { QueueWatch } from './queue/queue-watch.js';
import { QueuedTask } from './queue/queued-task.entity.js';
import { WorkerBeats } from './queue/worker-beats.js';
import { Worker } from './queue/worker.entity.js';
import { PriceRun } from './price-run.entity.js';
import { RepriceResolver } from './reprice.resolver.js';
import { RepriceService } from './reprice.service.js';
import { RetentionService, type BeforeDayIsDeleted } from './retention.service.js';
import { StepRepository } from './step.repository.js';
import { StepResolver } from './step.resolver.js';
import { StepService } from './step.service.js';
import { TaskChanger, type ChangeListeners } from './task-change.js';
import type { TaskEvents } from './task.events.js';
import type { TaskJobs } from './task.jobs.js';
import { TaskStep } from './task-step.entity.js';
import { Task } from './task.entity.js';
import { TaskRepository } from './task.repository.js';
import { TaskConnection, TaskResolver } from './task.resolver.js';
import { TaskService, type ExpireOpen } from './task.service.js';
import { TraceHead } from './trace-head.entity.js';
import { TraceTaskService } from './trace-task.service.js';

export { errorColumns, type ErrorColumns, ErrorInfo, errorInfoOf, type ErrorInput } from './error-info.js';
export { Intervention } from './intervention.entity.js';
export type { InterventionService } from './intervention.service.js';
export {
  CostSource,
  ErrorClass,
  InterventionKind,
  InterventionStatus,
  StepStatus,
  StepType,
  TaskOrder,
  TaskStatus,
} from './task-enums.js';
export type { TaskEvents } from './task.events.js';
export type { TaskJobs } from './task.jobs.js';
export type { BuiltInWorkers } from './queue/built-in-workers.js';
export type { KnownWorker, QueueState, QueueWatch } from './queue/queue-watch.js';
export { LeaseLostError } from './queue/lease-lost.js';
export type { StepInput } from './step.inputs.js';
export type { StepRecord } from './step-record.js';
export { isFinished } from './task-state.js';
export { TaskStep } from './task-step.entity.js';
export { Task } from './task.entity.js';
export { ResolveInterventionInput, TaskFilter } from './task.inputs.js';
export type { TaskService } from './task.service.js';
export type { ToldTrace, TraceTaskService } from './trace-task.service.js';
export type { ToldSpan } from './trace-state.js';

export const taskEntities = [Task, TaskStep, Intervention, PriceRun, TraceHead, QueuedTask, Worker];

/** Rows as the live feeds read them, without asking who may see them. */
export interface TasksReads {
  task(id: string): Promise<Task | null>;
  tasks(ids: readonly string[]): Promise<(Task | null)[]>;
  interventions(ids: readonly string[]): Promise<Intervention[]>;
  /** Those of the tasks that were asked for or resolved within so many seconds. */
  interventionsChangedIn(
    taskIds: readonly string[],
    seconds: number,
  ): Promise<Pick<Intervention, 'projectId' | 'id' | 'resolvedAt'>[]>;
}

export interface TasksDependencies {
  database: Database;
  events: PubSub<TaskEvents>;
  jobs: JobQueue<TaskJobs>;
  agents: AgentService;
  users: UserLoader;
  projects: ProjectLoader;
  prices: PriceBook;
  maxStepsPerCall: number;
  /** After so long without spans a trace without its root is closed. */
  traceQuietMs: number;
  logger: Logger;
  /** tasks knows neither metrics nor traces: what keeps them true is wired by the composition root. */
  listeners: ChangeListeners;
  beforeDayIsDeleted: BeforeDayIsDeleted;
}

/** Tasks, their steps as they are told, and interventions: everything that changes a task. */
export function createTasks(deps: TasksDependencies) {
  const repository = new TaskRepository(deps.database);
  const queueRows = new QueueRepository(deps.database);
  const beats = new WorkerBeats(deps.database, deps.logger);
  const changer = new TaskChanger(
    repository,
    new StepRepository(),
    new LeaseGuard(queueRows, beats),
    deps.events,
    deps.agents,
    deps.prices,
    deps.listeners,
  );
  const humans = new InterventionService(deps.database, repository, changer, deps.events, deps.jobs);
  const expireOpen: ExpireOpen = (tx, task) => humans.expireOpen(tx, task);
  const service = new TaskService(
    deps.database,
    repository,
    changer,
    deps.agents,
    deps.jobs,
    expireOpen,
    queueRows,
  );
  const leases = new LeaseKeeper(
    deps.database,
    repository,
    queueRows,
    deps.jobs,
    (tx, task) => service.loseWorker(tx, task),
    deps.logger,
  );
  const queue = new QueueService({
    database: deps.database,
    tasks: repository,
    queue: queueRows,
    changer,
    agents: deps.agents,
    jobs: deps.jobs,
    leases,
    beats,
  });
  const ingestion = new IngestionWatch();
  const traces = new TraceTaskService(deps.database, repository, changer, deps.events, ingestion, expireOpen);
  const steps = new StepService(deps.database, changer, ingestion, deps.maxStepsPerCall);
  const reprice = new RepriceService(deps.database, repository, changer, deps.prices, deps.jobs);
  const retention = new RetentionService(deps.database, deps.beforeDayIsDeleted);
  const handlers: JobHandlers<TaskJobs> = {
    timeOutTask: (payload) => service.timeOut(payload),
    giveBackTasks: async () => {
      await leases.giveBack();
      await beats.forgetGone();
    },
    expireIntervention: (payload) => humans.expire(payload),
    repriceSteps: (payload) => reprice.run(payload),
    closeQuietTraces: () => traces.closeQuiet(deps.traceQuietMs),
    purgeOldTasks: () => retention.purge(),
  };
  const reads: TasksReads = {
    task: (id) => repository.find(id),
    tasks: (ids) => repository.findMany(ids),
    interventions: (ids) => repository.findInterventions(ids),
    interventionsChangedIn: (taskIds, seconds) => repository.interventionsChangedIn(taskIds, seconds),
  };
  return {
    service,
    reads,
    humans,
    traces,
    handlers,
    ingestion,
    reprice,
    queue,
    queueWatch: new QueueWatch(deps.database),
    /** What Binnacle's own workers do their work through. */
    builtInWorkers: new BuiltInWorkers(queue, service, steps, humans),
    resolvers: [
      new TaskResolver(service, humans, deps.agents, deps.projects),
      countOf(TaskConnection),
      new QueueResolver(queue),
      new StepResolver(steps, service),
      new InterventionResolver(humans, service, deps.users),
      countOf(InterventionConnection),
      new ClassifyErrorResolver(),
      new RepriceResolver(reprice),
    ] as object[],
  };
}
