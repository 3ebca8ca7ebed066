import { StepStatus, StepType, TaskStatus, type ErrorInput } from '../tasks/index.js';
import { Frontier, type KnownPage } from './frontier.js';
import { faultOf, PageFault } from './page-fault.js';
import type { PageReading } from './page-reading.js';
import type { PageVisits, Visited } from './page-visit.js';
import { RunItems } from './run-items.js';
import { ScrapingKind } from './scraping-enums.js';
import type { ScrapingPlan } from './scraping-plan.js';
import type { RunProgress, StepTrail } from './step-trail.js';
import { pageKeyOf, readStored, type PageOutput, type StoredStep, type StoredSteps } from './stored-run.js';

/** How a run ended. */
export interface RunOutcome {
  status: TaskStatus.SUCCEEDED | TaskStatus.FAILED;
  output: Record<string, unknown>;
  error: ErrorInput | null;
}

export interface RunParts {
  plan: ScrapingPlan;
  attempt: number;
  visits: PageVisits;
  trail: StepTrail;
  signal: AbortSignal;
}

/** A crawl whose pages fail one after the other is not going to end well. */
const mostFailuresInRow = 10;
/** With these, no other page would be better off. */
const fatalCodes = new Set(['SIGNED_OUT', 'NO_LOGIN_SESSION', 'ENGINE_UNAVAILABLE', 'EGRESS_REFUSED']);

/**
 * Carries out one scraping task. What is done is in the stored steps, so that a run that begins where another one was cut off
 * goes on after its last page.
 */
export class ScrapingRun {
  readonly #frontier: Frontier;
  readonly #items = new RunItems();
  readonly #failed: { url: string; error: string }[] = [];
  readonly #missing = new Map<string, number>();
  readonly #engines = new Set<string>();
  #failures = 0;
  #skipped = 0;
  #leftOut = 0;
  #inRow = 0;
  /** Keys of visits that came to nothing, before this run. */
  readonly #past = new Set<string>();
  /** The host that a crawl stays within: that of the first page, after its redirects. */
  #host: string | undefined;

  constructor(private readonly parts: RunParts) {
    const { plan } = parts;
    this.#frontier = new Frontier(withoutHash(plan.url), plan.maxPages);
  }

