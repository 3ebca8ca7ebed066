import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { Access } from '../../platform/access.js';
import { PlainInput } from '../../platform/plain-input.js';
import { RequestContext } from '../../platform/request-context.js';
import { RecordStepsInput, RecordStepsResult } from './step.inputs.js';
import type { StepService } from './step.service.js';
import { Task } from './task.entity.js';
import { ReportProgressInput } from './task.inputs.js';
import type { TaskService } from './task.service.js';

@Resolver(() => RecordStepsResult)
export class StepResolver {
  constructor(
    private readonly steps: StepService,
    private readonly tasks: TaskService,
  ) {}

  @Mutation(() => RecordStepsResult, {
    description:
      'Stores steps of a task: the good ones are kept, the bad ones come back named. Idempotent by (task, key); a running step is closed by its key. Taken for finished tasks too.',
  })
  @Access('ingest')
  @PlainInput(RecordStepsInput)
  recordSteps(
    @Arg('input', () => RecordStepsInput) input: RecordStepsInput,
    @Ctx() context: RequestContext,
  ): Promise<RecordStepsResult> {
    return this.steps.record(context, input);
  }

  @Mutation(() => Task, {
    description: 'Tells how far a task is. Progress never goes back within an attempt.',
  })
  @Access('ingest')
  async reportProgress(
    @Arg('input', () => ReportProgressInput) input: ReportProgressInput,
    @Ctx() context: RequestContext,
  ): Promise<Task> {
    return this.tasks.reload(await this.steps.reportProgress(context, input));
  }

  /** Read only where it is asked for: reporters rarely need it. */
  @FieldResolver(() => Task)
  task(@Root() result: RecordStepsResult): Promise<Task> {
    return this.tasks.reload(result.taskId);
  }
}
