import { z } from 'zod';
import { CostSource, StepStatus, StepType } from '../tasks/index.js';
import type { StepRow } from '../traces/index.js';
import type { PayloadBudget } from './payload-budget.js';
import { costSchema, errorSchema, errorView, msSchema, timeSchema } from './task-view.js';

/** A step without its payloads. */
export const stepSchema = z.object({
  task_id: z.string(),
  seq: z.number().describe('Its number within the task, from 1.'),
  key: z.string(),
  parent_key: z.string().nullable(),
  type: z.enum(StepType),
  name: z.string(),
  status: z.enum(StepStatus),
  started_at: timeSchema,
  ended_at: timeSchema,
  latency_ms: msSchema,
  provider: z.string().nullable(),
  model: z.string().nullable(),
  input_tokens: z.number().nullable(),
  output_tokens: z.number().nullable(),
  cost_usd: costSchema,
  cost_source: z.enum(CostSource),
  error: errorSchema,
});

export function stepView(step: StepRow, budget: PayloadBudget): z.input<typeof stepSchema> {
  return {
    task_id: step.taskId,
    seq: step.seq,
    key: step.key,
    parent_key: step.parentKey,
    type: step.type,
    name: step.name,
    status: step.status,
    started_at: step.startedAt,
    ended_at: step.endedAt,
    latency_ms: step.latencyMs,
    provider: step.provider,
    model: step.model,
    input_tokens: step.inputTokens,
    output_tokens: step.outputTokens,
    cost_usd: step.costUsd,
    cost_source: step.costSource,
    error: errorView(step.error, budget),
  };
}
