import type { InterventionService } from '../intervention.service.js';
import type { Intervention } from '../intervention.entity.js';
import type { RecordStepsInput, RecordStepsResult } from '../step.inputs.js';
import type { StepService } from '../step.service.js';
import type { Task } from '../task.entity.js';
import type { FinishTaskInput, ReportProgressInput, RequestInterventionInput } from '../task.inputs.js';
import type { TaskService } from '../task.service.js';
import type { QueueService } from './queue.service.js';

/** Which tasks a worker takes. */
export interface BuiltInClaim {
  /** Types of tasks that were created as built-in; those of all projects. */
  types: readonly string[];
  limit: number;
  leaseSeconds: number;
}

type Told<Input> = Omit<Input, 'worker'>;

/**
 * The queue as workers within Binnacle use it: they ask for nobody, so no rights are checked, and the audit log calls them the
 * system. A worker is a name of its own for each process. All but claim throw LeaseLostError, and change nothing, where the worker
 * does not hold the task: its lease ran out, or the task was cancelled or ended.
 */
export class BuiltInWorkers {
  constructor(
    private readonly queue: QueueService,
    private readonly tasks: TaskService,
    private readonly steps: StepService,
    private readonly humans: InterventionService,
  ) {}

  /** Takes tasks created with `isBuiltIn`, the most urgent first and of these the oldest; [] where none waits. */
  claim(worker: string, { types, limit, leaseSeconds }: BuiltInClaim): Promise<Task[]> {
    return this.queue.take(null, { builtInTypes: [...new Set(types)] }, { worker, limit, leaseSeconds });
  }

  /** The lease lasts so many seconds from now. Call it well before it runs out: that is also how a cancelled task is noticed. */
  async extend(worker: string, taskId: string, seconds: number): Promise<void> {
    await this.queue.extend(null, taskId, worker, seconds);
  }

  /** For a worker that stops: the task waits for another one, and the attempt does not count. */
  release(worker: string, taskId: string): Promise<void> {
    return this.tasks.release(null, taskId, worker);
  }

  record(worker: string, input: Told<RecordStepsInput>): Promise<RecordStepsResult> {
    return this.steps.record(null, { ...input, worker });
  }

  async reportProgress(worker: string, input: Told<ReportProgressInput>): Promise<void> {
    await this.steps.reportProgress(null, { ...input, worker });
  }

  /** The task is over, and so is its lease. Said again by the same worker, it changes nothing. */
  finish(worker: string, input: Told<FinishTaskInput>): Promise<Task> {
    return this.tasks.finish(null, { ...input, worker });
  }

  /** Asks a human. While there is no answer, the lease stands still; after it, it begins anew. */
  requestIntervention(worker: string, input: Told<RequestInterventionInput>): Promise<Intervention> {
    return this.humans.request(null, { ...input, worker });
  }
}
