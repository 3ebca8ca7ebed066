import { Arg, Ctx, Extensions, FieldResolver, ID, Mutation, Resolver, Root } from 'type-graphql';
import { Access } from '../../platform/access.js';
import { RequestContext } from '../../platform/request-context.js';
import { requirePermission } from '../../platform/viewer.js';
import { User, type UserLoader } from '../auth/index.js';
import { CreatedInvitation } from './invitation.js';
import type { MemberRepository } from './member.repository.js';
import type { MemberService } from './member.service.js';
import { Membership } from './membership.entity.js';
import { Project } from './project.entity.js';
import type { ProjectLoader } from './project-loader.js';
import { InviteMemberInput, SetMemberInput } from './projects.inputs.js';

@Resolver(() => Membership)
export class MemberResolver {
  constructor(
    private readonly service: MemberService,
    private readonly userLoader: UserLoader,
    private readonly projectLoader: ProjectLoader,
  ) {}

  @Mutation(() => Membership, {
    description:
      'Adds a person who has an account, or changes the role. CONFLICT where it would leave the project without an ADMIN.',
  })
  @Access('manage')
  setMember(
    @Ctx() context: RequestContext,
    @Arg('input', () => SetMemberInput) input: SetMemberInput,
  ): Promise<Membership> {
    return this.service.set(context, input);
  }

  @Mutation(() => Boolean, { description: 'Always true. CONFLICT for the last ADMIN.' })
  @Access('manage')
  async removeMember(
    @Ctx() context: RequestContext,
    @Arg('projectId', () => ID) projectId: string,
    @Arg('userId', () => ID) userId: string,
  ): Promise<boolean> {
    await this.service.remove(context, projectId, userId);
    return true;
  }

  @Mutation(() => CreatedInvitation, {
    description:
      'For a person without an account, and the way to add people where registration is closed: pass the token on to that person, who registers with it. FORBIDDEN for an API key.',
  })
  @Access('manage')
  inviteMember(
    @Ctx() context: RequestContext,
    @Arg('input', () => InviteMemberInput) input: InviteMemberInput,
  ): Promise<CreatedInvitation> {
    return this.service.invite(context, input);
  }

  @FieldResolver(() => User)
  async user(@Ctx() context: RequestContext, @Root() { userId }: Membership): Promise<User> {
    const user = await this.userLoader.load(context, userId);
    if (!user) throw new Error(`There is no person ${userId}.`);
    return user;
  }

  @FieldResolver(() => Project)
  project(@Ctx() context: RequestContext, @Root() { projectId }: Membership): Promise<Project> {
    return this.projectLoader.load(context, projectId);
  }
}

@Resolver(() => Project)
export class ProjectMembersResolver {
  constructor(private readonly repository: MemberRepository) {}

  @FieldResolver(() => [Membership], { description: 'Oldest first.' })
  members(@Ctx() context: RequestContext, @Root() { id }: Project): Promise<Membership[]> {
    requirePermission(context.viewer, id, 'read');
    return context.loader(this, (ids) => this.repository.ofProjects(ids)).load(id);
  }
}

@Resolver(() => User)
export class UserMembershipsResolver {
  constructor(
    private readonly service: MemberService,
    private readonly repository: MemberRepository,
  ) {}

  @FieldResolver(() => [Membership], {
    description:
      'All of your own, oldest first; of other people those in projects that you belong to as well.',
  })
  @Extensions({ perViewer: true })
  async memberships(@Ctx() context: RequestContext, @Root() user: User): Promise<Membership[]> {
    const all = await context.loader(this, (ids) => this.repository.ofUsers(ids)).load(user.id);
    const isSelf = user.isSelf ?? context.viewer?.id === user.id;
    return this.service.visibleTo(context.viewer, all, isSelf);
  }
}
