import {
  Arg,
  Ctx,
  Field,
  FieldResolver,
  ID,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { Agent, AgentVersion, type AgentService } from '../agents/index.js';
import { Project, type ProjectLoader } from '../projects/index.js';
import { Access } from '../../platform/access.js';
import { Connection, pageSizeDescription } from '../../platform/pagination.js';
import { RequestContext } from '../../platform/request-context.js';
import { ErrorInfo, errorInfoOf } from './error-info.js';
import { Intervention } from './intervention.entity.js';
import type { InterventionService } from './intervention.service.js';
import { TaskOrder } from './task-enums.js';
import { Task } from './task.entity.js';
import { CreateTaskInput, FinishTaskInput, TaskFilter } from './task.inputs.js';
import type { TaskService } from './task.service.js';

@ObjectType({ simpleResolvers: true })
export class TaskConnection extends Connection('Task', Task) {}

@ObjectType({ simpleResolvers: true })
export class FinishTaskResult {
  @Field(() => Task)
  task: Task;
}

@Resolver(() => Task)
export class TaskResolver {
  constructor(
    private readonly service: TaskService,
    private readonly humans: InterventionService,
    private readonly agents: AgentService,
    private readonly projects: ProjectLoader,
  ) {}

  @Query(() => Task, { nullable: true, description: 'One task; NOT_FOUND outside of your projects.' })
  @Access('read')
  task(@Arg('id', () => ID) id: string, @Ctx() context: RequestContext): Promise<Task> {
    return this.service.get(context, id);
  }

  @Query(() => Task, {
    nullable: true,
    description: 'The task that a trace became, by its trace id of 32 hex digits.',
  })
  @Access('read')
  taskByTrace(
    @Arg('projectId', () => ID) projectId: string,
    @Arg('traceId', () => String) traceId: string,
    @Ctx() context: RequestContext,
  ): Promise<Task> {
    return this.service.getByTrace(context, projectId, traceId);
  }

  @Query(() => TaskConnection, { description: 'The tasks of a project, newest first unless told.' })
  @Access('read')
  // eslint-disable-next-line eslint/max-params -- one parameter for each argument of the field
  tasks(
    @Arg('projectId', () => ID) projectId: string,
    @Ctx() context: RequestContext,
    @Arg('filter', () => TaskFilter, { nullable: true }) filter?: TaskFilter | null,
    @Arg('orderBy', () => TaskOrder, { nullable: true }) orderBy?: TaskOrder | null,
    @Arg('first', () => Int, { nullable: true, description: pageSizeDescription }) first?: number | null,
    @Arg('after', () => String, { nullable: true }) after?: string | null,
    @Arg('last', () => Int, { nullable: true }) last?: number | null,
    @Arg('before', () => String, { nullable: true }) before?: string | null,
  ): Promise<TaskConnection> {
    return this.service.list(context, projectId, filter ?? {}, orderBy ?? TaskOrder.NEWEST, {
      first,
      after,
      last,
      before,
    });
  }

  @Mutation(() => Task, { description: 'Makes a task that runs the current version of its agent.' })
  @Access('ingest')
  createTask(
    @Arg('input', () => CreateTaskInput) input: CreateTaskInput,
    @Ctx() context: RequestContext,
  ): Promise<Task> {
    return this.service.create(context, input);
  }

  @Mutation(() => FinishTaskResult, {
    description:
      'Ends a task. Ending it again with the same status changes nothing; with another one it is CONFLICT. Late steps are still taken.',
  })
  @Access('ingest')
  async finishTask(
    @Arg('input', () => FinishTaskInput) input: FinishTaskInput,
    @Ctx() context: RequestContext,
  ): Promise<FinishTaskResult> {
    const { id } = await this.service.finish(context, input);
    return { task: await this.service.reload(id) };
  }

  @Mutation(() => Task, { description: 'Ends a task that nobody needs any more.' })
  @Access('operate')
  async cancelTask(@Arg('id', () => ID) id: string, @Ctx() context: RequestContext): Promise<Task> {
    return this.service.reload((await this.service.cancel(context, id)).id);
  }

  @Mutation(() => Task, {
    description:
      'Puts a task that FAILED, TIMED_OUT or was CANCELLED back into the queue as its next attempt; its steps stay.',
  })
  @Access('operate')
  async retryTask(@Arg('id', () => ID) id: string, @Ctx() context: RequestContext): Promise<Task> {
    return this.service.reload((await this.service.retry(context, id)).id);
  }

  @FieldResolver(() => Project)
  project(@Root() task: Task, @Ctx() context: RequestContext): Promise<Project> {
    return this.projects.load(context, task.projectId);
  }

  @FieldResolver(() => Agent)
  agent(@Root() task: Task, @Ctx() context: RequestContext): Promise<Agent | null> {
    return this.agents.loader(context).load(task.agentId);
  }

  @FieldResolver(() => AgentVersion, { description: 'The version it ran, or runs.' })
  agentVersion(@Root() task: Task, @Ctx() context: RequestContext): Promise<AgentVersion | null> {
    return this.agents.versionLoader(context).load(task.agentVersionId);
  }

  @FieldResolver(() => Task, { nullable: true })
  parent(@Root() task: Task, @Ctx() context: RequestContext): Promise<Task | null> | null {
    return task.parentId === null ? null : this.service.loader(context).load(task.parentId);
  }

  @FieldResolver(() => ErrorInfo, { nullable: true })
  error(@Root() task: Task): ErrorInfo | null {
    return errorInfoOf(task);
  }

  @FieldResolver(() => [Intervention], { description: 'Oldest first.' })
  interventions(@Root() task: Task, @Ctx() context: RequestContext): Promise<Intervention[]> {
    return this.humans.ofTaskLoader(context).load(task.id);
  }
}
