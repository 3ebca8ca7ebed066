import type { ErrorClass, TaskFilter, TaskOrder, TaskStatus } from '../../generated/graphql';

/** What the task list shows: kept whole in the address, so that a view can be shared. */
export interface TaskView {
  filter: TaskFilter;
  orderBy: TaskOrder;
}

export const TASK_STATUSES: readonly TaskStatus[] = [
  'QUEUED',
  'RUNNING',
  'WAITING_FOR_HUMAN',
  'SUCCEEDED',
  'FAILED',
  'TIMED_OUT',
  'CANCELLED',
];

export const TASK_ORDERS: readonly TaskOrder[] = ['NEWEST', 'OLDEST', 'SLOWEST', 'COSTLIEST'];

export const ERROR_CLASSES: readonly ErrorClass[] = [
  'AUTH',
  'BLOCKED',
  'BROWSER',
  'CONTENT_POLICY',
  'CONTEXT_LENGTH',
  'INVALID_REQUEST',
  'LOGIN_EXPIRED',
  'MALFORMED_OUTPUT',
  'NETWORK',
  'OUTAGE',
  'OVERLOADED',
  'QUOTA',
  'RATE_LIMIT',
  'TIMEOUT',
  'TOOL_FAILURE',
  'UNKNOWN',
];

/** Reads a view out of an address. What makes no sense in it is left out: old and mistyped addresses still work. */
export function readTaskView(params: URLSearchParams): TaskView {
  const filter: TaskFilter = {};
  const statuses = knownOf(params.getAll('status'), TASK_STATUSES);
  const errorClasses = knownOf(params.getAll('error'), ERROR_CLASSES);
  const types = textsOf(params.getAll('type'));
  const tags = textsOf(params.getAll('tag'));
  if (statuses.length > 0) filter.statuses = statuses;
  if (errorClasses.length > 0) filter.errorClasses = errorClasses;
  if (types.length > 0) filter.types = types;
  if (tags.length > 0) filter.tags = tags;
  for (const [name, key] of TEXTS) {
    const text = params.get(name)?.trim();
    if (text) filter[key] = text;
  }
  for (const [name, key] of NUMBERS) {
    const number = Number(params.get(name)?.trim() || Number.NaN);
    if (Number.isFinite(number) && number >= 0) filter[key] = number;
  }
  for (const [name, key] of TIMES) {
    const time = toTime(params.get(name) ?? '');
    if (time !== null) filter[key] = time;
  }
  const asked = params.get('asked');
  if (asked === 'yes' || asked === 'no') filter.hasIntervention = asked === 'yes';
  const [orderBy = 'NEWEST'] = knownOf([params.get('order') ?? ''], TASK_ORDERS);
  return { filter, orderBy };
}

/** The reverse: the shortest address of a view. */
export function writeTaskView({ filter, orderBy }: TaskView): URLSearchParams {
  const params = new URLSearchParams();
  for (const status of filter.statuses ?? []) params.append('status', status);
  for (const errorClass of filter.errorClasses ?? []) params.append('error', errorClass);
  for (const type of filter.types ?? []) params.append('type', type);
  for (const tag of filter.tags ?? []) params.append('tag', tag);
  for (const [name, key] of [...TEXTS, ...NUMBERS, ...TIMES]) {
    const value = filter[key];
    if (value !== undefined && value !== null && value !== '') params.set(name, String(value));
  }
  if (filter.hasIntervention != null) params.set('asked', filter.hasIntervention ? 'yes' : 'no');
  if (orderBy !== 'NEWEST') params.set('order', orderBy);
  return params;
}

/** How many things narrow the list. */
export function countFilters(filter: TaskFilter): number {
  return Object.values(filter).filter((value) => value !== undefined && value !== null).length;
}

/** A filter without one of its parts. */
export function withoutFilter(filter: TaskFilter, key: keyof TaskFilter): TaskFilter {
  return Object.fromEntries(Object.entries(filter).filter(([name]) => name !== key));
}

const TEXTS = [
  ['q', 'search'],
  ['agent', 'agentId'],
  ['version', 'agentVersionId'],
  ['trace', 'traceId'],
] as const;

const NUMBERS = [
  ['min-ms', 'minLatencyMs'],
  ['min-cost', 'minCostUsd'],
] as const;

const TIMES = [
  ['finished-after', 'finishedAfter'],
  ['finished-before', 'finishedBefore'],
] as const;

/** Null where it is no time of a year with four digits: of others the server knows none. */
function toTime(text: string): string | null {
  const ms = Date.parse(text);
  const time = Number.isNaN(ms) ? '' : new Date(ms).toISOString();
  return /^\d{4}-/.test(time) ? time : null;
}

function knownOf<Value extends string>(texts: string[], known: readonly Value[]): Value[] {
  return known.filter((value) => texts.includes(value));
}

function textsOf(texts: string[]): string[] {
  return [...new Set(texts.map((text) => text.trim()).filter((text) => text !== ''))];
}
