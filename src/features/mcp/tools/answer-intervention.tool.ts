import { z } from 'zod';
import {
  InterventionKind,
  InterventionStatus,
  ResolveInterventionInput,
  TaskStatus,
  type InterventionService,
  type TaskService,
} from '../../tasks/index.js';
import { requireValid } from '../../../platform/validation.js';
import { defineTool } from '../tool.js';

const { APPROVED, REJECTED, ANSWERED } = InterventionStatus;

export function answerInterventionTool(humans: InterventionService, tasks: TaskService) {
  return defineTool({
    name: 'answer_intervention',
    title: 'Answer an intervention',
    description:
      'Answers a question that holds a task up, on behalf of the human it is for. The task goes on once all its questions are answered. An answer cannot be taken back.',
    permission: 'operate',
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
    argumentNames: { id: 'intervention_id' },
    input: z.strictObject({
      intervention_id: z.string().max(200).describe('From open_interventions of get_task_status.'),
      status: z
        .enum([APPROVED, REJECTED, ANSWERED])
        .describe('APPROVED or REJECTED for an APPROVAL; ANSWERED or REJECTED for the other kinds.'),
      answer: z.unknown().optional().describe('Any JSON: what the agent is to know.'),
    }),
    output: z.object({
      intervention_id: z.string(),
      task_id: z.string(),
      kind: z.enum(InterventionKind),
      status: z.enum(InterventionStatus),
      resolved_at: z.string().nullable(),
      task_status: z.enum(TaskStatus),
    }),
    run: async ({ intervention_id, status, answer }, { context }) => {
      const input = Object.assign(new ResolveInterventionInput(), { id: intervention_id, status, answer });
      const resolved = await humans.resolve(context, await requireValid(input));
      const task = await tasks.reload(resolved.taskId);
      return {
        intervention_id: resolved.id,
        task_id: resolved.taskId,
        kind: resolved.kind,
        status: resolved.status,
        resolved_at: resolved.resolvedAt?.toISOString() ?? null,
        task_status: task.status,
      };
    },
  });
}
