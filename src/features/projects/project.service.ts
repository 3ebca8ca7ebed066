import { v7 as uuidv7 } from 'uuid';
import type { Database, Transaction } from '../../platform/database.js';
import { BadUserInputError, ConflictError, NotFoundError } from '../../platform/errors.js';
import type { RequestContext } from '../../platform/request-context.js';
import { requirePermission, requirePerson, requireViewer, type Viewer } from '../../platform/viewer.js';
import { recordAudit, type AuditActor } from '../audit/index.js';
import { personActor, ProjectRole, type Registered } from '../auth/index.js';
import type { MemberRepository } from './member.repository.js';
import { Project } from './project.entity.js';
import type { ProjectRepository } from './project.repository.js';
import type { CreateProjectInput, UpdateProjectInput } from './projects.inputs.js';
import { slugOf, withRandomEnding } from './slug.js';

/** Projects: making, changing and finding them. */
export class ProjectService {
  constructor(
    private readonly database: Database,
    private readonly projects: ProjectRepository,
    private readonly members: MemberRepository,
  ) {}

  /**
   * One project of the viewer's, by id or by slug.
   * @throws BadUserInputError for both or neither
   * @throws NotFoundError for a project the viewer does not belong to
   */
  async find(viewer: Viewer | null, by: { id?: string | null; slug?: string | null }): Promise<Project> {
    const signedIn = requireViewer(viewer);
    if ((by.id == null) === (by.slug == null)) {
      throw new BadUserInputError([{ path: 'id', message: 'Give either the id or the slug.' }]);
    }
    const project =
      by.slug != null
        ? await this.projects.bySlug(by.slug)
        : signedIn.grants.has(by.id ?? '') && (await this.projects.byId(by.id ?? ''));
    if (!project || !signedIn.grants.has(project.id)) throw new NotFoundError('The project');
    return project;
  }

  /** All that the viewer belongs to, oldest first; an API key's one. */
  async list(viewer: Viewer | null): Promise<Project[]> {
    return this.projects.list([...requireViewer(viewer).grants.keys()]);
  }

  /**
   * Makes a project with the caller as ADMIN.
   * @throws ConflictError for a slug that is taken
   */
  create(context: RequestContext, input: CreateProjectInput): Promise<Project> {
    const { id: userId } = requirePerson(context.viewer);
    const { name, slug } = input;
    return this.database.transaction((tx) => this.#create(tx, { context, userId, name, slug: slug ?? null }));
  }

  /** A new person's own project, in the transaction of the registration. */
  async welcome(tx: Transaction, { context, user }: Registered): Promise<void> {
    const actor = personActor(user);
    const name = `${user.username}'s project`;
    const base = slugOf(user.username);
    await this.#create(tx, { context, userId: user.id, name, slug: null, base, actor });
  }

  /** @throws NotFoundError, ForbiddenError */
  async update(context: RequestContext, input: UpdateProjectInput): Promise<Project> {
    requirePermission(context.viewer, input.id, 'manage');
    return this.database.transaction(async (tx) => {
      const project = await this.projects.lock(tx, input.id);
      if (!project) throw new NotFoundError('The project');
      const before = { name: project.name, retentionDays: project.retentionDays };
      if (input.name != null) project.name = input.name.trim();
      if (input.retentionDays !== undefined) project.retentionDays = input.retentionDays;
      const after = { name: project.name, retentionDays: project.retentionDays };
      await this.projects.save(tx, project);
      await recordAudit(tx, {
        context,
        projectId: project.id,
        action: 'updateProject',
        subjectType: 'Project',
        subjectId: project.id,
        before,
        after,
      });
      return project;
    });
  }

  async #create(tx: Transaction, wanted: NewProject): Promise<Project> {
    const now = new Date();
    const project = this.database.manager.create(Project, {
      id: uuidv7(),
      name: wanted.name.trim(),
      slug: wanted.slug ?? wanted.base ?? slugOf(wanted.name),
      retentionDays: null,
      createdAt: now,
    });
    let isInserted = await this.projects.insert(tx, project);
    if (!isInserted && wanted.slug !== null) {
      throw new ConflictError(`The slug ${wanted.slug} is taken; choose another.`);
    }
    const base = project.slug;
    while (!isInserted) {
      project.slug = withRandomEnding(base);
      isInserted = await this.projects.insert(tx, project);
    }
    const member = { projectId: project.id, userId: wanted.userId, role: ProjectRole.ADMIN, createdAt: now };
    await this.members.insert(tx, member);
    await recordAudit(tx, {
      context: wanted.context,
      ...(wanted.actor ? { actor: wanted.actor } : {}),
      projectId: project.id,
      action: 'createProject',
      subjectType: 'Project',
      subjectId: project.id,
      after: { name: project.name, slug: project.slug },
    });
    return project;
  }
}

interface NewProject {
  context: RequestContext;
  /** Its first ADMIN. */
  userId: string;
  name: string;
  /** As asked for; null = any that is free. */
  slug: string | null;
  /** What a slug is made of where none was asked for; the name unless told. */
  base?: string;
  actor?: AuditActor;
}
