import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, test } from '@jest/globals';
import { parseEgressAllow } from './egress-allow.js';
import { EgressGuard } from './egress-guard.js';
import { EgressProxy } from './egress-proxy.js';

let site: Server;
let port: number;
let proxy: EgressProxy;
let seen: { url: string; headers: Record<string, unknown> }[];

beforeEach(async () => {
  seen = [];
  site = createServer((incoming, response) => {
    seen.push({ url: incoming.url ?? '', headers: incoming.headers });
    if (incoming.url === '/large') response.end(Buffer.alloc(2_000_000));
    else incoming.pipe(response.writeHead(201, { 'x-site': 'yes' }));
  });
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  ({ port } = site.address() as AddressInfo);
  const guard = new EgressGuard(parseEgressAllow(`site.test:${port}`), () => Promise.resolve(['127.0.0.1']));
  proxy = await EgressProxy.start({ guard, maxBytes: 1_000_000 });
});
afterEach(async () => {
  await proxy.close();
  site.close();
  site.closeAllConnections();
});

/** A plain request through the proxy: its status and body, or the code of the connection's end. */
async function through(address: string, body = ''): Promise<string> {
  const { port: proxyPort } = new URL(proxy.url);
  const outgoing = request({
    host: '127.0.0.1',
    port: proxyPort,
    method: 'POST',
    path: address,
    headers: { host: 'elsewhere.test', 'proxy-connection': 'keep-alive', 'x-own': '1' },
    agent: false,
  });
  outgoing.end(body);
  return new Promise((resolve) => {
    outgoing.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    outgoing.once('response', (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      response.once('end', () => resolve(`${response.statusCode} ${text}`));
    });
  });
}

/** CONNECT: the first line of the answer, and the socket. */
async function tunnel(authority: string): Promise<{ line: string; socket: Socket }> {
  const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return { line: chunk.toString().split('\r\n')[0] ?? '', socket };
}

describe('plain requests', () => {
  it('are passed on to the site that the address names, without what is meant for the proxy', async () => {
    expect(await through(`http://site.test:${port}/page`, 'hello')).toBe('201 hello');
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ url: '/page', headers: { host: `site.test:${port}`, 'x-own': '1' } });
    expect(seen[0]?.headers['proxy-connection']).toBeUndefined();
    expect(proxy.bytes).toBe(5);
  });

  test.each([
    'http://127.0.0.1:PORT/',
    'http://0x7f.1:PORT/',
    'http://[::1]:PORT/',
    'http://other.test:PORT/',
  ])('to %s get no answer, and the refusal is kept', async (address) => {
    expect(await through(address.replace('PORT', String(port)))).toBe('ECONNRESET');
    expect(seen).toEqual([]);
    expect([...proxy.refusals.values()]).toEqual([expect.stringContaining('is not a public address')]);
  });

  test.each(['/page', 'https://site.test/', 'file:///etc/passwd'])('of %s are none', async (address) => {
    expect(await through(address)).toBe('400 ');
  });
});

describe('answers that are hardly any', () => {
  let odd: ReturnType<typeof createTcpServer>;
  let head = '';
  beforeEach(async () => {
    odd = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(`${head}\r\ncontent-length: 2\r\n\r\nhi`));
    });
    odd.listen(0, '127.0.0.1');
    await once(odd, 'listening');
  });
  afterEach(() => void odd.close());

  test.each([
    ['HTTP/1.1 000 OK', 'ECONNRESET'],
    ['HTTP/1.1 099 OK', 'ECONNRESET'],
    ['HTTP/1.1 101 Now\r\nconnection: upgrade\r\nupgrade: another', 'ECONNRESET'],
    ['HTTP/1.1 200 O\x01K', '200 hi'],
    ['HTTP/1.1 404 Не найдено', '404 hi'],
    ['HTTP/1.1 999 No', '999 hi'],
  ])('%j gives %s, and the proxy goes on', async (first, outcome) => {
    head = first;
    const { port: oddPort } = odd.address() as AddressInfo;
    const allowed = new EgressGuard(parseEgressAllow('127.0.0.1'));
    await proxy.close();
    proxy = await EgressProxy.start({ guard: allowed, maxBytes: 1_000_000 });
    expect(await through(`http://127.0.0.1:${oddPort}/`)).toBe(outcome);
    expect(await through(`http://127.0.0.1:${port}/page`, 'hello')).toBe('201 hello');
  });
});

describe('tunnels', () => {
  it('are opened to what is let through', async () => {
    const { line, socket } = await tunnel(`site.test:${port}`);
    expect(line).toBe('HTTP/1.1 200 Connection established');
    socket.write(`GET /in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect(chunk.toString()).toMatch(/^HTTP\/1.1 201/);
  });

  test.each([
    ['127.0.0.1:PORT', 403],
    ['2130706433:PORT', 403],
    ['0177.0.0.1:PORT', 403],
    ['[::1]:PORT', 403],
    ['[::ffff:7f00:1]:PORT', 403],
    ['169.254.169.254:80', 403],
    ['other.test:PORT', 403],
    ['site.test', 400],
    ['site.test:0', 400],
    ['site.test:99999', 400],
    ['user@site.test:PORT', 400],
    ['/path:80', 400],
  ])('to %s: %d', async (authority, status) => {
    const { line } = await tunnel(authority.replace('PORT', String(port)));
    expect(line).toContain(`HTTP/1.1 ${status} `);
    expect(seen).toEqual([]);
  });
});

describe('bytes', () => {
  it('are bounded over all connections, and then nothing passes any more', async () => {
    const open = await tunnel(`site.test:${port}`);
    const ended = once(open.socket, 'close');
    expect(await through(`http://site.test:${port}/large`)).toBe('ECONNRESET');
    await ended;
    expect(proxy.isExhausted).toBe(true);
    expect(await through(`http://site.test:${port}/page`)).toBe('ECONNRESET');
  });
});
