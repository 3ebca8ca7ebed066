import { createServer, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, test } from '@jest/globals';
import { siteCertificate, siteKey } from '../../test/support/site-certificate.js';
import { parseEgressAllow } from './egress-allow.js';
import { EgressGuard, pinnedLookup, type Resolver } from './egress-guard.js';
import { guardedFetch, type FetchLimits, type FetchOptions } from './guarded-fetch.js';

const limits: FetchLimits = { timeoutMs: 3000, maxBytes: 100_000, maxDecodedBytes: 200_000, maxRedirects: 3 };
const text = 'Seamless steel tubes. '.repeat(200);

/** Every request that came, as host and path. */
const seen: string[] = [];
let site: Server;
let secure: Server;
let port: number;

const routes: Record<string, (response: ServerResponse) => void> = {
  '/': (response) => response.end('hello'),
  '/gzip': (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text)),
  '/deflate': (response) => response.writeHead(200, { 'content-encoding': 'deflate' }).end(deflateSync(text)),
  // Of the two things that deflate is taken for, the one that zlib is not.
  '/either': (response) =>
    /deflate/.test(response.req.headers['accept-encoding'] ?? '')
      ? response.writeHead(200, { 'content-encoding': 'deflate' }).end(deflateRawSync(text))
      : response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text)),
  '/brotli': (response) =>
    response.writeHead(200, { 'content-encoding': 'br' }).end(brotliCompressSync(text)),
  '/twice': (response) =>
    response
      .writeHead(200, { 'content-encoding': 'br, gzip' })
      .end(gzipSync(brotliCompressSync(Buffer.from(text)))),
  '/thrice': (response) => response.writeHead(200, { 'content-encoding': 'gzip, gzip, gzip' }).end('x'),
  '/no-gzip': (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('not compressed'),
  '/odd-coding': (response) => response.writeHead(200, { 'content-encoding': 'rot13' }).end('uryyb'),
  '/bomb': (response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(50_000_000))),
  '/large': (response) => response.end(Buffer.alloc(100_001)),
  '/endless': (response) => {
    const send = () => !response.destroyed && response.write(Buffer.alloc(10_000), () => setImmediate(send));
    send();
  },
  '/silent': () => undefined,
  '/drip': (response) => {
    const timer = setInterval(() => response.write('.'), 20);
    response.once('close', () => clearInterval(timer));
  },
  '/cut': (response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('half', () => response.destroy());
  },
  '/moved': (response) => response.writeHead(302, { location: '/' }).end('moved'),
  '/round': (response) => response.writeHead(307, { location: '/round' }).end(),
};

const resolver: Resolver = () => Promise.resolve(['127.0.0.1']);
/** Lets out to the site alone; every name is this machine. */
const guard = (resolve = resolver) =>
  new EgressGuard(parseEgressAllow(`127.0.0.1:${port}, 127.0.0.1:${portOf(secure)}`), resolve);
const portOf = (server: Server) => (server.address() as AddressInfo).port;
const get = (path: string, options: Partial<FetchOptions> = {}, host = 'site.test') =>
  guardedFetch(guard(), new URL(path, `http://${host}:${port}`), { limits, ...options });

beforeAll(async () => {
  site = createServer((request, response) => {
    seen.push(`${request.headers.host} ${request.url}`);
    const to = /^\/to\?(.*)$/.exec(request.url ?? '')?.[1];
    if (to !== undefined) response.writeHead(302, { location: decodeURIComponent(to) }).end();
    else (routes[request.url ?? ''] ?? ((missing) => missing.writeHead(404).end('none')))(response);
  });
  secure = createHttps({ key: siteKey, cert: siteCertificate }, (_request, response) =>
    response.end('secure'),
  ) as unknown as Server;
  for (const server of [site, secure]) {
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
  }
  port = portOf(site);
});
afterAll(() => {
  for (const server of [site, secure]) {
    server.close();
    server.closeAllConnections();
  }
});

describe('an answer', () => {
  it('tells status, body, bytes, times and who answered', async () => {
    const answer = await get('/missing');
    expect(answer).toMatchObject({
      status: 404,
      wireBytes: 4,
      address: '127.0.0.1',
      redirects: [],
    });
    expect(answer.body.toString()).toBe('none');
    expect(answer.totalMs).toBeGreaterThanOrEqual(answer.firstByteMs);
    expect(answer.firstByteMs).toBeGreaterThan(0);
  });

  test.each(['/gzip', '/deflate', '/either', '/brotli', '/twice'])('%s is decompressed', async (path) => {
    const answer = await get(path);
    expect(answer.body.toString()).toBe(text);
    expect(answer.wireBytes).toBeLessThan(text.length / 4);
  });

  it('comes over TLS from the site that the certificate names, at the address that was checked', async () => {
    const ask = (host: string) =>
      guardedFetch(guard(), new URL(`https://${host}:${portOf(secure)}/`), { limits, ca: siteCertificate });
    expect((await ask('site.test')).body.toString()).toBe('secure');
    await expect(ask('other.test')).rejects.toMatchObject({ code: 'NETWORK' });
  });
});

