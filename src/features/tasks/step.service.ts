import type { Database } from '../../platform/database.js';
import { BadUserInputError } from '../../platform/errors.js';
import type { IngestionWatch } from './ingestion-watch.js';
import type { RecordStepsInput, RecordStepsResult, RejectedStep } from './step.inputs.js';
import { readStep, type StepRecord } from './step-record.js';
import type { Cause, TaskChanger } from './task-change.js';
import type { ReportProgressInput } from './task.inputs.js';

/** Takes in what agents do: the hot path of writing. */
export class StepService {
  constructor(
    private readonly database: Database,
    private readonly changer: TaskChanger,
    private readonly watch: IngestionWatch,
    private readonly maxStepsPerCall: number,
  ) {}

  /**
   * Stores the good steps of a batch and names the bad ones. The answer comes after the commit. Sent again, nothing is
   * doubled; steps of a finished task are taken too.
   */
  async record(context: Cause, input: RecordStepsInput): Promise<RecordStepsResult> {
    if (input.steps.length < 1 || input.steps.length > this.maxStepsPerCall) {
      const message = `A call takes 1 to ${this.maxStepsPerCall} steps, and this one has ${input.steps.length}.`;
      throw new BadUserInputError([{ path: 'input.steps', message }]);
    }
    const records: StepRecord[] = [];
    const rejected: RejectedStep[] = [];
    for (const [index, step] of input.steps.entries()) {
      const { record, problem } = readStep(step);
      if (record) records.push(record);
      else rejected.push({ index, key: textOrNull(step.key), reason: problem });
    }
    return this.watch.run(() => this.#write(context, input, records, rejected));
  }

  #write(
    context: Cause,
    input: RecordStepsInput,
    records: readonly StepRecord[],
    rejected: RejectedStep[],
  ): Promise<RecordStepsResult> {
    return this.database.transaction(async (tx) => {
      const head = await this.changer.lockHead(tx, context, input.taskId, 'ingest');
      await this.changer.leases.require(tx, head, input.worker);
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
  async reportProgress(context: Cause, input: ReportProgressInput): Promise<string> {
    return this.database.transaction(async (tx) => {
      const head = await this.changer.lockHead(tx, context, input.taskId, 'ingest');
      await this.changer.leases.require(tx, head, input.worker);
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
