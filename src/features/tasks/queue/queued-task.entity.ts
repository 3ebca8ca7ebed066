import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/** Partial indexes of what waits: of workers that come from elsewhere, and of those within Binnacle. */
const waiting = { where: 'leased_by IS NULL AND NOT is_built_in' };
const waitingBuiltIn = { where: 'leased_by IS NULL AND is_built_in' };

/**
 * A task that waits for a worker, or that a worker is at; it goes when the task ends. Small, whatever history there is: claims read
 * nothing else. It refers to no task by a foreign key, for it may stand on another machine than the tasks; a row whose task is
 * gone is cleared away by whoever meets it.
 */
@Entity('task_queue')
@Index('task_queue_waiting', ['projectId', 'rank', 'queuedAt', 'taskId'], waiting)
@Index('task_queue_waiting_type', ['projectId', 'type', 'rank', 'queuedAt', 'taskId'], waiting)
@Index('task_queue_waiting_agent', ['agentId', 'rank', 'queuedAt', 'taskId'], waiting)
@Index('task_queue_waiting_built_in', ['type', 'rank', 'queuedAt', 'taskId'], waitingBuiltIn)
@Index('task_queue_leases', ['projectId', 'leasedBy'], { where: 'leased_by IS NOT NULL' })
@Index('task_queue_expiring', ['leaseExpiresAt'], { where: 'lease_expires_at IS NOT NULL' })
export class QueuedTask {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'task_queue_pkey' })
  taskId: string;

  @Column({ type: 'uuid' })
  @ForeignKey('Project', { name: 'task_queue_project_fk', onDelete: 'CASCADE' })
  projectId: string;

  @Column({ type: 'uuid' })
  @ForeignKey('Agent', { name: 'task_queue_agent_fk', onDelete: 'CASCADE' })
  agentId: string;

  @Column({ type: 'text' })
  type: string;

  /** The priority with its sign turned, so that one index in one direction tells who is next. */
  @Column({ type: 'int' })
  rank: number;

  @Column({ type: 'timestamptz', precision: 3 })
  queuedAt: Date;

  /** As the task's own. */
  @Column({ type: 'boolean' })
  isBuiltIn: boolean;

  /** The worker that is at it; null = it waits. */
  @Column({ type: 'text', nullable: true })
  leasedBy: string | null;

  /** How long the lease was asked for. */
  @Column({ type: 'int', nullable: true })
  leaseSeconds: number | null;

  /** By the database's clock. Null with a worker: the lease stands still while a human is asked. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  leaseExpiresAt: Date | null;
}