describe('bounds', () => {
  test.each([
    ['/bomb', 'TOO_LARGE', /larger than 200000 bytes decompressed/],
    ['/large', 'TOO_LARGE', /larger than 100000 bytes/],
    ['/endless', 'TOO_LARGE', /larger than 100000 bytes/],
    ['/thrice', 'BAD_ENCODING', /more than twice/],
    ['/no-gzip', 'BAD_ENCODING', /could not be decompressed/],
    ['/odd-coding', 'BAD_ENCODING', /rot13/],
    ['/cut', 'NETWORK', /could not be fetched/],
    ['/round', 'TOO_MANY_REDIRECTS', /more than 3 times/],
  ])('%s: %s', async (path, code, message) => {
    const error: unknown = await get(path).catch((fault: unknown) => fault);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toMatch(message);
  });

  test.each(['/silent', '/drip'])('%s ends with its time', async (path) => {
    const began = performance.now();
    await expect(get(path, { limits: { ...limits, timeoutMs: 150 } })).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it('ends at once when it is told to', async () => {
    const controller = new AbortController();
    const answer = get('/drip', { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('The task was cancelled.')), 50);
    await expect(answer).rejects.toThrow('The task was cancelled.');
  });
});

describe('redirects', () => {
  it('are followed, and told', async () => {
    const answer = await get('/moved');
    expect(answer).toMatchObject({
      status: 200,
      redirects: [{ url: `http://site.test:${port}/moved`, status: 302 }],
    });
    expect(answer.url.href).toBe(`http://site.test:${port}/`);
    expect(answer.body.toString()).toBe('hello');
  });

  test.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]:PORT/',
    'http://2130706433:1/',
    'http://0177.0.0.1:1/',
    'http://0x7f.0.0.1:1/',
    '//[::ffff:127.0.0.1]:1/',
    'file:///etc/passwd',
    'data:text/html,hello',
    'ftp://site.test/',
  ])('to %s are refused', async (to) => {
    const path = `/to?${encodeURIComponent(to.replace('PORT', String(port)))}`;
    await expect(get(path)).rejects.toMatchObject({ code: 'EGRESS_REFUSED' });
  });

  it('have each address asked about, and no header of one site goes to another', async () => {
    const asked: string[] = [];
    const told: string[] = [];
    const from = `http://site.test:${port}/to?${encodeURIComponent(`http://other.test:${port}/`)}`;
    const answer = await guardedFetch(guard(), new URL(from), {
      limits,
      headersFor: (url) => {
        told.push(url.hostname);
        return {};
      },
      around: (url, go) => {
        asked.push(url.hostname);
        return go();
      },
    });
    expect(answer.url.hostname).toBe('other.test');
    expect(asked).toEqual(['site.test', 'other.test']);
    expect(told).toEqual(['site.test', 'other.test']);
  });
});

describe('a name that turns to another address', () => {
  /** Public at first, this machine from then on. */
  const turning = () => {
    const answers: string[] = [];
    const resolve: Resolver = (host) => {
      if (host === 'site.test') return Promise.resolve(['127.0.0.1']);
      answers.push(answers.length === 0 ? '93.184.215.14' : '127.0.0.1');
      return Promise.resolve(answers.slice(-1));
    };
    return { answers, guard: new EgressGuard(parseEgressAllow(`site.test:${port}`), resolve) };
  };

  it('is connected to where it was checked, not where it leads by then', async () => {
    const { answers, guard: turned } = turning();
    const before = seen.length;
    const connected: string[] = [];
    // The look-up that the connection uses is asked, and the connection given up before anything leaves the machine.
    const outcome = guardedFetch(turned, new URL(`http://rebinding.test:${port}/secret`), {
      limits,
      around: async (url) => {
        const target = await turned.checkUrl(url);
        pinnedLookup(target)('rebinding.test', { all: true }, (_, found) => {
          connected.push(...(found as { address: string }[]).map(({ address }) => address));
        });
        throw new Error('enough');
      },
    });
    await expect(outcome).rejects.toThrow('enough');
    expect(connected).toEqual(['93.184.215.14']);
    expect(answers).toEqual(['93.184.215.14']);
    expect(seen.slice(before)).toEqual([]);
  });

  it('is refused when it is asked about again, as at a redirect', async () => {
    const { guard: turned } = turning();
    const before = seen.length;
    await turned.checkHost('rebinding.test', port);
    const path = `/to?${encodeURIComponent(`http://rebinding.test:${port}/secret`)}`;
    const outcome = guardedFetch(turned, new URL(`http://site.test:${port}${path}`), { limits });
    await expect(outcome).rejects.toMatchObject({ code: 'EGRESS_REFUSED' });
    expect(seen.slice(before)).toEqual([`site.test:${port} ${path}`]);
  });

  it('that led to the site when it was checked, and elsewhere since, is fetched from the site', async () => {
    let asked = 0;
    const away = guard(() => Promise.resolve(asked++ === 0 ? ['127.0.0.1'] : ['203.0.113.1']));
    const answer = await guardedFetch(away, new URL(`http://away.test:${port}/`), { limits });
    expect(answer.body.toString()).toBe('hello');
    expect(asked).toBe(1);
  });
});
