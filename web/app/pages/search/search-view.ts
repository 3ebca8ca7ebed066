import { STEP_STATUSES, STEP_TYPES } from '../../components/step-labels';
import type { StepStatus, StepType } from '../../generated/graphql';

/** What is searched for: kept whole in the address, so that a search can be shared. */
export interface SearchView {
  text: string;
  types: StepType[];
  statuses: StepStatus[];
  models: string[];
}

/** Longer texts are refused by the server. */
export const MOST_CHARACTERS = 500;

/** Reads a search out of an address. What makes no sense in it is left out: old and mistyped addresses still work. */
export function readSearchView(params: URLSearchParams): SearchView {
  const known = <Value extends string>(name: string, values: readonly Value[]) =>
    values.filter((value) => params.getAll(name).includes(value));
  const models = params.getAll('model').map((model) => model.trim());
  return {
    text: (params.get('q') ?? '').trim().slice(0, MOST_CHARACTERS),
    types: known('type', STEP_TYPES),
    statuses: known('status', STEP_STATUSES),
    models: [...new Set(models.filter((model) => model !== ''))],
  };
}

/** The reverse: the shortest address of a search. */
export function writeSearchView({ text, types, statuses, models }: SearchView): URLSearchParams {
  const params = new URLSearchParams();
  if (text !== '') params.set('q', text);
  for (const type of types) params.append('type', type);
  for (const status of statuses) params.append('status', status);
  for (const model of models) params.append('model', model);
  return params;
}
