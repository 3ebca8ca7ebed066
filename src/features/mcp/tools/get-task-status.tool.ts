import { z } from 'zod';
import {
  InterventionKind,
  InterventionStatus,
  isFinished,
  TaskStatus,
  type InterventionService,
  type Task,
  type TaskService,
} from '../../tasks/index.js';
import type { TraceService } from '../../traces/index.js';
import { maxPayloadChars, taskId } from '../argument-forms.js';
import type { OpenWaits } from '../open-waits.js';
import { PayloadBudget } from '../payload-budget.js';
import { taskSchema, taskView } from '../task-view.js';
import { defineTool, type ToolCall } from '../tool.js';

const mostWaitSeconds = 300;

export interface TaskStatusParts {
  tasks: TaskService;
  traces: TraceService;
  humans: InterventionService;
  waits: OpenWaits;
}

export function getTaskStatusTool({ tasks, traces, humans, waits }: TaskStatusParts) {
  /** Follows the task until it ends, a human is asked for, or the wait is over. Answers how it stood last. */
  const follow = (task: Task, seconds: number, call: ToolCall): Promise<Task> =>
    waits.run(call.context, call.signal, seconds * 1000, async (signal) => {
      const snapshots = await traces.followTask(call.context, task.id);
      const stop = () => void snapshots.return?.();
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      let last = task;
      for await (const { task: now } of snapshots) {
        const isHeldUp = now.status === TaskStatus.WAITING_FOR_HUMAN && last.status !== now.status;
        last = now;
        call.tellProgress(now.progress, now.progressMessage);
        if (isHeldUp) break;
      }
      return last;
    });

  return defineTool({
    name: 'get_task_status',
    title: 'Get the status of a task',
    description:
      'How a task stands, with its input, its output and the questions to humans that hold it up. With wait_seconds it answers when the task has ended or begins to wait for a human, or else when the time is over (is_finished says which); progress is told while it waits.',
    permission: 'read',
    annotations: { readOnlyHint: true, openWorldHint: false },
    argumentNames: { id: 'task_id' },
    input: z.strictObject({
      task_id: taskId,
      wait_seconds: z
        .number()
        .min(0)
        .max(mostWaitSeconds)
        .default(0)
        .describe(
          'How long to wait for the end, at most; 0, the standard, answers at once. Many clients give up on a call after 60 s: wait for less, and ask again.',
        ),
      max_payload_chars: maxPayloadChars,
    }),
    output: taskSchema.extend({
      input: z.unknown().describe('Any JSON.'),
      output: z.unknown().describe('Any JSON; null while there is none.'),
      cut: z.array(z.string()).describe('Which of input and output are cut, and so texts.'),
      open_interventions: z
        .array(
          z.object({
            intervention_id: z.string(),
            kind: z.enum(InterventionKind),
            reason: z.string(),
            question: z.unknown(),
            requested_at: z.string(),
            cut: z.array(z.string()),
          }),
        )
        .describe('What humans are asked for; answer_intervention answers.'),
    }),
    run: async ({ task_id, wait_seconds, max_payload_chars }, call) => {
      const found = await tasks.get(call.context, task_id);
      const isWaitedFor = wait_seconds > 0 && !isFinished(found.status);
      const task = isWaitedFor ? await follow(found, wait_seconds, call) : found;
      const asked = await humans.ofTaskLoader(call.context).load(task.id);
      const budget = new PayloadBudget(max_payload_chars);
      return {
        ...taskView(task, budget),
        ...budget.take({ input: task.input, output: task.output }),
        open_interventions: asked
          .filter(({ status }) => status === InterventionStatus.OPEN)
          .slice(0, 50)
          .map(({ id, kind, reason, question, requestedAt }) => ({
            intervention_id: id,
            kind,
            reason: budget.text(reason),
            requested_at: requestedAt.toISOString(),
            ...budget.take({ question }),
          })),
      };
    },
  });
}
