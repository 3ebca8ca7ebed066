import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import { Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { JsonScalar } from '../../platform/scalars.js';
import { ErrorInfo } from './error-info.js';
import { CostSource, ErrorClass, StepStatus, StepType } from './task-enums.js';

/** One thing a task did. Rows are written and read by plain SQL; this class owns their table and their GraphQL type. */
@Entity('task_steps')
@Unique('task_steps_key_unique', ['taskId', 'key'])
@Index('task_steps_revision', ['taskId', 'revision'])
@ObjectType({
  simpleResolvers: true,
  description: 'One thing an agent did within a task: a model call, a tool call, a message, …',
})
export class TaskStep {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'task_steps_pkey' })
  @ForeignKey('Task', { name: 'task_steps_task_fk', onDelete: 'CASCADE' })
  @Field(() => ID)
  taskId: string;

  @PrimaryColumn({ type: 'int', primaryKeyConstraintName: 'task_steps_pkey' })
  @Field(() => Int, { description: '1, 2, 3 … in the order committed.' })
  seq: number;

  @Field(() => ID)
  id: string;

  @Column({ type: 'text' })
  @Field(() => String, { description: "The reporter's own id; sending it again updates the step." })
  key: string;

  @Column({ type: 'text', nullable: true })
  @Field(() => String, { nullable: true, description: 'The key of the step within which this one happened.' })
  parentKey: string | null;

  @Column({ type: 'text' })
  @Field(() => StepType)
  type: StepType;

  @Column({ type: 'text' })
  @Field(() => String)
  name: string;

  @Column({ type: 'text' })
  @Field(() => StepStatus)
  status: StepStatus;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  @Field(() => Date, { nullable: true })
  startedAt: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  @Field(() => Date, { nullable: true })
  endedAt: Date | null;

  @Column({ type: 'double precision', nullable: true })
  @Field(() => Float, {
    nullable: true,
    description: 'Milliseconds: as told, else from startedAt to endedAt; null = not known.',
  })
  latencyMs: number | null;

  @Column({ type: 'text', nullable: true })
  @Field(() => String, { nullable: true })
  provider: string | null;

  @Column({ type: 'text', nullable: true })
  @Field(() => String, { nullable: true })
  model: string | null;

  @Column({ type: 'int', nullable: true })
  @Field(() => Int, { nullable: true, description: 'Includes cached ones, as OpenTelemetry counts.' })
  inputTokens: number | null;

  @Column({ type: 'int', nullable: true })
  @Field(() => Int, { nullable: true })
  cachedInputTokens: number | null;

  @Column({ type: 'int', nullable: true })
  @Field(() => Int, { nullable: true })
  cacheWriteTokens: number | null;

  @Column({ type: 'int', nullable: true })
  @Field(() => Int, { nullable: true, description: 'Includes reasoning tokens.' })
  outputTokens: number | null;

  @Column({ type: 'int', nullable: true })
  @Field(() => Int, { nullable: true })
  reasoningTokens: number | null;

  @Column({ type: 'numeric', precision: 20, scale: 10, nullable: true })
  @Field(() => Float, { nullable: true, description: 'US dollars; null = not known.' })
  costUsd: number | null;

  @Column({ type: 'text' })
  @Field(() => CostSource)
  costSource: CostSource;

  @Column({ type: 'text', nullable: true })
  @Field(() => String, {
    nullable: true,
    description: 'Of a step that is PRICED: the price list, with its version or first day.',
  })
  priceDataVersion: string | null;

  @Column({ type: 'json', nullable: true })
  @Field(() => JsonScalar, { nullable: true })
  input: unknown;

  @Column({ type: 'json', nullable: true })
  @Field(() => JsonScalar, { nullable: true })
  output: unknown;

  @Column({ type: 'text', nullable: true })
  errorCode: string | null;

  @Column({ type: 'text', nullable: true })
  errorMessage: string | null;

  @Column({ type: 'text', nullable: true })
  errorClass: ErrorClass | null;

  @Field(() => ErrorInfo, { nullable: true })
  error: ErrorInfo | null;

  @Column({ type: 'json', nullable: true })
  @Field(() => JsonScalar, { nullable: true, description: 'Whatever else the reporter told.' })
  attributes: unknown;

  @Column({ type: 'int' })
  @Field(() => Int, { description: "The task's revision at which this step last changed." })
  revision: number;
}
