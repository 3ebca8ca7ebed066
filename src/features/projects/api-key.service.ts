import { v7 as uuidv7 } from 'uuid';
import { In } from 'typeorm';
import type { Database } from '../../platform/database.js';
import { BadUserInputError, NotFoundError, type FieldProblem } from '../../platform/errors.js';
import type { PubSub } from '../../platform/pubsub.js';
import type { RequestContext } from '../../platform/request-context.js';
import { isId } from '../../platform/validation.js';
import { requirePermission } from '../../platform/viewer.js';
import { recordAudit } from '../audit/index.js';
import { makeApiKey, type AuthEvents } from '../auth/index.js';
import { ApiKey, type CreatedApiKey } from './api-key.entity.js';
import type { CreateApiKeyInput } from './projects.inputs.js';
import { rowsByKey } from './rows-by-key.js';

/** API keys of a project: making and revoking them. */
export class ApiKeyService {
  constructor(
    private readonly database: Database,
    private readonly events: PubSub<AuthEvents>,
  ) {}

  /** @throws BadUserInputError without a scope, or with an end that lies behind */
  async create(context: RequestContext, input: CreateApiKeyInput): Promise<CreatedApiKey> {
    requirePermission(context.viewer, input.projectId, 'manage');
    const now = new Date();
    const problems: FieldProblem[] = [];
    if (input.scopes.length === 0) {
      problems.push({ path: 'input.scopes', message: 'A key needs one scope or more.' });
    }
    if (input.expiresAt && input.expiresAt <= now) {
      problems.push({
        path: 'input.expiresAt',
        message: 'The key would have expired already; give a time ahead.',
      });
    }
    if (problems.length > 0) throw new BadUserInputError(problems);
    const { key, prefix, secretHash } = makeApiKey();
    const apiKey = this.database.manager.create(ApiKey, {
      id: uuidv7(),
      projectId: input.projectId,
      name: input.name.trim(),
      prefix,
      secretHash,
      scopes: [...new Set(input.scopes)],
      createdAt: now,
      lastUsedAt: null,
      expiresAt: input.expiresAt ?? null,
      revokedAt: null,
    });
    await this.database.transaction(async (tx) => {
      await tx.manager.insert(ApiKey, apiKey);
      const { name, scopes, expiresAt } = apiKey;
      await recordAudit(tx, {
        context,
        projectId: apiKey.projectId,
        action: 'createApiKey',
        subjectType: 'ApiKey',
        subjectId: apiKey.id,
        after: { name, prefix, scopes, expiresAt },
      });
    });
    return { apiKey, secret: key };
  }

  /** Ends a key at once, and closes its sockets on every process; one that is revoked stays as it is. */
  async revoke(context: RequestContext, id: string): Promise<ApiKey> {
    const found = isId(id) ? await this.database.manager.findOneBy(ApiKey, { id }) : null;
    if (!found) throw new NotFoundError('The API key');
    requirePermission(context.viewer, found.projectId, 'manage', 'The API key');
    return this.database.transaction(async (tx) => {
      const apiKey = await tx.manager.findOneOrFail(ApiKey, {
        where: { id },
        lock: { mode: 'pessimistic_write' },
      });
      if (apiKey.revokedAt) return apiKey;
      apiKey.revokedAt = new Date();
      await tx.manager.update(ApiKey, { id }, { revokedAt: apiKey.revokedAt });
      await recordAudit(tx, {
        context,
        projectId: apiKey.projectId,
        action: 'revokeApiKey',
        subjectType: 'ApiKey',
        subjectId: id,
        before: { revokedAt: null },
        after: { revokedAt: apiKey.revokedAt },
      });
      tx.afterCommit(() => this.events.publish('credentialsEnded', '', { apiKeyId: id }));
      return apiKey;
    });
  }

  /** One list for each project, newest first. */
  async ofProjects(projectIds: readonly string[]): Promise<ApiKey[][]> {
    const rows = await this.database.manager.find(ApiKey, {
      where: { projectId: In([...projectIds]) },
      order: { createdAt: 'DESC', id: 'DESC' },
    });
    return rowsByKey(projectIds, rows, (row) => row.projectId);
  }
}
