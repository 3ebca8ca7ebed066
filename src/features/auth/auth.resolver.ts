import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { Access } from '../../platform/access.js';
import { RequestContext } from '../../platform/request-context.js';
import { ChangePasswordInput, LoginInput, RegisterInput } from './auth.inputs.js';
import type { AuthService } from './auth.service.js';
import type { RegistrationService } from './registration.service.js';
import { Session } from './session.js';
import { User } from './user.entity.js';

@Resolver()
export class AuthResolver {
  constructor(
    private readonly auth: AuthService,
    private readonly registrations: RegistrationService,
  ) {}

  @Query(() => User, { description: 'The person who is signed in; FORBIDDEN for an API key.' })
  @Access('signedIn')
  me(@Ctx() context: RequestContext): Promise<User> {
    return this.auth.me(context.viewer);
  }

  @Mutation(() => Session, {
    description:
      'Makes an account with a project of its own, and signs in. CONFLICT for a name or address that is taken; FORBIDDEN where registration is closed and no invitation is given.',
  })
  @Access('public')
  register(
    @Ctx() context: RequestContext,
    @Arg('input', () => RegisterInput) input: RegisterInput,
  ): Promise<Session> {
    return this.registrations.register(context, input);
  }

  @Mutation(() => Session, {
    description:
      'UNAUTHENTICATED for a wrong name or password; RATE_LIMITED, with extensions.retryAfterMs, after repeated failures.',
  })
  @Access('public')
  login(@Ctx() context: RequestContext, @Arg('input', () => LoginInput) input: LoginInput): Promise<Session> {
    return this.auth.login(context, input);
  }

  @Mutation(() => Session, {
    description:
      'A new token for the one that was sent, which ends at once together with its sockets: connect again with the new one and resume.',
  })
  @Access('signedIn')
  renewSession(@Ctx() context: RequestContext): Promise<Session> {
    return this.auth.renewSession(context);
  }

  @Mutation(() => Boolean, { description: 'Ends the session and closes its sockets; always true.' })
  @Access('signedIn')
  async logout(@Ctx() context: RequestContext): Promise<boolean> {
    await this.auth.logout(context);
    return true;
  }

  @Mutation(() => Session, { description: "Ends all of the person's sessions, and answers a new one." })
  @Access('signedIn')
  changePassword(
    @Ctx() context: RequestContext,
    @Arg('input', () => ChangePasswordInput) input: ChangePasswordInput,
  ): Promise<Session> {
    return this.auth.changePassword(context, input);
  }
}
