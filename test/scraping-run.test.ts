import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ScrapingKind } from '../src/features/scraping/scraping-enums.js';
import { readStored } from '../src/features/scraping/stored-run.js';
import { StepStatus } from '../src/features/tasks/index.js';
import { MemoryTask, ScrapingBench } from './support/scraping-bench.js';
import { productCount, products, ScrapingSite, treePages } from './support/scraping-site.js';

const { LIST, CRAWL } = ScrapingKind;
let bench: ScrapingBench;
let site: ScrapingSite;
beforeAll(async () => {
  bench = await ScrapingBench.start();
});
afterAll(() => bench.stop());
beforeEach(async () => {
  site = await ScrapingSite.start();
});
afterEach(() => site.stop());

const lampFields = [
  { name: 'name', selector: 'h2' },
  { name: 'price', selector: '.price' },
  { name: 'link', selector: 'h2 a', attribute: 'href' },
  { name: 'tags', selector: '.tag', many: true },
];
const lamps = () => products(site.url).map((lamp) => ({ ...lamp, price: lamp.price || null }));
const list = () => ({
  url: `${site.url}/list`,
  kind: LIST,
  itemSelector: '.card',
  nextPageSelector: 'a.next',
  fields: lampFields,
});
const tree = () => ({
  url: `${site.url}/tree/`,
  kind: CRAWL,
  maxDepth: 3,
  fields: [{ name: 'title', selector: 'h1' }],
});

describe('a PAGE', () => {
  test('is one item of its fields', async () => {
    const { status, items, output } = await bench.run({
      url: `${site.url}/product/3`,
      fields: [
        { name: 'name', selector: 'h1' },
        { name: 'price', selector: 'p' },
        { name: 'none', selector: '.none' },
      ],
    });
    expect(status).toBe('SUCCEEDED');
    expect(items).toEqual([{ name: products(site.url)[2]!.name, price: '3.50 €', none: null }]);
    expect(output).toMatchObject({
      itemCount: 1,
      pageCount: 1,
      isComplete: true,
      itemsIn: 'OUTPUT',
      engines: ['HTTP'],
    });
  });

  test('without fields is its title and text', async () => {
    const { items } = await bench.run({ url: `${site.url}/latin` });
    expect(items).toEqual([{ title: 'Käse', description: null, text: 'Größe' }]);
  });

  test('that lacks a required field has failed, and says which', async () => {
    const fields = [{ name: 'none', selector: '.none', required: true }];
    const { status, error } = await bench.run({ url: `${site.url}/product/3`, fields });
    expect(status).toBe('FAILED');
    expect(error).toMatchObject({ code: 'NO_ITEMS' });
    expect(error?.message).toContain('"none" (missing 1 times)');
  });

  test.each([
    ['/status/404', 'HTTP_404'],
    ['/status/500', 'HTTP_500'],
    ['/loop', 'TOO_MANY_REDIRECTS'],
    ['/slow', 'TIMEOUT'],
    ['/huge', 'TOO_LARGE'],
    ['/bomb', 'TOO_LARGE'],
    ['/broken', 'NETWORK'],
    ['/picture', 'NOT_A_PAGE'],
  ])('%s fails as %s, and the trace says so', async (path, code) => {
    const pageTimeoutMs = path === '/slow' ? 1_000 : 20_000;
    const { status, error, task } = await bench.run({ url: `${site.url}${path}` }, { pageTimeoutMs });
    expect(status).toBe('FAILED');
    expect(error).toMatchObject({ code });
    expect(task.pages).toMatchObject([{ status: 'FAILED', error: { code } }]);
    expect(task.named('fetch').at(-1)).toMatchObject({ status: 'FAILED', error: { code } });
  });

  test('whose markup is broken is read as browsers read it', async () => {
    const { items } = await bench.run({
      url: `${site.url}/messy`,
      fields: [{ name: 'names', selector: 'h2', many: true }],
    });
    expect(items).toEqual([{ names: ['OneTwo', 'Two'] }]);
  });

  test('whose selector never ends is given up, and the process goes on', async () => {
    site.on(
      '/deep',
      (_request, response) =>
        void response
          .writeHead(200, { 'content-type': 'text/html' })
          .end('<div>'.repeat(400) + '<p>x</p>'.repeat(4_000)),
    );
    const parts = bench.parts();
    Object.assign(parts.reader, { timeoutMs: 10_000 });
    // Each level looks through all that is below, for each that is above.
    const fields = [{ name: 'x', selector: ':has(:has(:has(:has(q))))' }];
    const hard = { url: `${site.url}/deep`, fields };
    const [failed, good] = await Promise.all([
      bench.run(hard, { parts }),
      bench.run({ url: `${site.url}/product/1` }, { parts }),
    ]);
    expect(failed.error).toMatchObject({ code: 'PAGE_NOT_READ' });
    expect(good.status).toBe('SUCCEEDED');
  });
});

