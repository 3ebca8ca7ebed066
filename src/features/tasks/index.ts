import type { AgentService } from '../agents/index.js';
import type { UserLoader } from '../auth/index.js';
import type { ProjectLoader } from '../projects/index.js';
import type { Database } from '../../platform/database.js';
import { countOf } from '../../platform/pagination.js';
import type { JobHandlers, JobQueue } from '../../platform/jobs.js';
import type { PubSub } from '../../platform/pubsub.js';
import { ClassifyErrorResolver } from './classify-error.resolver.js';
import { InterventionConnection, InterventionResolver } from './intervention.resolver.js';
import { Intervention } from './intervention.entity.js';
import { InterventionService } from './intervention.service.js';
import { StepRepository } from './step.repository.js';
import { StepResolver } from './step.resolver.js';
import { StepService } from './step.service.js';
import { TaskChanger } from './task-change.js';
import type { TaskEvents } from './task.events.js';
import type { TaskJobs } from './task.jobs.js';
import { TaskStep } from './task-step.entity.js';
import { Task } from './task.entity.js';
import { TaskRepository } from './task.repository.js';
import { TaskConnection, TaskResolver } from './task.resolver.js';
import { TaskService } from './task.service.js';

export { ErrorInfo, errorInfoOf } from './error-info.js';
export { Intervention } from './intervention.entity.js';
export { CostSource, ErrorClass, StepStatus, StepType, TaskStatus } from './task-enums.js';
export type { TaskEvents } from './task.events.js';
export type { TaskJobs } from './task.jobs.js';
export { isFinished } from './task-state.js';
export { TaskStep } from './task-step.entity.js';
export { Task } from './task.entity.js';
export type { TaskService } from './task.service.js';

export const taskEntities = [Task, TaskStep, Intervention];

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
  maxStepsPerCall: number;
}

/** Tasks, their steps as they are told, and interventions: everything that changes a task. */
export function createTasks(deps: TasksDependencies) {
  const repository = new TaskRepository(deps.database);
  const changer = new TaskChanger(repository, new StepRepository(), deps.events, deps.agents);
  const humans = new InterventionService(deps.database, repository, changer, deps.events, deps.jobs);
  const service = new TaskService(deps.database, repository, changer, deps.agents, deps.jobs, (tx, task) =>
    humans.expireOpen(tx, task),
  );
  const steps = new StepService(deps.database, changer, deps.maxStepsPerCall);
  const handlers: JobHandlers<TaskJobs> = {
    timeOutTask: (payload) => service.timeOut(payload),
    expireIntervention: (payload) => humans.expire(payload),
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
    handlers,
    steps,
    resolvers: [
      new TaskResolver(service, humans, deps.agents, deps.projects),
      countOf(TaskConnection),
      new StepResolver(steps, service),
      new InterventionResolver(humans, service, deps.users),
      countOf(InterventionConnection),
      new ClassifyErrorResolver(),
    ] as object[],
  };
}
