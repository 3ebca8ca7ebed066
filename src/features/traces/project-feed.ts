import type { Intervention, Task, TasksReads } from '../tasks/index.js';
import { ChangeFeed } from '../../platform/change-feed.js';

/** The tasks and the interventions of one watched project of this process. */
export class ProjectFeed {
  readonly tasks: ChangeFeed<Task>;
  readonly interventions: ChangeFeed<Intervention>;

  constructor(reads: TasksReads, onFault: (error: unknown) => void) {
    const { tasks, interventions } = reads;
    this.tasks = new ChangeFeed({ read: tasks, versionOf: (task) => task.revision, onFault });
    this.interventions = new ChangeFeed({ read: interventions, versionOf: interventionVersion, onFault });
  }

  get isFollowed(): boolean {
    return this.tasks.isFollowed || this.interventions.isFollowed;
  }
}

/** An intervention changes once: from open to how it ended. */
export function interventionVersion({ resolvedAt }: Pick<Intervention, 'resolvedAt'>): number {
  return resolvedAt === null ? 1 : 2;
}
