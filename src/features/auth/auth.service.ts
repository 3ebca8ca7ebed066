import type { Database, Transaction } from '../../platform/database.js';
import { BadUserInputError, ConflictError, UnauthenticatedError } from '../../platform/errors.js';
import type { PubSub } from '../../platform/pubsub.js';
import type { RequestContext } from '../../platform/request-context.js';
import { requirePerson, type Viewer } from '../../platform/viewer.js';
import { recordAudit, type AuditActor } from '../audit/index.js';
import { passwordProblem } from './account-rules.js';
import type { AuthEvents } from './auth.events.js';
import type { ChangePasswordInput, LoginInput } from './auth.inputs.js';
import { isSessionViewer, type SessionViewer } from './authenticator.js';
import type { PasswordHasher } from './password-hasher.js';
import { personActor } from './registration.service.js';
import { openSession, type Session } from './session.js';
import type { SessionTokens } from './session-tokens.js';
import { guardedByPassword, guardedBySignIn, type SignInThrottle } from './sign-in-throttle.js';
import type { User } from './user.entity.js';
import type { UserRepository } from './user.repository.js';

/** Signing in and out, for people who have an account. */
export class AuthService {
  constructor(
    private readonly database: Database,
    private readonly users: UserRepository,
    private readonly tokens: SessionTokens,
    private readonly hasher: PasswordHasher,
    private readonly throttle: SignInThrottle,
    private readonly events: PubSub<AuthEvents>,
  ) {}

  /**
   * Takes the same steps and the same time whether or not the account exists.
   * @throws UnauthenticatedError for a wrong name or password
   * @throws RateLimitedError after repeated failures, for the account or the address
   * @throws UnavailableError where too many sign in at once
   */
  async login(context: RequestContext, input: LoginInput): Promise<Session> {
    const guarded = guardedBySignIn(input.login, context.ip);
    await this.throttle.begin(guarded);
    const user = await this.users.byLogin(input.login);
    const isRight = await this.hasher.verify(user?.passwordHash ?? null, input.password);
    if (!user || !isRight) throw new UnauthenticatedError('The name or the password is wrong.');
    await this.database.transaction(async (tx) => {
      await this.throttle.succeed(tx, guarded);
      await this.#audit(tx, context, 'login', user.id, personActor(user));
    });
    return openSession(this.tokens, user);
  }

  /**
   * A new token for the one that was sent, which is blocked from then on. Sockets opened with the old one are closed:
   * their clients come back with the new one and resume where they were.
   */
  async renewSession(context: RequestContext): Promise<Session> {
    const viewer = requireSession(context.viewer);
    const user = await this.me(viewer);
    await this.database.transaction(async (tx) => {
      // Of several renewals at once, one gets a token.
      if (!(await this.#end(tx, viewer))) throw sessionEnded();
      await this.#audit(tx, context, 'renewSession', viewer.id);
    });
    // The generation of the old token: a password changed meanwhile ends the new one as well.
    user.sessionGeneration = viewer.generation;
    return openSession(this.tokens, user);
  }

  /** Blocks the token until it expires, and closes its sockets on every process. */
  async logout(context: RequestContext): Promise<void> {
    const viewer = requireSession(context.viewer);
    await this.database.transaction(async (tx) => {
      if (await this.#end(tx, viewer)) await this.#audit(tx, context, 'logout', viewer.id);
    });
  }

  /**
   * Ends all of the person's sessions and answers a new one.
   * @throws BadUserInputError for a wrong current password, or a new one that will not do
   * @throws RateLimitedError after repeated wrong ones
   */
  async changePassword(context: RequestContext, input: ChangePasswordInput): Promise<Session> {
    const { id } = requireSession(context.viewer);
    const user = await this.users.byIdWithPassword(id);
    if (!user) throw sessionEnded();
    const problem = passwordProblem(input.newPassword, user);
    if (problem) throw new BadUserInputError([{ path: 'input.newPassword', message: problem }]);
    const guarded = guardedByPassword(id);
    await this.throttle.begin(guarded);
    if (!(await this.hasher.verify(user.passwordHash, input.currentPassword))) {
      const message = 'The current password is wrong.';
      throw new BadUserInputError([{ path: 'input.currentPassword', message }]);
    }
    const passwordHash = await this.hasher.hash(input.newPassword);
    await this.database.transaction(async (tx) => {
      const generation = await this.users.replacePassword(tx, user, passwordHash);
      if (generation === null) {
        throw new ConflictError('The password was changed by another request at the same time.');
      }
      user.sessionGeneration = generation;
      await this.throttle.succeed(tx, guarded);
      await this.#audit(tx, context, 'changePassword', id);
      tx.afterCommit(() => this.events.publish('credentialsEnded', '', { userId: id }));
    });
    return openSession(this.tokens, user);
  }

  /** @throws ForbiddenError for an API key: it is nobody */
  async me(viewer: Viewer | null): Promise<User> {
    const user = await this.users.byId(requirePerson(viewer).id);
    if (!user) throw sessionEnded();
    return user;
  }

  /** For the worker, every hour or so: forgets blocked tokens that have expired, and old failures. */
  async purgeExpiredSessions(): Promise<void> {
    await this.users.purgeExpiredSessions();
    await this.throttle.purge();
  }

  async #end(tx: Transaction, { id: userId, tokenId, expiresAt }: SessionViewer): Promise<boolean> {
    const isFirst = await this.users.block(tx, { id: tokenId, userId, expiresAt });
    if (isFirst) tx.afterCommit(() => this.events.publish('credentialsEnded', '', { userId, tokenId }));
    return isFirst;
  }

  #audit(
    tx: Transaction,
    context: RequestContext,
    action: string,
    userId: string,
    actor?: AuditActor,
  ): Promise<void> {
    const subject = { projectId: null, subjectType: 'User', subjectId: userId };
    return recordAudit(tx, { context, action, ...subject, ...(actor ? { actor } : {}) });
  }
}

function sessionEnded(): UnauthenticatedError {
  return new UnauthenticatedError('Your session has ended; sign in again.');
}

function requireSession(viewer: Viewer | null): SessionViewer {
  const person = requirePerson(viewer);
  if (!isSessionViewer(person)) throw sessionEnded();
  return person;
}
