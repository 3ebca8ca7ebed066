import { load, type Cheerio, type CheerioAPI } from 'cheerio';
import type { PlanField } from './scraping-plan.js';

/** What is to be found on a page. */
export interface Wanted {
  fields: readonly PlanField[];
  itemSelector: string | null;
  nextPageSelector: string | null;
  linkSelector: string | null;
  /** Selectors that are only looked for; `isThere` answers in their order. */
  signs: readonly string[];
}

export type ScrapedValue = string | null | string[];
export type ScrapedItem = Record<string, ScrapedValue>;

export interface FieldCount {
  name: string;
  /** In how many items it was found. */
  found: number;
  missing: number;
}

/** What was found on a page. */
export interface PageReading {
  title: string | null;
  items: ScrapedItem[];
  /** How many the item selector matched; 1 for a page that is the item. */
  matched: number;
  /** Those of `matched` that lack a required field, and are no items. */
  leftOut: number;
  counts: FieldCount[];
  /** Full address of the next page. */
  next: string | null;
  /** Full addresses of links, http and https, each once, without fragments. */
  links: string[];
  isThere: boolean[];
  /** Something was longer, or more, than is read. */
  isCut: boolean;
}

/** What is read where no fields are named. */
export function standardNames(isWithin: boolean): readonly string[] {
  return isWithin ? ['text', 'link'] : ['title', 'description', 'text'];
}

const maxValueLength = 100_000;
const maxValues = 10_000;
/** Characters of all values of a page: where selectors nest, the same text is read many times. */
const maxPageLength = 8_000_000;
/** Characters of all values of one item, which must go into one step. */
const maxItemLength = 1_000_000;
const maxLinks = 20_000;
/** Attributes that hold an address. */
const addressAttributes = new Set(['href', 'src', 'action', 'poster', 'data-src', 'data-href', 'cite']);

/** Reads a page: no I/O, but long for a long page, and endless for a malicious selector; see PageReader. */
export function readPage(html: string, url: string, wanted: Wanted): PageReading {
  return new Reading(load(html), url, wanted).read();
}

type Scope = Cheerio<never>;

class Reading {
  readonly #base: string;
  #length = 0;
  /** Of the item that is being read. */
  #itemLength = 0;
  #isCut = false;

  constructor(
    private readonly $: CheerioAPI,
    url: string,
    private readonly wanted: Wanted,
  ) {
    const base = $('base[href]').first().attr('href');
    this.#base = base !== undefined && URL.canParse(base, url) ? new URL(base, url).href : url;
  }

  read(): PageReading {
    const { $, wanted } = this;
    const scopes = this.#scopes();
    const fields = wanted.fields;
    const counts = fields.map(({ name }) => ({ name, found: 0, missing: 0 }));
    const items: ScrapedItem[] = [];
    let leftOut = 0;
    for (const scope of scopes) {
      if (this.#length > maxPageLength) {
        this.#isCut = true;
        break;
      }
      this.#itemLength = 0;
      if (fields.length === 0) {
        items.push(this.#standardItem(scope));
        continue;
      }
      const item: ScrapedItem = {};
      let isItem = true;
      for (const [index, field] of fields.entries()) {
        const value = this.#valueOf(scope, field);
        item[field.name] = value;
        const isFound = Array.isArray(value) ? value.length > 0 : value !== null;
        const count = counts[index]!;
        if (isFound) count.found++;
        else count.missing++;
        if (!isFound && field.required) isItem = false;
      }
      if (isItem) items.push(item);
      else leftOut++;
    }
    this.#itemLength = 0;
    return {
      title: this.#text($('title').first() as Scope) || null,
      items,
      matched: scopes.length,
      leftOut,
      counts,
      next: this.#next(),
      links: this.#links(),
      isThere: wanted.signs.map((selector) => $.root().find(selector).length > 0),
      isCut: this.#isCut,
    };
  }

  #scopes(): Scope[] {
    const { $, wanted } = this;
    if (wanted.itemSelector === null) return [$.root() as unknown as Scope];
    return $.root()
      .find(wanted.itemSelector)
      .toArray()
      .map((element) => $(element) as unknown as Scope);
  }

