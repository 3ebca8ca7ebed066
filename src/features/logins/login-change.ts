import { v7 as uuid } from 'uuid';
import type { Transaction } from '../../platform/database.js';
import type { PubSub } from '../../platform/pubsub.js';
import { LoginSession, LoginTransition } from './login-session.entity.js';
import { detailByTime, stateOf } from './login-state.js';
import type { LoginEvents } from './login.events.js';

/** Transitions of a session that are kept; one that turns every minute shall not fill the table. */
const mostTransitions = 1000;

/** The one way in which a login session changes: its state follows, the transition is kept, and it is told. */
export class LoginChanger {
  constructor(private readonly events: PubSub<LoginEvents>) {}

  /**
   * @param session locked by the transaction; it is made what it becomes
   * @param patch `detail` says why, where time says nothing else
   * @param now by the monitor's clock
   */
  async apply(
    tx: Transaction,
    session: LoginSession,
    patch: Partial<LoginSession>,
    now: Date,
  ): Promise<LoginSession> {
    const from = session.state;
    Object.assign(session, patch);
    const state = stateOf(session, now);
    const isBySight = patch.seen !== undefined && patch.seen !== null;
    const detail =
      patch.detail !== undefined && !isBySight
        ? patch.detail
        : (detailByTime(session, now) ?? patch.detail ?? session.detail);
    const change = { ...patch, state, detail, revision: session.revision + 1, updatedAt: new Date() };
    Object.assign(session, change);
    await tx.update(LoginSession, { id: session.id }, change);
    if (state !== from) await this.#keep(tx, { sessionId: session.id, from, to: state, at: now, detail });
    this.tell(tx, session);
    return session;
  }

  tell(tx: Transaction, { id: sessionId, projectId, revision }: LoginSession): void {
    tx.afterCommit(() => this.events.publish('loginSessionChanged', projectId, { sessionId, revision }));
  }

  async #keep(tx: Transaction, transition: Omit<LoginTransition, 'id'>): Promise<void> {
    await tx.insert(LoginTransition, Object.assign(new LoginTransition(), transition, { id: uuid() }));
    await tx.query(
      `DELETE FROM login_transitions WHERE session_id = $1 AND id <= (
         SELECT id FROM login_transitions WHERE session_id = $1 ORDER BY id DESC OFFSET $2 LIMIT 1)`,
      [transition.sessionId, mostTransitions],
    );
  }
}
