import type { Transaction } from '../../platform/database.js';
import type { JobQueue } from '../../platform/jobs.js';
import type { Task } from './task.entity.js';
import type { TaskJobs } from './task.jobs.js';

/** Has an attempt that begins ended when it runs longer than it may. */
export async function watchTimeout(
  tx: Transaction,
  jobs: JobQueue<TaskJobs>,
  { id: taskId, attempt, timeoutMs, startedAt, queuedAt }: Task,
): Promise<void> {
  if (timeoutMs === null) return;
  const runAt = new Date((startedAt ?? queuedAt).getTime() + timeoutMs);
  await jobs.add(
    tx,
    'timeOutTask',
    { taskId, attempt, startedAt: startedAt?.toISOString() ?? null },
    { runAt },
  );
}
