import { Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Range, Text } from '../../platform/validation.js';
import { JsonScalar } from '../../platform/scalars.js';
import { ErrorInput } from './error-info.js';
import { StepStatus, StepType } from './task-enums.js';

/**
 * A step as it is told. Its values are checked by step-record.ts, step by step, so that one bad step of a batch spoils no
 * other: the rules are not decorators here.
 */
@InputType({
  description:
    'One step. What is left out, or null, is not known; sent again by the same key it fills up or corrects.',
})
export class StepInput {
  @Field(() => String, {
    description: 'Your own id of the step, 1 to 200 characters, unique within the task.',
  })
  key: string;
  @Field(() => String, {
    nullable: true,
    description: 'Key of the step within which this one happens; it may come later.',
  })
  parentKey?: string | null;
  @Field(() => StepType)
  type: StepType;
  @Field(() => String, { description: '1 to 500 characters.' })
  name: string;
  @Field(() => StepStatus, { nullable: true, description: 'Left out: FAILED with an error, else SUCCEEDED.' })
  status?: StepStatus | null;
  @Field(() => Date, { nullable: true })
  startedAt?: Date | null;
  @Field(() => Date, { nullable: true })
  endedAt?: Date | null;
  @Field(() => Float, { nullable: true, description: 'Milliseconds; left out: from startedAt to endedAt.' })
  latencyMs?: number | null;
  @Field(() => String, { nullable: true })
  provider?: string | null;
  @Field(() => String, { nullable: true })
  model?: string | null;
  @Field(() => Int, { nullable: true, description: 'Includes cached ones.' })
  inputTokens?: number | null;
  @Field(() => Int, { nullable: true })
  cachedInputTokens?: number | null;
  @Field(() => Int, { nullable: true })
  cacheWriteTokens?: number | null;
  @Field(() => Int, { nullable: true, description: 'Includes reasoning tokens.' })
  outputTokens?: number | null;
  @Field(() => Int, { nullable: true })
  reasoningTokens?: number | null;
  @Field(() => Float, { nullable: true, description: 'US dollars.' })
  costUsd?: number | null;
  @Field(() => JsonScalar, { nullable: true })
  input?: unknown;
  @Field(() => JsonScalar, { nullable: true })
  output?: unknown;
  @Field(() => ErrorInput, { nullable: true })
  error?: ErrorInput | null;
  @Field(() => JsonScalar, { nullable: true })
  attributes?: unknown;
}

@InputType()
export class RecordStepsInput {
  @Field(() => ID)
  taskId: string;
  @Field(() => String, {
    nullable: true,
    description: 'Where given, it must hold the lease of the task, else CONFLICT and nothing is changed.',
  })
  @Text({ max: 200 })
  worker?: string | null;
  @Field(() => [StepInput], { description: '1 to 1,000 steps, in any order.' })
  steps: StepInput[];
  @Field(() => Float, { nullable: true, description: '0 to 1; a lower one than before changes nothing.' })
  @Range(0, 1)
  progress?: number | null;
  @Field(() => String, { nullable: true })
  @Text({ max: 1000 })
  progressMessage?: string | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'A step that was not kept, and why. Mend it and send it again.',
})
export class RejectedStep {
  @Field(() => Int, { description: 'Its place in the call, from 0.' })
  index: number;
  @Field(() => String, { nullable: true })
  key: string | null;
  @Field(() => String)
  reason: string;
}

@ObjectType({ simpleResolvers: true })
export class RecordStepsResult {
  taskId: string;
  @Field(() => Int, {
    description: 'How many steps of the call are stored now; those sent before and unchanged count too.',
  })
  accepted: number;
  @Field(() => Int, { description: 'How many of these changed a step that was there already.' })
  updated: number;
  @Field(() => [RejectedStep])
  rejected: RejectedStep[];
}
