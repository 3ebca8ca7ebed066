import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/** The span of a trace that its task is told by: its root, or as long as that has not come, the earliest span that has. */
@Entity('trace_heads')
@Index('trace_heads_awaited', ['awaitedSince'], { where: 'awaited_since IS NOT NULL' })
export class TraceHead {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'trace_heads_pkey' })
  @ForeignKey('Task', { name: 'trace_heads_task_fk', onDelete: 'CASCADE' })
  taskId: string;

  /** Of its step. */
  @Column({ type: 'text' })
  key: string;

  @Column({ type: 'boolean' })
  isRoot: boolean;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  startedAt: Date | null;

  @Column({ type: 'boolean' })
  hasEnded: boolean;

  /** The latest time that any span of the trace told. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  lastAt: Date | null;

  /** When the last spans came, as long as the end of its root is awaited; null = it is not. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  awaitedSince: Date | null;
}
