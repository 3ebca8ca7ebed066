import { Field, ID, ObjectType } from 'type-graphql';
import { Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { JsonScalar } from '../../platform/scalars.js';
import { InterventionKind, InterventionStatus } from './task-enums.js';

/** A question to a human that holds a task up until it is answered. */
@Entity('interventions')
@Unique('interventions_key_unique', ['taskId', 'key'])
@Index('interventions_id', ['id'])
@Index('interventions_newest', ['projectId', 'requestedAt', 'id'])
@ObjectType({
  simpleResolvers: true,
  description: 'A question to a human that holds a task up until it is answered.',
})
export class Intervention {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'interventions_pkey' })
  @ForeignKey('Task', { name: 'interventions_task_fk', onDelete: 'CASCADE' })
  taskId: string;

  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'interventions_pkey' })
  @Field(() => ID)
  id: string;

  @Column({ type: 'uuid' })
  projectId: string;

  /** Key of the HUMAN step which asking made; asking again by the same key answers this intervention. */
  @Column({ type: 'text' })
  key: string;

  @Column({ type: 'text' })
  @Field(() => InterventionKind)
  kind: InterventionKind;

  @Column({ type: 'text' })
  @Field(() => String)
  reason: string;

  @Column({ type: 'json', nullable: true })
  @Field(() => JsonScalar, { nullable: true })
  question: unknown;

  @Column({ type: 'text' })
  @Field(() => InterventionStatus)
  status: InterventionStatus;

  @Column({ type: 'json', nullable: true })
  @Field(() => JsonScalar, { nullable: true })
  answer: unknown;

  @Column({ type: 'timestamptz', precision: 3 })
  @Field(() => Date)
  requestedAt: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  @Field(() => Date, {
    nullable: true,
    description: 'When it becomes EXPIRED unless it is answered; null = never.',
  })
  expiresAt: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  @Field(() => Date, { nullable: true })
  resolvedAt: Date | null;

  @Column({ type: 'uuid', nullable: true })
  resolvedById: string | null;
}
