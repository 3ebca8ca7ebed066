import { Arg, ID, Int, Resolver, Root, Subscription } from 'type-graphql';
import { errorInfoOf, Intervention, Task } from '../tasks/index.js';
import { Access } from '../../platform/access.js';
import { wiredBySchema, type Streams } from '../../platform/streams.js';
import type { StepBatch, TaskSnapshot } from './task-feed.js';
import type { TraceService } from './trace.service.js';
import { TaskProgress, TaskStepBatch } from './trace.types.js';

/** What each subscription below follows. */
export function liveStreams(traces: TraceService): Streams {
  return {
    taskSteps: (args: { taskId: string; afterRevision?: number | null }, context) =>
      traces.followSteps(context, args.taskId, args.afterRevision ?? 0),
    taskProgress: (args: { taskId: string }, context) => traces.followTask(context, args.taskId),
    tasksChanged: (args: { projectId: string; agentId?: string | null }, context) =>
      traces.followTasks(context, args.projectId, args.agentId ?? null),
    interventionChanged: (args: { projectId: string }, context) =>
      traces.followInterventions(context, args.projectId),
  };
}

@Resolver()
export class LiveResolver {
  @Subscription(() => TaskStepBatch, {
    description:
      'The steps of one task in order of revision: first those stored past afterRevision (0 unless told), then those to come. None is lost and none comes twice; resume with the last revision you saw. Ends when the task has ended and all is delivered.',
    subscribe: wiredBySchema,
  })
  @Access('read')
  taskSteps(
    @Root() batch: StepBatch,
    @Arg('taskId', () => ID) _taskId: string,
    @Arg('afterRevision', () => Int, { nullable: true }) _afterRevision?: number | null,
  ): TaskStepBatch {
    return batch as unknown as TaskStepBatch;
  }

  @Subscription(() => TaskProgress, {
    description: 'How a task stands: now, then whenever it changed. Ends with its last state.',
    subscribe: wiredBySchema,
  })
  @Access('read')
  taskProgress(
    @Root() { projectId, task }: TaskSnapshot,
    @Arg('taskId', () => ID) _taskId: string,
  ): TaskProgress {
    const { id: taskId, revision, status, progress, progressMessage: message, stepCount, costUsd } = task;
    return {
      projectId,
      taskId,
      revision,
      status,
      progress,
      message,
      stepCount,
      costUsd,
      error: errorInfoOf(task),
    };
  }

  @Subscription(() => Task, {
    description:
      'Each task of a project, or of one of its agents, when it changed: its newest state, states in between left out.',
    subscribe: wiredBySchema,
  })
  @Access('read')
  tasksChanged(
    @Root() task: Task,
    @Arg('projectId', () => ID) _projectId: string,
    @Arg('agentId', () => ID, { nullable: true }) _agentId?: string | null,
  ): Task {
    return task;
  }

  @Subscription(() => Intervention, {
    description: 'Each intervention of a project when it was asked for, answered or expired.',
    subscribe: wiredBySchema,
  })
  @Access('read')
  interventionChanged(
    @Root() intervention: Intervention,
    @Arg('projectId', () => ID) _projectId: string,
  ): Intervention {
    return intervention;
  }
}
