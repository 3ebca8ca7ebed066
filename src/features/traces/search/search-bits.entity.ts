import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';

/**
 * The index of the text search, read by its primary key: a row tells for each slot of a block whether what stands there may
 * hold the pieces of text of a code. Level 0: blocks as they are made, of 512 slots, 16 codes a row. Level 1: sixteen of them
 * in one, of 8,192 slots, one code a row.
 */
@Entity('search_bits')
export class SearchBits {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'search_bits_pkey' })
  @ForeignKey('Project', { name: 'search_bits_project_fk', onDelete: 'CASCADE' })
  projectId: string;

  @PrimaryColumn({ type: 'int', primaryKeyConstraintName: 'search_bits_pkey' })
  level: number;

  /** The code, at level 0 divided by 16. */
  @PrimaryColumn({ type: 'int', primaryKeyConstraintName: 'search_bits_pkey' })
  bucket: number;

  /** Counts the project's blocks of that level; its first slot is the block times the slots of one. */
  @PrimaryColumn({ type: 'int', primaryKeyConstraintName: 'search_bits_pkey' })
  block: number;

  @Column({ type: 'bit', length: '8192' })
  bits: string;
}
