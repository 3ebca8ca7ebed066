import type { Database } from '../../platform/database.js';
import type { ApiKeyScope, ProjectRole } from './grants.js';

export interface SessionRow {
  userId: string;
  tokenId: string;
  username: string;
  generation: number;
  isBlocked: boolean;
  roles: Record<string, ProjectRole>;
}

export interface ApiKeyRow {
  id: string;
  name: string;
  projectId: string;
  scopes: ApiKeyScope[];
  secretHash: string;
  expiresAt: Date | null;
  /** Not used within the last minute, as far as is kept. */
  isUnused: boolean;
}

/** All that decides about a session, in one statement: one for a request, many for the sweep of open sockets. */
const sessions = {
  name: 'auth-sessions',
  text: `SELECT u.id AS "userId", asked.token_id AS "tokenId", u.username, u.session_generation AS generation,
           EXISTS (SELECT 1 FROM sessions s WHERE s.id = asked.token_id) AS "isBlocked",
           coalesce((SELECT json_object_agg(m.project_id, m.role) FROM memberships m WHERE m.user_id = u.id), '{}')
             AS roles
         FROM unnest($1::uuid[], $2::uuid[]) AS asked (user_id, token_id)
         JOIN users u ON u.id = asked.user_id`,
};

const apiKeyColumns = `id, name, project_id AS "projectId", scopes, secret_hash AS "secretHash",
  expires_at AS "expiresAt",
  (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '1 minute') AS "isUnused"`;
const stillGood = `revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())`;

const apiKeyByPrefix = {
  name: 'auth-api-key',
  text: `SELECT ${apiKeyColumns} FROM api_keys WHERE prefix = $1 AND ${stillGood}`,
};

const apiKeysById = {
  name: 'auth-api-keys',
  text: `SELECT id FROM api_keys WHERE id = ANY($1) AND ${stillGood}`,
};

const touchApiKey = {
  name: 'auth-touch-api-key',
  text: `UPDATE api_keys SET last_used_at = clock_timestamp()
         WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '1 minute')`,
};

/**
 * What every request asks about its credentials. It reads the tables of projects/ by SQL, so that one statement answers
 * all: PostgreSQL alone knows what holds, and a copy elsewhere could only be older.
 */
export class CredentialsRepository {
  constructor(private readonly database: Database) {}

  sessions(asked: readonly { userId: string; tokenId: string }[]): Promise<SessionRow[]> {
    return this.database.query<SessionRow>(sessions, [
      asked.map(({ userId }) => userId),
      asked.map(({ tokenId }) => tokenId),
    ]);
  }

  /** The key of that prefix, unless it is revoked or has expired. */
  async apiKey(prefix: string): Promise<ApiKeyRow | null> {
    const [row] = await this.database.query<ApiKeyRow>(apiKeyByPrefix, [prefix]);
    return row ?? null;
  }

  /** Which of these keys are neither revoked nor expired. */
  async goodApiKeys(ids: readonly string[]): Promise<Set<string>> {
    const rows = await this.database.query<{ id: string }>(apiKeysById, [ids]);
    return new Set(rows.map((row) => row.id));
  }

  async touchApiKey(id: string): Promise<void> {
    await this.database.query(touchApiKey, [id]);
  }
}
