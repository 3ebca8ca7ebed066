import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';

/** A worker of a project, known by its claims. Those within Binnacle report with their process instead. */
@Entity('workers')
export class Worker {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'workers_pkey' })
  @ForeignKey('Project', { name: 'workers_project_fk', onDelete: 'CASCADE' })
  projectId: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'workers_pkey' })
  name: string;

  /** As it says itself, else the address that it calls from. */
  @Column({ type: 'text' })
  hostname: string;

  @Column({ type: 'text' })
  version: string;

  @Column({ type: 'int' })
  capacity: number;

  /** When it was first heard of. */
  @Column({ type: 'timestamptz', precision: 3 })
  startedAt: Date;

  @Column({ type: 'timestamptz', precision: 3 })
  seenAt: Date;
}