describe('what is told of a page fits into the trace', () => {
  const html = (path: string, status: number, text: string) =>
    site.on(
      path,
      (_request, response) => void response.writeHead(status, { 'content-type': 'text/html' }).end(text),
    );

  test('where the status is a number that HTTP does not have', async () => {
    html('/odd', 999, '<p>No</p>');
    const { error, task } = await bench.run({ url: `${site.url}/odd` });
    expect(error).toEqual({ code: 'HTTP_999', message: `${site.url}/odd answered with the status 999.` });
    expect(task.named('fetch')).toMatchObject([{ status: 'FAILED', output: { status: 999 } }]);
  });

  test('where selectors nest, and the same text is read over and over', async () => {
    const text = 'ä'.repeat(90_000);
    html('/nested', 200, `${'<div>'.repeat(60)}${text}${'</div>'.repeat(60)}<p>end</p>`);
    const fields = [{ name: 'texts', selector: 'div', many: true }];
    const { status, items, task } = await bench.run({ url: `${site.url}/nested`, fields });
    expect(status).toBe('SUCCEEDED');
    const [{ texts }] = items as [{ texts: string[] }];
    expect(texts.length).toBeGreaterThan(10);
    expect(texts.join('').length).toBeLessThanOrEqual(1_000_000);
    expect(task.named('extract')).toMatchObject([{ output: { isCut: true } }]);
  });
});

describe('a LIST', () => {
  test('is all that the site holds, over all its pages', async () => {
    const { status, items, output, task } = await bench.run(list());
    expect(status).toBe('SUCCEEDED');
    expect(items).toEqual(lamps());
    expect(output).toMatchObject({ itemCount: productCount, pageCount: 5, isComplete: true });
    expect(task.progress.map(({ progress }) => progress)).toEqual([1 / 2, 2 / 3, 3 / 4, 4 / 5, 1]);
    expect(task.progress.at(-1)?.message).toBe(`5 of 5 pages, ${productCount} items`);
    expect(task.named('extract').map(({ output }) => output)).toMatchObject([
      { matched: 5, itemCount: 5, missing: { tags: 2 } },
      { matched: 5, missing: { price: 1 } },
      { matched: 5 },
      { matched: 5 },
      { matched: 3 },
    ]);
  });

  test('leaves out what lacks a required field', async () => {
    const fields = lampFields.map((field) => ({ ...field, required: field.name === 'price' }));
    const { items, output } = await bench.run({ ...list(), fields });
    expect(items).toEqual(lamps().filter(({ price }) => price !== null));
    expect(output).toMatchObject({ itemCount: productCount - 1, leftOut: 1 });
  });

  test('ends after the most pages, and says that there are more', async () => {
    const { items, output } = await bench.run({ ...list(), maxPages: 2 });
    expect(items).toEqual(lamps().slice(0, 10));
    expect(output).toMatchObject({ pageCount: 2, isComplete: false });
  });

  test('that leads back to its first page ends there', async () => {
    const { items, task } = await bench.run({ ...list(), url: `${site.url}/ring?page=1` });
    expect(items).toEqual(lamps().slice(0, 3));
    expect(task.named('next page').at(-1)?.output).toMatchObject({
      added: [],
      end: 'That page was read already.',
    });
  });

  test('whose items are too many for the output has them in its steps', async () => {
    const text = 'y'.repeat(90_000);
    site.on(
      '/many',
      (_request, response) =>
        void response
          .writeHead(200, { 'content-type': 'text/html' })
          .end(Array.from({ length: 12 }, (_, index) => `<p>${index} ${text}</p>`).join('')),
    );
    const { output, task } = await bench.run(
      { url: `${site.url}/many`, kind: LIST, itemSelector: 'p', fields: [{ name: 'text', selector: 'p' }] },
      { pageBytes: 5_000_000 },
    );
    expect(output).toMatchObject({ itemCount: 12, itemsIn: 'STEPS' });
    expect(output['items']).toBeUndefined();
    const portions = [...task.named('extract'), ...task.named('items')].map(
      (step) => (step.output as { items: { text: string }[] }).items,
    );
    expect(portions.length).toBeGreaterThan(1);
    expect(portions.flat().map(({ text }) => Number.parseInt(text, 10))).toEqual([...Array(12).keys()]);
  });
});

