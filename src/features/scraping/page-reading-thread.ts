import { parentPort } from 'node:worker_threads';
import { readPage, type PageReading, type Wanted } from './page-reading.js';

/** What PageReader asks its thread. */
export interface ReadingOrder {
  html: string;
  url: string;
  wanted: Wanted;
}

/** What it answers. */
export type ReadingAnswer =
  { reading: PageReading; fault?: undefined } | { reading?: undefined; fault: string };

function answer({ html, url, wanted }: ReadingOrder): ReadingAnswer {
  try {
    return { reading: readPage(html, url, wanted) };
  } catch (error) {
    return { fault: (error as Error).message };
  }
}

parentPort?.on('message', (order: ReadingOrder) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  parentPort?.postMessage(answer(order));
});
