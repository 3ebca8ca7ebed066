import {
  Arg,
  Ctx,
  FieldResolver,
  ID,
  Int,
  Mutation,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { Project, type ProjectLoader } from '../projects/index.js';
import { SystemStatus } from '../system/index.js';
import { Access } from '../../platform/access.js';
import { RequestContext } from '../../platform/request-context.js';
import { wiredBySchema, type Streams } from '../../platform/streams.js';
import { LoginSession, LoginTransition } from './login-session.entity.js';
import { PutLoginSessionInput } from './login.inputs.js';
import type { LoginService } from './login.service.js';

const standardHistory = 20;

/** What the subscription below follows. */
export function loginStreams(logins: LoginService): Streams {
  return {
    loginSessionChanged: (args: { projectId: string }, context) => logins.follow(context, args.projectId),
  };
}

@Resolver(() => LoginSession)
export class LoginResolver {
  constructor(
    private readonly logins: LoginService,
    private readonly projects: ProjectLoader,
  ) {}

  @Query(() => [LoginSession], {
    description: 'The login sessions of a project as they are now, by site and account.',
  })
  @Access('read')
  loginSessions(
    @Arg('projectId', () => ID) projectId: string,
    @Ctx() context: RequestContext,
  ): Promise<LoginSession[]> {
    return this.logins.list(context, projectId);
  }

  @Mutation(() => LoginSession, {
    description:
      'Stores an account at a site: how to see whether it is signed in, its browser state, and how to sign in again. It is probed at once.',
  })
  @Access('operate')
  putLoginSession(
    @Arg('input', () => PutLoginSessionInput) input: PutLoginSessionInput,
    @Ctx() context: RequestContext,
  ): Promise<LoginSession> {
    return this.logins.put(context, input);
  }

  @Mutation(() => LoginSession, {
    description:
      'Has the site probed now, and answers what that found, or how things stand after ten seconds (checkedAt says which).',
  })
  @Access('operate')
  checkLoginSession(@Arg('id', () => ID) id: string, @Ctx() context: RequestContext): Promise<LoginSession> {
    return this.logins.check(context, id);
  }

  @Mutation(() => Boolean, {
    description:
      'Takes a login session away, with its secrets and its history. Tasks that use it fail where they need it next.',
  })
  @Access('operate')
  async removeLoginSession(
    @Arg('id', () => ID) id: string,
    @Ctx() context: RequestContext,
  ): Promise<boolean> {
    await this.logins.remove(context, id);
    return true;
  }

  @Subscription(() => LoginSession, {
    description: 'Each login session that is put, probed or goes to another state from now on.',
    subscribe: wiredBySchema,
  })
  @Access('read')
  loginSessionChanged(
    @Root() session: LoginSession,
    @Arg('projectId', () => ID) _projectId: string,
  ): LoginSession {
    return this.logins.asRead(session);
  }

  @FieldResolver(() => Project)
  project(@Root() session: LoginSession, @Ctx() context: RequestContext): Promise<Project> {
    return this.projects.load(context, session.projectId);
  }

  @FieldResolver(() => [LoginTransition], { description: 'The newest first; the last 1,000 are kept.' })
  history(
    @Root() session: LoginSession,
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true, description: '20 unless told; 100 at most.' })
    first?: number | null,
  ): Promise<LoginTransition[]> {
    return this.logins.history(context, session.id, first ?? standardHistory);
  }
}

/** What the system knows of login states, for each viewer their own. */
@Resolver(() => SystemStatus)
export class SystemLoginsResolver {
  constructor(private readonly logins: LoginService) {}

  @FieldResolver(() => [LoginSession], { description: "Of the viewer's projects only." })
  loginStates(@Ctx() context: RequestContext): Promise<LoginSession[]> {
    return this.logins.ofViewer(context);
  }
}
