import { z } from 'zod';
import type { TaskService } from '../../tasks/index.js';
import type { TraceService } from '../../traces/index.js';
import { limit, maxPayloadChars, taskId } from '../argument-forms.js';
import { PayloadBudget } from '../payload-budget.js';
import { stepFilterForm, stepFilterOf } from '../step-filter-form.js';
import { stepSchema, stepView } from '../step-view.js';
import { taskSchema, taskView } from '../task-view.js';
import { defineTool } from '../tool.js';

export function getTraceTool(tasks: TaskService, traces: TraceService) {
  return defineTool({
    name: 'get_trace',
    title: 'Get the steps of a task',
    description:
      'What a task did, step by step: a window of its steps in their order, with inputs and outputs. Go on with from_step = next_from_step. Filters leave out the steps that do not match.',
    permission: 'read',
    annotations: { readOnlyHint: true, openWorldHint: false },
    argumentNames: { id: 'task_id', first: 'limit', fromSeq: 'from_step' },
    input: z.strictObject({
      task_id: taskId,
      from_step: z
        .number()
        .int()
        .min(1)
        .max(1_000_000_000)
        .default(1)
        .describe('The number (seq) that the window begins at.'),
      limit: limit(30, 100),
      ...stepFilterForm,
      search: z
        .string()
        .max(500)
        .optional()
        .describe('Only steps whose name, error or payloads hold this text, without regard to case.'),
      with_payloads: z.boolean().default(true).describe('Whether inputs, outputs and attributes are wanted.'),
      max_payload_chars: maxPayloadChars,
    }),
    output: z.object({
      task: taskSchema,
      steps: z.array(
        stepSchema.extend({
          input: z.unknown(),
          output: z.unknown(),
          attributes: z.unknown(),
          cut: z.array(z.string()).describe('Which of the three are cut, and so texts.'),
        }),
      ),
      next_from_step: z.number().nullable().describe('Null = there are no more for now.'),
    }),
    run: async (args, { context }) => {
      const filter = await stepFilterOf(args, args.search);
      const task = await tasks.get(context, args.task_id);
      const window = { first: args.limit, fromSeq: args.from_step };
      const { nodes, pageInfo } = await traces.page(task.id, filter, window, args.with_payloads);
      const budget = new PayloadBudget(args.max_payload_chars);
      const last = nodes.at(-1);
      return {
        task: taskView(task, budget),
        steps: nodes.map((step) => {
          const { input, output, attributes } = step;
          return { ...stepView(step, budget), ...budget.take({ input, output, attributes }) };
        }),
        next_from_step: pageInfo.hasNextPage && last ? last.seq + 1 : null,
      };
    },
  });
}
