import { z } from 'zod';
import { ErrorClass, TaskFilter, TaskOrder, TaskStatus, type TaskService } from '../../tasks/index.js';
import { requireValid } from '../../../platform/validation.js';
import { cursor, dateOf, limit, moment, texts } from '../argument-forms.js';
import { PayloadBudget } from '../payload-budget.js';
import { taskSchema, taskView } from '../task-view.js';
import { defineTool } from '../tool.js';

export function listTasksTool(tasks: TaskService) {
  return defineTool({
    name: 'list_tasks',
    title: 'List tasks',
    description:
      'The tasks of the project, newest first unless told. All filters that are given must hold. Without inputs and outputs: get_task_status has them.',
    permission: 'read',
    annotations: { readOnlyHint: true, openWorldHint: false },
    argumentNames: { first: 'limit', after: 'cursor' },
    input: z.strictObject({
      statuses: z.array(z.enum(TaskStatus)).max(20).optional(),
      types: texts.describe('The sorts of task, in the words of those who run them.'),
      agent_id: z.string().max(200).optional(),
      tags: texts.describe('Tasks that carry every one of these.'),
      search: z.string().max(500).optional().describe('Part of the name, without regard to case.'),
      finished_after: moment.describe('At this moment or later.'),
      finished_before: moment.describe('Before this moment.'),
      min_cost_usd: z.number().min(0).max(1e9).optional(),
      min_latency_ms: z.number().min(0).max(1e15).optional(),
      has_intervention: z.boolean().optional().describe('Whether a human was asked for.'),
      error_classes: z.array(z.enum(ErrorClass)).max(50).optional(),
      order_by: z.enum(TaskOrder).default(TaskOrder.NEWEST),
      limit: limit(20, 100),
      cursor,
    }),
    output: z.object({
      tasks: z.array(taskSchema),
      next_cursor: z.string().nullable().describe('Null = these are the last.'),
    }),
    run: async (args, { context, projectId }) => {
      const filter = Object.assign(new TaskFilter(), {
        statuses: args.statuses,
        types: args.types,
        agentId: args.agent_id,
        tags: args.tags,
        search: args.search,
        finishedAfter: dateOf(args.finished_after),
        finishedBefore: dateOf(args.finished_before),
        minCostUsd: args.min_cost_usd,
        minLatencyMs: args.min_latency_ms,
        hasIntervention: args.has_intervention,
        errorClasses: args.error_classes,
      });
      await requireValid(filter);
      const page = { first: args.limit, after: args.cursor ?? null };
      const { nodes, pageInfo } = await tasks.list(context, projectId, filter, args.order_by, page);
      const budget = new PayloadBudget();
      return {
        tasks: nodes.map((task) => taskView(task, budget)),
        next_cursor: pageInfo.hasNextPage ? pageInfo.endCursor : null,
      };
    },
  });
}
