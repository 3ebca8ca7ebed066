import { v7 as uuid } from 'uuid';
import { recordAudit, systemActor } from '../audit/index.js';
import { pricesKnownForMs, type PriceBook } from '../prices/index.js';
import type { Database, Transaction } from '../../platform/database.js';
import { BadUserInputError, NotFoundError } from '../../platform/errors.js';
import type { JobQueue } from '../../platform/jobs.js';
import type { RequestContext } from '../../platform/request-context.js';
import { isId } from '../../platform/validation.js';
import { requirePermission } from '../../platform/viewer.js';
import { PriceRun } from './price-run.entity.js';
import { priceOfStep, type PricedFields } from './step-price.js';
import type { TaskChanger } from './task-change.js';
import type { TaskJobs } from './task.jobs.js';
import type { TaskRepository } from './task.repository.js';

/** Tasks whose ids are read at once, and steps of a task that are priced at once. */
const tasksAtOnce = 200;
const stepsAtOnce = 2_000;
/** A price changed: processes that know the old one go on with it this long. */
const settleMs = pricesKnownForMs * 2;
const lastDay = '9999-12-31';

/** The tasks of a run: $1 project, $2 and $3 the days, $4 the model or null. */
const tasksOfRun = `
  FROM tasks t WHERE t.project_id = $1
    AND (t.finished_at IS NULL OR (t.finished_at >= $2::date::timestamp AT TIME ZONE 'UTC'
      AND t.finished_at < $3::date::timestamp AT TIME ZONE 'UTC' + interval '1 day'))
    AND EXISTS (SELECT 1 FROM task_steps s WHERE s.task_id = t.id AND s.cost_source <> 'REPORTED'
      AND s.model IS NOT NULL AND ($4::text IS NULL OR s.model = $4))`;

const stepsToPrice = {
  name: 'steps-to-price',
  text: `
    SELECT seq, type, provider, model, started_at::text AS "startedAt", ended_at::text AS "endedAt",
      input_tokens AS "inputTokens", cached_input_tokens AS "cachedInputTokens",
      cache_write_tokens AS "cacheWriteTokens", output_tokens AS "outputTokens"
    FROM task_steps
    WHERE task_id = $1 AND seq > $2 AND cost_source <> 'REPORTED' AND model IS NOT NULL
      AND ($3::text IS NULL OR model = $3)
    ORDER BY seq LIMIT ${stepsAtOnce}`,
};

/** Prices steps again: after a price changed, or after an upgrade brought a newer price list. */
export class RepriceService {
  constructor(
    private readonly database: Database,
    private readonly tasks: TaskRepository,
    private readonly changer: TaskChanger,
    private readonly prices: PriceBook,
    private readonly jobs: JobQueue<TaskJobs>,
  ) {}

  async start(context: RequestContext, projectId: string, from: string, to: string): Promise<PriceRun> {
    requirePermission(context.viewer, projectId, 'manage');
    if (from > to) throw new BadUserInputError([{ path: 'from', message: `It lies after to, ${to}.` }]);
    return this.database.transaction(async (tx) => {
      const run = await this.#add(tx, { projectId, from, to, model: null }, new Date());
      await recordAudit(tx, {
        context,
        projectId,
        action: 'repriceSteps',
        subjectType: 'PriceRun',
        subjectId: run.id,
        after: { from, to },
      });
      return run;
    });
  }

  async find(context: RequestContext, id: string): Promise<PriceRun> {
    const run = isId(id) ? await this.database.manager.findOneBy(PriceRun, { id }) : null;
    if (!run) throw new NotFoundError('The price run');
    requirePermission(context.viewer, run.projectId, 'read', 'The price run');
    return run;
  }

  /** A price of the project changed that holds from that day on. */
  async afterPriceChange(tx: Transaction, projectId: string, model: string, from: string): Promise<void> {
    await this.#add(tx, { projectId, model, from, to: lastDay }, new Date(Date.now() + settleMs));
  }

  /** The job repriceSteps: goes on where it was left; done twice, it changes nothing more. */
  async run({ runId }: TaskJobs['repriceSteps']): Promise<void> {
    const run = await this.database.manager.findOneBy(PriceRun, { id: runId });
    if (!run || run.finishedAt) return;
    const which = [run.projectId, run.from, run.to, run.model];
    if (run.tasksTotal === null) {
      const [row] = await this.database.query<{ count: number }>(
        `SELECT count(*)::int AS count ${tasksOfRun}`,
        which,
      );
      run.tasksTotal = row?.count ?? 0;
    }
    for (;;) {
      const batch = await this.database.query<{ id: string }>(
        `SELECT t.id ${tasksOfRun} AND t.id > COALESCE($5::uuid, '00000000-0000-0000-0000-000000000000')
         ORDER BY t.id LIMIT ${tasksAtOnce}`,
        [...which, run.lastTaskId],
      );
      for (const { id } of batch) run.stepsChanged += await this.#price(id, run.model);
      run.tasksDone += batch.length;
      run.lastTaskId = batch.at(-1)?.id ?? run.lastTaskId;
      if (batch.length < tasksAtOnce) break;
      await this.#save(run);
    }
    run.finishedAt = new Date();
    await this.database.transaction(async (tx) => {
      await tx.manager.save(PriceRun, run);
      await recordAudit(tx, {
        context: null,
        actor: systemActor('repriceSteps'),
        projectId: run.projectId,
        action: 'repriceSteps',
        subjectType: 'PriceRun',
        subjectId: run.id,
        after: { tasks: run.tasksDone, stepsChanged: run.stepsChanged, model: run.model },
      });
    });
  }

  /** How many steps of a task cost something else now. */
  async #price(taskId: string, model: string | null): Promise<number> {
    let changed = 0;
    for (let after: number | undefined = 0; after !== undefined;) {
      const from: number = after;
      after = await this.database.transaction(async (tx) => {
        const head = await this.tasks.lockHead(tx, taskId);
        if (!head) return undefined;
        const steps = await tx.query<PricedFields & { seq: number }>(stepsToPrice, [taskId, from, model]);
        const pricer = await this.prices.pricer(tx, head.projectId, true);
        const prices = steps.map((step) => ({ seq: step.seq, price: priceOfStep(step, pricer) }));
        const totals = await this.changer.apply(tx, head, { prices });
        changed += totals.reduce((sum, total) => sum + total.updated, 0);
        return steps.length === stepsAtOnce ? steps.at(-1)?.seq : undefined;
      });
    }
    return changed;
  }

  async #add(
    tx: Transaction,
    what: Pick<PriceRun, 'projectId' | 'from' | 'to' | 'model'>,
    runAt: Date,
  ): Promise<PriceRun> {
    const run = Object.assign(new PriceRun(), what, {
      id: uuid(),
      tasksTotal: null,
      tasksDone: 0,
      stepsChanged: 0,
      lastTaskId: null,
      createdAt: new Date(),
      finishedAt: null,
    });
    await tx.insert(PriceRun, run);
    await this.jobs.add(tx, 'repriceSteps', { runId: run.id }, { runAt });
    return run;
  }

  #save(run: PriceRun): Promise<PriceRun> {
    return this.database.manager.save(PriceRun, run);
  }
}
