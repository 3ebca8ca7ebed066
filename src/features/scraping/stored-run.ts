import { createHash } from 'node:crypto';
import { StepStatus, type StepType } from '../tasks/index.js';
import type { ScrapedItem } from './page-reading.js';

/** A step of a task as it is stored, as far as scraping reads it. */
export interface StoredStep {
  seq: number;
  key: string;
  parentKey: string | null;
  type: StepType;
  name: string;
  status: StepStatus;
  input: unknown;
  output: unknown;
}

/** All steps of a task in their order, a portion at a time. */
export type StoredSteps = AsyncIterable<readonly StoredStep[]>;

/** The key of a page's step: the same for the same page, whoever visits it; each attempt has its own. */
export function pageKeyOf(url: string, attempt: number): string {
  const name = createHash('sha256').update(url).digest('base64url').slice(0, 16);
  return attempt > 1 ? `page:${name}@${attempt}` : `page:${name}`;
}

/** Whether a step is of a page as that attempt visits it. */
export function isOfAttempt(key: string, attempt: number): boolean {
  return Number(/^page:[\w-]{16}@(\d+)/.exec(key)?.[1] ?? 1) === attempt;
}

export interface PageInput {
  url: string;
  depth: number;
}

/** What the step of a page that is done says. */
export interface PageOutput {
  /** The address that it was in the end. */
  url: string;
  engine: 'HTTP' | 'BROWSER' | null;
  itemCount: number;
  leftOut: number;
  /** Why it was passed over. */
  skipped?: string;
}

/** A page that is done, read back. */
export interface StoredPage extends PageInput {
  output: PageOutput;
  items: ScrapedItem[];
  /** Pages that were found by it. */
  added: string[];
}

const isPage = ({ key }: StoredStep) => /^page:[\w-]{16}(@\d+)?$/.test(key);

/**
 * Reads back the pages that are done, each once, in the order in which they were begun. What belongs to a page was stored in one
 * transaction with its end, and stands after its beginning.
 * @param onOpen called with each step that has no end yet: its worker is at it, or is gone
 */
export async function* readStored(
  steps: StoredSteps,
  onOpen: (step: StoredStep) => void = () => undefined,
): AsyncGenerator<StoredPage> {
  const seen = new Set<string>();
  let current: { key: string; page: StoredPage } | undefined;
  for await (const portion of steps) {
    for (const step of portion) {
      if (step.status === StepStatus.RUNNING && step.key.startsWith('page:')) onOpen(step);
      if (isPage(step)) {
        const page = pageOf(step);
        if (!page || seen.has(page.url)) continue;
        seen.add(page.url);
        if (current) yield current.page;
        current = { key: step.key, page };
      } else if (current && step.parentKey === current.key) {
        addTo(current.page, step.output);
      }
    }
  }
  if (current) yield current.page;
}

function pageOf({ status, input, output }: StoredStep): StoredPage | undefined {
  const isDone = status === StepStatus.SUCCEEDED || status === StepStatus.SKIPPED;
  const { url, depth } = (input ?? {}) as Partial<PageInput>;
  if (!isDone || typeof url !== 'string' || typeof output !== 'object' || output === null) return undefined;
  return { url, depth: depth ?? 0, output: output as PageOutput, items: [], added: [] };
}

function addTo(page: StoredPage, output: unknown): void {
  const { items, added } = (output ?? {}) as { items?: unknown; added?: unknown };
  if (Array.isArray(items)) page.items.push(...(items as ScrapedItem[]));
  if (Array.isArray(added)) page.added.push(...(added as string[]));
}
