import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createBrowsers } from '../src/features/browsers/index.js';
import type { PageSource } from '../src/features/scraping/index.js';
import { ScrapingEngine, ScrapingKind } from '../src/features/scraping/scraping-enums.js';
import { parseEgressAllow } from '../src/platform/egress-allow.js';
import { EgressGuard } from '../src/platform/egress-guard.js';
import { createLogger } from '../src/platform/logger.js';
import { chromiumPath } from './support/browser.js';
import { ScrapingBench } from './support/scraping-bench.js';
import { products, ScrapingSite, treePages } from './support/scraping-site.js';

// A browser starts slowly where much else runs.
jest.setTimeout(120_000);

const { PAGE, LIST, CRAWL } = ScrapingKind;
const { AUTO, BROWSER } = ScrapingEngine;

let bench: ScrapingBench;
let site: ScrapingSite;
let browsers: ReturnType<typeof createBrowsers>;
let browser: PageSource;

const withChromium = chromiumPath === undefined ? describe.skip : describe;

withChromium('by the browser', () => {
  beforeAll(async () => {
    bench = await ScrapingBench.start();
    const settings = { chromiumPath, size: 1, pagesAtOnce: 4, maxPages: 200, watchMs: 10_000 };
    const guard = new EgressGuard(parseEgressAllow('127.0.0.1'));
    browsers = createBrowsers({ guard, settings, logger: createLogger('silent') });
    browser = browsers.source;
  });
  afterAll(async () => {
    await browsers.stop();
    await bench.stop();
  });
  beforeEach(async () => {
    site = await ScrapingSite.start();
  });
  afterEach(() => site.stop());

  const options = () => ({ browser, pageTimeoutMs: 60_000, pageBytes: 5_000_000 });
  const lampFields = [
    { name: 'name', selector: 'h2' },
    { name: 'price', selector: '.price' },
    { name: 'link', selector: 'h2 a', attribute: 'href' },
    { name: 'tags', selector: '.tag', many: true },
  ];
  const lamps = () => products(site.url).map((lamp) => ({ ...lamp, price: lamp.price || null }));
  const list = (path: string, engine: ScrapingEngine) => ({
    url: `${site.url}${path}`,
    kind: LIST,
    engine,
    itemSelector: '.card',
    nextPageSelector: 'a.next',
    fields: lampFields,
  });

  test('a PAGE is one item', async () => {
    const { items, output, task } = await bench.run(
      {
        url: `${site.url}/product/3`,
        kind: PAGE,
        engine: BROWSER,
        fields: [{ name: 'name', selector: 'h1' }],
      },
      options(),
    );
    expect(items).toEqual([{ name: products(site.url)[2]!.name }]);
    expect(output).toMatchObject({ engines: ['BROWSER'] });
    expect(task.named('navigation')).toMatchObject([
      { status: 'SUCCEEDED', output: { status: 200, url: `${site.url}/product/3` } },
    ]);
  });

  test('the status tells whose page is open', async () => {
    const whose: (string | null | undefined)[] = [];
    site.on('/whose', (_request, response) => {
      void browsers.pool.report().then(({ instances }) => {
        whose.push(instances.find(({ state }) => state === 'BUSY')?.currentTaskId);
        response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Whose</h1>');
      });
    });
    const { status } = await bench.run({ url: `${site.url}/whose`, engine: BROWSER }, options());
    expect(status).toBe('SUCCEEDED');
    expect(whose).toEqual(['T1']);
  });

  test('a LIST is all that the site holds', async () => {
    const { items } = await bench.run(list('/list', BROWSER), options());
    expect(items).toEqual(lamps());
  });

  test('a CRAWL reads every page once', async () => {
    const { items } = await bench.run(
      {
        url: `${site.url}/tree/`,
        kind: CRAWL,
        engine: BROWSER,
        maxDepth: 2,
        fields: [{ name: 'title', selector: 'h1' }],
      },
      options(),
    );
    const pages = treePages(site.url).filter(({ depth }) => depth <= 2);
    expect(items).toEqual(pages.map(({ title }) => ({ title })));
  });

  test('what scripts fill in is waited for', async () => {
    const input = { ...list('/scripted', BROWSER), waitForSelector: '.card' };
    const { items, task } = await bench.run(input, options());
    expect(items).toEqual(lamps());
    expect(task.named('wait')).toMatchObject([{ status: 'SUCCEEDED', output: { isFound: true } }]);
  });

  test('AUTO takes the browser where the plain page lacks what is wanted, and only there', async () => {
    const scripted = await bench.run(list('/scripted', AUTO), options());
    expect(scripted.items).toEqual(lamps());
    expect(scripted.output).toMatchObject({ engines: ['BROWSER'] });
    const names = [...scripted.task.steps.values()].map(({ name }) => name);
    expect(names.slice(1)).toEqual(['robots.txt', 'fetch', 'extract', 'navigation', 'extract', 'next page']);
    const plain = await bench.run(list('/list', AUTO), options());
    expect(plain.items).toEqual(lamps());
    expect(plain.output).toMatchObject({ engines: ['HTTP'] });
    expect(plain.task.named('navigation')).toEqual([]);
  });

  test('robots.txt and the egress guard hold as well, also after a redirect', async () => {
    site.robots = 'User-agent: binnacle\nDisallow: /product/';
    const to = (target: string) =>
      bench.run(
        { url: `${site.url}/to?url=${encodeURIComponent(target)}`, kind: PAGE, engine: BROWSER },
        options(),
      );
    expect((await to('/product/1')).error).toMatchObject({ code: 'ROBOTS_DISALLOWED' });
    expect(site.paths()).not.toContain('/product/1');
    expect((await to('http://169.254.169.254/latest')).error).toMatchObject({ code: 'EGRESS_REFUSED' });
    expect((await to('http://[::1]/')).error).toMatchObject({ code: 'EGRESS_REFUSED' });
  });
});
