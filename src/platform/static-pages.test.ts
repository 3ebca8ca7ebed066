import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import express from 'express';
import { APP_ROUTES, staticPages } from './static-pages.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const PAGE = '<!doctype html><title>GraphiQL</title>';
const LARGE = `export default '${'large '.repeat(1_000)}';`;
const APP = '<!doctype html><title>Binnacle</title>';

let home: string;
let server: Server;
let origin: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'static pages '));
  const webDir = join(home, '.hidden', 'web');
  await mkdir(join(webDir, 'graphiql'), { recursive: true });
  await mkdir(join(webDir, 'assets'));
  await writeFile(join(webDir, 'graphiql', 'index.html'), PAGE);
  await writeFile(join(webDir, 'index.html'), APP);
  await writeFile(join(webDir, 'assets', 'page-abc123.js'), 'export {};');
  await writeFile(join(webDir, 'assets', 'large-abc123.js'), LARGE);
  await writeFile(join(webDir, 'assets', 'large-abc123.js.gz'), gzipSync(LARGE));
  await writeFile(join(home, 'secret.txt'), 'not for the web');

  const app = express();
  const pages = staticPages({ webDir });
  app.use('/graphql', pages.graphiql, (_request, response) => void response.json({ from: 'the API' }));
  app.use('/assets', pages.assets);
  app.get(APP_ROUTES, pages.app);
  app.use('/unbuilt', staticPages({ webDir: join(home, 'nowhere') }).graphiql);
  server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(home, { recursive: true });
});

function get(path: string, accept: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(origin + path, { headers: { accept, ...headers } });
}

test('a browser at /graphql gets the page, under a policy without inline scripts and without other hosts', async () => {
  const response = await get('/graphql', BROWSER);
  expect(response.status).toBe(200);
  expect(await response.text()).toBe(PAGE);
  expect(response.headers.get('content-type')).toMatch(/^text\/html/);
  expect(response.headers.get('vary')).toContain('Accept');
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
});

test.each(['/', '/sign-in', '/register?back=%2F', '/p/fleet', '/p/fleet/tasks', '/p/fleet/tasks/17?q=a'])(
  'the app is at %s, under a policy with nothing inline',
  async (path) => {
    const response = await get(path, BROWSER);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(APP);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(policy).toContain("style-src 'self';");
    expect(policy).not.toMatch(/https?:|\*|unsafe|data:|nonce|sha256/);
  },
);

test('an address that is no page of the app is 404', async () => {
  for (const path of ['/tasks', '/sign-in/more', '/index.html']) {
    expect((await get(path, BROWSER)).status).toBe(404);
  }
});

test('the page is asked for again each time, and not sent again when it is the same', async () => {
  const first = await get('/graphql', BROWSER);
  expect(first.headers.get('cache-control')).toBe('no-cache');
  const etag = first.headers.get('etag') ?? '';
  const second = await get('/graphql', BROWSER, { 'if-none-match': etag, 'cache-control': 'max-age=0' });
  expect(second.status).toBe(304);
});

test.each([
  ['a program that takes anything', '/graphql', '*/*', 'GET'],
  ['a GraphQL client', '/graphql', 'application/graphql-response+json, application/json;q=0.9', 'GET'],
  ['a browser with a query', '/graphql?query=%7B__typename%7D', BROWSER, 'GET'],
  ['a browser that posts', '/graphql', BROWSER, 'POST'],
])('%s reaches the API', async (_who, path, accept, method) => {
  const response = await fetch(origin + path, { method, headers: { accept } });
  expect(await response.json()).toEqual({ from: 'the API' });
});

test('a page that was not built is 404 and says what to do', async () => {
  const response = await get('/unbuilt', BROWSER);
  expect(response.status).toBe(404);
  expect(await response.text()).toContain('npm run build');
});

test('assets are kept for good, and nothing outside their folder is reachable', async () => {
  const asset = await get('/assets/page-abc123.js', '*/*');
  expect(asset.status).toBe(200);
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(asset.headers.get('content-type')).toMatch(/^text\/javascript/);
  expect(asset.headers.get('x-content-type-options')).toBe('nosniff');
  for (const path of ['/assets/..%2f..%2f..%2fsecret.txt', '/assets/', '/assets/none.js']) {
    expect((await get(path, '*/*')).status).toBe(404);
  }
});

test('what lies there compressed is sent so to whoever takes it, under its own name and kind', async () => {
  const head = async (encodings: string) => {
    const response = await get('/assets/large-abc123.js', '*/*', { 'accept-encoding': encodings });
    expect(response.status).toBe(200);
    expect(response.headers.get('vary')).toBe('Accept-Encoding');
    expect(response.headers.get('content-type')).toMatch(/^text\/javascript/);
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.text()).toBe(LARGE);
    return [response.headers.get('content-encoding'), Number(response.headers.get('content-length'))];
  };
  expect(await head('gzip, deflate, br')).toEqual(['gzip', gzipSync(LARGE).length]);
  expect(await head('identity')).toEqual([null, LARGE.length]);
  expect(await head('gzip;q=0')).toEqual([null, LARGE.length]);
});
