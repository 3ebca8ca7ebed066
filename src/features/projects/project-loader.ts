import type { RequestContext } from '../../platform/request-context.js';
import type { Project } from './project.entity.js';
import type { ProjectRepository } from './project.repository.js';

/** Projects by id, read once for all fields of an operation that ask for them. */
export class ProjectLoader {
  constructor(private readonly repository: ProjectRepository) {}

  /** For rows that belong to a project: an id without a project is a fault of the server. */
  async load(context: RequestContext, id: string): Promise<Project> {
    const project = await context.loader(this, (ids) => this.repository.byIds(ids)).load(id);
    if (!project) throw new Error(`There is no project ${id}.`);
    return project;
  }
}
