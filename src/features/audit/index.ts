import type { Database } from '../../platform/database.js';
import { countOf } from '../../platform/pagination.js';
import { AuditChain } from './audit-chain.js';
import { AuditChainRepository } from './audit-chain.repository.js';
import { AuditEntry } from './audit-entry.entity.js';
import { AuditRepository } from './audit.repository.js';
import { AuditEntryConnection, AuditResolver } from './audit.resolver.js';
import { AuditSeal } from './audit-seal.entity.js';
import { AuditService } from './audit.service.js';

export { ActorKind } from './audit-entry.entity.js';
export { recordAudit, systemActor, type AuditActor, type AuditRecord } from './record-audit.js';

export const auditEntities = [AuditEntry, AuditSeal];

export interface AuditDependencies {
  database: Database;
}

/** The audit log: written by `recordAudit` in each change's transaction, sealed by a job, read by ADMINs. */
export function createAudit({ database }: AuditDependencies) {
  const chain = new AuditChain(database, new AuditChainRepository(database));
  const service = new AuditService(new AuditRepository(database), chain);
  return {
    service,
    resolvers: [new AuditResolver(service), countOf(AuditEntryConnection)] as object[],
    /** For the worker, every few seconds to a minute: seals what has been committed. Answers how many entries. */
    sealAuditLog: () => chain.seal(),
  };
}