  #valueOf(scope: Scope, { selector, attribute, many }: PlanField): ScrapedValue {
    // An item may be the very element that is meant.
    const inner = scope.find(selector);
    const matches = inner.length === 0 ? scope.filter(selector) : inner;
    const values: string[] = [];
    for (const element of matches.toArray()) {
      const value = this.#oneValue(this.$(element) as unknown as Scope, attribute);
      if (value === undefined) continue;
      if (!many) return value;
      const isFull = this.#length > maxPageLength || this.#itemLength >= maxItemLength;
      if (values.length === maxValues || isFull) {
        this.#isCut = true;
        break;
      }
      values.push(value);
    }
    return many ? values : null;
  }

  /** Undefined where there is none: an empty text is none, an empty attribute is one. */
  #oneValue(element: Scope, attribute: string | null): string | undefined {
    if (attribute === null) return this.#text(element) || undefined;
    const raw = element.attr(attribute);
    if (raw === undefined) return undefined;
    return this.#cut(addressAttributes.has(attribute) ? (this.#address(raw) ?? raw) : raw);
  }

  #text(element: Scope): string {
    return this.#cut(element.text().replace(/\s+/g, ' ').trim());
  }

  #cut(text: string): string {
    this.#length += text.length;
    const room = Math.max(0, Math.min(maxValueLength, maxItemLength - this.#itemLength));
    this.#itemLength += Math.min(text.length, room);
    if (text.length <= room) return text.toWellFormed();
    this.#isCut = true;
    return text.slice(0, room).toWellFormed();
  }

  #standardItem(scope: Scope): ScrapedItem {
    const { $, wanted } = this;
    if (wanted.itemSelector !== null) {
      const link = scope.is('a[href]') ? scope : scope.find('a[href]').first();
      return { text: this.#text(scope) || null, link: this.#address(link.attr('href')) ?? null };
    }
    const body = $('main').length > 0 ? $('main').first() : $('body');
    const readable = body.clone();
    readable.find('script, style, noscript, template').remove();
    return {
      title: this.#text($('title').first() as unknown as Scope) || null,
      description:
        this.#oneValue($('meta[name="description"]').first() as unknown as Scope, 'content') ?? null,
      text: this.#text(readable as unknown as Scope) || null,
    };
  }

  #next(): string | null {
    const { $, wanted } = this;
    if (wanted.nextPageSelector === null) return null;
    for (const element of $.root().find(wanted.nextPageSelector).toArray()) {
      const found = $(element);
      const link = found.is('[href]') ? found : found.find('a[href]').first();
      const address = this.#pageAddress(link.attr('href'));
      if (address !== undefined) return address;
    }
    return null;
  }

  #links(): string[] {
    const { $, wanted } = this;
    if (wanted.linkSelector === null) return [];
    const links = new Set<string>();
    for (const element of $.root().find(wanted.linkSelector).toArray()) {
      const found = $(element);
      const link = found.is('[href]') ? found : found.find('a[href]').first();
      const address = this.#pageAddress(link.attr('href'));
      if (address === undefined) continue;
      if (links.size === maxLinks) {
        this.#isCut = true;
        break;
      }
      links.add(address);
    }
    return [...links];
  }

  #address(href: string | undefined): string | undefined {
    if (href === undefined) return undefined;
    const text = href.trim();
    return URL.canParse(text, this.#base) ? new URL(text, this.#base).href : undefined;
  }

  /** Of a page that can be opened. */
  #pageAddress(href: string | undefined): string | undefined {
    const address = this.#address(href);
    if (address === undefined || !/^https?:/.test(address) || address.length > 2000) return undefined;
    const url = new URL(address);
    url.hash = '';
    url.username = '';
    url.password = '';
    return url.href;
  }
}
