import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from '@jest/globals';
import { createBrowsers } from '../src/features/browsers/index.js';
import type { PageRequest } from '../src/features/scraping/index.js';
import { parseEgressAllow } from '../src/platform/egress-allow.js';
import { EgressGuard, type Resolver } from '../src/platform/egress-guard.js';
import { createLogger } from '../src/platform/logger.js';
import { within } from '../src/platform/time-limit.js';
import { chromiumPath } from './support/browser.js';
import { eventually } from './support/follower.js';
import { listenUdp, Site } from './support/hostile-site.js';

const withChromium = chromiumPath === undefined ? describe.skip : describe;

type Settings = Parameters<typeof createBrowsers>[0]['settings'];

let site: Site;
/** What no page may reach. */
let hidden: Site;

beforeAll(async () => {
  site = await Site.start();
  hidden = await Site.start();
});
afterAll(async () => {
  await site.stop();
  await hidden.stop();
});

/** @param resolve names that the site is known by, beside those that are looked up */
function begin(settings: Partial<Settings> = {}, resolve?: Resolver) {
  const allow = parseEgressAllow(`127.0.0.1:${site.port}, site.test:${site.port}`);
  return createBrowsers({
    guard: new EgressGuard(
      allow,
      resolve ?? ((host) => Promise.resolve(host === 'site.test' ? ['127.0.0.1'] : [])),
    ),
    settings: { chromiumPath, size: 1, pagesAtOnce: 4, maxPages: 200, watchMs: 2_000, ...settings },
    logger: createLogger('silent'),
  });
}

const limits = {
  timeoutMs: 30_000,
  maxBytes: 5_000_000,
  maxRedirects: 5,
  userAgent: 'BinnacleTest/1.0',
};
const at = (path: string, more: Partial<PageRequest> = {}): PageRequest => ({
  url: site.url(path),
  ...limits,
  ...more,
});

/** Processes of Chromium that were started by that process, whatever became of it since. */
async function chromiumsOf(pid: number, isMeant = (_command: string) => true): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(`binnacle-browser-${pid}-`) && isMeant(command)) found.push(Number(name));
  }
  return found;
}

async function foldersOf(pid: number): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith(`binnacle-browser-${pid}-`));
}

