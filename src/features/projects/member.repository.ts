import { In } from 'typeorm';
import type { Database, Transaction } from '../../platform/database.js';
import { ProjectRole } from '../auth/index.js';
import { Membership } from './membership.entity.js';
import { rowsByKey } from './rows-by-key.js';

const oldestFirst = { createdAt: 'ASC', projectId: 'ASC', userId: 'ASC' } as const;

/** Memberships as rows. */
export class MemberRepository {
  constructor(private readonly database: Database) {}

  find(tx: Transaction, projectId: string, userId: string): Promise<Membership | null> {
    return tx.manager.findOneBy(Membership, { projectId, userId });
  }

  /** One list for each project, oldest first. */
  async ofProjects(projectIds: readonly string[]): Promise<Membership[][]> {
    const where = { projectId: In([...projectIds]) };
    const rows = await this.database.manager.find(Membership, { where, order: oldestFirst });
    return rowsByKey(projectIds, rows, (row) => row.projectId);
  }

  /** One list for each person, oldest first. */
  async ofUsers(userIds: readonly string[]): Promise<Membership[][]> {
    const where = { userId: In([...userIds]) };
    const rows = await this.database.manager.find(Membership, { where, order: oldestFirst });
    return rowsByKey(userIds, rows, (row) => row.userId);
  }

  countAdmins(tx: Transaction, projectId: string): Promise<number> {
    return tx.manager.countBy(Membership, { projectId, role: ProjectRole.ADMIN });
  }

  async insert(tx: Transaction, membership: Membership): Promise<void> {
    await tx.manager.insert(Membership, membership);
  }

  async setRole(tx: Transaction, { projectId, userId, role }: Membership): Promise<void> {
    await tx.manager.update(Membership, { projectId, userId }, { role });
  }

  async remove(tx: Transaction, { projectId, userId }: Membership): Promise<void> {
    await tx.manager.delete(Membership, { projectId, userId });
  }
}
