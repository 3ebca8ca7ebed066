import { z } from 'zod';
import type { TraceService } from '../../traces/index.js';
import { cursor, limit } from '../argument-forms.js';
import { PayloadBudget } from '../payload-budget.js';
import { stepFilterForm, stepFilterOf } from '../step-filter-form.js';
import { stepSchema, stepView } from '../step-view.js';
import { defineTool } from '../tool.js';

export function searchStepsTool(traces: TraceService) {
  return defineTool({
    name: 'search_steps',
    title: 'Search all steps',
    description:
      'Steps of the whole project whose name, error or payloads hold a text, without regard to case; those of the newest task first. Read more around one with get_trace (from_step = its seq).',
    permission: 'read',
    annotations: { readOnlyHint: true, openWorldHint: false },
    argumentNames: { first: 'limit', after: 'cursor' },
    input: z.strictObject({
      text: z.string().max(500).describe('1 to 500 characters.'),
      ...stepFilterForm,
      limit: limit(20, 100),
      cursor,
    }),
    output: z.object({
      hits: z.array(
        z.object({
          step: stepSchema,
          snippet: z.string().describe('The words around the first match, as they are stored.'),
        }),
      ),
      next_cursor: z.string().nullable().describe('Null = these are the last.'),
    }),
    run: async (args, { context, projectId }) => {
      const filter = await stepFilterOf(args);
      const page = { first: args.limit, after: args.cursor ?? null };
      const { nodes, pageInfo } = await traces.searchProject(context, projectId, args.text, filter, page);
      const budget = new PayloadBudget();
      return {
        hits: nodes.map(({ step, snippet }) => ({ step: stepView(step, budget), snippet })),
        next_cursor: pageInfo.hasNextPage ? pageInfo.endCursor : null,
      };
    },
  });
}
