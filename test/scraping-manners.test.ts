import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ScrapingKind } from '../src/features/scraping/scraping-enums.js';
import { ScrapingBench } from './support/scraping-bench.js';
import { ScrapingSite, treePages } from './support/scraping-site.js';

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

const crawl = (more: object = {}) => ({
  url: `${site.url}/tree/`,
  kind: ScrapingKind.CRAWL,
  maxDepth: 1,
  ...more,
});
const gaps = () => site.requests.slice(1).map(({ at }, index) => at - site.requests[index]!.at);

describe('the pace', () => {
  test('is one request at a time and a while between, over all tasks and workers', async () => {
    // Each of its own, as in another process; one of them with two tasks.
    const shared = bench.parts({ delayMs: 60 });
    await Promise.all([
      bench.run(crawl(), { parts: shared }),
      bench.run(crawl(), { parts: shared }),
      bench.run(crawl(), { parts: bench.parts({ delayMs: 60 }) }),
    ]);
    // Robots.txt once for each worker; two tasks that ask for it at once may both fetch it.
    expect(site.requests.length).toBeGreaterThanOrEqual(3 * 4 + 2);
    expect(site.mostAtOnce).toBe(1);
    // By the clock of the database, which is not quite that of the test.
    expect(Math.min(...gaps())).toBeGreaterThan(50);
  });

  test('is what robots.txt asks for, where that is slower', async () => {
    site.robots = 'User-agent: *\nCrawl-delay: 0.2';
    await bench.run(crawl());
    expect(Math.min(...gaps().slice(1))).toBeGreaterThan(180);
  });

  test('of one host holds up no other', async () => {
    const other = await ScrapingSite.start();
    const turns = bench.turns();
    let leave: () => void = () => undefined;
    const held = turns.run(`127.0.0.1:${site.port}`, () => new Promise<void>((resolve) => (leave = resolve)));
    const { status } = await bench.run({ url: `${other.url}/product/1` });
    expect(status).toBe('SUCCEEDED');
    leave();
    await held;
    await other.stop();
  });

  test('a worker that was killed in its turn holds it for seconds only', async () => {
    await bench.database.query(
      `INSERT INTO host_turns (host, holder, held_until, free_at)
       VALUES ($1, gen_random_uuid(), now() + interval '400 ms', now())`,
      [`127.0.0.1:${site.port}`],
    );
    const before = performance.now();
    const { status } = await bench.run({ url: `${site.url}/product/1` });
    expect(status).toBe('SUCCEEDED');
    expect(performance.now() - before).toBeGreaterThan(300);
  });

  test('whoever waits for a turn may be told to stop', async () => {
    await bench.turns().putOff(`127.0.0.1:${site.port}`, 60_000);
    const ending = new AbortController();
    const run = bench.run({ url: `${site.url}/product/1` }, { signal: ending.signal });
    setTimeout(() => ending.abort(new Error('It was told to stop.')), 100);
    await expect(run).rejects.toThrow('told to stop');
    expect(site.requests).toEqual([]);
  });
});

describe('a host that asks for patience', () => {
  const busy = (times: number, status: number, retryAfter: string) => {
    let left = times;
    site.on('/busy', (_request, response) =>
      left-- > 0
        ? void response.writeHead(status, { 'retry-after': retryAfter }).end()
        : void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Well</h1>'),
    );
    return { url: `${site.url}/busy`, fields: [{ name: 'title', selector: 'h1' }] };
  };

  test.each([429, 503])('by %i and Retry-After gets it', async (status) => {
    const { items, task } = await bench.run(busy(1, status, '1'));
    expect(items).toEqual([{ title: 'Well' }]);
    const [first, second] = site.requests.filter(({ path }) => path === '/busy');
    expect(second!.at - first!.at).toBeGreaterThan(950);
    expect(task.named('fetch')).toMatchObject([
      { status: 'FAILED', output: { status, retryAfterMs: 1000 } },
      { status: 'SUCCEEDED', input: { attempt: 2 } },
    ]);
  });

  test('for longer than a task can wait is left alone', async () => {
    const { status, error } = await bench.run(busy(9, 429, '3600'));
    expect(status).toBe('FAILED');
    expect(error).toMatchObject({ code: 'HTTP_429', httpStatus: 429 });
    const [turn] = await bench.database.query<{ seconds: number }>(
      `SELECT extract(epoch FROM free_at - now())::int AS seconds FROM host_turns WHERE host = $1`,
      [`127.0.0.1:${site.port}`],
    );
    // Longer than a task waits, shorter than any host may ask for.
    expect(turn!.seconds).toBeGreaterThan(800);
    expect(turn!.seconds).toBeLessThanOrEqual(900);
  });
});

