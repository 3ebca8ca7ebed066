import { createHash } from 'node:crypto';
import { ask } from '../project-access.js';
import type { ServerAccess } from '../project-access.js';
import type { TargetAgent } from './import-target.js';
import type { ImportedAction, ImportedRun, ImportedStep, ImportedTakeover } from './tau-bench.js';

/** A step which the server did not take. */
export interface RejectedStep {
  /** Its place among the run's steps as they were sent, from 0. */
  index: number;
  key: string | null;
  reason: string;
}

export interface SentRun {
  /** Whether an earlier import had brought the whole run already. */
  wasThere: boolean;
  finishedAt: string | null;
  rejected: RejectedStep[];
}

const CREATE_TASK = `
  mutation ImportCreateTask($input: CreateTaskInput!) {
    createTask(input: $input) { id status stepCount finishedAt }
  }`;
const RECORD_STEPS = `
  mutation ImportRecordSteps($input: RecordStepsInput!) {
    recordSteps(input: $input) { rejected { index key reason } }
  }`;
const REQUEST_INTERVENTION = `
  mutation ImportRequestIntervention($input: RequestInterventionInput!) {
    requestIntervention(input: $input) { id }
  }`;
const FINISH_TASK = `
  mutation ImportFinishTask($input: FinishTaskInput!) {
    finishTask(input: $input) { task { finishedAt } }
  }`;

/** The contract allows 1,000 steps a call; the bytes keep a call well below the usual bound of a body. */
const MOST_STEPS_PER_CALL = 500;
const MOST_BYTES_PER_CALL = 400_000;

/**
 * A key that is the same for the same run however often its file is read, and different for another: the agent, the
 * τ-bench task and trial, and the conversation's starting point, which tells two domains of one agent apart.
 */
export function idempotencyKeyOf(agent: TargetAgent, run: ImportedRun): string {
  const start = createHash('sha256').update(JSON.stringify(run.input)).digest('hex').slice(0, 16);
  return `tau-bench:${agent.id}:task-${run.taskId}:trial-${run.trial}:${start}`;
}

/**
 * Brings one run to the server, in its order. Every call may be sent again without effect, so a run that was cut off
 * is completed by sending it once more; one that is there as a whole is left alone.
 * @param finishedAt when the run ended; null = now.
 * @throws GraphqlRequestError when the server refuses a call; what it took before stays.
 */
export async function sendRun(
  access: ServerAccess,
  agent: TargetAgent,
  run: ImportedRun,
  finishedAt: string | null,
): Promise<SentRun> {
  const { createTask: task } = await ask<{ createTask: CreatedTask }>(access, CREATE_TASK, {
    input: {
      agentId: agent.id,
      idempotencyKey: idempotencyKeyOf(agent, run),
      type: run.type,
      name: run.name,
      input: run.input,
      tags: run.tags,
      start: true,
      startedAt: null,
      maxAttempts: 1,
    },
  });
  if (task.status === run.status && task.stepCount === run.actions.length) {
    return { wasThere: true, finishedAt: task.finishedAt, rejected: [] };
  }
  const rejected = await sendActions(access, task.id, run.actions);
  const { finishTask } = await ask<{ finishTask: { task: { finishedAt: string | null } } }>(
    access,
    FINISH_TASK,
    {
      input: {
        taskId: task.id,
        status: run.status,
        output: run.output,
        error: run.error,
        ...(finishedAt === null ? {} : { finishedAt }),
      },
    },
  );
  return { wasThere: false, finishedAt: finishTask.task.finishedAt, rejected };
}

interface CreatedTask {
  id: string;
  status: string;
  stepCount: number;
  finishedAt: string | null;
}

async function sendActions(
  access: ServerAccess,
  taskId: string,
  actions: readonly ImportedAction[],
): Promise<RejectedStep[]> {
  const rejected: RejectedStep[] = [];
  let sentCount = 0;
  for (const batch of inBatches(actions)) {
    if ('takeover' in batch) {
      await ask(access, REQUEST_INTERVENTION, { input: { taskId, kind: 'TAKEOVER', ...batch.takeover } });
      continue;
    }
    const variables = { input: { taskId, steps: batch.steps } };
    const { recordSteps } = await ask<{ recordSteps: { rejected: RejectedStep[] } }>(
      access,
      RECORD_STEPS,
      variables,
    );
    for (const step of recordSteps.rejected) rejected.push({ ...step, index: sentCount + step.index });
    sentCount += batch.steps.length;
  }
  return rejected;
}

/** The calls that a run takes: steps that follow each other go together, as far as the bounds allow. */
function* inBatches(
  actions: readonly ImportedAction[],
): Generator<{ steps: ImportedStep[] } | { takeover: ImportedTakeover }> {
  let steps: ImportedStep[] = [];
  let bytes = 0;
  for (const action of actions) {
    const stepBytes = action.kind === 'STEP' ? Buffer.byteLength(JSON.stringify(action.step)) : 0;
    const isFull = steps.length >= MOST_STEPS_PER_CALL || bytes + stepBytes > MOST_BYTES_PER_CALL;
    if (steps.length > 0 && (action.kind === 'TAKEOVER' || isFull)) {
      yield { steps };
      steps = [];
      bytes = 0;
    }
    if (action.kind === 'TAKEOVER') yield { takeover: action.takeover };
    else {
      steps.push(action.step);
      bytes += stepBytes;
    }
  }
  if (steps.length > 0) yield { steps };
}
