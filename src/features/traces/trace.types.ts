import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import { ErrorInfo, TaskStatus, TaskStep } from '../tasks/index.js';
import { Connection } from '../../platform/pagination.js';

@ObjectType({ simpleResolvers: true })
export class TaskStepConnection extends Connection('TaskStep', TaskStep) {}

@ObjectType({ simpleResolvers: true, description: 'A step that was found by its text.' })
export class StepHit {
  @Field(() => TaskStep)
  step: TaskStep;
  @Field(() => String, {
    description: 'The words around the first match, as they are stored (payloads as JSON).',
  })
  snippet: string;
}

@ObjectType({ simpleResolvers: true })
export class StepHitConnection extends Connection('StepHit', StepHit) {}

@ObjectType({
  simpleResolvers: true,
  description:
    'Which step happened within which: the tree of a task apart from what its steps hold. Steps may name each other, or themselves, as parents.',
})
export class StepParents {
  @Field(() => Int, { description: 'The number of the first step told of here.' })
  fromSeq: number;
  @Field(() => [Int], {
    description:
      'For each step from there on the number of its parent, before it or after; 0 = it names none; −n = there is no such step (yet), and its key is the n-th of `awaitedKeys`.',
  })
  parents: number[];
  @Field(() => [String], { description: 'Keys of parents that are not there (yet), each once.' })
  awaitedKeys: string[];
  @Field(() => Int, {
    description:
      'The revision of the task that this was read at: `taskSteps` with it as afterRevision tells of what changes.',
  })
  revision: number;
}

@ObjectType({ simpleResolvers: true, description: 'Steps of one task that changed, in order of revision.' })
export class TaskStepBatch {
  projectId: string;
  @Field(() => ID)
  taskId: string;
  @Field(() => Int, {
    description: 'Everything up to this revision has been delivered: resume with it as afterRevision.',
  })
  revision: number;
  @Field(() => [TaskStep])
  steps: TaskStep[];
}

@ObjectType({ simpleResolvers: true, description: 'How a task stands.' })
export class TaskProgress {
  projectId: string;
  @Field(() => ID)
  taskId: string;
  @Field(() => Int)
  revision: number;
  @Field(() => TaskStatus)
  status: TaskStatus;
  @Field(() => Float, { description: '0 to 1.' })
  progress: number;
  @Field(() => String, { nullable: true })
  message: string | null;
  @Field(() => Int)
  stepCount: number;
  @Field(() => Float, { nullable: true, description: 'US dollars; null = not known.' })
  costUsd: number | null;
  @Field(() => ErrorInfo, { nullable: true })
  error: ErrorInfo | null;
}
