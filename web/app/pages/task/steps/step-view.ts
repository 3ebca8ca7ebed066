import { STEP_STATUSES, STEP_TYPES } from '../../../components/step-labels';
import type { StepFilter } from '../../../generated/graphql';

export type StepLook = 'log' | 'tree' | 'timeline';

/** How the steps of a task are shown: kept whole in the address, so that it can be shared. */
export interface StepView {
  look: StepLook;
  filter: StepFilter;
  /** A text that is marked where nothing is searched for here: what the step was found by elsewhere. Empty = none. */
  mark: string;
}

export const STEP_LOOKS: readonly StepLook[] = ['log', 'tree', 'timeline'];
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
    if (number >= 0 && Number.isFinite(number)) filter[key] = number;
  }
  const look = STEP_LOOKS.find((look) => look === params.get('view')) ?? 'log';
  return { look, filter, mark: search ? '' : (params.get('mark') ?? '').trim() };
}

/** The reverse. @param seq the step that is selected; null = none */
export function writeStepView({ look, filter, mark }: StepView, seq: number | null): URLSearchParams {
  const params = new URLSearchParams();
  if (look !== 'log') params.set('view', look);
  for (const type of filter.types ?? []) params.append('type', type);
  for (const status of filter.statuses ?? []) params.append('status', status);
  for (const model of filter.models ?? []) params.append('model', model);
  if (filter.search) params.set('q', filter.search);
  else if (mark !== '') params.set('mark', mark);
  for (const [name, key] of NUMBERS) if (filter[key] != null) params.set(name, String(filter[key]));
  if (seq !== null) params.set('step', String(seq));
  return params;
}

/** The number of the step that an address names; null = none. */
export function readSeq(params: URLSearchParams): number | null {
  const text = params.get('step') ?? '';
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}

const NUMBERS = [
  ['min-ms', 'minLatencyMs'],
  ['min-cost', 'minCostUsd'],
] as const;