  /** @throws what ends the run early: the task was lost or cancelled, the process stops, the database is away */
  async run(stored: StoredSteps): Promise<RunOutcome> {
    const { trail, signal } = this.parts;
    await this.#restore(stored);
    for (let page = this.#frontier.next(); page; page = this.#frontier.next()) {
      signal.throwIfAborted();
      const fault = await this.#visit(page);
      this.#frontier.finish(page.url);
      await trail.flush(this.#progress());
      if (fault && this.#isEnd(fault)) return this.#outcome(fault);
    }
    return this.#outcome(null);
  }

  async #restore(stored: StoredSteps): Promise<void> {
    const { trail } = this.parts;
    const open: StoredStep[] = [];
    const onOther = (step: StoredStep) => {
      this.#past.add(step.key);
      if (step.status === StepStatus.RUNNING) open.push(step);
    };
    for await (const page of readStored(stored, onOther)) {
      const { url: finalUrl, itemCount, leftOut, skipped, engine } = page.output;
      this.#frontier.restore(page, finalUrl);
      this.#frontier.add(page.added, this.#depthBelow(page));
      this.#host ??= new URL(finalUrl).host;
      this.#leftOut += leftOut;
      if (engine) this.#engines.add(engine);
      if (skipped !== undefined) this.#skipped++;
      this.#items.add(page.items);
      if (itemCount !== page.items.length) throw new Error(`Items of ${page.url} are not stored in full.`);
    }
    const error = { code: 'WORKER_LOST', message: 'The worker that did this is gone; another one goes on.' };
    for (const step of open) trail.abandon(step, error);
    await trail.flush(open.length > 0 || this.#frontier.done > 0 ? this.#progress() : null);
  }

  /** @returns the fault of the page, which may have been the only one */
  async #visit(page: KnownPage): Promise<PageFault | null> {
    const { plan, trail, attempt, visits } = this.parts;
    const key = pageKeyOf(page.url, attempt, (taken) => this.#past.has(taken));
    const number = this.#frontier.done + 1;
    const step = trail.begin(null, key, StepType.TOOL, `Page ${number}: ${page.url}`, { ...page });
    const wantsLinks = plan.kind === ScrapingKind.CRAWL && page.depth < plan.maxDepth;
    try {
      const visited = await visits.visit(new URL(page.url), key, wantsLinks);
      const output = this.#take(page, key, visited);
      step.end(output, output.skipped === undefined ? StepStatus.SUCCEEDED : StepStatus.SKIPPED);
      this.#inRow = 0;
      return null;
    } catch (error) {
      const fault = faultOf(error);
      const isFirst = this.#frontier.done === 0;
      if (fault.code === 'ROBOTS_DISALLOWED' && plan.kind === ScrapingKind.CRAWL && !isFirst) {
        step.end(this.#skip(page.url, fault.message), StepStatus.SKIPPED);
        return null;
      }
      step.fail(fault.input);
      this.#failures++;
      this.#inRow++;
      if (this.#failed.length < 20) this.#failed.push({ url: page.url, error: fault.message });
      return fault;
    }
  }

  /** Takes in what a page gave, and tells where it leads. */
  #take(page: KnownPage, key: string, { page: sourced, reading, engine }: Visited): PageOutput {
    const { plan } = this.parts;
    const finalUrl = withoutHash(sourced.url.href);
    this.#engines.add(engine);
    this.#host ??= sourced.url.host;
    const isCrawl = plan.kind === ScrapingKind.CRAWL;
    if (isCrawl && sourced.url.host !== this.#host) {
      return this.#skip(finalUrl, `It leads to ${sourced.url.host}, away from the host ${this.#host}.`);
    }
    if (finalUrl !== page.url && this.#frontier.isDone(finalUrl)) {
      return this.#skip(finalUrl, 'It leads to a page that was read already.');
    }
    this.#frontier.finish(finalUrl);
    this.#items.add(reading.items);
    this.#leftOut += reading.leftOut;
    for (const { name, missing } of reading.counts) {
      this.#missing.set(name, (this.#missing.get(name) ?? 0) + missing);
    }
    this.#lead(page, key, reading);
    return { url: finalUrl, engine, itemCount: reading.items.length, leftOut: reading.leftOut };
  }

  #skip(url: string, why: string): PageOutput {
    this.#skipped++;
    return { url, engine: null, itemCount: 0, leftOut: 0, skipped: why };
  }

  #lead(page: KnownPage, key: string, { next, links }: PageReading): void {
    const { plan, trail } = this.parts;
    if (plan.nextPageSelector !== null) {
      const added = next === null ? [] : this.#frontier.add([next], page.depth);
      const step = trail.begin(key, `${key}:next`, StepType.TOOL, 'next page');
      step.end({ next, added, ...(next !== null && added.length === 0 ? { end: this.#why(next) } : {}) });
    }
    if (plan.kind === ScrapingKind.CRAWL && page.depth < plan.maxDepth) {
      const within = links.filter((link) => new URL(link).host === this.#host);
      const added = this.#frontier.add(within, this.#depthBelow(page));
      const step = trail.begin(key, `${key}:next`, StepType.TOOL, 'links');
      step.end({ links: links.length, withinHost: within.length, added });
    }
  }

  #why(next: string): string {
    return this.#frontier.isDone(next)
      ? 'That page was read already.'
      : `These are ${this.parts.plan.maxPages} pages, the most that are read.`;
  }

  #depthBelow({ depth }: { depth: number }): number {
    return this.parts.plan.kind === ScrapingKind.CRAWL ? depth + 1 : depth;
  }

  #isEnd(fault: PageFault): boolean {
    const isOnly = this.parts.plan.kind !== ScrapingKind.CRAWL || this.#frontier.done === 1;
    return isOnly || fatalCodes.has(fault.code) || this.#inRow >= mostFailuresInRow;
  }

  #progress(): RunProgress {
    const { done, known } = this.#frontier;
    const items = this.#items.count;
    return {
      progress: known === 0 ? 0 : Math.min(1, done / known),
      message: `${done} of ${known} pages, ${items} ${items === 1 ? 'item' : 'items'}`,
    };
  }

  #outcome(fault: PageFault | null): RunOutcome {
    const { items, count } = this.#items;
    const { done, beyond } = this.#frontier;
    const error = fault?.input ?? this.#emptiness();
    const output = {
      itemCount: count,
      pageCount: done,
      ...(this.#failures > 0 ? { failedPages: this.#failures, failures: this.#failed } : {}),
      ...(this.#skipped > 0 ? { skippedPages: this.#skipped } : {}),
      ...(this.#leftOut > 0 ? { leftOut: this.#leftOut } : {}),
      engines: [...this.#engines],
      isComplete: error === null && beyond === 0 && this.#failures === 0,
      itemsIn: items ? 'OUTPUT' : 'STEPS',
      ...(items ? { items } : {}),
    };
    return { status: error ? TaskStatus.FAILED : TaskStatus.SUCCEEDED, output, error };
  }

  /** A field that is required says that there must be something. */
  #emptiness(): ErrorInput | null {
    const required = this.parts.plan.fields.filter((field) => field.required);
    if (required.length === 0 || this.#items.count > 0) return null;
    const names = required.map(({ name }) => {
      const missing = this.#missing.get(name) ?? 0;
      return missing > 0 ? `"${name}" (missing ${missing} times)` : `"${name}"`;
    });
    const message = `Nothing was found that has what is required: ${names.join(', ')}. Look at the page and its selectors in a preview.`;
    return { code: 'NO_ITEMS', message, type: 'ValidationError' };
  }
}

function withoutHash(url: string): string {
  return url.replace(/#.*$/s, '');
}
