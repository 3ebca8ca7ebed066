import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { DateScalar } from '../../platform/scalars.js';

/** One pricing anew of a project's steps: a job with its progress. */
@Entity('price_runs')
@ObjectType({
  simpleResolvers: true,
  description: "A job that prices a project's steps again, and how far it is.",
})
export class PriceRun {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'price_runs_pkey' })
  @Field(() => ID)
  id: string;

  @Column({ type: 'uuid' })
  @ForeignKey('Project', { name: 'price_runs_project_fk', onDelete: 'CASCADE' })
  projectId: string;

  @Column({ type: 'date' })
  @Field(() => DateScalar, {
    description: 'Steps of tasks that finished on this UTC day or later, and of those that go on.',
  })
  from: string;

  @Column({ type: 'date' })
  @Field(() => DateScalar, { description: 'The last day, included.' })
  to: string;

  @Column({ type: 'text', nullable: true })
  @Field(() => String, { nullable: true, description: 'Steps of this model only; null = of all.' })
  model: string | null;

  @Column({ type: 'int', nullable: true })
  @Field(() => Int, { nullable: true, description: 'Null = not counted yet.' })
  tasksTotal: number | null;

  @Column({ type: 'int' })
  @Field(() => Int)
  tasksDone: number;

  @Column({ type: 'int' })
  @Field(() => Int, { description: 'Steps whose cost is another one now.' })
  stepsChanged: number;

  /** Where the job goes on: tasks are taken by id. */
  @Column({ type: 'uuid', nullable: true })
  lastTaskId: string | null;

  @Column({ type: 'timestamptz', precision: 3 })
  @Field(() => Date)
  createdAt: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  @Field(() => Date, { nullable: true, description: 'Null = it goes on.' })
  finishedAt: Date | null;
}
