import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/** One link of a project's chain of hashes. Append-only, as the log is. */
@Entity('audit_seals')
@Unique('UQ_audit_seals_entry', ['entryId'])
@Index('IDX_audit_seals_entry_at', ['entryAt'])
export class AuditSeal {
  /** The project, or the zero UUID for entries that belong to none. */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'PK_audit_seals' })
  projectId: string;

  /** 1, 2, 3 … in the order of sealing. */
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'PK_audit_seals' })
  position: number;

  @Column('uuid')
  entryId: string;

  /** The entry's time: the newest one tells how far the log is sealed. */
  @Column({ type: 'timestamptz', precision: 3 })
  entryAt: Date;

  /** SHA-256 in hex over the hash before it and the entry. */
  @Column('text')
  hash: string;
}
