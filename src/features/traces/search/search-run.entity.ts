import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/** Which steps of a task stand in consecutive slots of one block: slot `firstSlot + i` holds the seqs firstSeqs[i] to lastSeqs[i]. */
@Entity('search_runs')
@Index('search_runs_slot', ['projectId', 'firstSlot'])
export class SearchRun {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'search_runs_pkey' })
  @ForeignKey('Task', { name: 'search_runs_task_fk', onDelete: 'CASCADE' })
  taskId: string;

  @PrimaryColumn({ type: 'int', primaryKeyConstraintName: 'search_runs_pkey' })
  firstSlot: number;

  @Column({ type: 'uuid' })
  projectId: string;

  @Column({ type: 'int', array: true })
  firstSeqs: number[];

  @Column({ type: 'int', array: true })
  lastSeqs: number[];
}
