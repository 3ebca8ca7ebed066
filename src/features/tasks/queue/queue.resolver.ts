import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Resolver, Root } from 'type-graphql';
import { Access } from '../../../platform/access.js';
import { RequestContext } from '../../../platform/request-context.js';
import { Task } from '../task.entity.js';
import { ClaimTasksInput } from './queue.inputs.js';
import type { QueueService } from './queue.service.js';

@Resolver(() => Task)
export class QueueResolver {
  constructor(private readonly queue: QueueService) {}

  @Mutation(() => [Task], {
    description:
      'For workers: takes QUEUED tasks, the most urgent first and of these the oldest, and makes them RUNNING. They are leased: extend the lease in time, and tell the worker’s name with all that you report. Empty where none waits.',
  })
  @Access('work')
  claimTasks(
    @Arg('input', () => ClaimTasksInput) input: ClaimTasksInput,
    @Ctx() context: RequestContext,
  ): Promise<Task[]> {
    return this.queue.claim(context, input);
  }

  @Mutation(() => Task, {
    description:
      'For workers: the lease lasts so many seconds from now, 1 to 86,400. CONFLICT where it has run out, or the task has ended: then stop working on it.',
  })
  @Access('work')
  extendLease(
    @Arg('taskId', () => ID) taskId: string,
    @Arg('worker', () => String) worker: string,
    @Arg('seconds', () => Int) seconds: number,
    @Ctx() context: RequestContext,
  ): Promise<Task> {
    return this.queue.extend(context, taskId, worker, seconds);
  }

  @FieldResolver(() => Date, {
    nullable: true,
    description:
      'Until when its worker has the task, unless it extends that; null where no worker has it, and while a human is asked.',
  })
  leaseExpiresAt(@Root() task: Task, @Ctx() context: RequestContext): Promise<Date | null> | null {
    return task.worker === null ? null : this.queue.expiryLoader(context).load(task.id);
  }
}
