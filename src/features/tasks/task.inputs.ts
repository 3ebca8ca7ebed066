import { ValidateNested } from 'class-validator';
import { Field, Float, ID, InputType, Int } from 'type-graphql';
import { JsonScalar } from '../../platform/scalars.js';
import { Json, Range, Text, Texts } from '../../platform/validation.js';
import { ErrorInput } from './error-info.js';
import { ErrorClass, InterventionKind, InterventionStatus, TaskStatus } from './task-enums.js';

@InputType({ description: 'All that is given must hold.' })
export class TaskFilter {
  @Field(() => String, { nullable: true })
  @Text({ max: 32 })
  traceId?: string | null;

  @Field(() => ID, { nullable: true })
  agentId?: string | null;

  @Field(() => ID, { nullable: true })
  agentVersionId?: string | null;

  @Field(() => [String], { nullable: true })
  @Texts({ max: 200, most: 100 })
  types?: string[] | null;

  @Field(() => [TaskStatus], { nullable: true })
  statuses?: TaskStatus[] | null;

  @Field(() => [String], { nullable: true, description: 'Tasks that carry every one of these.' })
  @Texts({ max: 200, most: 100 })
  tags?: string[] | null;

  @Field(() => String, { nullable: true, description: 'Part of the name, without regard to case.' })
  @Text({ max: 500 })
  search?: string | null;

  @Field(() => Date, { nullable: true, description: 'At this moment or later.' })
  finishedAfter?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Before this moment.' })
  finishedBefore?: Date | null;

  @Field(() => Float, { nullable: true, description: 'US dollars; tasks of unknown cost do not match.' })
  @Range(0, 1e9)
  minCostUsd?: number | null;

  @Field(() => Float, { nullable: true, description: 'Milliseconds; tasks of unknown latency do not match.' })
  @Range(0, 1e15)
  minLatencyMs?: number | null;

  @Field(() => Boolean, { nullable: true })
  hasIntervention?: boolean | null;

  @Field(() => [ErrorClass], { nullable: true })
  errorClasses?: ErrorClass[] | null;
}

@InputType()
export class CreateTaskInput {
  @Field(() => ID)
  agentId: string;

  @Field(() => Date, {
    nullable: true,
    description:
      'When the work began: left out = now; null = not known, as in history without times, and latencyMs then stays null. Only with start: true.',
  })
  startedAt?: Date | null;

  @Field(() => String, { nullable: true, description: '"task" unless told.' })
  @Text({ max: 200 })
  type?: string | null;

  @Field(() => String, { description: '1 to 500 characters.' })
  @Text({ max: 500 })
  name: string;

  @Field(() => JsonScalar, { nullable: true })
  @Json()
  input?: unknown;

  @Field(() => [String], { nullable: true, description: 'At most 50.' })
  @Texts({ max: 200, most: 50 })
  tags?: string[] | null;

  @Field(() => Int, { nullable: true, description: '-1000 to 1000, higher is sooner; 0 unless told.' })
  @Range(-1000, 1000)
  priority?: number | null;

  @Field(() => Int, { nullable: true, description: '1 to 100; 1 unless told.' })
  @Range(1, 100)
  maxAttempts?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Milliseconds that an attempt may run before it is TIMED_OUT, at least 1,000; null = without end.',
  })
  @Range(1000, 2_147_483_647)
  timeoutMs?: number | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'true (standard): you run it now, it is RUNNING. false: it waits for a worker, QUEUED.',
  })
  start?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: 'The same key with the same input answers the same task; with another input, CONFLICT.',
  })
  @Text({ max: 500 })
  idempotencyKey?: string | null;

  @Field(() => ID, { nullable: true, description: 'A task of the same project.' })
  parentId?: string | null;
}

@InputType()
export class ReportProgressInput {
  @Field(() => ID)
  taskId: string;

  @Field(() => String, {
    nullable: true,
    description: 'Where given, it must hold the lease of the task, else CONFLICT and nothing is changed.',
  })
  @Text({ max: 200 })
  worker?: string | null;

  @Field(() => Float, { description: '0 to 1; a lower one than before changes nothing.' })
  @Range(0, 1)
  progress: number;

  @Field(() => String, { nullable: true })
  @Text({ max: 1000 })
  message?: string | null;
}

@InputType()
export class FinishTaskInput {
  @Field(() => ID)
  taskId: string;

  @Field(() => String, {
    nullable: true,
    description: 'Where given, it must hold the lease of the task, else CONFLICT and nothing is changed.',
  })
  @Text({ max: 200 })
  worker?: string | null;

  @Field(() => TaskStatus, { description: 'SUCCEEDED, FAILED, TIMED_OUT or CANCELLED.' })
  status: TaskStatus;

  @Field(() => JsonScalar, { nullable: true })
  @Json()
  output?: unknown;

  @Field(() => ErrorInput, { nullable: true })
  @ValidateNested()
  error?: ErrorInput | null;

  @Field(() => Date, {
    nullable: true,
    description: 'Now unless told; neither before startedAt nor more than a day ahead.',
  })
  finishedAt?: Date | null;
}

@InputType()
export class RequestInterventionInput {
  @Field(() => ID)
  taskId: string;

  @Field(() => String, {
    nullable: true,
    description: 'Where given, it must hold the lease of the task, else CONFLICT and nothing is changed.',
  })
  @Text({ max: 200 })
  worker?: string | null;

  @Field(() => InterventionKind)
  kind: InterventionKind;

  @Field(() => String, { description: 'Why a human is needed: 1 to 5,000 characters.' })
  @Text({ max: 5000 })
  reason: string;

  @Field(() => JsonScalar, { nullable: true })
  @Json()
  question?: unknown;

  @Field(() => Date, {
    nullable: true,
    description: 'It becomes EXPIRED then, and the task goes on; null = it waits for ever.',
  })
  expiresAt?: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Your own id, and the key of its HUMAN step: asking again by the same key answers the same intervention.',
  })
  @Text({ max: 190 })
  key?: string | null;
}

@InputType()
export class ResolveInterventionInput {
  @Field(() => ID)
  id: string;

  @Field(() => InterventionStatus, {
    description: 'APPROVED or REJECTED for an APPROVAL; ANSWERED or REJECTED for the other kinds.',
  })
  status: InterventionStatus;

  @Field(() => JsonScalar, { nullable: true })
  @Json()
  answer?: unknown;
}
