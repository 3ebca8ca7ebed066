import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { JsonScalar } from '../../platform/scalars.js';

export enum ActorKind {
  USER = 'USER',
  API_KEY = 'API_KEY',
  SYSTEM = 'SYSTEM',
  META_AGENT = 'META_AGENT',
}
registerEnumType(ActorKind, {
  name: 'ActorKind',
  description: 'Who acted: a person, an API key, the platform itself, or its meta-agent.',
});

/** Append-only: triggers of the database refuse every UPDATE, DELETE and TRUNCATE. */
@Entity('audit_log')
@Index('IDX_audit_log_project', ['projectId', 'at', 'id'])
@Index('IDX_audit_log_at', ['at', 'id'])
@ObjectType({ simpleResolvers: true, description: 'One change: who made it, when, and what it changed.' })
export class AuditEntry {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'PK_audit_log' })
  @Field(() => ID)
  id: string;

  /** Null where a change belongs to no project, such as a sign-in. */
  @Column('uuid', { nullable: true })
  projectId: string | null;

  /** The database's clock, so that entries of all processes share one. */
  @Column({ type: 'timestamptz', precision: 3, default: () => 'clock_timestamp()' })
  @Field(() => Date)
  at: Date;

  @Column('text')
  @Field(() => ActorKind)
  actorKind: ActorKind;

  @Column('uuid', { nullable: true })
  actorId: string | null;

  @Column('text')
  @Field(() => String, { description: "The person's username, the key's name, or the job." })
  actor: string;

  @Column('text')
  @Field(() => String, { description: 'The name of the mutation or job.' })
  action: string;

  @Column('text')
  @Field(() => String, { description: 'The type of what was changed, such as Agent.' })
  subjectType: string;

  @Column('text')
  @Field(() => ID)
  subjectId: string;

  @Column('json', { nullable: true })
  @Field(() => JsonScalar, { nullable: true, description: 'What it was before; null for something new.' })
  before: unknown;

  @Column('json', { nullable: true })
  @Field(() => JsonScalar, {
    nullable: true,
    description: 'What it is since; null for something that is gone.',
  })
  after: unknown;

  @Column('text', { nullable: true })
  @Field(() => String, {
    nullable: true,
    description: 'The X-Request-Id of the request that caused the change.',
  })
  requestId: string | null;

  @Column('text', { nullable: true })
  @Field(() => String, { nullable: true, description: "The caller's address." })
  ip: string | null;

  /** Read together with its seal. */
  @Field(() => String, {
    nullable: true,
    description:
      "Place in the project's SHA-256 chain: the hash over this entry and the hash before it, in hex; null until it is sealed, some seconds after the change. Whoever keeps the newest hash elsewhere can prove that nothing before it was changed.",
  })
  hash: string | null;
}