describe('robots.txt', () => {
  const product = () => ({ url: `${site.url}/product/1`, fields: [{ name: 'name', selector: 'h1' }] });

  test('is asked first, by a name of our own, and once for many pages', async () => {
    site.robots = 'User-agent: *\nAllow: /';
    const { task } = await bench.run(crawl());
    expect(site.paths().filter((path) => path === '/robots.txt')).toHaveLength(1);
    expect(site.paths()[0]).toBe('/robots.txt');
    expect(new Set(site.requests.map(({ userAgent }) => userAgent)).size).toBe(1);
    expect(site.requests[0]!.userAgent).toMatch(/Binnacle\/\d/);
    expect(task.named('robots.txt').map(({ output }) => output)).toMatchObject([
      { isAllowed: true, rule: 'Allow: /', status: 200, isCached: false },
      { isCached: true },
      { isCached: true },
      { isCached: true },
    ]);
  });

  test('that another task waits for keeps nobody from being told to stop', async () => {
    await bench.turns().putOff(`127.0.0.1:${site.port}`, 60_000);
    const parts = bench.parts();
    const [first, second] = [new AbortController(), new AbortController()];
    const waiting = bench.run(product(), { parts, signal: first.signal }).catch((error: Error) => error);
    const run = bench.run(product(), { parts, signal: second.signal });
    setTimeout(() => second.abort(new Error('It was told to stop.')), 100);
    await expect(run).rejects.toThrow('told to stop');
    first.abort(new Error('So was it.'));
    expect(await waiting).toMatchObject({ message: 'So was it.' });
  });

  test('that says no is heeded, and read past only where that is asked for', async () => {
    site.robots = 'User-agent: binnacle\nDisallow: /product/';
    const { status, error, task } = await bench.run(product());
    expect(status).toBe('FAILED');
    expect(error).toMatchObject({ code: 'ROBOTS_DISALLOWED' });
    expect(error?.message).toContain('Disallow: /product/');
    expect(site.paths()).toEqual(['/robots.txt']);
    expect(task.named('robots.txt')).toMatchObject([{ status: 'FAILED', output: { isAllowed: false } }]);
    expect((await bench.run({ ...product(), respectRobots: false })).status).toBe('SUCCEEDED');
    expect(site.paths()).toEqual(['/robots.txt', '/product/1']);
  });

  test('speaks of redirects as well', async () => {
    site.robots = 'User-agent: *\nDisallow: /product/';
    const { error } = await bench.run({ url: `${site.url}/to?url=/product/1` });
    expect(error).toMatchObject({ code: 'ROBOTS_DISALLOWED' });
    expect(site.paths()).toEqual(['/robots.txt', '/to?url=/product/1']);
  });

  test.each([
    [404, 'SUCCEEDED'],
    [403, 'SUCCEEDED'],
    [500, 'FAILED'],
    [503, 'FAILED'],
  ])('that answers with %i: the task has %s', async (answer, status) => {
    site.on('/robots.txt', (_request, response) => void response.writeHead(answer).end());
    const run = await bench.run(product());
    expect(run.status).toBe(status);
    if (status === 'FAILED') expect(run.error?.message).toContain('could not be had');
  });

  test.each([
    [5, false],
    [6, true],
  ])('behind %i redirects: allowed %s', async (count, isAllowed) => {
    const to = (path: string, location: string) =>
      site.on(path, (_request, response) => void response.writeHead(301, { location }).end());
    to('/robots.txt', '/r/1');
    for (let index = 1; index < count; index++) to(`/r/${index}`, `/r/${index + 1}`);
    site.on(`/r/${count}`, (_request, response) => void response.end('User-agent: *\nDisallow: /'));
    expect((await bench.run(product())).status).toBe(isAllowed ? 'SUCCEEDED' : 'FAILED');
  });

  test('is kept, but not of more hosts than there is room for', async () => {
    site.robots = `User-agent: *\n${'Disallow: /nowhere\n'.repeat(20_000)}`;
    const parts = bench.parts({ resolve: () => Promise.resolve(['127.0.0.1']) });
    const isCached = async (number: number) => {
      const { task } = await bench.run(
        { url: `http://h${number}.test:${new URL(site.url).port}/product/1` },
        { parts },
      );
      return (task.named('robots.txt')[0]!.output as { isCached: boolean }).isCached;
    };
    for (let number = 0; number < 50; number++) expect(await isCached(number)).toBe(false);
    expect(await isCached(49)).toBe(true);
    expect(await isCached(0)).toBe(false);
  });

  test('counts to its 500 KiB', async () => {
    const rule = 'Disallow: /product/\n';
    site.robots = `User-agent: *\n${'#'.repeat(499_000)}\n${rule}`;
    expect((await bench.run(product())).status).toBe('FAILED');
    site.robots = `User-agent: *\n${'#'.repeat(520_000)}\n${rule}`;
    expect((await bench.run(product())).status).toBe('SUCCEEDED');
  });
});

