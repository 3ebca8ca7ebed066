import { Arg, Ctx, FieldResolver, ID, Int, Mutation, ObjectType, Query, Resolver, Root } from 'type-graphql';
import { Project, type ProjectLoader } from '../projects/index.js';
import { Access } from '../../platform/access.js';
import { Connection, pageSizeDescription } from '../../platform/pagination.js';
import { RequestContext } from '../../platform/request-context.js';
import { Agent, AgentVersion } from './agent.entity.js';
import { AgentFilter, CreateAgentInput, PublishAgentVersionInput, UpdateAgentInput } from './agent.inputs.js';
import type { AgentService } from './agent.service.js';

@ObjectType({ simpleResolvers: true })
export class AgentConnection extends Connection('Agent', Agent) {}

@Resolver(() => Agent)
export class AgentResolver {
  constructor(
    private readonly service: AgentService,
    private readonly projects: ProjectLoader,
  ) {}

  @Query(() => Agent, { nullable: true, description: 'One agent; NOT_FOUND outside of your projects.' })
  @Access('read')
  agent(@Arg('id', () => ID) id: string, @Ctx() context: RequestContext): Promise<Agent> {
    return this.service.get(context, id);
  }

  @Query(() => AgentConnection, { description: 'The agents of a project, by name.' })
  @Access('read')
  agents(
    @Arg('projectId', () => ID) projectId: string,
    @Ctx() context: RequestContext,
    @Arg('filter', () => AgentFilter, { nullable: true }) filter?: AgentFilter | null,
    @Arg('first', () => Int, { nullable: true, description: pageSizeDescription }) first?: number | null,
    @Arg('after', () => String, { nullable: true }) after?: string | null,
  ): Promise<AgentConnection> {
    return this.service.list(context, projectId, filter ?? {}, { first, after });
  }

  @Mutation(() => Agent, { description: 'Makes an agent and its version 1. A taken name is CONFLICT.' })
  @Access('ingest')
  createAgent(
    @Arg('input', () => CreateAgentInput) input: CreateAgentInput,
    @Ctx() context: RequestContext,
  ): Promise<Agent> {
    return this.service.create(context, input);
  }

  @Mutation(() => Agent, {
    description:
      'The agent of that name, as it is; where the project has none yet, it is made. For reporters that know an agent by its name alone.',
  })
  @Access('ingest')
  ensureAgent(
    @Arg('input', () => CreateAgentInput) input: CreateAgentInput,
    @Ctx() context: RequestContext,
  ): Promise<Agent> {
    return this.service.ensure(context, input);
  }

  @Mutation(() => Agent, { description: 'Changes what is given; what is left out stays.' })
  @Access('operate')
  updateAgent(
    @Arg('input', () => UpdateAgentInput) input: UpdateAgentInput,
    @Ctx() context: RequestContext,
  ): Promise<Agent> {
    return this.service.update(context, input);
  }

  @Mutation(() => AgentVersion, {
    description: 'Makes the next version of an agent; new tasks run it from then on.',
  })
  @Access('operate')
  publishAgentVersion(
    @Arg('input', () => PublishAgentVersionInput) input: PublishAgentVersionInput,
    @Ctx() context: RequestContext,
  ): Promise<AgentVersion> {
    return this.service.publishVersion(context, input);
  }

  @FieldResolver(() => Project)
  project(@Root() agent: Agent, @Ctx() context: RequestContext): Promise<Project> {
    return this.projects.load(context, agent.projectId);
  }

  @FieldResolver(() => AgentVersion, { description: 'The version that new tasks run.' })
  currentVersion(@Root() agent: Agent, @Ctx() context: RequestContext): Promise<AgentVersion | null> {
    return this.service.versionLoader(context).load(agent.currentVersionId);
  }

  @FieldResolver(() => [AgentVersion], { description: 'Every version, newest first.' })
  versions(@Root() agent: Agent, @Ctx() context: RequestContext): Promise<AgentVersion[]> {
    return this.service.versionsLoader(context).load(agent.id);
  }
}
