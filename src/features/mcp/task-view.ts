import { z } from 'zod';
import { CostSource, ErrorClass, errorInfoOf, isFinished, TaskStatus, type Task } from '../tasks/index.js';
import type { PayloadBudget } from './payload-budget.js';

export const costSchema = z.number().nullable().describe('US dollars; null = not known.');
export const msSchema = z.number().nullable().describe('Milliseconds; null = not known.');
export const timeSchema = z.string().nullable().describe('ISO 8601, UTC; null = not yet, or not known.');
export const errorSchema = z
  .object({
    class: z.enum(ErrorClass).nullable(),
    code: z.string().nullable(),
    message: z.string().describe('Cut where it is long, and then says so at its end.'),
  })
  .nullable();

/** How a task stands; the fields of GraphQL's Task that are its own. */
export const taskSchema = z.object({
  task_id: z.string(),
  name: z.string(),
  type: z.string(),
  agent_id: z.string(),
  status: z.enum(TaskStatus),
  is_finished: z.boolean().describe('SUCCEEDED, FAILED, TIMED_OUT and CANCELLED are ends.'),
  progress: z.number().describe('0 to 1; never falls within an attempt.'),
  progress_message: z.string().nullable(),
  attempt: z.number(),
  max_attempts: z.number(),
  tags: z.array(z.string()),
  queued_at: z.string(),
  started_at: timeSchema,
  finished_at: timeSchema,
  latency_ms: msSchema,
  step_count: z.number(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  cost_usd: costSchema,
  cost_source: z.enum(CostSource),
  error: errorSchema,
});

export type TaskView = z.input<typeof taskSchema>;

/** @param budget what the answer's texts may take */
export function taskView(task: Task, budget: PayloadBudget): TaskView {
  return {
    task_id: task.id,
    name: task.name,
    type: task.type,
    agent_id: task.agentId,
    status: task.status,
    is_finished: isFinished(task.status),
    progress: task.progress,
    progress_message: task.progressMessage,
    attempt: task.attempt,
    max_attempts: task.maxAttempts,
    tags: task.tags,
    queued_at: task.queuedAt.toISOString(),
    started_at: task.startedAt?.toISOString() ?? null,
    finished_at: task.finishedAt?.toISOString() ?? null,
    latency_ms: task.latencyMs,
    step_count: task.stepCount,
    input_tokens: task.inputTokens,
    output_tokens: task.outputTokens,
    cost_usd: task.costUsd,
    cost_source: task.costSource,
    error: errorView(errorInfoOf(task), budget),
  };
}

export function errorView(
  error: ReturnType<typeof errorInfoOf>,
  budget: PayloadBudget,
): z.input<typeof errorSchema> {
  return error && { class: error.class, code: error.code ?? null, message: budget.text(error.message) };
}
