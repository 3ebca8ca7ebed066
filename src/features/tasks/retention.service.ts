import { recordAudit, systemActor } from '../audit/index.js';
import type { Database } from '../../platform/database.js';

/** What one transaction deletes at most; a task of more steps loses them in parts first. */
const tasksAtOnce = 500;
const stepsAtOnce = 20_000;

/** Told of a UTC day of a project before its tasks are deleted. */
export type BeforeDayIsDeleted = (projectId: string, day: string) => Promise<void>;

interface OldTask {
  id: string;
  stepCount: number;
}

/**
 * Deletes the tasks of projects that keep them for a number of days only: those that finished in UTC days before that, and those
 * that never finished and have not changed since.
 */
export class RetentionService {
  constructor(
    private readonly database: Database,
    private readonly beforeDay: BeforeDayIsDeleted,
  ) {}

  /** The job purgeOldTasks: in batches, so that nobody waits for it; stopped at any line, the next run goes on. */
  async purge(): Promise<void> {
    const projects = await this.database.query<{ id: string; horizon: string }>(
      `SELECT id, ((now() AT TIME ZONE 'UTC')::date - retention_days)::text AS horizon FROM projects
       WHERE retention_days IS NOT NULL`,
    );
    for (const { id, horizon } of projects) {
      await this.#keepDays(id, horizon);
      while (await this.#purgeBatch(id, horizon));
    }
  }

  async #keepDays(projectId: string, horizon: string): Promise<void> {
    const days = await this.database.query<{ day: string }>(
      `SELECT DISTINCT (finished_at AT TIME ZONE 'UTC')::date::text AS day FROM tasks
       WHERE project_id = $1 AND finished_at < $2::date::timestamp AT TIME ZONE 'UTC'`,
      [projectId, horizon],
    );
    for (const { day } of days) await this.beforeDay(projectId, day);
  }

  /** Whether there may be more. */
  async #purgeBatch(projectId: string, horizon: string): Promise<boolean> {
    const found = await this.database.query<OldTask>(
      `SELECT id, step_count AS "stepCount" FROM tasks
       WHERE project_id = $1 AND (finished_at < $2::date::timestamp AT TIME ZONE 'UTC'
         OR finished_at IS NULL AND updated_at < $2::date::timestamp AT TIME ZONE 'UTC')
       LIMIT ${tasksAtOnce}`,
      [projectId, horizon],
    );
    const [first] = found;
    if (!first) return false;
    let steps = 0;
    const batch = found.filter(({ stepCount }) => (steps += stepCount) <= stepsAtOnce);
    if (batch.length === 0) await this.#purgeSteps(first);
    const ids = batch.length === 0 ? [first.id] : batch.map(({ id }) => id);
    await this.database.transaction(async (tx) => {
      await tx.query('DELETE FROM tasks WHERE id = ANY($1)', [ids]);
      await tx.query('DELETE FROM task_queue WHERE task_id = ANY($1)', [ids]);
      await recordAudit(tx, {
        context: null,
        actor: systemActor('purgeOldTasks'),
        projectId,
        action: 'purgeOldTasks',
        subjectType: 'Project',
        subjectId: projectId,
        after: { tasks: ids.length, finishedBefore: horizon },
      });
    });
    return true;
  }

  async #purgeSteps({ id, stepCount }: OldTask): Promise<void> {
    for (let seq = stepsAtOnce; seq < stepCount; seq += stepsAtOnce) {
      await this.database.query('DELETE FROM task_steps WHERE task_id = $1 AND seq <= $2', [id, seq]);
    }
  }
}
