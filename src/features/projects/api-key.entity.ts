import { Field, ID, ObjectType } from 'type-graphql';
import { Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { ApiKeyScope } from '../auth/index.js';
import { Project } from './project.entity.js';

@Entity('api_keys')
@Unique('UQ_api_keys_prefix', ['prefix'])
@ObjectType({ simpleResolvers: true, description: 'How agents, workers and scripts get into one project.' })
export class ApiKey {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'PK_api_keys' })
  @Field(() => ID)
  id: string;

  @Column('uuid')
  @Index('IDX_api_keys_project')
  @ForeignKey(() => Project, { name: 'FK_api_keys_project', onDelete: 'CASCADE' })
  projectId: string;

  @Column('text')
  @Field(() => String)
  name: string;

  @Column('text')
  @Field(() => String, { description: 'How the secret begins, to know it by.' })
  prefix: string;

  /** SHA-256 in hex of the secret's last part. */
  @Column('text', { select: false })
  secretHash: string;

  @Column('text', { array: true })
  @Field(() => [ApiKeyScope])
  scopes: ApiKeyScope[];

  @Column({ type: 'timestamptz', precision: 3 })
  @Field(() => Date)
  createdAt: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  @Field(() => Date, { nullable: true, description: 'Kept to the minute; null = never used.' })
  lastUsedAt: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  @Field(() => Date, { nullable: true, description: 'Null = never.' })
  expiresAt: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  @Field(() => Date, { nullable: true })
  revokedAt: Date | null;
}

@ObjectType({ simpleResolvers: true })
export class CreatedApiKey {
  @Field(() => ApiKey)
  apiKey: ApiKey;

  @Field(() => String, {
    description:
      'Send it as "Authorization: Bearer …" or as X-Api-Key. Shown this once: only its hash is kept.',
  })
  secret: string;
}
