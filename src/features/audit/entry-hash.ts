import { createHash } from 'node:crypto';

/** An entry as the database holds it: its JSON as the very text that is stored. */
export interface SealedContent {
  id: string;
  projectId: string | null;
  at: Date;
  actorKind: string;
  actorId: string | null;
  actor: string;
  action: string;
  subjectType: string;
  subjectId: string;
  before: string | null;
  after: string | null;
  requestId: string | null;
  ip: string | null;
}

/** What stands ahead of the first entry of every chain. */
export const chainStart = '0'.repeat(64);

/**
 * The next link of a chain: SHA-256, in hex, over the hash before it and the entry's fields in a fixed order. JSON's
 * quotes keep the fields apart, so that no text can move from one into the next unseen.
 */
export function entryHash(previousHash: string, entry: SealedContent): string {
  const fields = [
    entry.id,
    entry.projectId,
    entry.at.toISOString(),
    entry.actorKind,
    entry.actorId,
    entry.actor,
    entry.action,
    entry.subjectType,
    entry.subjectId,
    entry.before,
    entry.after,
    entry.requestId,
    entry.ip,
  ];
  return createHash('sha256').update(previousHash).update(JSON.stringify(fields)).digest('hex');
}
