import { In } from 'typeorm';
import type { Database, Transaction } from '../../platform/database.js';
import { Project } from './project.entity.js';

/** Projects as rows. */
export class ProjectRepository {
  constructor(private readonly database: Database) {}

  byId(id: string): Promise<Project | null> {
    return this.database.manager.findOneBy(Project, { id });
  }

  bySlug(slug: string): Promise<Project | null> {
    return this.database.manager.findOneBy(Project, { slug });
  }

  /** Oldest first. */
  list(ids: readonly string[]): Promise<Project[]> {
    return this.database.manager.find(Project, {
      where: { id: In([...ids]) },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
  }

  /** In the order of the ids; null where there is none. */
  async byIds(ids: readonly string[]): Promise<(Project | null)[]> {
    const byId = new Map((await this.list(ids)).map((project) => [project.id, project]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /** False where the slug is taken; the transaction goes on. */
  async insert(tx: Transaction, project: Project): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO projects (id, name, slug, retention_days, created_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (slug) DO NOTHING RETURNING id`,
      [project.id, project.name, project.slug, project.retentionDays, project.createdAt],
    );
    return rows.length > 0;
  }

  /** Locks the project's row until the transaction ends: changes of its settings and members come one after the other. */
  lock(tx: Transaction, id: string): Promise<Project | null> {
    return tx.manager.findOne(Project, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  async save(tx: Transaction, { id, name, retentionDays }: Project): Promise<void> {
    await tx.manager.update(Project, { id }, { name, retentionDays });
  }
}
