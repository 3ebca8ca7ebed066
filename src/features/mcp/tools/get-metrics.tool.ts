import { z } from 'zod';
import { CostDimension, type MetricsService } from '../../metrics/index.js';
import { BadUserInputError } from '../../../platform/errors.js';
import { day } from '../argument-forms.js';
import { costSchema, msSchema } from '../task-view.js';
import { defineTool } from '../tool.js';

const dayMs = 86_400_000;
const standardDays = 7;
const mostDailyDays = 100;
const mostSlices = 100;

const rate = (meaning: string) => z.number().nullable().describe(`${meaning}; null without tasks.`);
const kpiSchema = z.object({
  tasks: z.number().describe('Finished tasks; cancelled ones are in no figure but cancelled.'),
  succeeded: z.number(),
  cancelled: z.number(),
  success_rate: rate('Succeeded tasks among the finished ones, 0 to 1'),
  intervention_rate: rate('Finished tasks that needed a human, 0 to 1'),
  latency_p50_ms: msSchema,
  latency_p95_ms: msSchema,
  latency_p99_ms: msSchema,
  cost_usd: costSchema,
  cost_per_task_usd: costSchema,
  cost_per_success_usd: costSchema,
  unpriced_tasks: z.number().describe('Tasks whose cost is not known.'),
});

interface Kpis {
  tasks: number;
  succeeded: number;
  cancelled: number;
  successRate: number | null;
  interventionRate: number | null;
  latencyP50Ms: number | null;
  latencyP95Ms: number | null;
  latencyP99Ms: number | null;
  costUsd: number | null;
  costPerTaskUsd: number | null;
  costPerSuccessUsd: number | null;
  unpricedTasks: number;
}

const kpiView = (kpis: Kpis) => ({
  tasks: kpis.tasks,
  succeeded: kpis.succeeded,
  cancelled: kpis.cancelled,
  success_rate: kpis.successRate,
  intervention_rate: kpis.interventionRate,
  latency_p50_ms: kpis.latencyP50Ms,
  latency_p95_ms: kpis.latencyP95Ms,
  latency_p99_ms: kpis.latencyP99Ms,
  cost_usd: kpis.costUsd,
  cost_per_task_usd: kpis.costPerTaskUsd,
  cost_per_success_usd: kpis.costPerSuccessUsd,
  unpriced_tasks: kpis.unpricedTasks,
});

export function getMetricsTool(metrics: MetricsService) {
  return defineTool({
    name: 'get_metrics',
    title: 'Get metrics',
    description:
      'How often the agents work, how fast they are and what they cost, over the tasks that finished in a range of UTC days: the last 7 unless told. Day by day, and costs broken down, where asked for.',
    permission: 'read',
    annotations: { readOnlyHint: true, openWorldHint: false },
    input: z.strictObject({
      from: day.describe('The first day, such as 2026-03-01; the sixth before to unless told.'),
      to: day.describe('The last day, included; today unless told.'),
      agent_id: z
        .string()
        .max(200)
        .optional()
        .describe('One agent; all of the project together unless told.'),
      daily: z.boolean().default(false).describe(`Also day by day; at most ${mostDailyDays} days then.`),
      costs_by: z
        .enum(CostDimension)
        .optional()
        .describe('Also what the costs of the project (of all its agents) are made of.'),
    }),
    output: z.object({
      from: z.string(),
      to: z.string(),
      summary: kpiSchema,
      days: z
        .array(kpiSchema.extend({ day: z.string(), computed_at: z.string() }))
        .describe('The oldest first, without days in which no task finished; empty unless asked for.'),
      costs: z
        .array(
          z.object({
            key: z.string(),
            label: z.string(),
            tasks: z.number(),
            steps: z.number(),
            input_tokens: z.number(),
            output_tokens: z.number(),
            cost_usd: costSchema,
            unpriced_steps: z.number(),
          }),
        )
        .describe('The costliest first; empty unless asked for.'),
      costs_left_out: z.number().describe(`How many slices there are beyond the ${mostSlices} shown.`),
    }),
    run: async (args, { context, projectId }) => {
      const to = args.to ?? new Date().toISOString().slice(0, 10);
      const from =
        args.from ?? new Date(Date.parse(to) - (standardDays - 1) * dayMs).toISOString().slice(0, 10);
      const range = { from, to };
      if (args.daily && (Date.parse(to) - Date.parse(from)) / dayMs >= mostDailyDays) {
        const message = `Day by day it answers at most ${mostDailyDays} days; ask in parts, or without daily.`;
        throw new BadUserInputError([{ path: 'to', message }]);
      }
      const agentId = args.agent_id ?? null;
      const summary = await metrics.summary(context, projectId, agentId, range);
      const days = args.daily ? await metrics.daily(context, projectId, agentId, false, range) : [];
      const costs = args.costs_by ? await metrics.costs(context, projectId, args.costs_by, range) : [];
      return {
        ...range,
        summary: kpiView(summary),
        days: days.map((of) => ({ day: of.day, ...kpiView(of), computed_at: of.computedAt.toISOString() })),
        costs: costs.slice(0, mostSlices).map((slice) => ({
          key: slice.key,
          label: slice.label,
          tasks: slice.tasks,
          steps: slice.steps,
          input_tokens: slice.inputTokens,
          output_tokens: slice.outputTokens,
          cost_usd: slice.costUsd,
          unpriced_steps: slice.unpricedSteps,
        })),
        costs_left_out: Math.max(0, costs.length - mostSlices),
      };
    },
  });
}
