import { PageReader } from '../scraping/index.js';
import {
  readProbe,
  signsOf,
  type ProbedPage,
  type ProbeReading,
  type ProbeSelectors,
} from './probe-reading.js';

/** Reads what sites answer in a thread of its own: a page that is made to hurt shall not hold up, or end, the process. */
export class ProbeReader {
  readonly #reader: PageReader;

  constructor(timeoutMs?: number) {
    this.#reader = new PageReader(timeoutMs);
  }

  /** As readProbe. @throws PageReadingError, whose message may hold what is secret */
  async read(
    { html, ...page }: Omit<ProbedPage, 'isThere'> & { html: string },
    selectors: ProbeSelectors,
  ): Promise<ProbeReading | null> {
    const { isThere } = await this.#reader.read(html, page.url.href, {
      // Only the signs are wanted.
      fields: [],
      itemSelector: ':not(*)',
      nextPageSelector: null,
      linkSelector: null,
      signs: signsOf(selectors),
    });
    return readProbe({ ...page, isThere }, selectors);
  }
}
