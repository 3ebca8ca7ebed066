import { v7 as uuidv7 } from 'uuid';
import type { Transaction } from '../../platform/database.js';
import type { RequestContext } from '../../platform/request-context.js';
import type { Viewer } from '../../platform/viewer.js';
import { ActorKind } from './audit-entry.entity.js';
import { withholdSecrets } from './withhold-secrets.js';

/** Who acts where it is not the caller of a request: a job, the meta-agent, a person who is signing in just now. */
export interface AuditActor {
  kind: ActorKind;
  /** Id of the user or API key; null for the platform's own. */
  id: string | null;
  label: string;
}

export interface AuditRecord {
  /** The request; null in jobs, which then name their actor. */
  context: RequestContext | null;
  /** The context's viewer unless told. */
  actor?: AuditActor;
  /** Null where the change belongs to no project. */
  projectId: string | null;
  /** The name of the mutation or job. */
  action: string;
  subjectType: string;
  subjectId: string;
  /** The few fields that tell what changed, chosen by the caller; never a whole row, never a secret. */
  before?: Record<string, unknown> | null;
  after?: Record<string, unknown> | null;
}

/** The actor for work that the platform does by itself, such as `systemActor('retention')`. */
export function systemActor(job: string): AuditActor {
  return { kind: ActorKind.SYSTEM, id: null, label: job };
}

const insertEntry = {
  name: 'audit-insert',
  text: `INSERT INTO audit_log (id, project_id, actor_kind, actor_id, actor, action, subject_type, subject_id,
           before, after, request_id, ip)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
};

/**
 * Writes the entry of a change within the change's own transaction: both are kept, or neither.
 * @throws Error where neither an actor nor a signed-in viewer is given: a change by nobody is a bug
 */
export async function recordAudit(tx: Transaction, record: AuditRecord): Promise<void> {
  const actor = record.actor ?? actorOf(record.context?.viewer ?? null);
  await tx.query(insertEntry, [
    uuidv7(),
    record.projectId,
    actor.kind,
    actor.id,
    actor.label,
    record.action,
    record.subjectType,
    record.subjectId,
    asJson(record.before),
    asJson(record.after),
    record.context?.requestId ?? null,
    record.context?.ip ?? null,
  ]);
}

function actorOf(viewer: Viewer | null): AuditActor {
  if (!viewer) throw new Error('An audit entry needs an actor.');
  return { kind: ActorKind[viewer.kind], id: viewer.id, label: viewer.label };
}

function asJson(value: Record<string, unknown> | null | undefined): string | null {
  return value ? JSON.stringify(withholdSecrets(value)) : null;
}
