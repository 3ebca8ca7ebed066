import { Field, ID, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

@Entity('users')
@Unique('UQ_users_username_key', ['usernameKey'])
@Unique('UQ_users_email_key', ['emailKey'])
@ObjectType({ simpleResolvers: true, description: 'A person.' })
export class User {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'PK_users' })
  @Field(() => ID)
  id: string;

  @Column('text')
  @Field(() => String)
  username: string;

  /** The username in lower case: unique without regard to case. */
  @Column('text')
  usernameKey: string;

  @Column('text')
  @Field(() => String)
  email: string;

  /** The email address in lower case: unique without regard to case. */
  @Column('text')
  emailKey: string;

  /** Read only where a password is checked. */
  @Column('text', { select: false })
  passwordHash: string;

  /** Tokens carry the generation they were issued in; raising it ends them all. */
  @Column('integer', { default: 0 })
  sessionGeneration: number;

  @Column({ type: 'timestamptz', precision: 3 })
  @Field(() => Date)
  createdAt: Date;

  @Column({ type: 'timestamptz', precision: 3 })
  @Field(() => Date)
  updatedAt: Date;

  /** Set by signing in: whoever gets this object is this person, though the operation began without a viewer. */
  isSelf?: boolean;
}
