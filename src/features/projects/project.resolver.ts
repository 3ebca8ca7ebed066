import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { Access } from '../../platform/access.js';
import { RequestContext } from '../../platform/request-context.js';
import { Project } from './project.entity.js';
import type { ProjectService } from './project.service.js';
import { CreateProjectInput, UpdateProjectInput } from './projects.inputs.js';

@Resolver()
export class ProjectResolver {
  constructor(private readonly service: ProjectService) {}

  @Query(() => Project, {
    nullable: true,
    description: 'One of your projects, by id or by slug: give one of the two. NOT_FOUND for any other.',
  })
  @Access('read')
  project(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, { nullable: true }) id: string | null,
    @Arg('slug', () => String, { nullable: true }) slug: string | null,
  ): Promise<Project> {
    return this.service.find(context.viewer, { id, slug });
  }

  @Query(() => [Project], { description: "Your projects, oldest first; for an API key, the key's one." })
  @Access('signedIn')
  projects(@Ctx() context: RequestContext): Promise<Project[]> {
    return this.service.list(context.viewer);
  }

  @Mutation(() => Project, {
    description: 'Makes a project with you as its ADMIN; FORBIDDEN for an API key.',
  })
  @Access('signedIn')
  createProject(
    @Ctx() context: RequestContext,
    @Arg('input', () => CreateProjectInput) input: CreateProjectInput,
  ): Promise<Project> {
    return this.service.create(context, input);
  }

  @Mutation(() => Project, {
    description: 'Changes what is given; what is left out stays. retentionDays: null keeps everything.',
  })
  @Access('manage')
  updateProject(
    @Ctx() context: RequestContext,
    @Arg('input', () => UpdateProjectInput) input: UpdateProjectInput,
  ): Promise<Project> {
    return this.service.update(context, input);
  }
}
