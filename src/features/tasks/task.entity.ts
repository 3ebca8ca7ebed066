import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { JsonScalar } from '../../platform/scalars.js';
import { CostSource, ErrorClass, TaskStatus } from './task-enums.js';

/** GraphQL has no larger Int; the sum that is stored is exact. */
const maxInt = 2_147_483_647;
export const withinInt = { from: (sum: number) => Math.min(sum, maxInt), to: (sum: number) => sum };
const intEnds = `${maxInt} stands for as many or more.`;

/**
 * One piece of work of an agent. Every committed change of a task, its steps or its interventions happens under the lock of
 * this row and raises `revision` by one.
 */
@Entity('tasks')
@Index('tasks_newest', ['projectId', 'queuedAt', 'id'])
@Index('tasks_of_agent', ['agentId', 'queuedAt', 'id'])
@Index('tasks_slowest', ['projectId', 'latencyMs', 'id'], { where: 'latency_ms IS NOT NULL' })
@Index('tasks_costliest', ['projectId', 'costUsd', 'id'], { where: 'cost_usd IS NOT NULL' })
@Index('tasks_finished', ['projectId', 'finishedAt'], { where: 'finished_at IS NOT NULL' })
@Index('tasks_failed', ['projectId', 'finishedAt'], { where: `status IN ('FAILED', 'TIMED_OUT')` })
@Index('tasks_unfinished', ['projectId', 'status'], { where: 'finished_at IS NULL' })
@Index('tasks_unpriced', ['projectId', 'finishedAt'], { where: 'unpriced_steps > 0' })
@Index('tasks_unsearchable', ['projectId', 'queuedAt', 'id'], { where: 'searchable_revision < revision' })
@Index('tasks_changed', ['projectId', 'updatedAt'])
@Index('tasks_trace', ['projectId', 'traceId'], { where: 'trace_id IS NOT NULL' })
@ObjectType({ simpleResolvers: true, description: 'One piece of work of an agent, followed step by step.' })
export class Task {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'tasks_pkey' })
  @Field(() => ID)
  id: string;

  @Column({ type: 'uuid' })
  @ForeignKey('Project', { name: 'tasks_project_fk', onDelete: 'CASCADE' })
  projectId: string;

  @Column({ type: 'uuid' })
  @ForeignKey('Agent', { name: 'tasks_agent_fk', onDelete: 'CASCADE' })
  agentId: string;

  @Column({ type: 'uuid' })
  @ForeignKey('AgentVersion', { name: 'tasks_agent_version_fk' })
  agentVersionId: string;

  @Column({ type: 'text', nullable: true })
  @Field(() => String, { nullable: true, description: '32 hex digits, where the task came as a trace.' })
  traceId: string | null;

  /** SHA-256 of what createTask was asked, where an idempotency key came along: the same key must mean the same. */
  @Column({ type: 'text', nullable: true })
  requestHash: string | null;

  @Column({ type: 'text' })
  @Field(() => String, {
    description: 'What sort of task it is, in the words of those who run it; "task" unless told.',
  })
  type: string;

  @Column({ type: 'text' })
  @Field(() => String)
  name: string;

  @Column({ type: 'text' })
  @Field(() => TaskStatus)
  status: TaskStatus;

  @Column({ type: 'int' })
  @Field(() => Int, { description: 'Higher is sooner; 0 unless told.' })
  priority: number;

  /** Binnacle's own workers run it: claimTasks gives it to nobody. */
  @Column({ type: 'boolean', default: false })
  isBuiltIn: boolean;

  @Column({ type: 'text', nullable: true })
  @Field(() => String, {
    nullable: true,
    description: 'The worker that has the present attempt, or had it when the task ended; null without one.',
  })
  worker: string | null;

  @Column({ type: 'double precision' })
  @Field(() => Float, { description: '0 to 1; never goes back within an attempt.' })
  progress: number;

  @Column({ type: 'text', nullable: true })
  @Field(() => String, { nullable: true })
  progressMessage: string | null;

  @Column({ type: 'int' })
  @Field(() => Int, { description: '1 for the first; retryTask, and a lease that runs out, count on.' })
  attempt: number;

  @Column({ type: 'int' })
  @Field(() => Int, { description: 'A lease that runs out in the last of them makes the task FAILED.' })
  maxAttempts: number;

  /** Milliseconds that an attempt may run before it is TIMED_OUT; null = without end. */
  @Column({ type: 'int', nullable: true })
  timeoutMs: number | null;

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

  @Column({ type: 'text', array: true })
  @Field(() => [String])
  tags: string[];

  @Column({ type: 'uuid', nullable: true })
  parentId: string | null;

  @Column({ type: 'timestamptz', precision: 3 })
  @Field(() => Date, { description: 'When it came into being, or began where it began earlier.' })
  queuedAt: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  @Field(() => Date, {
    nullable: true,
    description: 'When the present attempt began; null = not yet, or not known.',
  })
  startedAt: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  @Field(() => Date, { nullable: true })
  finishedAt: Date | null;

  @Column({ type: 'double precision', nullable: true })
  @Field(() => Float, {
    nullable: true,
    description: 'Milliseconds from startedAt to finishedAt; null unless both are known.',
  })
  latencyMs: number | null;

  @Column({ type: 'int' })
  @Field(() => Int)
  stepCount: number;

  @Column({ type: 'bigint', transformer: withinInt })
  @Field(() => Int, { description: `Sum over the steps that told it; includes cached tokens. ${intEnds}` })
  inputTokens: number;

  @Column({ type: 'bigint', transformer: withinInt })
  @Field(() => Int, { description: `Sum over the steps that told it; includes reasoning tokens. ${intEnds}` })
  outputTokens: number;

  /** Wider than that of a step: a task holds any sum of them. */
  @Column({ type: 'numeric', precision: 30, scale: 10, nullable: true })
  @Field(() => Float, {
    nullable: true,
    description: 'US dollars: the sum of the known costs of its steps; null = none is known.',
  })
  costUsd: number | null;

  /** How many of its steps have a known cost, and of these how many were told by the agent. */
  @Column({ type: 'int' })
  costedSteps: number;

  @Column({ type: 'int' })
  reportedCostSteps: number;

  /** How many of its steps name a model and have no known cost. */
  @Column({ type: 'int', default: 0 })
  unpricedSteps: number;

  /** How many interventions it has had. */
  @Column({ type: 'int' })
  interventionCount: number;

  @Column({ type: 'int' })
  @Field(() => Int, { description: 'Grows by one with every committed change of the task or its steps.' })
  revision: number;

  /** The steps told up to this revision are in the index of the text search; later ones are searched as they stand. */
  @Column({ type: 'int', default: 0 })
  searchableRevision: number;

  @Column({ type: 'timestamptz', precision: 3 })
  updatedAt: Date;

  /** Where the known part of the cost comes from; UNPRICED where none is known. */
  @Field(() => CostSource)
  get costSource(): CostSource {
    if (this.costedSteps === 0) return CostSource.UNPRICED;
    return this.reportedCostSteps === this.costedSteps ? CostSource.REPORTED : CostSource.PRICED;
  }
}

/** A task as plain SQL reads it, its columns by the names of its fields. */
export function taskOfRow(row: Task): Task {
  return Object.assign(new Task(), row, {
    inputTokens: withinInt.from(row.inputTokens),
    outputTokens: withinInt.from(row.outputTokens),
  });
}
