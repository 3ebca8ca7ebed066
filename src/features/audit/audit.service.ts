import { Page, pageRequest, type PageArguments } from '../../platform/pagination.js';
import { requirePermission, type Viewer } from '../../platform/viewer.js';
import type { AuditChain } from './audit-chain.js';
import type { AuditEntry } from './audit-entry.entity.js';
import type { AuditVerification } from './audit-verification.js';
import type { AuditFilter } from './audit.inputs.js';
import type { AuditRepository } from './audit.repository.js';

/** Reading the audit log, for those who administer the project. */
export class AuditService {
  constructor(
    private readonly repository: AuditRepository,
    private readonly chain: AuditChain,
  ) {}

  /** @throws BadUserInputError for a wrong page size or a cursor of another list */
  async list(
    viewer: Viewer | null,
    projectId: string,
    filter: AuditFilter,
    args: PageArguments,
  ): Promise<Page<AuditEntry>> {
    requirePermission(viewer, projectId, 'manage');
    const request = pageRequest(args, ['time', 'id']);
    const rows = await this.repository.page(projectId, filter, request);
    return new Page(
      request,
      rows,
      (entry) => [entry.at.toISOString(), entry.id],
      () => this.repository.count(projectId, filter),
    );
  }

  async verify(viewer: Viewer | null, projectId: string): Promise<AuditVerification> {
    requirePermission(viewer, projectId, 'manage');
    return this.chain.verify(projectId);
  }
}
