import type { Database, Transaction } from '../../platform/database.js';
import { BadUserInputError, ConflictError, DomainError, NotFoundError } from '../../platform/errors.js';
import type { PubSub } from '../../platform/pubsub.js';
import type { RequestContext } from '../../platform/request-context.js';
import { isId } from '../../platform/validation.js';
import { requirePermission, requirePerson, type Viewer } from '../../platform/viewer.js';
import { recordAudit } from '../audit/index.js';
import {
  isEmailAddress,
  isLowerRole,
  personActor,
  ProjectRole,
  type AuthEvents,
  type Registered,
  type SessionTokens,
  type UserRepository,
} from '../auth/index.js';
import type { CreatedInvitation } from './invitation.js';
import type { MemberRepository } from './member.repository.js';
import { Membership } from './membership.entity.js';
import type { ProjectRepository } from './project.repository.js';
import type { InviteMemberInput, SetMemberInput } from './projects.inputs.js';

/** Who belongs to a project. Every project keeps an ADMIN: changes of one project's members come one by one. */
export class MemberService {
  constructor(
    private readonly database: Database,
    private readonly projects: ProjectRepository,
    private readonly members: MemberRepository,
    private readonly users: UserRepository,
    private readonly tokens: SessionTokens,
    private readonly events: PubSub<AuthEvents>,
  ) {}

  /**
   * Adds a person who has an account, or changes the role.
   * @throws NotFoundError for an address without an account
   * @throws ConflictError where the project would be left without an ADMIN
   */
  async set(context: RequestContext, { projectId, email, role }: SetMemberInput): Promise<Membership> {
    requirePermission(context.viewer, projectId, 'manage');
    const user = await this.users.byEmail(email);
    if (!user) {
      throw new DomainError(
        'NOT_FOUND',
        `No account has the address ${email}; invite the person with inviteMember.`,
      );
    }
    return this.database.transaction(async (tx) => {
      await this.projects.lock(tx, projectId);
      const current = await this.members.find(tx, projectId, user.id);
      const before = current ? { role: current.role } : null;
      const membership = current ?? this.#newMembership(projectId, user.id, role);
      if (current && isLowerRole(role, current.role)) {
        await this.#requireOtherAdmin(tx, current);
        this.#tellEnded(tx, current);
      }
      membership.role = role;
      if (current) await this.members.setRole(tx, membership);
      else await this.members.insert(tx, membership);
      const after = { username: user.username, role };
      await this.#audit(tx, context, 'setMember', membership, before, after);
      return membership;
    });
  }

  /** @throws ConflictError for the last ADMIN */
  async remove(context: RequestContext, projectId: string, userId: string): Promise<void> {
    requirePermission(context.viewer, projectId, 'manage');
    await this.database.transaction(async (tx) => {
      await this.projects.lock(tx, projectId);
      const current = isId(userId) ? await this.members.find(tx, projectId, userId) : null;
      if (!current) throw new NotFoundError('The member');
      await this.#requireOtherAdmin(tx, current);
      await this.members.remove(tx, current);
      this.#tellEnded(tx, current);
      await this.#audit(tx, context, 'removeMember', current, { role: current.role }, null);
    });
  }

  /**
   * Leave to join, for a person without an account: the only way in where registration is closed. Nobody proves here
   * that an address is theirs, so what counts is the token, which the ADMIN hands to the person.
   * @throws ConflictError for an address that has an account
   */
  async invite(context: RequestContext, input: InviteMemberInput): Promise<CreatedInvitation> {
    const { projectId, email, role } = input;
    requirePermission(context.viewer, projectId, 'manage');
    const { id: invitedBy } = requirePerson(context.viewer);
    if (!isEmailAddress(email)) {
      throw new BadUserInputError([{ path: 'input.email', message: 'This is no email address.' }]);
    }
    if (await this.users.byEmail(email)) {
      throw new ConflictError(`The address ${email} has an account; add the person with setMember.`);
    }
    const { token, expiresAt } = await this.tokens.invite({ projectId, email, role, invitedBy });
    await this.database.transaction((tx) =>
      recordAudit(tx, {
        context,
        projectId,
        action: 'inviteMember',
        subjectType: 'Invitation',
        subjectId: projectId,
        after: { email, role, expiresAt },
      }),
    );
    return { email, role, expiresAt, token };
  }

  /** Lets a new person into the project of the invitation, in the transaction of the registration. */
  async welcome(tx: Transaction, { context, user, invitation }: Registered): Promise<void> {
    if (!invitation) return;
    const { projectId, role, invitedBy } = invitation;
    await this.projects.lock(tx, projectId);
    const host = await this.members.find(tx, projectId, invitedBy);
    if (host?.role !== ProjectRole.ADMIN) {
      const message = 'Whoever sent the invitation no longer administers the project; ask for a new one.';
      throw new BadUserInputError([{ path: 'input.invitation', message }]);
    }
    const membership = this.#newMembership(projectId, user.id, role);
    await this.members.insert(tx, membership);
    await recordAudit(tx, {
      context,
      actor: personActor(user),
      projectId,
      action: 'register',
      subjectType: 'Membership',
      subjectId: user.id,
      after: { username: user.username, role, invitedBy },
    });
  }

  /** Of a person: all to themselves; to others only what they share. */
  visibleTo(viewer: Viewer | null, memberships: readonly Membership[], isSelf: boolean): Membership[] {
    return memberships.filter(({ projectId }) => isSelf || viewer?.grants.has(projectId));
  }

  #newMembership(projectId: string, userId: string, role: ProjectRole): Membership {
    return this.database.manager.create(Membership, { projectId, userId, role, createdAt: new Date() });
  }

  async #requireOtherAdmin(tx: Transaction, { projectId, role }: Membership): Promise<void> {
    if (role === ProjectRole.ADMIN && (await this.members.countAdmins(tx, projectId)) === 1) {
      throw new ConflictError('A project needs an ADMIN; make somebody else ADMIN first.');
    }
  }

  #tellEnded(tx: Transaction, { projectId, userId }: Membership): void {
    tx.afterCommit(() => this.events.publish('credentialsEnded', '', { userId, projectId }));
  }

  #audit(
    tx: Transaction,
    context: RequestContext,
    action: string,
    { projectId, userId }: Membership,
    before: Record<string, unknown> | null,
    after: Record<string, unknown> | null,
  ): Promise<void> {
    const subject = { subjectType: 'Membership', subjectId: userId };
    return recordAudit(tx, { context, projectId, action, ...subject, before, after });
  }
}
