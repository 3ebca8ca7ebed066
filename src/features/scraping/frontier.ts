export interface KnownPage {
  url: string;
  /** Links that led to it from the first page; pages of a list lead to each other without counting. */
  depth: number;
}

/** The pages that a run knows of: which are done and which come next, in the order in which they were found. */
export class Frontier {
  readonly #depths = new Map<string, number>();
  readonly #done = new Set<string>();
  #cursor = 0;
  #doneCount = 0;
  readonly #order: string[] = [];
  /** Pages that were found past the most that are visited. */
  beyond = 0;

  constructor(
    start: string,
    private readonly maxPages: number,
  ) {
    this.add([start], 0);
  }

  /** How many of the known pages are done. */
  get done(): number {
    return this.#doneCount;
  }

  get known(): number {
    return this.#depths.size;
  }

  /** @returns those that are new, as far as there is room for them */
  add(urls: readonly string[], depth: number): string[] {
    const added: string[] = [];
    for (const url of urls) {
      if (this.#depths.has(url) || this.#done.has(url)) continue;
      if (this.#depths.size >= this.maxPages) {
        this.beyond++;
        continue;
      }
      this.#depths.set(url, depth);
      this.#order.push(url);
      added.push(url);
    }
    return added;
  }

  /** The next page that is not done. */
  next(): KnownPage | undefined {
    for (; this.#cursor < this.#order.length; this.#cursor++) {
      const url = this.#order[this.#cursor]!;
      if (!this.#done.has(url)) return { url, depth: this.#depths.get(url) ?? 0 };
    }
    return undefined;
  }

  finish(url: string): void {
    if (this.#depths.has(url) && !this.#done.has(url)) this.#doneCount++;
    this.#done.add(url);
  }

  isDone(url: string): boolean {
    return this.#done.has(url);
  }

  /** Of a page that was done by another worker: it comes before all that its links led to. */
  restore(page: KnownPage, finalUrl: string): void {
    this.add([page.url], page.depth);
    this.finish(page.url);
    this.finish(finalUrl);
  }
}
