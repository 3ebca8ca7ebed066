import { Arg, Ctx, FieldResolver, ID, Int, Mutation, ObjectType, Query, Resolver, Root } from 'type-graphql';
import { User, type UserLoader } from '../auth/index.js';
import { Access } from '../../platform/access.js';
import { Connection, pageSizeDescription } from '../../platform/pagination.js';
import { RequestContext } from '../../platform/request-context.js';
import { Intervention } from './intervention.entity.js';
import type { InterventionService } from './intervention.service.js';
import { InterventionStatus } from './task-enums.js';
import { Task } from './task.entity.js';
import { RequestInterventionInput, ResolveInterventionInput } from './task.inputs.js';
import type { TaskService } from './task.service.js';

@ObjectType({ simpleResolvers: true })
export class InterventionConnection extends Connection('Intervention', Intervention) {}

@Resolver(() => Intervention)
export class InterventionResolver {
  constructor(
    private readonly humans: InterventionService,
    private readonly tasks: TaskService,
    private readonly users: UserLoader,
  ) {}

  @Query(() => InterventionConnection, {
    description: 'What humans were asked for in a project, newest first.',
  })
  @Access('read')
  interventions(
    @Arg('projectId', () => ID) projectId: string,
    @Ctx() context: RequestContext,
    @Arg('status', () => InterventionStatus, { nullable: true }) status?: InterventionStatus | null,
    @Arg('first', () => Int, { nullable: true, description: pageSizeDescription }) first?: number | null,
    @Arg('after', () => String, { nullable: true }) after?: string | null,
  ): Promise<InterventionConnection> {
    return this.humans.list(context, projectId, status ?? null, { first, after });
  }

  @Mutation(() => Intervention, {
    description:
      'Asks a human: the task waits (WAITING_FOR_HUMAN) until every open intervention has its answer.',
  })
  @Access('ingest')
  requestIntervention(
    @Arg('input', () => RequestInterventionInput) input: RequestInterventionInput,
    @Ctx() context: RequestContext,
  ): Promise<Intervention> {
    return this.humans.request(context, input);
  }

  @Mutation(() => Intervention, {
    description: 'Answers an intervention. One that is not OPEN any more is CONFLICT.',
  })
  @Access('operate')
  resolveIntervention(
    @Arg('input', () => ResolveInterventionInput) input: ResolveInterventionInput,
    @Ctx() context: RequestContext,
  ): Promise<Intervention> {
    return this.humans.resolve(context, input);
  }

  @FieldResolver(() => Task)
  task(@Root() intervention: Intervention, @Ctx() context: RequestContext): Promise<Task | null> {
    return this.tasks.loader(context).load(intervention.taskId);
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: 'Null for an API key, for EXPIRED, and while it is OPEN.',
  })
  resolvedBy(
    @Root() intervention: Intervention,
    @Ctx() context: RequestContext,
  ): Promise<User | null> | null {
    return intervention.resolvedById === null ? null : this.users.load(context, intervention.resolvedById);
  }
}
