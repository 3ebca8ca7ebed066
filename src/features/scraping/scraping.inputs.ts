import { ValidateNested } from 'class-validator';
import { Field, ID, InputType, Int } from 'type-graphql';
import { Range, Text } from '../../platform/validation.js';
import { ScrapingEngine, ScrapingKind } from './scraping-enums.js';

export const maxSelectorLength = 1000;

@InputType({ description: 'One thing that an item is to hold.' })
export class ScrapingField {
  @Field(() => String, { description: '1 to 100 characters; its name in the item.' })
  @Text({ max: 100 })
  name: string;

  @Field(() => String, {
    description: 'CSS, looked for within the item, or within the page where there is no itemSelector.',
  })
  @Text({ max: maxSelectorLength })
  selector: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The attribute to take, such as href, which comes as a full address; null = the text, its white space made single.',
  })
  @Text({ max: 100 })
  attribute?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'true: a list of all that match. false (standard): the first, or null.',
  })
  many?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'true: what lacks it is no item. A task with a required field that finds no item at all has FAILED.',
  })
  required?: boolean | null;
}

@InputType()
export class ScrapingSelectors {
  @Field(() => ID)
  projectId: string;

  @Field(() => ScrapingKind)
  kind: ScrapingKind;

  @Field(() => String, { description: 'http or https, without a password in it; where to begin.' })
  @Text({ max: 2000 })
  url: string;

  @Field(() => [ScrapingField], {
    nullable: true,
    description: 'At most 100. Left out: the title and the text of a page, the text and the link of an item.',
  })
  @ValidateNested()
  fields?: ScrapingField[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'What each item is within; needed for LIST. Of a CRAWL, left out: each page is one item.',
  })
  @Text({ max: maxSelectorLength })
  itemSelector?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'LIST: the link to the next page; left out, there is one page.',
  })
  @Text({ max: maxSelectorLength })
  nextPageSelector?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'CRAWL: the links to follow; "a[href]" unless told. Only those to the same host are.',
  })
  @Text({ max: maxSelectorLength })
  linkSelector?: string | null;

  @Field(() => ScrapingEngine, { nullable: true, description: 'AUTO unless told.' })
  engine?: ScrapingEngine | null;

  @Field(() => String, {
    nullable: true,
    description: 'What must be on a page before it is read; a browser waits for it.',
  })
  @Text({ max: maxSelectorLength })
  waitForSelector?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'A login session of the project, whose cookies go to its site.',
  })
  loginSessionId?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'true (standard): what robots.txt does not allow is not fetched.',
  })
  respectRobots?: boolean | null;
}

@InputType()
export class CreateScrapingTaskInput extends ScrapingSelectors {
  @Field(() => Int, {
    nullable: true,
    description: 'LIST: 10 unless told; CRAWL: 50 unless told; at most 10,000.',
  })
  @Range(1, 10_000)
  maxPages?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'CRAWL: how many links lead at most from the first page to the last, 0 to 100; 2 unless told.',
  })
  @Range(0, 100)
  maxDepth?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Milliseconds that an attempt may run, at least 1,000; a day unless told.',
  })
  @Range(1000, 2_147_483_647)
  timeoutMs?: number | null;

  @Field(() => Int, { nullable: true, description: '-1000 to 1000, higher is sooner; 0 unless told.' })
  @Range(-1000, 1000)
  priority?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'The same key with the same input answers the same task; with another input, CONFLICT.',
  })
  @Text({ max: 500 })
  idempotencyKey?: string | null;
}

@InputType({ description: 'As of createScrapingTask: what one page gives is looked at, nothing is stored.' })
export class PreviewScrapingInput extends ScrapingSelectors {}
