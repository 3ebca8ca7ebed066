import { z } from 'zod';
import { StepStatus, StepType } from '../tasks/index.js';
import { StepFilter } from '../traces/index.js';
import { requireValid } from '../../platform/validation.js';
import { texts } from './argument-forms.js';

/** What steps can be narrowed down by, as arguments of a tool. */
export const stepFilterForm = {
  types: z.array(z.enum(StepType)).max(20).optional(),
  statuses: z.array(z.enum(StepStatus)).max(10).optional(),
  models: texts,
  min_latency_ms: z.number().min(0).max(1e15).optional(),
  min_cost_usd: z.number().min(0).max(1e9).optional(),
};

type StepFilterArguments = z.output<z.ZodObject<typeof stepFilterForm>>;

/** @throws BadUserInputError by the same rules as over GraphQL */
export function stepFilterOf(args: StepFilterArguments, search?: string): Promise<StepFilter> {
  return requireValid(
    Object.assign(new StepFilter(), {
      types: args.types,
      statuses: args.statuses,
      models: args.models,
      minLatencyMs: args.min_latency_ms,
      minCostUsd: args.min_cost_usd,
      search,
    }),
  );
}
