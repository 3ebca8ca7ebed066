import { BadUserInputError, type FieldProblem } from '../../platform/errors.js';
import { ScrapingEngine, ScrapingKind } from './scraping-enums.js';
import type { CreateScrapingTaskInput, ScrapingField } from './scraping.inputs.js';
import { selectorProblem } from './selector.js';

/** The type of the tasks that Binnacle's own workers scrape. */
export const scrapingType = 'scraping';

export interface PlanField {
  name: string;
  selector: string;
  attribute: string | null;
  many: boolean;
  required: boolean;
}

/** A scraping task as it is carried out, with everything said; it is the task's input. */
export interface ScrapingPlan {
  kind: ScrapingKind;
  url: string;
  /** Empty: what every page has, see readPage. */
  fields: PlanField[];
  itemSelector: string | null;
  nextPageSelector: string | null;
  linkSelector: string | null;
  maxPages: number;
  maxDepth: number;
  engine: ScrapingEngine;
  waitForSelector: string | null;
  loginSessionId: string | null;
  respectRobots: boolean;
}

const mostFields = 100;
const standardPages = { PAGE: 1, LIST: 10, CRAWL: 50 };

/** What goes with some kinds only: whoever says it of another kind means something else. */
const belongings: readonly (readonly [keyof CreateScrapingTaskInput, readonly ScrapingKind[]])[] = [
  ['itemSelector', [ScrapingKind.LIST, ScrapingKind.CRAWL]],
  ['nextPageSelector', [ScrapingKind.LIST]],
  ['linkSelector', [ScrapingKind.CRAWL]],
  ['maxPages', [ScrapingKind.LIST, ScrapingKind.CRAWL]],
  ['maxDepth', [ScrapingKind.CRAWL]],
];

const selectors = ['itemSelector', 'nextPageSelector', 'linkSelector', 'waitForSelector'] as const;

/** @throws BadUserInputError naming all that is wrong */
export function planOf(input: CreateScrapingTaskInput): ScrapingPlan {
  const problems: FieldProblem[] = [];
  const complain = (path: string, message: string) => problems.push({ path: `input.${path}`, message });
  const { kind } = input;
  for (const [name, kinds] of belongings) {
    const isHarmless = name === 'maxPages' && input.maxPages === 1;
    if (input[name] == null || kinds.includes(kind) || isHarmless) continue;
    complain(name, `This goes with ${kinds.join(' and ')}, not with ${kind}.`);
  }
  if (kind === ScrapingKind.LIST && input.itemSelector == null) {
    complain('itemSelector', 'A LIST needs the selector of its items.');
  }
  for (const name of selectors) {
    const problem = input[name] == null ? undefined : selectorProblem(input[name]);
    if (problem) complain(name, problem);
  }
  const urlProblem = addressProblem(input.url);
  if (urlProblem) complain('url', urlProblem);
  if (input.waitForSelector != null && input.engine === ScrapingEngine.HTTP) {
    complain('waitForSelector', 'Only a browser can wait: take the engine AUTO or BROWSER.');
  }
  const fields = input.fields ?? [];
  if (fields.length > mostFields) complain('fields', `At most ${mostFields} fields are read.`);
  const names = new Set<string>();
  for (const [index, field] of fields.slice(0, mostFields).entries()) {
    const problem = selectorProblem(field.selector);
    if (problem) complain(`fields[${index}].selector`, problem);
    if (names.has(field.name))
      complain(`fields[${index}].name`, `There are two fields named "${field.name}".`);
    if (field.name === '__proto__') complain(`fields[${index}].name`, 'This name cannot be used.');
    names.add(field.name);
  }
  if (problems.length > 0) throw new BadUserInputError(problems);
  return {
    kind,
    url: new URL(input.url.trim()).href,
    fields: fields.map(planField),
    itemSelector: input.itemSelector ?? null,
    nextPageSelector: input.nextPageSelector ?? null,
    linkSelector: kind === ScrapingKind.CRAWL ? (input.linkSelector ?? 'a[href]') : null,
    maxPages: input.maxPages ?? standardPages[kind],
    maxDepth: kind === ScrapingKind.CRAWL ? (input.maxDepth ?? 2) : 0,
    engine: input.engine ?? ScrapingEngine.AUTO,
    waitForSelector: input.waitForSelector ?? null,
    loginSessionId: input.loginSessionId ?? null,
    respectRobots: input.respectRobots ?? true,
  };
}

function planField({ name, selector, attribute, many, required }: ScrapingField): PlanField {
  return {
    name,
    selector,
    attribute: attribute?.trim().toLowerCase() ?? null,
    many: many ?? false,
    required: required ?? false,
  };
}

function addressProblem(text: string): string | undefined {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (!url) return 'This is no full address; write it as https://example.org/page.';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return `Only http and https addresses are fetched, not ${url.protocol}`;
  }
  if (url.username !== '' || url.password !== '') {
    return 'The address holds a password, which would be seen by all who read the task; use a login session.';
  }
  return undefined;
}

/**
 * The plan that a task's input is.
 * @throws Error where it is none: the task was made by createTask with a type that is Binnacle's own
 */
export function readPlan(input: unknown): ScrapingPlan {
  const plan = (typeof input === 'object' && input !== null ? input : {}) as Partial<ScrapingPlan>;
  try {
    const { fields, maxPages, maxDepth, kind, ...rest } = plan;
    if (kind === undefined || !(kind in ScrapingKind) || !Array.isArray(fields))
      throw new Error('It is not.');
    const counts = { maxPages: bounded(maxPages, 1, 10_000), maxDepth: bounded(maxDepth, 0, 100) };
    const input = { projectId: '', ...rest, kind, fields, ...(kind === ScrapingKind.PAGE ? {} : counts) };
    if (kind !== ScrapingKind.CRAWL) delete input.maxDepth;
    return planOf(input as CreateScrapingTaskInput);
  } catch (error) {
    throw new Error(
      `The task's input is no plan of scraping: ${(error as Error).message} Make such tasks by createScrapingTask.`,
      { cause: error },
    );
  }
}

function bounded(value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw new Error(`A number from ${min} to ${max} is missing.`);
  }
  return value;
}
