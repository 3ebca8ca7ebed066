import { v7 as uuidv7 } from 'uuid';
import type { Database, Transaction } from '../../platform/database.js';
import { RequestContext } from '../../platform/request-context.js';
import type { Viewer } from '../../platform/viewer.js';
import { recordAudit, systemActor } from '../audit/index.js';
import { ApiKeyScope, personActor, ProjectRole, type Registered } from '../auth/index.js';
import type { ApiKeyService } from './api-key.service.js';
import { Membership } from './membership.entity.js';
import { Project } from './project.entity.js';
import { slugOf } from './slug.js';

/** The project cannot be told; the message says how to choose one. */
export class WhichProjectError extends Error {}

const keyLifeMs = 86_400_000;

/**
 * Access for commands that run on the server's own machine and can read its secrets: whoever can do that owns the data
 * anyway, so no key is asked for. Everything they do still goes through the API, by a key made for the purpose.
 */
export class LocalAccess {
  constructor(
    private readonly database: Database,
    private readonly apiKeys: ApiKeyService,
  ) {}

  /**
   * A key good for a day, of the project named, or of the only one. Where there is none at all, one is
   * made, which the first person to register gets.
   * @param purpose what the key is for: its name, and the actor in the audit log
   * @throws WhichProjectError where the slug names none, or there are several and none is named
   */
  async openKey(
    slug: string | undefined,
    purpose: string,
    scopes: ApiKeyScope[],
  ): Promise<{ secret: string; revoke: () => Promise<void> }> {
    const project = await this.#project(slug, purpose);
    const viewer: Viewer = {
      kind: 'API_KEY',
      id: uuidv7(),
      label: purpose,
      tokenId: null,
      expiresAt: null,
      grants: new Map([[project.id, new Set(['manage' as const])]]),
    };
    const context = new RequestContext(viewer, uuidv7(), null);
    const { apiKey, secret } = await this.apiKeys.create(context, {
      projectId: project.id,
      name: purpose,
      scopes,
      expiresAt: new Date(Date.now() + keyLifeMs),
    });
    return { secret, revoke: async () => void (await this.apiKeys.revoke(context, apiKey.id)) };
  }

  /** The first person to register gets what was imported before anybody was there. */
  async adopt(tx: Transaction, { context, user }: Registered): Promise<void> {
    const orphans = await tx.query<{ id: string }>(
      `SELECT id FROM projects p
       WHERE NOT EXISTS (SELECT FROM memberships m WHERE m.project_id = p.id)
         AND (SELECT count(*) FROM (SELECT FROM users LIMIT 2) u) = 1`,
    );
    for (const { id } of orphans) {
      const member = { projectId: id, userId: user.id, role: ProjectRole.ADMIN, createdAt: new Date() };
      await tx.manager.insert(Membership, member);
      await recordAudit(tx, {
        context,
        actor: personActor(user),
        projectId: id,
        action: 'adoptProject',
        subjectType: 'Project',
        subjectId: id,
      });
    }
  }

  async #project(slug: string | undefined, purpose: string): Promise<Project> {
    const { manager } = this.database;
    if (slug !== undefined) {
      const project = await manager.findOneBy(Project, { slug });
      if (project) return project;
      throw new WhichProjectError(`There is no project with the slug "${slug}".`);
    }
    const [first, ...others] = await manager.find(Project, { order: { createdAt: 'ASC' }, take: 20 });
    if (first && others.length === 0) return first;
    if (!first) return this.database.transaction((tx) => this.#create(tx, purpose));
    const slugs = [first, ...others].map((project) => project.slug).join(', ');
    throw new WhichProjectError(`There are several projects; choose one with --project: ${slugs}.`);
  }

  async #create(tx: Transaction, purpose: string): Promise<Project> {
    const name = 'Imported runs';
    const project = { id: uuidv7(), name, slug: slugOf(name), retentionDays: null, createdAt: new Date() };
    await tx.manager.insert(Project, project);
    await recordAudit(tx, {
      context: null,
      actor: systemActor(purpose),
      projectId: project.id,
      action: 'createProject',
      subjectType: 'Project',
      subjectId: project.id,
      after: { name, slug: project.slug },
    });
    return this.database.manager.create(Project, project);
  }
}
