import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { User } from './user.entity.js';

/** A session token that was ended before it expires: kept until then, and consulted by every request. */
@Entity('sessions')
@Index('IDX_sessions_expires_at', ['expiresAt'])
export class BlockedSession {
  /** The token's jti. */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'PK_sessions' })
  id: string;

  @Column('uuid')
  @Index('IDX_sessions_user')
  @ForeignKey(() => User, { name: 'FK_sessions_user', onDelete: 'CASCADE' })
  userId: string;

  @Column({ type: 'timestamptz', precision: 3 })
  expiresAt: Date;
}
