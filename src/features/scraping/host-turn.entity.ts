import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Whose turn it is at a host, over all workers: one request at a time, and a while between. */
@Entity('host_turns')
export class HostTurn {
  /** With its port. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'host_turns_pkey' })
  host: string;

  /** Who has the turn, or had it last; made anew for each. */
  @Column({ type: 'uuid', nullable: true })
  holder: string | null;

  /** Until then nobody else gets it; whoever has it puts this off. */
  @Column({ type: 'timestamptz' })
  heldUntil: Date;

  /** No request before this. */
  @Column({ type: 'timestamptz' })
  freeAt: Date;
}
