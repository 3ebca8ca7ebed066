import type { StepFilter, StepStatus, StepType } from '../../../generated/graphql';

export type StepLook = 'log' | 'tree' | 'timeline';

/** How the steps of a task are shown: kept whole in the address, so that it can be shared. */
export interface StepView {
  look: StepLook;
  filter: StepFilter;
}

export const STEP_LOOKS: readonly StepLook[] = ['log', 'tree', 'timeline'];
export const STEP_STATUSES: readonly StepStatus[] = ['RUNNING', 'SUCCEEDED', 'FAILED', 'SKIPPED'];
export const STEP_TYPES: readonly StepType[] = [
  'AGENT',
  'LLM',
  'TOOL',
  'MESSAGE',
  'HUMAN',
  'RETRIEVAL',
  'EMBEDDING',
  'RERANK',
  'EVALUATION',
  'GUARDRAIL',
  'HEALING',
  'SYSTEM',
];

/** Reads a view out of an address. What makes no sense in it is left out. */
export function readStepView(params: URLSearchParams): StepView {
  const filter: StepFilter = {};
  const types = STEP_TYPES.filter((type) => params.getAll('type').includes(type));
  const statuses = STEP_STATUSES.filter((status) => params.getAll('status').includes(status));
  const models = params.getAll('model').filter((model) => model.trim() !== '');
  const search = params.get('q')?.trim();
  if (types.length > 0) filter.types = types;
  if (statuses.length > 0) filter.statuses = statuses;
  if (models.length > 0) filter.models = models;
  if (search) filter.search = search;
  for (const [name, key] of NUMBERS) {
    const number = Number(params.get(name) || Number.NaN);
    if (number >= 0) filter[key] = number;
  }
  return { look: STEP_LOOKS.find((look) => look === params.get('view')) ?? 'log', filter };
}

/** The reverse. @param seq the step that is selected; null = none */
export function writeStepView({ look, filter }: StepView, seq: number | null): URLSearchParams {
  const params = new URLSearchParams();
  if (look !== 'log') params.set('view', look);
  for (const type of filter.types ?? []) params.append('type', type);
  for (const status of filter.statuses ?? []) params.append('status', status);
  for (const model of filter.models ?? []) params.append('model', model);
  if (filter.search) params.set('q', filter.search);
  for (const [name, key] of NUMBERS) if (filter[key] != null) params.set(name, String(filter[key]));
  if (seq !== null) params.set('step', String(seq));
  return params;
}

/** The number of the step that an address names; null = none. */
export function readSeq(params: URLSearchParams): number | null {
  const text = params.get('step') ?? '';
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}

/** Without the parts that say nothing. */
export function compactFilter(filter: StepFilter): StepFilter {
  return Object.fromEntries(
    Object.entries(filter).filter(
      ([, value]) => value != null && value !== '' && !(Array.isArray(value) && value.length === 0),
    ),
  );
}

const NUMBERS = [
  ['min-ms', 'minLatencyMs'],
  ['min-cost', 'minCostUsd'],
] as const;
