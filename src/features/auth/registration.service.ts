import { v7 as uuidv7 } from 'uuid';
import { isUniqueViolation, type Database, type Transaction } from '../../platform/database.js';
import {
  BadUserInputError,
  ConflictError,
  ForbiddenError,
  type FieldProblem,
} from '../../platform/errors.js';
import type { RequestContext } from '../../platform/request-context.js';
import { ActorKind, recordAudit, type AuditActor } from '../audit/index.js';
import { accountProblems, nameKey, passwordProblem } from './account-rules.js';
import type { RegisterInput } from './auth.inputs.js';
import type { PasswordHasher } from './password-hasher.js';
import { openSession, type Session } from './session.js';
import type { Invitation, SessionTokens } from './session-tokens.js';
import { User } from './user.entity.js';
import type { UserRepository } from './user.repository.js';

/** A person who has just been added, within the transaction that does it. */
export interface Registered {
  context: RequestContext;
  user: User;
  /** What the person was invited to, with the signature checked. */
  invitation: Invitation | null;
}

/** What else a registration brings about, such as a project of one's own; a throw undoes the registration. */
export type OnRegistered = (tx: Transaction, registered: Registered) => Promise<void>;

/** A person as actor of an audit entry, where the operation began without a viewer. */
export function personActor(user: User): AuditActor {
  return { kind: ActorKind.USER, id: user.id, label: user.username };
}

/** Adds people: anybody, or where registration is closed, the first one and those who are invited. */
export class RegistrationService {
  constructor(
    private readonly database: Database,
    private readonly users: UserRepository,
    private readonly tokens: SessionTokens,
    private readonly hasher: PasswordHasher,
    private readonly registration: 'open' | 'closed',
    private readonly onRegistered: OnRegistered,
  ) {}

  /**
   * @throws BadUserInputError for a name, address, password or invitation that will not do
   * @throws ForbiddenError where registration is closed
   * @throws ConflictError for a username or email address that is taken
   */
  async register(context: RequestContext, input: RegisterInput): Promise<Session> {
    const invitation = await this.#checked(input);
    const needsLeave = this.registration === 'closed' && !invitation;
    if (needsLeave) await this.#requireNobodyYet(this.database);
    const user = await this.#newUser(input);
    await this.database.transaction(async (tx) => {
      if (needsLeave) {
        await this.users.lockFirstRegistration(tx);
        await this.#requireNobodyYet(tx);
      }
      await this.#insert(tx, user);
      const after = { username: user.username, email: user.email };
      await recordAudit(tx, {
        context,
        actor: personActor(user),
        projectId: null,
        action: 'register',
        subjectType: 'User',
        subjectId: user.id,
        after,
      });
      await this.onRegistered(tx, { context, user, invitation });
    });
    return openSession(this.tokens, user);
  }

  async #checked(input: RegisterInput): Promise<Invitation | null> {
    const problems: FieldProblem[] = accountProblems(input);
    const password = passwordProblem(input.password, input);
    if (password) problems.push({ path: 'password', message: password });
    const invitation = input.invitation ? await this.tokens.readInvitation(input.invitation) : null;
    if (input.invitation && !invitation) {
      const message = 'The invitation is not valid or has expired; ask for a new one.';
      problems.push({ path: 'invitation', message });
    } else if (invitation && nameKey(invitation.email) !== nameKey(input.email)) {
      problems.push({ path: 'email', message: 'The invitation is for another email address.' });
    }
    if (problems.length > 0) {
      throw new BadUserInputError(problems.map(({ path, message }) => ({ path: `input.${path}`, message })));
    }
    return invitation;
  }

  async #requireNobodyYet(where: Pick<Transaction, 'manager'>): Promise<void> {
    if (await this.users.hasAny(where)) {
      throw new ForbiddenError('Registration is closed; ask an ADMIN of a project for an invitation.');
    }
  }

  async #newUser(input: RegisterInput): Promise<User> {
    const now = new Date();
    return this.database.manager.create(User, {
      id: uuidv7(),
      username: input.username,
      usernameKey: nameKey(input.username),
      email: input.email,
      emailKey: nameKey(input.email),
      passwordHash: await this.hasher.hash(input.password),
      sessionGeneration: 0,
      createdAt: now,
      updatedAt: now,
    });
  }

  async #insert(tx: Transaction, user: User): Promise<void> {
    try {
      await this.users.insert(tx, user);
    } catch (error) {
      if (isUniqueViolation(error, 'UQ_users_username_key')) {
        throw new ConflictError(`The username ${user.username} is taken; choose another.`);
      }
      if (isUniqueViolation(error, 'UQ_users_email_key')) {
        throw new ConflictError(`The email address ${user.email} has an account already; sign in with it.`);
      }
      throw error;
    }
  }
}