withChromium('pages in a browser', () => {
  let browsers: ReturnType<typeof begin>;
  beforeAll(() => {
    browsers = begin();
  });
  afterAll(() => browsers.stop());
  beforeEach(() => {
    site.pages.clear();
    site.asked.length = 0;
    hidden.asked.length = 0;
    hidden.connections = 0;
  });

  it('are made whole by their scripts', async () => {
    site.pages.set(
      '/',
      `<!doctype html><title>T</title><p id="p">plain</p><script>
        setTimeout(() => fetch('/data').then((r) => r.text()).then((t) => {
          document.body.insertAdjacentHTML('beforeend', '<ul><li class="item">' + t + '</li></ul>');
        }), 300);
      </script>`,
    );
    site.pages.set('/data', 'from the data');
    const page = await browsers.source.open(at('/', { waitForSelector: '.item' }));
    expect(page.html).toMatch(/^<!DOCTYPE html><html>/i);
    expect(page.html).toContain('<li class="item">from the data</li>');
    expect(page).toMatchObject({
      status: 200,
      contentType: 'text/html; charset=utf-8',
      redirects: [],
      wait: { isFound: true },
    });
    expect(page.url.href).toBe(site.url('/').href);
    expect(page.bytes).toBeGreaterThan(100);
    expect(page.wait?.waitedMs).toBeGreaterThan(100);
    expect(page.timings.totalMs).toBeGreaterThan(page.timings.firstByteMs);
  });

  it('say where a selector never came', async () => {
    site.pages.set('/', '<p>nothing</p>');
    const page = await browsers.source.open(at('/', { waitForSelector: '.never', timeoutMs: 6_000 }));
    expect(page.wait).toMatchObject({ isFound: false });
    expect(page.html).toContain('nothing');
  });

  it('are opened whatever their status, after redirects, each of which is asked for', async () => {
    site.redirect('/a', '/b', 301);
    site.redirect('/b', '/c');
    const hops: string[] = [];
    const page = await browsers.source.open(
      at('/a', {
        around: async (url, go) => {
          hops.push(url.pathname);
          const asked = site.asked.length;
          await new Promise((resolve) => setTimeout(resolve, 50));
          expect(site.asked).toHaveLength(asked);
          return go();
        },
      }),
    );
    expect(page.status).toBe(404);
    expect(page.url.pathname).toBe('/c');
    expect(hops).toEqual(['/a', '/b', '/c']);
    expect(page.redirects).toEqual([
      { url: site.url('/a').href, status: 301 },
      { url: site.url('/b').href, status: 302 },
    ]);
  });

  it('are not opened where what is asked says no', async () => {
    site.redirect('/a', '/b');
    const refusal = new Error('robots.txt says no');
    const around = <T>(url: URL, go: () => Promise<T>) =>
      url.pathname === '/b' ? Promise.reject(refusal) : go();
    await expect(browsers.source.open(at('/a', { around }))).rejects.toBe(refusal);
    expect(site.asked).toEqual(['/a']);
  });

  it('do not count against their time what they wait for', async () => {
    site.pages.set('/', '<p>there</p>');
    const around = async <T>(_url: URL, go: () => Promise<T>) => {
      await new Promise((resolve) => setTimeout(resolve, 6_500));
      return go();
    };
    const page = await browsers.source.open(at('/', { around, timeoutMs: 6_000 }));
    expect(page.html).toContain('there');
  });

  it('have the storage that they are given, and nothing of each other', async () => {
    site.pages.set('/', (request, response) =>
      response.writeHead(200, { 'content-type': 'text/html', 'set-cookie': 'left=behind' })
        .end(`<p>${request.headers.cookie ?? 'none'}|${request.headers['user-agent']}</p>
          <b></b><script>document.querySelector('b').textContent = localStorage.getItem('k'); localStorage.setItem('k', 'x')</script>`),
    );
    const cookie = {
      name: 'session',
      value: 'abc',
      domain: '127.0.0.1',
      path: '/',
      expires: -1,
      httpOnly: true,
      secure: false,
      sameSite: 'Lax' as const,
    };
    const origins = [{ origin: site.url('/').origin, localStorage: [{ name: 'k', value: 'kept' }] }];
    const first = await browsers.source.open(at('/', { storageState: { cookies: [cookie], origins } }));
    expect(first.html).toContain('<p>session=abc|BinnacleTest/1.0</p>');
    expect(first.html).toContain('<b>kept</b>');
    const second = await browsers.source.open(at('/'));
    expect(second.html).toContain('<p>none|');
    expect(second.html).toContain('<b></b>');
  });

  it('go on with the cookies that the page before them left, where they have a state', async () => {
    let session = 1;
    site.pages.set('/', (request, response) => {
      const isKnown = request.headers.cookie === `session=${session}`;
      // At each visit another one, and the one before is worth nothing any more.
      if (isKnown) session++;
      response
        .writeHead(200, { 'content-type': 'text/html', 'set-cookie': `session=${session}; Path=/; HttpOnly` })
        .end(isKnown ? '<p>in</p>' : '<p>out</p>');
    });
    const cookie = { name: 'session', value: '1', domain: '127.0.0.1', path: '/', expires: -1 };
    const rest = { httpOnly: true, secure: false, sameSite: 'Lax' as const };
    const storageState = { cookies: [{ ...cookie, ...rest }], origins: [] };
    for (let visit = 0; visit < 3; visit++)
      expect((await browsers.source.open(at('/', { storageState }))).html).toContain('<p>in</p>');
    expect(session).toBe(4);
    expect((await browsers.source.open(at('/'))).html).toContain('<p>out</p>');
  });

  it('say nothing of a state that cannot be put in place', async () => {
    const value = 'secret'.repeat(1_000_000);
    const origins = [{ origin: site.url('/').origin, localStorage: [{ name: 'secret', value }] }];
    const opened = browsers.source.open(at('/', { storageState: { cookies: [], origins } }));
    await expect(opened).rejects.toThrow(
      'The stored cookies or local storage are none that a browser takes.',
    );
  });

  it('can be worked on, and their storage read out', async () => {
    site.pages.set('/login', '<form action="/in" method="post"><input name="u"><button>Go</button></form>');
    site.pages.set('/in', (_request, response) =>
      response.writeHead(303, { location: '/home', 'set-cookie': 'session=new; Path=/; HttpOnly' }).end(),
    );
    site.pages.set('/home', '<p id="out">Sign out</p>');
    const { state, redirects } = await browsers.pool.withPage(limits, async (page, context, { watch }) => {
      await page.goto(site.url('/login').href);
      await page.fill('input', 'ann');
      await page.click('button');
      await page.waitForSelector('#out');
      return { state: await context.storageState(), redirects: watch.redirects };
    });
    expect(state.cookies).toMatchObject([{ name: 'session', value: 'new', httpOnly: true }]);
    expect(redirects.map(({ status }) => status)).toEqual([200, 303]);
  });

  it('are bounded in redirects, by the server and by scripts', async () => {
    site.redirect('/loop', '/loop');
    await expect(browsers.source.open(at('/loop'))).rejects.toMatchObject({ code: 'TOO_MANY_REDIRECTS' });
    expect(site.asked.filter((path) => path === '/loop')).toHaveLength(6);
    site.pages.set('/again', '<script>location.href = "/again?" + Math.random()</script>');
    await expect(browsers.source.open(at('/again', { waitForSelector: '.x' }))).rejects.toMatchObject({
      code: 'TOO_MANY_REDIRECTS',
    });
  });

  it('are bounded in bytes, over all that they load', async () => {
    site.pages.set(
      '/',
      `<body><script>
        const load = (path) => fetch(path).then((answer) => answer.arrayBuffer());
        Promise.allSettled(['/1', '/2', '/3'].map(load)).then(() => (document.body.id = 'done'));
      </script>`,
    );
    for (const name of ['/1', '/2', '/3']) {
      site.pages.set(name, (_request, response) => response.end(Buffer.alloc(900_000)));
    }
    await expect(
      browsers.source.open(at('/', { maxBytes: 2_000_000, waitForSelector: '#done' })),
    ).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
    const page = await browsers.source.open(at('/', { maxBytes: 3_000_000, waitForSelector: '#done' }));
    expect(page.bytes).toBeGreaterThan(2_700_000);
  });

  it('are bounded in what scripts make of them', async () => {
    site.pages.set('/', '<body><script>document.body.append("x".repeat(9_000_000))</script>');
    await expect(browsers.source.open(at('/', { maxBytes: 1_000_000 }))).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
  });

  it('are bounded in time, and end with the signal', async () => {
    site.pages.set('/slow', () => undefined);
    await expect(browsers.source.open(at('/slow', { timeoutMs: 3_000 }))).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
    const ending = new AbortController();
    const opened = browsers.source.open(at('/slow', { signal: ending.signal }));
    await eventually(
      'the page is asked for',
      () => site.asked.filter((path) => path === '/slow').length === 2,
    );
    ending.abort(new Error('enough'));
    await expect(opened).rejects.toThrow('enough');
  });

  it('open no dialogs, no downloads, no other windows', async () => {
    site.pages.set(
      '/',
      `<script>alert('x'); confirm('y'); window.open('/other'); document.title = 'done'</script><p>after</p>
       <a download href="/file">f</a><script>document.querySelector('a').click()</script>`,
    );
    site.pages.set('/file', (_request, response) =>
      response.writeHead(200, { 'content-disposition': 'attachment; filename=f' }).end('file'),
    );
    const page = await browsers.source.open(at('/'));
    expect(page.html).toContain('after');
    expect(page.notes?.refused).toEqual(
      expect.arrayContaining([
        'A dialog (alert) was closed.',
        'A dialog (confirm) was closed.',
        expect.stringContaining('A download was refused'),
      ]),
    );
    await expect(browsers.source.open(at('/file'))).rejects.toMatchObject({ code: 'NETWORK' });
  });

  it.each([999, 401])('are opened with the status %d, and the page that comes with it', async (status) => {
    site.pages.set('/', (_request, response) =>
      response
        .writeHead(status, { 'content-type': 'text/html', 'www-authenticate': 'Basic realm="x"' })
        .end('<p>not for you</p>'),
    );
    const page = await browsers.source.open(at('/'));
    expect(page.status).toBe(status);
    expect(page.html).toContain('not for you');
  });

  it('that nobody serves give an error', async () => {
    site.pages.set('/gone', (request) => request.socket.destroy());
    await expect(browsers.source.open(at('/gone'))).rejects.toMatchObject({ code: 'NETWORK' });
    await expect(
      browsers.source.open({ ...limits, url: new URL('http://none.test/') }),
    ).rejects.toMatchObject({
      code: 'ENOTFOUND',
    });
  });

  describe('reach nothing that is hidden', () => {
    const port = () => String(hidden.port);
    test.each([
      'http://169.254.169.254/latest/meta-data/',
      'http://[::1]:PORT/secret',
      'http://127.0.0.1:PORT/secret',
      'http://localhost:PORT/secret',
      'http://2130706433:PORT/secret',
      'http://0177.0.0.1:PORT/secret',
      'http://0x7f.1:PORT/secret',
      'http://[::ffff:127.0.0.1]:PORT/secret',
      'https://127.0.0.1:PORT/secret',
      'file:///etc/passwd',
      'data:text/html,hello',
    ])('by a redirect to %s', async (target) => {
      site.redirect('/', target.replace('PORT', port()));
      await expect(browsers.source.open(at('/'))).rejects.toMatchObject({
        code: target.includes('localhost') ? 'ENOTFOUND' : 'EGRESS_REFUSED',
      });
      expect(hidden.connections).toBe(0);
    });

    test.each(['file:///etc/passwd', 'data:text/html,hello', 'http://127.0.0.1:PORT/'])(
      'by its address, %s',
      async (target) => {
        const url = new URL(target.replace('PORT', port()));
        await expect(browsers.source.open({ ...limits, url })).rejects.toMatchObject({
          code: 'EGRESS_REFUSED',
        });
        expect(hidden.connections).toBe(0);
      },
    );

    it('by a name that turns to loopback once it was checked', async () => {
      let asked = 0;
      const turning = begin({}, () => Promise.resolve(asked++ === 0 ? ['93.184.215.14'] : ['127.0.0.1']));
      try {
        const url = new URL(`http://turning.test:${port()}/secret`);
        await expect(turning.source.open({ ...limits, url })).rejects.toMatchObject({
          code: 'EGRESS_REFUSED',
        });
        expect(asked).toBeGreaterThan(1);
        expect(hidden.connections).toBe(0);
      } finally {
        await turning.stop();
      }
    });

    it('by what a page holds: images, frames, styles, fetches, workers, WebSockets, beacons, prefetches', async () => {
      const there = `127.0.0.1:${port()}`;
      site.pages.set('/worker.js', (_request, response) =>
        response
          .writeHead(200, { 'content-type': 'text/javascript' })
          .end(`fetch('http://${there}/worker', { mode: 'no-cors' }).catch(() => postMessage('refused'))`),
      );
      site.pages.set(
        '/',
        `<link rel="dns-prefetch" href="http://${there}"><link rel="preconnect" href="http://${there}">
         <link rel="prefetch" href="http://${there}/prefetch"><link rel="stylesheet" href="http://${there}/style">
         <img src="http://${there}/image"><img src="http://2130706433:${port()}/decimal">
         <iframe src="http://${there}/frame"></iframe>
         <script>
           const done = [];
           const tell = (name) => { done.push(name); if (done.length === 4) document.body.id = 'done'; };
           fetch('http://${there}/fetch', { mode: 'no-cors' }).catch(() => tell('fetch'));
           const socket = new WebSocket('ws://${there}/socket');
           socket.onerror = () => tell('socket');
           const secure = new WebSocket('wss://[::1]:${port()}/socket');
           secure.onerror = () => tell('secure');
           new Worker('/worker.js').onmessage = () => tell('worker');
           navigator.sendBeacon('http://${there}/beacon', 'x');
         </script>`,
      );
      const page = await browsers.source.open(at('/', { waitForSelector: '#done' }));
      expect(page.wait?.isFound).toBe(true);
      expect(hidden.connections).toBe(0);
      expect(page.notes?.refused).toEqual(
        expect.arrayContaining([expect.stringContaining('is not a public address')]),
      );
    });

    it('by frames of file: and data: addresses, wherever they are', async () => {
      const frame = `<iframe src="data:text/html,<p id=inner>data</p>"></iframe><iframe src="file:///etc/passwd"></iframe>`;
      site.pages.set(
        '/',
        `${frame}<iframe src="/inner"></iframe><iframe srcdoc='<iframe src="data:text/html,nested"></iframe>'></iframe>
         <iframe src="http://site.test:${site.port}/inner"></iframe>
         <script>setTimeout(() => {
           const late = document.createElement('iframe');
           late.src = 'data:text/html,late';
           document.body.append(late);
         }, 100)</script>`,
      );
      site.pages.set('/inner', `${frame}<p>inner</p>`);
      const shown = await browsers.pool.withPage(limits, async (page) => {
        await page.goto(site.url('/').href);
        await eventually('all frames are there', () => page.frames().length >= 12);
        await eventually('none shows data', () =>
          page.frames().every((frame) => !/^(data|file):/.test(frame.url())),
        );
        const texts = page
          .frames()
          .map((one) =>
            within(1_000, one.evaluate<string>('document.body?.innerText ?? ""')).catch(() => ''),
          );
        return Promise.all(texts);
      });
      expect(shown.join('|')).toContain('inner');
      expect(shown.join('|')).not.toMatch(/\b(data|nested|late|root:)\b/);
      await expect(
        browsers.pool.withPage(limits, async (page) => {
          await page.goto(site.url('/').href);
          await page.goto('file:///etc/passwd');
          return page.content();
        }),
      ).rejects.toMatchObject({ code: expect.anything() as unknown });
    });

    it('by a service worker, since there are none', async () => {
      site.pages.set('/sw.js', (_request, response) =>
        response
          .writeHead(200, { 'content-type': 'text/javascript' })
          .end(`fetch('http://127.0.0.1:${port()}/from-service-worker')`),
      );
      site.pages.set(
        '/',
        `<body><script>
          navigator.serviceWorker.register('/sw.js').then((r) => r?.scope ?? 'none', () => 'failed')
            .then((scope) => document.body.append(Object.assign(document.createElement('i'), { textContent: scope })));
        </script>`,
      );
      const page = await browsers.source.open(at('/', { waitForSelector: 'i' }));
      expect(page.html).toMatch(/<i>(none|failed)<\/i>/);
      expect(site.asked).not.toContain('/sw.js');
      expect(hidden.connections).toBe(0);
    });

    it('by UDP, as WebRTC and WebTransport would', async () => {
      const udp = await listenUdp();
      try {
        site.pages.set(
          '/',
          `<iframe src="about:blank"></iframe><script>
            const found = [window, document.querySelector('iframe').contentWindow]
              .flatMap((w) => [w.RTCPeerConnection, w.WebTransport]).filter(Boolean);
            for (const Found of found) {
              try {
                if (Found.name === 'WebTransport') new Found('https://127.0.0.1:${udp.port}/').ready.catch(() => {});
                else {
                  const peer = new Found({ iceServers: [{ urls: 'stun:127.0.0.1:${udp.port}' }] });
                  peer.createDataChannel('x');
                  peer.createOffer().then((offer) => peer.setLocalDescription(offer));
                }
              } catch {}
            }
            setTimeout(() => { document.body.id = 'done' }, 1000);
          </script>`,
        );
        await browsers.source.open(at('/', { waitForSelector: '#done' }));
        expect(udp.count()).toBe(0);
      } finally {
        udp.stop();
      }
    });
  });
});

