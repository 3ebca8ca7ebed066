import { expect, test } from '@jest/globals';
import { CookieJar } from './cookie-jar.js';
import type { StoredCookie } from './storage-state.js';

const now = Date.parse('2026-03-01T00:00:00Z');
const cookie = (more: Partial<StoredCookie>): StoredCookie => ({
  name: 'a',
  value: '1',
  domain: 'shop.example',
  path: '/',
  expires: -1,
  httpOnly: true,
  secure: false,
  sameSite: 'Lax',
  ...more,
});
const jarOf = (...cookies: Partial<StoredCookie>[]) =>
  new CookieJar({ cookies: cookies.map(cookie), origins: [] }, () => now);

test.each([
  [{}, 'http://shop.example/x', 'a=1'],
  [{}, 'http://www.shop.example/', undefined],
  [{ domain: '.shop.example' }, 'http://www.shop.example/', 'a=1'],
  [{ domain: '.shop.example' }, 'http://shop.example/', 'a=1'],
  [{ domain: '.shop.example' }, 'http://badshop.example/', undefined],
  [{}, 'http://other.example/', undefined],
  [{ secure: true }, 'http://shop.example/', undefined],
  [{ secure: true }, 'https://shop.example/', 'a=1'],
  [{ path: '/in' }, 'http://shop.example/in/side', 'a=1'],
  [{ path: '/in' }, 'http://shop.example/inside', undefined],
  [{ expires: now / 1000 + 1 }, 'http://shop.example/', 'a=1'],
  [{ expires: now / 1000 - 1 }, 'http://shop.example/', undefined],
])('a cookie %j goes to %s as %s', (more, url, header) => {
  expect(jarOf(more).headerFor(new URL(url))).toBe(header);
});

test('what a site sets goes on with the run: renewed, taken away, for its path', () => {
  const jar = jarOf({});
  const url = new URL('http://shop.example/account/page');
  jar.take(url, ['a=2; Path=/; HttpOnly', 'here=yes', 'late=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT']);
  expect(jar.headerFor(url)).toBe('here=yes; a=2');
  expect(jar.headerFor(new URL('http://shop.example/'))).toBe('a=2');
  jar.take(url, ['a=; Path=/; Max-Age=0']);
  expect(jar.headerFor(new URL('http://shop.example/'))).toBeUndefined();
});

test('a site sets nothing for others', () => {
  const jar = jarOf();
  jar.take(new URL('http://shop.example/'), [
    'a=1; Domain=other.example',
    'b=1; Domain=example',
    'c=1; Domain=p.shop.example',
    '=x',
    'novalue',
  ]);
  for (const url of ['http://other.example', 'http://example', 'http://x.example', 'http://p.shop.example']) {
    expect(jar.headerFor(new URL(url))).toBeUndefined();
  }
});
