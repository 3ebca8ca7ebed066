import { z } from 'zod';
import type { TaskService } from '../../tasks/index.js';
import { taskId } from '../argument-forms.js';
import { PayloadBudget } from '../payload-budget.js';
import { taskSchema, taskView } from '../task-view.js';
import { defineTool } from '../tool.js';

export function cancelTaskTool(tasks: TaskService) {
  return defineTool({
    name: 'cancel_task',
    title: 'Cancel a task',
    description:
      'Ends a task that nobody needs any more; whoever runs it learns so at the next report. A task that has ended otherwise cannot be cancelled.',
    permission: 'operate',
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    argumentNames: { id: 'task_id' },
    input: z.strictObject({ task_id: taskId }),
    output: taskSchema,
    run: async ({ task_id }, { context }) => {
      const { id } = await tasks.cancel(context, task_id);
      return taskView(await tasks.reload(id), new PayloadBudget());
    },
  });
}
