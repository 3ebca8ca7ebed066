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

const STEP_TYPE_LABELS: Record<StepType, string> = {
  AGENT: 'Agent',
  EMBEDDING: 'Embedding',
  EVALUATION: 'Evaluation',
  GUARDRAIL: 'Guardrail',
  HEALING: 'Healing',
  HUMAN: 'Human',
  LLM: 'LLM',
  MESSAGE: 'Message',
  RERANK: 'Rerank',
  RETRIEVAL: 'Retrieval',
  SYSTEM: 'System',
  TOOL: 'Tool',
};
const STEP_STATUS_LABELS: Record<StepStatus, string> = {
  RUNNING: 'Running',
  SUCCEEDED: 'Succeeded',
  FAILED: 'Failed',
  SKIPPED: 'Skipped',
};

export const STEP_TYPES = optionsOf(STEP_TYPE_LABELS);
export const STEP_STATUSES = optionsOf(STEP_STATUS_LABELS);

/** Reads a search out of an address. What makes no sense in it is left out: old and mistyped addresses still work. */
export function readSearchView(params: URLSearchParams): SearchView {
  const known = <Value extends string>(name: string, options: readonly { value: Value }[]) =>
    options.flatMap(({ value }) => (params.getAll(name).includes(value) ? [value] : []));
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

function optionsOf<Value extends string>(labels: Record<Value, string>): { value: Value; label: string }[] {
  return (Object.keys(labels) as Value[]).map((value) => ({ value, label: labels[value] }));
}