describe('a CRAWL', () => {
  test('reads every page of the host to its depth once, and nothing else', async () => {
    const { status, items, output, task } = await bench.run(tree());
    const pages = treePages(site.url);
    expect(status).toBe('SUCCEEDED');
    expect(items).toEqual(pages.map(({ title }) => ({ title })));
    expect(output).toMatchObject({ itemCount: pages.length, pageCount: pages.length, isComplete: true });
    const visited = site.paths().filter((path) => path !== '/robots.txt');
    expect(visited.sort()).toEqual(pages.map(({ url }) => new URL(url).pathname).sort());
    expect(task.pages.every(({ status }) => status === StepStatus.SUCCEEDED)).toBe(true);
  });

  test('goes no deeper than told', async () => {
    const { items } = await bench.run({ ...tree(), maxDepth: 1 });
    expect(items).toHaveLength(4);
  });

  test('goes on where pages fail, are not allowed, or lead away', async () => {
    site.robots = 'User-agent: *\nDisallow: /tree/c/';
    site.on('/tree/a/', (_request, response) => void response.writeHead(500).end());
    site.on(
      '/tree/b/a/',
      (_request, response) => void response.writeHead(302, { location: '/tree/b/' }).end(),
    );
    const { status, items, output } = await bench.run({ ...tree(), maxDepth: 2 });
    expect(status).toBe('SUCCEEDED');
    expect(items).toEqual(['Tree', 'Tree b/', 'Tree b/b/', 'Tree b/c/'].map((title) => ({ title })));
    expect(output).toMatchObject({ failedPages: 1, skippedPages: 2, isComplete: false });
    expect(output['failures']).toEqual([
      { url: `${site.url}/tree/a/`, error: `${site.url}/tree/a/ answered with the status 500.` },
    ]);
  });
});

describe('a run that is cut off', () => {
  test.each([1, 2, 3, 11, 20])(
    'after %i calls is ended by another, and nothing is doubled',
    async (calls) => {
      const task = new MemoryTask();
      let left = calls;
      task.before = () => {
        if (left-- === 0) throw new Error('The worker was killed.');
      };
      await expect(bench.run({ ...tree(), maxDepth: 2 }, { task })).rejects.toThrow('killed');
      task.before = () => undefined;
      task.attempt = 2;
      const before = site.requests.length;
      const { status, items } = await bench.run({ ...tree(), maxDepth: 2 }, { task });
      const pages = treePages(site.url).filter(({ depth }) => depth <= 2);
      expect(status).toBe('SUCCEEDED');
      expect(items).toEqual(pages.map(({ title }) => ({ title })));
      // Only the page that was being read is read again, and robots.txt by the other worker.
      expect(site.requests.length).toBeLessThanOrEqual(pages.length + 3);
      expect(site.requests.length - before).toBeLessThanOrEqual(pages.length + 1);
      expect([...task.steps.values()].filter((step) => step.status === StepStatus.RUNNING)).toEqual([]);
    },
  );

  test('goes on in the same attempt, where its worker gave it back after a page had failed', async () => {
    const task = new MemoryTask();
    let isWell = false;
    site.on('/tree/a/', (_request, response) =>
      isWell
        ? void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Tree a/</h1>')
        : void response.writeHead(500).end(),
    );
    // It stops while it reads the third page after the one that failed.
    task.before = () => {
      if (site.requests.length >= 7) throw new Error('The worker is stopped.');
    };
    await expect(bench.run({ ...tree(), maxDepth: 2 }, { task })).rejects.toThrow('stopped');
    const failed = task.pages.filter((step) => step.status === StepStatus.FAILED);
    expect(failed.map(({ input }) => (input as { url: string }).url)).toEqual([`${site.url}/tree/a/`]);
    isWell = true;
    task.before = () => undefined;
    const { status, items } = await bench.run({ ...tree(), maxDepth: 2 }, { task });
    expect(status).toBe('SUCCEEDED');
    const titles = (items as { title: string }[]).map(({ title }) => title);
    const pages = treePages(site.url).filter(({ depth, url }) => depth <= 2 && !/\/a\/\w/.test(url));
    expect(titles.toSorted()).toEqual(pages.map(({ title }) => title).toSorted());
    // What the steps hold, which downloads are made of, is the same, each with its page.
    const stored: string[] = [];
    for await (const page of readStored(task.stored())) {
      expect(page.items).toHaveLength(page.output.itemCount);
      stored.push(...page.items.map(({ title }) => title as string));
    }
    expect(stored).toEqual(titles);
    expect([...task.steps.values()].filter((step) => step.status === StepStatus.RUNNING)).toEqual([]);
  });
});
