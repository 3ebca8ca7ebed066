import { Field, ObjectType } from 'type-graphql';
import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { ProjectRole, User } from '../auth/index.js';
import { Project } from './project.entity.js';

@Entity('memberships')
@ObjectType({ simpleResolvers: true, description: 'A person in a project.' })
export class Membership {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'PK_memberships' })
  @ForeignKey(() => Project, { name: 'FK_memberships_project', onDelete: 'CASCADE' })
  projectId: string;

  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'PK_memberships' })
  @Index('IDX_memberships_user')
  @ForeignKey(() => User, { name: 'FK_memberships_user', onDelete: 'CASCADE' })
  userId: string;

  @Column('text')
  @Field(() => ProjectRole)
  role: ProjectRole;

  @Column({ type: 'timestamptz', precision: 3 })
  @Field(() => Date)
  createdAt: Date;
}