describe('the egress guard', () => {
  test.each([
    ['http://169.254.169.254/latest/meta-data/', 'not a public address'],
    ['http://[::1]/', 'not a public address'],
    ['http://[::ffff:127.0.0.1]/', 'not a public address'],
    ['http://2130706433/', 'not a public address'],
    ['http://0177.0.0.1/', 'not a public address'],
    ['http://0x7f.1/', 'not a public address'],
    ['http://localhost/', 'not a public address'],
    ['file:///etc/passwd', 'only http and https'],
    ['data:text/html,hello', 'only http and https'],
  ])('does not follow a redirect to %s', async (target, why) => {
    const allow = `127.0.0.1:${site.port}`;
    const url = `${site.url}/to?url=${encodeURIComponent(target)}`;
    const { status, error } = await bench.run({ url }, { allow });
    expect(status).toBe('FAILED');
    expect(error).toMatchObject({ code: 'EGRESS_REFUSED' });
    expect(error?.message).toContain(why);
  });

  test('refuses a task of a private address before anything is asked', async () => {
    const { error } = await bench.run({ url: site.url }, { allow: 'nowhere.example' });
    expect(error).toMatchObject({ code: 'EGRESS_REFUSED' });
    expect(site.requests).toEqual([]);
  });

  test('a name that is public first and loopback then reaches nothing', async () => {
    let asked = 0;
    const resolve = () => Promise.resolve([asked++ === 0 ? '192.0.2.1' : '127.0.0.1']);
    // The first is of a range for documentation, allowed here as if it were public; nothing answers there.
    const options = { allow: '192.0.2.1', resolve, pageTimeoutMs: 500 };
    const { status, error } = await bench.run({ url: `http://rebind.example:${site.port}/` }, options);
    expect(status).toBe('FAILED');
    expect(['EGRESS_REFUSED', 'ROBOTS_DISALLOWED']).toContain(error?.code);
    const again = await bench.run({ url: `http://rebind.example:${site.port}/` }, options);
    expect(again.error).toMatchObject({ code: 'EGRESS_REFUSED' });
    expect(site.requests).toEqual([]);
  });

  test('links of a crawl to other hosts are not even looked up', async () => {
    const looked: string[] = [];
    const resolve = (host: string) => {
      looked.push(host);
      return Promise.resolve(['127.0.0.1']);
    };
    const { items } = await bench.run(crawl({ maxDepth: 3 }), { resolve });
    expect(items).toHaveLength(treePages(site.url).length);
    expect(looked).toEqual([]);
  });
});
