import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** How often signing in failed lately, for one account or one address. */
@Entity('sign_in_failures')
@Index('IDX_sign_in_failures_last_at', ['lastAt'])
export class SignInFailures {
  /** What is being guarded, as SignInThrottle names it. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'PK_sign_in_failures' })
  key: string;

  @Column('integer')
  failures: number;

  @Column({ type: 'timestamptz', precision: 3 })
  lastAt: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  blockedUntil: Date | null;
}
