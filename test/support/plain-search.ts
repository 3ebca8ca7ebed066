/** A step as it was told, as far as the search looks at it. */
export interface PlainStep {
  /** The task's place in its list: the higher, the newer. */
  task: number;
  seq: number;
  key: string;
  type: string;
  status: string;
  name: string;
  error?: { message: string } | null;
  input?: unknown;
  output?: unknown;
  attributes?: unknown;
}

export interface PlainFilter {
  types?: string[];
  statuses?: string[];
  search?: string;
}

/** JSON as people read it: no character within a text is escaped. */
function written(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`;
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  if (value === null || typeof value !== 'object') return String(value);
  const entries = Object.entries(value).map(([key, item]) => `"${key}":${written(item)}`);
  return `{${entries.join(',')}}`;
}

/** Letter by letter; the letters i of Turkish and the small sigmas of Greek are one each. */
const folded = (text: string) =>
  [...text]
    .map((char) => ({ İ: 'i', ı: 'i', ς: 'σ', '\uffff': '\ufffd' })[char] ?? char.toLowerCase())
    .join('');

/** Whether a step is found by a text: what the search means, in its plainest form. */
export function holds(step: PlainStep, text: string): boolean {
  const payloads = [step.input, step.output, step.attributes].filter((value) => value != null).map(written);
  return [step.name, ...(step.error ? [step.error.message] : []), ...payloads].some((part) =>
    folded(part).includes(folded(text)),
  );
}

/** All steps that are found, in the order of the list: newest task first, then by seq. */
export function plainSearch(steps: Iterable<PlainStep>, text: string, filter: PlainFilter = {}): PlainStep[] {
  return [...steps]
    .filter((step) => !filter.types || filter.types.includes(step.type))
    .filter((step) => !filter.statuses || filter.statuses.includes(step.status))
    .filter((step) => filter.search === undefined || holds(step, filter.search))
    .filter((step) => holds(step, text))
    .sort((a, b) => b.task - a.task || a.seq - b.seq);
}
