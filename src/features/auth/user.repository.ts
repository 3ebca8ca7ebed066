import { In } from 'typeorm';
import type { Database, Transaction } from '../../platform/database.js';
import { nameKey } from './account-rules.js';
import { BlockedSession } from './blocked-session.entity.js';
import { User } from './user.entity.js';

/** People and the tokens that were ended. */
export class UserRepository {
  constructor(private readonly database: Database) {}

  /** By username or email address, without regard to case; with the password's hash. */
  byLogin(login: string): Promise<User | null> {
    const key = nameKey(login);
    return this.#withPassword()
      .where(login.includes('@') ? 'u.emailKey = :key' : 'u.usernameKey = :key', { key })
      .getOne();
  }

  /** With the password's hash. */
  byIdWithPassword(id: string): Promise<User | null> {
    return this.#withPassword().where('u.id = :id', { id }).getOne();
  }

  byEmail(email: string): Promise<User | null> {
    return this.database.manager.findOneBy(User, { emailKey: nameKey(email) });
  }

  byId(id: string): Promise<User | null> {
    return this.database.manager.findOneBy(User, { id });
  }

  /** In the order of the ids; null where there is none. */
  async byIds(ids: readonly string[]): Promise<(User | null)[]> {
    const users = await this.database.manager.findBy(User, { id: In([...ids]) });
    const byId = new Map(users.map((user) => [user.id, user]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  hasAny(tx: Pick<Transaction, 'manager'>): Promise<boolean> {
    return tx.manager.exists(User);
  }

  /** Whether there is nobody yet is decided by one registration at a time. */
  async lockFirstRegistration(tx: Transaction): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtext('binnacle first registration'))`);
  }

  async insert(tx: Transaction, user: User): Promise<void> {
    await tx.manager.insert(User, user);
  }

  /** Takes the new password and ends all sessions. Answers the new generation, null where the old hash is gone. */
  async replacePassword(tx: Transaction, user: User, passwordHash: string): Promise<number | null> {
    const [row] = await tx.query<{ generation: number }>(
      `UPDATE users SET password_hash = $3, session_generation = session_generation + 1, updated_at = clock_timestamp()
       WHERE id = $1 AND password_hash = $2 RETURNING session_generation AS generation`,
      [user.id, user.passwordHash, passwordHash],
    );
    return row?.generation ?? null;
  }

  /** Ends one session. False where it had ended before: of several at once, one is told true. */
  async block(tx: Transaction, session: BlockedSession): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO sessions (id, user_id, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id`,
      [session.id, session.userId, session.expiresAt],
    );
    return rows.length > 0;
  }

  /** Tokens that have expired need no block any more; a minute is left for clocks that differ. */
  async purgeExpiredSessions(): Promise<void> {
    await this.database.query(
      `DELETE FROM sessions WHERE expires_at < clock_timestamp() - interval '1 minute'`,
    );
  }

  #withPassword() {
    return this.database.manager.createQueryBuilder(User, 'u').addSelect('u.passwordHash');
  }
}
