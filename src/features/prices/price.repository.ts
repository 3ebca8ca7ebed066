import type { EntityManager } from 'typeorm';
import type { Database } from '../../platform/database.js';
import { ModelPrice } from './model-price.entity.js';

/** Rows of projects' own prices. */
export class PriceRepository {
  constructor(private readonly database: Database) {}

  /** By model and day. */
  ofProject(manager: EntityManager, projectId: string): Promise<ModelPrice[]> {
    return manager.find(ModelPrice, {
      where: { projectId },
      order: { model: 'ASC', provider: 'ASC', validFrom: 'ASC' },
    });
  }

  list(projectId: string): Promise<ModelPrice[]> {
    return this.ofProject(this.database.manager, projectId);
  }

  find(id: string): Promise<ModelPrice | null> {
    return this.database.manager.findOneBy(ModelPrice, { id });
  }
}
