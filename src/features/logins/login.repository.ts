import { v4 as uuid } from 'uuid';
import type { Database, Transaction } from '../../platform/database.js';
import { LoginSession, LoginTransition } from './login-session.entity.js';

/** Longer than a probe or a sign-in may take; where its holder died, others go on after it. */
const leaseSeconds = 180;

/** The right to visit the site for a session: one at a time over all processes. */
export interface LoginLease {
  id: string;
  /** As it was when the lease was taken, with its secrets. */
  session: LoginSession;
}

const withSecrets = ['session.storageState', 'session.recipe'];

/** Rows of login sessions and of their transitions. */
export class LoginRepository {
  constructor(private readonly database: Database) {}

  find(id: string): Promise<LoginSession | null> {
    return this.database.manager.findOneBy(LoginSession, { id });
  }

  /** In the order of the ids; null where there is none. */
  async byIds(ids: readonly string[]): Promise<(LoginSession | null)[]> {
    const rows = await this.#query().where('session.id = ANY(:ids)', { ids }).getMany();
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /** With its secrets, still sealed. */
  findSealed(id: string): Promise<LoginSession | null> {
    return this.#query().addSelect(withSecrets).where('session.id = :id', { id }).getOne();
  }

  /** By site and account. */
  ofProjects(projectIds: readonly string[]): Promise<LoginSession[]> {
    if (projectIds.length === 0) return Promise.resolve([]);
    return this.#query()
      .where('session.projectId = ANY(:projectIds)', { projectIds })
      .orderBy({ 'session.site': 'ASC', 'session.account': 'ASC', 'session.id': 'ASC' })
      .getMany();
  }

  /** Every one whose state time may have changed. */
  all(after: string, limit: number): Promise<LoginSession[]> {
    return this.#query().where('session.id > :after', { after }).orderBy('session.id').limit(limit).getMany();
  }

  async due(now: Date, limit: number): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      'SELECT id FROM login_sessions WHERE next_check_at <= $1 ORDER BY next_check_at LIMIT $2',
      [now, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Those of the projects that changed within so many seconds. */
  changedWithin(
    projectIds: readonly string[],
    seconds: number,
  ): Promise<Pick<LoginSession, 'id' | 'projectId' | 'revision'>[]> {
    return this.database.query(
      `SELECT id, project_id AS "projectId", revision FROM login_sessions
       WHERE project_id = ANY($1) AND updated_at > now() - make_interval(secs => $2)`,
      [projectIds, seconds],
    );
  }

  /** The newest transitions of each session, as many as asked for. */
  async histories(sessionIds: readonly string[], first: number): Promise<LoginTransition[][]> {
    const rows = await this.database.query<LoginTransition>(
      `SELECT t.id, t.session_id AS "sessionId", t."from", t."to", t.at, t.detail
       FROM unnest($1::uuid[]) AS wanted(id)
       CROSS JOIN LATERAL (SELECT * FROM login_transitions WHERE session_id = wanted.id ORDER BY id DESC LIMIT $2) t`,
      [sessionIds, first],
    );
    return sessionIds.map((id) => rows.filter(({ sessionId }) => sessionId === id));
  }

  /** @returns null where another holds it, or there is no such session */
  async lease(sessionId: string): Promise<LoginLease | null> {
    const id = uuid();
    const taken = await this.database.query(
      `UPDATE login_sessions SET lease_id = $2, lease_until = now() + make_interval(secs => ${leaseSeconds})
       WHERE id = $1 AND (lease_until IS NULL OR lease_until < now()) RETURNING id`,
      [sessionId, id],
    );
    const session = taken.length > 0 ? await this.findSealed(sessionId) : null;
    return session && { id, session };
  }

  async release({ id, session }: LoginLease): Promise<void> {
    await this.database.query(
      'UPDATE login_sessions SET lease_id = NULL, lease_until = NULL WHERE id = $1 AND lease_id = $2',
      [session.id, id],
    );
  }

  /** For a change: nobody else changes it until the transaction ends. */
  locked(tx: Transaction, id: string): Promise<LoginSession | null> {
    return tx.manager.findOne(LoginSession, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  #query() {
    return this.database.manager.createQueryBuilder(LoginSession, 'session');
  }
}
