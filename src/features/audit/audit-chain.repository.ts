import type { Database, Transaction } from '../../platform/database.js';
import type { SealedContent } from './entry-hash.js';

/** Stands for "no project" in the chains, where every entry needs one. */
export const noProject = '00000000-0000-0000-0000-000000000000';

/** How long a transaction may have been writing before its entry counts as slipped in. */
const lateCommit = "interval '10 minutes'";
/** Entries rest this long before they are sealed, so that the order of sealing is nearly that of time. */
const restingTime = "interval '5 seconds'";

const content = `a.id, a.project_id AS "projectId", a.at, a.actor_kind AS "actorKind", a.actor_id AS "actorId", a.actor,
  a.action, a.subject_type AS "subjectType", a.subject_id AS "subjectId", a.before::text, a.after::text,
  a.request_id AS "requestId", a.ip`;

export interface Seal {
  projectId: string;
  position: number;
  entryId: string;
  entryAt: Date;
  hash: string;
}

export interface ChainHead {
  projectId: string;
  position: number;
  hash: string;
}

/** A seal beside the entry it seals; `id` is null where that entry is gone. */
export type SealedRow = Omit<SealedContent, 'id'> & {
  id: string | null;
  position: number;
  entryId: string;
  hash: string;
};

export interface LoggedRow {
  at: Date;
  id: string;
  isSealed: boolean;
}

/** The statements of sealing and verifying. */
export class AuditChainRepository {
  constructor(private readonly database: Database) {}

  /** One process seals at a time; the others find that it is being done. */
  async lockSealing(tx: Transaction): Promise<boolean> {
    const [row] = await tx.query<{ locked: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtext('binnacle audit seals')) AS locked`,
    );
    return row?.locked ?? false;
  }

  /** Entries older than this are sealed already, or were slipped in later; null before the first seal. */
  async horizon(where: Pick<Database, 'query'>): Promise<Date | null> {
    const [row] = await where.query<{ horizon: Date | null }>(
      `SELECT max(entry_at) - ${lateCommit} AS horizon FROM audit_seals`,
    );
    return row?.horizon ?? null;
  }

  /** The horizon comes as a value and bounds both tables, so that the cost does not grow with the log. */
  unsealed(tx: Transaction, horizon: Date | null, limit: number): Promise<SealedContent[]> {
    return tx.query<SealedContent>(
      `SELECT ${content} FROM audit_log a
       WHERE a.at >= $1 AND a.at < clock_timestamp() - ${restingTime}
         AND NOT EXISTS (SELECT 1 FROM audit_seals s WHERE s.entry_id = a.id AND s.entry_at >= $1)
       ORDER BY a.at, a.id LIMIT $2`,
      [horizon ?? '-infinity', limit],
    );
  }

  heads(tx: Transaction, projectIds: string[]): Promise<ChainHead[]> {
    return tx.query<ChainHead>(
      `SELECT wanted.id AS "projectId", head.position, head.hash
       FROM unnest($1::uuid[]) AS wanted (id)
       CROSS JOIN LATERAL (SELECT position, hash FROM audit_seals s WHERE s.project_id = wanted.id
                           ORDER BY position DESC LIMIT 1) AS head`,
      [projectIds],
    );
  }

  async append(tx: Transaction, seals: Seal[]): Promise<void> {
    await tx.query(
      `INSERT INTO audit_seals (project_id, position, entry_id, entry_at, hash)
       SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::timestamptz[], $5::text[])`,
      [
        seals.map((seal) => seal.projectId),
        seals.map((seal) => seal.position),
        seals.map((seal) => seal.entryId),
        seals.map((seal) => seal.entryAt),
        seals.map((seal) => seal.hash),
      ],
    );
  }

  sealedAfter(projectId: string, position: number, limit: number): Promise<SealedRow[]> {
    return this.database.query<SealedRow>(
      `SELECT s.position, s.entry_id AS "entryId", s.hash, ${content}
       FROM audit_seals s LEFT JOIN audit_log a ON a.id = s.entry_id
       WHERE s.project_id = $1 AND s.position > $2 ORDER BY s.position LIMIT $3`,
      [projectId, position, limit],
    );
  }

  /** A project's entries from before the horizon, oldest first, and whether each has its seal. */
  loggedAfter(
    projectId: string,
    horizon: Date,
    after: LoggedRow | null,
    limit: number,
  ): Promise<LoggedRow[]> {
    return this.database.query<LoggedRow>(
      `SELECT a.at, a.id, s.entry_id IS NOT NULL AS "isSealed"
       FROM audit_log a LEFT JOIN audit_seals s ON s.entry_id = a.id
       WHERE a.project_id = $1 AND a.at < $2 AND (a.at, a.id) > ($3, $4::uuid) ORDER BY a.at, a.id LIMIT $5`,
      [projectId, horizon, after?.at ?? '-infinity', after?.id ?? noProject, limit],
    );
  }
}
