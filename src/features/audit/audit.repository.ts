import type { Database } from '../../platform/database.js';
import type { PageRequest } from '../../platform/pagination.js';
import type { AuditEntry } from './audit-entry.entity.js';
import type { AuditFilter } from './audit.inputs.js';

const columns = `a.id, a.project_id AS "projectId", a.at, a.actor_kind AS "actorKind", a.actor_id AS "actorId", a.actor,
  a.action, a.subject_type AS "subjectType", a.subject_id AS "subjectId", a.before, a.after,
  a.request_id AS "requestId", a.ip, s.hash`;

/** The reads of the audit log. */
export class AuditRepository {
  constructor(private readonly database: Database) {}

  /** Newest first, one row more than the page holds. */
  page(projectId: string, filter: AuditFilter, page: PageRequest): Promise<AuditEntry[]> {
    const { values, conditions } = conditionsOf(projectId, filter);
    if (page.from) {
      const [at, id] = page.from;
      conditions.push(`(a.at, a.id) < ($${values.push(at)}::timestamptz, $${values.push(id)}::uuid)`);
    }
    return this.database.query<AuditEntry>(
      `SELECT ${columns} FROM audit_log a LEFT JOIN audit_seals s ON s.entry_id = a.id
       WHERE ${conditions.join(' AND ')} ORDER BY a.at DESC, a.id DESC LIMIT ${page.limit + 1}`,
      values,
    );
  }

  async count(projectId: string, filter: AuditFilter): Promise<number> {
    const { values, conditions } = conditionsOf(projectId, filter);
    const text = `SELECT count(*)::int AS count FROM audit_log a WHERE ${conditions.join(' AND ')}`;
    const [row] = await this.database.query<{ count: number }>(text, values);
    return row?.count ?? 0;
  }
}

function conditionsOf(projectId: string, filter: AuditFilter): { values: unknown[]; conditions: string[] } {
  const values: unknown[] = [projectId];
  const conditions = ['a.project_id = $1'];
  const where = (condition: (place: string) => string, value: unknown) => {
    if (value != null) conditions.push(condition(`$${values.push(value)}`));
  };
  where((p) => `a.action = ANY(${p})`, filter.actions);
  where((p) => `a.subject_type = ${p}`, filter.subjectType);
  where((p) => `a.subject_id = ${p}`, filter.subjectId);
  where((p) => `a.at >= ${p}`, filter.after);
  where((p) => `a.at < ${p}`, filter.before);
  return { values, conditions };
}
