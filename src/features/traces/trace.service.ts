import type { Task, TaskService } from '../tasks/index.js';
import { BadUserInputError, NotFoundError } from '../../platform/errors.js';
import { Page, pageRequest, type PageArguments } from '../../platform/pagination.js';
import type { RequestContext } from '../../platform/request-context.js';
import { textRuleProblem } from '../../platform/validation.js';
import { requirePermission } from '../../platform/viewer.js';
import type { LiveHub } from './live-hub.js';
import type { StepSearch } from './search/step-search.js';
import type { StepFilter } from './step-filter.js';
import type { ExtremeStep, ParentWindow, StepReader, StepRow } from './step.reader.js';

/** The most steps whose parents one call tells. */
export const maxParentWindow = 50_000;

/** A step that was found, beside when its task was queued. */
export interface StepHitRow {
  step: StepRow;
  snippet: string;
  queuedAt: string;
}

/** Reading what agents did: pages of steps, search, and everything that is followed live. */
export class TraceService {
  constructor(
    private readonly steps: StepReader,
    private readonly search: StepSearch,
    private readonly tasks: TaskService,
    private readonly live: LiveHub,
  ) {}

  /**
   * Steps of a task that the viewer may already see.
   * @param pageArgs fromSeq: the number that the page starts at, in place of a cursor
   * @throws BadUserInputError for a fromSeq below 1, or beside after, last or before
   */
  async page(
    taskId: string,
    filter: StepFilter,
    { fromSeq, ...pageArgs }: PageArguments & { fromSeq?: number | null | undefined },
    withPayload: boolean,
  ): Promise<Page<StepRow>> {
    const request = pageRequest(pageArgs, ['whole']);
    if (fromSeq != null) {
      if (fromSeq < 1) throw new BadUserInputError([{ path: 'fromSeq', message: 'Steps count from 1.' }]);
      if (request.isBackwards || request.from) {
        const message = 'fromSeq goes with first only; after, last and before name another place.';
        throw new BadUserInputError([{ path: 'fromSeq', message }]);
      }
      if (fromSeq > 1) request.from = [String(fromSeq - 1)];
    }
    const { search } = filter;
    const rows =
      search == null
        ? await this.steps.page(taskId, filter, request, withPayload)
        : await this.search.page(taskId, search, filter, request, withPayload);
    return new Page(
      request,
      rows,
      (step) => [step.seq],
      () => (search == null ? this.steps.count(taskId, filter) : this.search.count(taskId, search, filter)),
    );
  }

  /**
   * The parents of steps of a task that the viewer may already see.
   * @throws BadUserInputError for a fromSeq below 1, or a size outside of 1 to 50,000
   */
  async parents(taskId: string, fromSeq: number, first: number): Promise<ParentWindow & { fromSeq: number }> {
    if (fromSeq < 1) throw new BadUserInputError([{ path: 'fromSeq', message: 'Steps count from 1.' }]);
    if (first < 1 || first > maxParentWindow) {
      const message = `The parents of 1 to ${maxParentWindow} steps are told at once.`;
      throw new BadUserInputError([{ path: 'first', message }]);
    }
    return { fromSeq, ...(await this.steps.parents(taskId, fromSeq, first)) };
  }

  step(taskId: string, seq: number): Promise<StepRow | null> {
    return this.steps.find(taskId, seq);
  }

  extreme(taskId: string, which: ExtremeStep): Promise<StepRow | null> {
    return this.steps.extreme(taskId, which);
  }

  payloadLoader(context: RequestContext) {
    return context.loader(this.steps, (ids) => this.steps.payloads(ids));
  }

  async searchProject(
    context: RequestContext,
    projectId: string,
    text: string,
    filter: StepFilter,
    pageArgs: PageArguments,
  ): Promise<Page<StepHitRow>> {
    requirePermission(context.viewer, projectId, 'read');
    const problem = textRuleProblem(text, { max: 500 });
    if (problem) throw new BadUserInputError([{ path: 'text', message: problem }]);
    const request = pageRequest(pageArgs, ['time', 'id', 'whole']);
    const rows = await this.search.hits(projectId, text, filter, request);
    const hits = rows.map(({ snippet, queuedAt, ...step }) => ({ step, snippet, queuedAt }));
    return new Page(
      request,
      hits,
      ({ step, queuedAt }) => [queuedAt, step.taskId, step.seq],
      () => this.search.countHits(projectId, text, filter),
    );
  }

  async followSteps(context: RequestContext, taskId: string, afterRevision: number) {
    if (afterRevision < 0) {
      throw new BadUserInputError([{ path: 'afterRevision', message: 'A revision is 0 or more.' }]);
    }
    const task = await this.tasks.get(context, taskId);
    return this.live.followSteps(task, afterRevision);
  }

  async followTask(context: RequestContext, taskId: string) {
    const task = await this.tasks.get(context, taskId);
    return this.live.followTask(task);
  }

  followTasks(
    context: RequestContext,
    projectId: string,
    agentId: string | null,
  ): Promise<AsyncIterable<Task>> {
    requirePermission(context.viewer, projectId, 'read');
    return this.live.followTasks(projectId, agentId);
  }

  followInterventions(context: RequestContext, projectId: string) {
    requirePermission(context.viewer, projectId, 'read');
    return this.live.followInterventions(projectId);
  }

  /** A task that was found by its steps. */
  async task(context: RequestContext, id: string): Promise<Task> {
    const task = await this.tasks.loader(context).load(id);
    if (!task) throw new NotFoundError('The task');
    return task;
  }
}
