import type { Database } from '../../platform/database.js';
import { BadUserInputError } from '../../platform/errors.js';
import type { RequestContext } from '../../platform/request-context.js';
import type { RecordStepsInput, RecordStepsResult, RejectedStep } from './step.inputs.js';
import { stepProblem, stepRecord, type StepRecord } from './step-record.js';
import type { TaskChanger } from './task-change.js';
import type { ReportProgressInput } from './task.inputs.js';

/** Takes in what agents do: the hot path of writing. */
export class StepService {
  /** When each call that is under way began, the oldest first. */
  readonly #begun = new Set<{ at: number }>();

  constructor(
    private readonly database: Database,
    private readonly changer: TaskChanger,
    private readonly maxStepsPerCall: number,
  ) {}

  /** For how long the oldest call of record that is under way has been so, milliseconds; 0 where none is. */
  get longestMs(): number {
    const [oldest] = this.#begun;
    return oldest ? performance.now() - oldest.at : 0;
  }

  /**
   * Stores the good steps of a batch and names the bad ones. The answer comes after the commit. Sent again, nothing is
   * doubled; steps of a finished task are taken too.
   */
  async record(context: RequestContext, input: RecordStepsInput): Promise<RecordStepsResult> {
    if (input.steps.length < 1 || input.steps.length > this.maxStepsPerCall) {
      const message = `A call takes 1 to ${this.maxStepsPerCall} steps, and this one has ${input.steps.length}.`;
      throw new BadUserInputError([{ path: 'input.steps', message }]);
    }
    const records: StepRecord[] = [];
    const rejected: RejectedStep[] = [];
    for (const [index, step] of input.steps.entries()) {
      const reason = stepProblem(step);
      if (reason === undefined) records.push(stepRecord(step));
      else rejected.push({ index, key: textOrNull(step.key), reason });
    }
    const call = { at: performance.now() };
    this.#begun.add(call);
    try {
      return await this.#write(context, input, records, rejected);
    } finally {
      this.#begun.delete(call);
    }
  }

  #write(
    context: RequestContext,
    input: RecordStepsInput,
    records: readonly StepRecord[],
    rejected: RejectedStep[],
  ): Promise<RecordStepsResult> {
    return this.database.transaction(async (tx) => {
      const head = await this.changer.lockHead(tx, context, input.taskId, 'ingest');
      const { progress, progressMessage: message } = input;
      const totals = await this.changer.apply(tx, head, { steps: records, progress, message });
      const updated = totals.reduce((sum, total) => sum + total.updated, 0);
      const counts = { accepted: records.length, updated };
      const after = { ...counts, rejected: rejected.length, revision: head.revision };
      await this.changer.audit(tx, context, head, 'recordSteps', null, after);
      return { taskId: head.id, ...counts, rejected };
    });
  }

  /** Raises a task's progress; a lower one than before changes nothing, and a finished task keeps its own. */
  async reportProgress(context: RequestContext, input: ReportProgressInput): Promise<string> {
    return this.database.transaction(async (tx) => {
      const head = await this.changer.lockHead(tx, context, input.taskId, 'ingest');
      const { progress, message } = input;
      await this.changer.apply(tx, head, { progress, message });
      await this.changer.audit(tx, context, head, 'reportProgress', null, { progress });
      return head.id;
    });
  }
}

/** A rejected step's key is echoed only where it can be: it may itself be what is wrong. */
function textOrNull(key: unknown): string | null {
  return typeof key === 'string' ? key.slice(0, 200).toWellFormed() : null;
}
