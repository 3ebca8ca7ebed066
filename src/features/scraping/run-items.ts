import { jsonBytesAllowed } from '../../platform/validation.js';
import type { ScrapedItem } from './page-reading.js';

/** A character takes three bytes at most, and something stands beside the items. */
const within = (length: number) => Math.min(length, Math.floor(jsonBytesAllowed() / 4));
/** Past so many characters, items stand in the steps only. */
const mostOutputLength = 1_000_000;
const chunkLength = 500_000;

/** The items of a run as long as they are few enough to be the task's output. */
export class RunItems {
  count = 0;
  #items: ScrapedItem[] | null = [];
  #length = 0;

  add(items: readonly ScrapedItem[]): void {
    this.count += items.length;
    if (!this.#items) return;
    for (const item of items) this.#length += JSON.stringify(item).length;
    if (this.#length > within(mostOutputLength)) this.#items = null;
    else this.#items.push(...items);
  }

  /** Null where there are too many. */
  get items(): readonly ScrapedItem[] | null {
    return this.#items;
  }
}

/** Items in portions that each go into one step. */
export function chunksOf(items: readonly ScrapedItem[]): ScrapedItem[][] {
  const chunks: ScrapedItem[][] = [[]];
  let length = 0;
  for (const item of items) {
    const own = JSON.stringify(item).length;
    if (length > 0 && length + own > within(chunkLength)) {
      chunks.push([]);
      length = 0;
    }
    chunks.at(-1)!.push(item);
    length += own;
  }
  return chunks;
}
