import { Field, Int, ObjectType } from 'type-graphql';
import { Admission } from '../../platform/admission.js';
import { JsonScalar } from '../../platform/scalars.js';
import { faultOf } from './page-fault.js';
import type { PageReading, ScrapedItem } from './page-reading.js';
import { ScrapingEngine, ScrapingKind } from './scraping-enums.js';
import type { ScrapingParts } from './scraping-parts.js';
import type { ScrapingPlan } from './scraping-plan.js';

@ObjectType({ simpleResolvers: true, description: 'In how many items of a page a field was found.' })
export class ScrapingFieldCount {
  @Field(() => String)
  name: string;
  @Field(() => Int)
  found: number;
  @Field(() => Int)
  missing: number;
}

@ObjectType({ simpleResolvers: true, description: 'What selectors find on a page as it is now.' })
export class ScrapingPreview {
  @Field(() => String, { description: 'The address that it was in the end.' })
  url: string;
  @Field(() => String, {
    nullable: true,
    description: 'Why the page could not be read; the rest is empty then.',
  })
  problem: string | null;
  @Field(() => ScrapingEngine, { nullable: true, description: 'HTTP or BROWSER: by which it was opened.' })
  engine: ScrapingEngine | null;
  @Field(() => Int, { nullable: true, description: 'The HTTP status.' })
  status: number | null;
  @Field(() => Int, { nullable: true, description: 'As they came over the network.' })
  bytes: number | null;
  @Field(() => String, { nullable: true })
  title: string | null;
  @Field(() => Int, { description: 'How many the item selector matched; 1 for a page that is the item.' })
  matched: number;
  @Field(() => Int, { description: 'How many items the page holds.' })
  itemCount: number;
  @Field(() => Int, { description: 'What matched and is no item, since it lacks a required field.' })
  leftOut: number;
  @Field(() => [JsonScalar], { description: 'The first 10 items, texts cut to 500 characters.' })
  items: unknown[];
  @Field(() => [ScrapingFieldCount])
  fields: ScrapingFieldCount[];
  @Field(() => String, { nullable: true, description: 'Where nextPageSelector leads.' })
  nextPage: string | null;
  @Field(() => Int, { description: 'Links that linkSelector finds, of whatever host.' })
  linkCount: number;
  @Field(() => [String], { description: 'The first 50 of them.' })
  links: string[];
}

const mostItems = 10;
const mostLinks = 50;
const mostText = 500;
const previewMs = 45_000;

/** Looks at one page as a task would, and stores nothing. */
export class ScrapingPreviews {
  readonly #admission = new Admission({ atOnce: 3, mostWaiting: 20, mostWaitMs: 20_000 });

  constructor(private readonly parts: ScrapingParts) {}

  /** @throws UnavailableError where too many are being made */
  show(plan: ScrapingPlan, projectId: string): Promise<ScrapingPreview> {
    return this.#admission.run(projectId, () => this.#show(plan, projectId));
  }

  async #show(plan: ScrapingPlan, projectId: string): Promise<ScrapingPreview> {
    const signal = AbortSignal.timeout(previewMs);
    const sink = { record: () => Promise.resolve() };
    // Nobody is asked to sign in for a preview.
    const askHuman = () => Promise.resolve(false);
    try {
      const { visits } = await this.parts.visits(plan, { projectId }, sink, signal, askHuman);
      const wantsLinks = plan.kind === ScrapingKind.CRAWL;
      const { page, reading, engine } = await visits.visit(new URL(plan.url), 'page:preview', wantsLinks);
      return {
        ...told(reading),
        url: page.url.href,
        problem: null,
        engine: engine as ScrapingEngine,
        status: page.status,
        bytes: page.bytes,
      };
    } catch (error) {
      const problem = signal.aborted
        ? `It took longer than ${previewMs / 1000} seconds, the host's turn included; try again.`
        : faultOf(error).message;
      const nothing = {
        matched: 0,
        itemCount: 0,
        leftOut: 0,
        items: [],
        fields: [],
        linkCount: 0,
        links: [],
      };
      const unknown = { engine: null, status: null, bytes: null, title: null, nextPage: null };
      return { url: plan.url, problem, ...nothing, ...unknown };
    }
  }
}

function told({ title, matched, items, leftOut, counts, next, links }: PageReading) {
  return {
    title,
    matched,
    itemCount: items.length,
    leftOut,
    items: items.slice(0, mostItems).map(shortened),
    fields: counts,
    nextPage: next,
    linkCount: links.length,
    links: links.slice(0, mostLinks),
  };
}

function shortened(item: ScrapedItem): ScrapedItem {
  const short = (text: string) => text.slice(0, mostText).toWellFormed();
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.slice(0, mostItems).map(short) : value === null ? null : short(value),
    ]),
  );
}
