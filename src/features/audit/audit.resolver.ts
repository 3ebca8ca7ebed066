import { Arg, Ctx, ID, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { Access } from '../../platform/access.js';
import { Connection, pageSizeDescription, type Page } from '../../platform/pagination.js';
import { RequestContext } from '../../platform/request-context.js';
import { AuditEntry } from './audit-entry.entity.js';
import { AuditVerification } from './audit-verification.js';
import { AuditFilter } from './audit.inputs.js';
import type { AuditService } from './audit.service.js';

@ObjectType({ simpleResolvers: true })
export class AuditEntryConnection extends Connection('AuditEntry', AuditEntry) {}

@Resolver()
export class AuditResolver {
  constructor(private readonly audit: AuditService) {}

  @Query(() => AuditEntryConnection, { description: 'The changes made in a project, newest first.' })
  @Access('manage')
  auditLog(
    @Ctx() context: RequestContext,
    @Arg('projectId', () => ID) projectId: string,
    @Arg('filter', () => AuditFilter, { nullable: true }) filter: AuditFilter | null,
    @Arg('first', () => Int, { nullable: true, description: pageSizeDescription }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null,
  ): Promise<Page<AuditEntry>> {
    return this.audit.list(context.viewer, projectId, filter ?? {}, { first, after });
  }

  @Query(() => AuditVerification, {
    description: "Re-computes the project's chain of hashes over its whole audit log.",
  })
  @Access('manage')
  verifyAuditLog(
    @Ctx() context: RequestContext,
    @Arg('projectId', () => ID) projectId: string,
  ): Promise<AuditVerification> {
    return this.audit.verify(context.viewer, projectId);
  }
}
