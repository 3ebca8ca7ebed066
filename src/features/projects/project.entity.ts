import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

@Entity('projects')
@Unique('UQ_projects_slug', ['slug'])
@ObjectType({
  simpleResolvers: true,
  description: 'What agents, tasks, members and API keys belong to; nothing is seen from outside of it.',
})
export class Project {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'PK_projects' })
  @Field(() => ID)
  id: string;

  @Column('text')
  @Field(() => String)
  name: string;

  @Column('text')
  @Field(() => String, {
    description: 'Names the project in addresses and commands; unique, and never changes.',
  })
  slug: string;

  @Column('integer', { nullable: true })
  @Field(() => Int, {
    nullable: true,
    description: 'Days after which finished tasks are deleted; null = they are kept for good.',
  })
  retentionDays: number | null;

  @Column({ type: 'timestamptz', precision: 3 })
  @Field(() => Date)
  createdAt: Date;
}
