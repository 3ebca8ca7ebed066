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

/**
 * The key of a page's step: each attempt has its own, and each visit of the same attempt, whose worker may have given it to another.
 * Steps that are told again stay where they were, and what belongs to a page must stand after it and before the next.
 * @param isTaken whether a step of that key is there
 */
export function pageKeyOf(url: string, attempt: number, isTaken: (key: string) => boolean): string {
  const name = createHash('sha256').update(url).digest('base64url').slice(0, 16);
  const key = attempt > 1 ? `page:${name}@${attempt}` : `page:${name}`;
  if (!isTaken(key)) return key;
  for (let visit = 2; ; visit++) if (!isTaken(`${key}~${visit}`)) return `${key}~${visit}`;
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

const isPage = ({ key }: StoredStep) => /^page:[\w-]{16}(@\d+)?(~\d+)?$/.test(key);

/**
 * Reads back the pages that are done, each once, in the order in which they were begun. What belongs to a page was stored in one
 * transaction with its end, and stands after its beginning.
 * @param onOther called with each step of a page that is not done: its worker is at it or is gone, or the page failed
 */
export async function* readStored(
  steps: StoredSteps,
  onOther: (step: StoredStep) => void = () => undefined,
): AsyncGenerator<StoredPage> {
  const seen = new Set<string>();
  let current: { key: string; page: StoredPage } | undefined;
  for await (const portion of steps) {
    for (const step of portion) {
      if (step.status === StepStatus.RUNNING && !isPage(step) && step.key.startsWith('page:')) onOther(step);
      if (isPage(step)) {
        const page = pageOf(step);
        if (!page) onOther(step);
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