withChromium('a process that is killed', () => {
  it('leaves no Chromium, and the next removes its folder', async () => {
    const holder = fileURLToPath(new URL('support/browser-holder.js', import.meta.url));
    const child = spawn(process.execPath, [holder, chromiumPath ?? ''], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = child.pid ?? 0;
    await once(child.stdout, 'data');
    expect((await chromiumsOf(pid)).length).toBeGreaterThan(1);
    expect(await foldersOf(pid)).toHaveLength(1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await eventually('its Chromium has ended', async () => (await chromiumsOf(pid)).length === 0);
    const next = begin();
    expect(await next.source.unavailableBecause()).toBeNull();
    expect(await foldersOf(pid)).toEqual([]);
    await next.stop();
  });
});

withChromium('the pool', () => {
  let browsers: ReturnType<typeof begin>;
  afterEach(async () => {
    await browsers.stop();
    if (existsSync('/proc/self')) {
      await eventually('no Chromium is left', async () => (await chromiumsOf(process.pid)).length === 0);
    }
    expect(await foldersOf(process.pid)).toEqual([]);
  });

  it('starts nothing before a page is wanted, and opens no more at once than it may', async () => {
    browsers = begin({ size: 1, pagesAtOnce: 2 });
    expect(await browsers.pool.report()).toEqual({ reason: null, instances: [] });
    let open = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 6 }, () =>
        browsers.pool.withPage(limits, async () => {
          most = Math.max(most, ++open);
          // The first stays until another is open beside it, however long that takes here.
          await eventually('a second page is open', () => most >= 2);
          await new Promise((resolve) => setTimeout(resolve, 200));
          open--;
        }),
      ),
    );
    expect(most).toBe(2);
    const { instances } = await browsers.pool.report();
    expect(instances).toMatchObject([{ state: 'IDLE', pages: 6, currentTaskId: null }]);
  });

  it('tells whose page is open, and what memory that takes', async () => {
    browsers = begin();
    await browsers.pool.withPage({ ...limits, taskId: 'T1' }, async () => {
      const { instances } = await browsers.pool.report();
      expect(instances).toMatchObject([{ state: 'BUSY', pages: 1, currentTaskId: 'T1' }]);
      if (existsSync('/proc/self/smaps_rollup'))
        expect(instances[0]?.memoryBytes).toBeGreaterThan(10_000_000);
    });
  });

  it('replaces a browser that opened its share of pages', async () => {
    browsers = begin({ maxPages: 2, pagesAtOnce: 1 });
    const seen: string[] = [];
    for (let page = 0; page < 4; page++) {
      await browsers.pool.withPage(limits, async () => {
        const { instances } = await browsers.pool.report();
        seen.push(instances.find(({ state }) => state === 'BUSY')?.id ?? '');
      });
    }
    expect(new Set(seen).size).toBe(2);
    expect([seen[0], seen[2]]).toEqual([seen[1], seen[3]]);
  });

  it('kills a browser in which a page hangs, and opens the next in another', async () => {
    browsers = begin();
    site.pages.set('/hang', '<p>x</p><script>while (true);</script>');
    site.pages.set('/good', '<p>good</p>');
    let good: Promise<unknown> | undefined;
    let before = '';
    const around = async <T>(_url: URL, go: () => Promise<T>) => {
      before = (await browsers.pool.report()).instances[0]?.id ?? '';
      return go();
    };
    await expect(browsers.source.open(at('/hang', { timeoutMs: 4_000, around }))).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
    good = browsers.source.open(at('/good'));
    await expect(good).resolves.toMatchObject({ status: 200 });
    const { instances } = await browsers.pool.report();
    expect(instances.filter(({ state }) => state === 'IDLE')).toHaveLength(1);
    expect(instances.find(({ state }) => state === 'IDLE')?.id).not.toBe(before);
    await eventually('the browser that hung is gone', async () =>
      (await browsers.pool.report()).instances.every(({ id }) => id !== before),
    );
  });

  it('kills a browser that does not answer, and replaces it', async () => {
    browsers = begin({ watchMs: 500 });
    site.pages.set('/good', '<p>good</p>');
    await browsers.source.open(at('/good'));
    const [before] = (await browsers.pool.report()).instances;
    const stopped = await chromiumsOf(process.pid, (command) => !/crashpad|--type=/.test(command));
    expect(stopped).toHaveLength(1);
    for (const pid of stopped) process.kill(pid, 'SIGSTOP');
    await eventually(
      'the browser is gone',
      async () => (await browsers.pool.report()).instances.length === 0,
    );
    const page = await browsers.source.open(at('/good'));
    expect(page.status).toBe(200);
    expect((await browsers.pool.report()).instances[0]?.id).not.toBe(before?.id);
  });

  it('goes on after its browser was killed from outside', async () => {
    browsers = begin();
    site.pages.set('/slow', () => undefined);
    site.pages.set('/good', '<p>good</p>');
    const opened = browsers.source.open(at('/slow')).catch((error: unknown) => error);
    await eventually('the page is asked for', () => site.asked.includes('/slow'));
    for (const pid of await chromiumsOf(process.pid)) process.kill(pid, 'SIGKILL');
    expect(await opened).toMatchObject({ code: 'NETWORK' });
    await expect(browsers.source.open(at('/good'))).resolves.toMatchObject({ status: 200 });
  });

  it('keeps nothing open for those who leave before their page is there', async () => {
    browsers = begin();
    const contexts = () =>
      browsers.pool.withPage(limits, async (_page, context) => context.browser()?.contexts().length);
    const before = await contexts();
    for (let delayMs = 0; delayMs < 10; delayMs++) {
      const ending = new AbortController();
      const left = browsers.pool
        .withPage({ ...limits, signal: ending.signal }, () => Promise.resolve())
        .catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      ending.abort(new Error('enough'));
      await left;
    }
    await eventually('all that was opened is closed', async () => (await contexts()) === before);
  });

  it('stops while a browser starts, and nothing of it is left', async () => {
    browsers = begin();
    const opened = browsers.pool.withPage(limits, () => Promise.resolve()).catch((error: unknown) => error);
    await eventually(
      'a browser starts',
      async () => (await browsers.pool.report()).instances[0]?.state === 'STARTING',
    );
    await browsers.stop();
    expect(await opened).toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
    expect(await chromiumsOf(process.pid)).toEqual([]);
  });

  it('waits for a page in the browser that is there, where another does not start', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'once-'));
    const path = join(folder, 'chromium');
    await writeFile(
      path,
      `#!/bin/sh\nmkdir '${folder}/started' 2> /dev/null || exit 1\nexec '${chromiumPath}' "$@"\n`,
      { mode: 0o700 },
    );
    browsers = begin({ chromiumPath: path, size: 2, pagesAtOnce: 1 });
    let leave: () => void = () => undefined;
    const left = new Promise<void>((resolve) => (leave = resolve));
    let isOpen = false;
    const first = browsers.pool.withPage(limits, () => ((isOpen = true), left));
    await eventually('the first page is open', () => isOpen);
    const second = browsers.pool.withPage(limits, () => Promise.resolve('opened'));
    const states = async () => (await browsers.pool.report()).instances.map(({ state }) => state);
    await eventually('another browser starts', async () => (await states()).includes('STARTING'));
    await eventually('it did not start', async () => (await states()).length === 1);
    leave();
    await first;
    expect(await second).toBe('opened');
    await rm(folder, { recursive: true });
  });

  it('stops in the middle of a page', async () => {
    browsers = begin();
    site.asked.length = 0;
    const opened = browsers.source.open(at('/slow')).catch((error: unknown) => error);
    await eventually('the page is asked for', () => site.asked.includes('/slow'));
    await browsers.stop();
    expect(await opened).toBeInstanceOf(Error);
    await expect(browsers.source.open(at('/good'))).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
  });
});

describe('without Chromium', () => {
  it('a page fails at once, and says why', async () => {
    const browsers = begin({ chromiumPath: '/nowhere/chromium' });
    const reason =
      'CHROMIUM_PATH names /nowhere/chromium, which is not a program that can be run. Name a Chromium there, or leave it out to have one found.';
    expect(await browsers.source.unavailableBecause()).toBe(reason);
    await expect(browsers.source.open(at('/'))).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: reason,
    });
    expect(await browsers.pool.report()).toEqual({ reason, instances: [] });
    await browsers.stop();
  });

  it('a program that is none fails as clearly', async () => {
    const browsers = begin({ chromiumPath: '/bin/false' });
    await expect(browsers.source.open(at('/'))).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringContaining('Chromium (/bin/false) did not start') as unknown,
    });
    await browsers.stop();
    expect(await foldersOf(process.pid)).toEqual([]);
  });
});
