import { describe, expect, test } from '@jest/globals';
import { load } from 'cheerio';
import { readProbe, signsOf, type ProbeSelectors } from './probe-reading.js';
import { sessionEnd } from './session-cookies.js';

const both = { loggedInSelector: '#out', loggedOutSelector: '#in' };
const onlyIn = { ...both, loggedOutSelector: null };
const onlyOut = { ...both, loggedInSelector: null };
const widget = '<iframe src="https://www.google.com/recaptcha/api2/anchor"></iframe>';

/** As it is looked for on a page, there in a thread of its own. */
const isThere = (html: string, selectors: ProbeSelectors) =>
  signsOf(selectors).map((selector) => load(html)(selector).length > 0);

describe('what a page says', () => {
  test.each([
    ['both selectors: the one that proves signed in', '<a id=out>', both, 200, 'LOGGED_IN'],
    ['both selectors: the one that proves signed out', '<a id=in>', both, 200, 'LOGGED_OUT'],
    ['both selectors: both', '<a id=in></a><a id=out>', both, 200, 'UNCLEAR'],
    ['both selectors: neither', '<p>', both, 200, 'UNCLEAR'],
    ['one selector, signed in: not there', '<p>', onlyIn, 200, 'LOGGED_OUT'],
    ['one selector, signed out: not there', '<p>', onlyOut, 200, 'LOGGED_IN'],
    ['a captcha beside the proof of being signed in', `<a id=out></a>${widget}`, both, 200, 'LOGGED_IN'],
    ['a captcha of a sign-in form', `<form id=in></form>${widget}`, both, 200, 'LOGGED_OUT'],
    ['a captcha alone, with an error', widget, both, 403, 'CHALLENGED'],
    [
      'a code wanted, beside a way back to the form',
      '<a id=in></a><input name=otp>',
      both,
      200,
      'CHALLENGED',
    ],
    ['401', '<p>', both, 401, 'LOGGED_OUT'],
    ['an error that shows who is signed in', '<a id=out>', both, 404, 'LOGGED_IN'],
  ] as const)('%s', (_name, html, selectors, status, evidence) => {
    const url = new URL('https://shop.example/a?token=secret#secret');
    const reading = readProbe({ status, url, isThere: isThere(html, selectors), engine: 'HTTP' }, selectors);
    expect(reading?.evidence).toBe(evidence);
    expect(reading?.detail).toContain('https://shop.example/a (by HTTP)');
    expect(reading?.detail).not.toContain('secret');
  });

  test.each([403, 404, 429, 500, 503])('nothing of the session with status %d alone', (status) => {
    const url = new URL('https://shop.example/');
    for (const selectors of [both, onlyIn, onlyOut]) {
      const page = { status, url, isThere: isThere('<h1>Sorry</h1>', selectors), engine: 'HTTP' as const };
      expect(readProbe(page, selectors)).toBeNull();
    }
  });
});

test('a session ends with the first of the cookies that hold it, at the host that is probed', () => {
  const cookie = (name: string, expires: number, more = {}) => ({
    name,
    value: 'x',
    domain: 'shop.example',
    path: '/',
    expires,
    httpOnly: false,
    secure: true,
    sameSite: 'Lax' as const,
    ...more,
  });
  const end = (...cookies: ReturnType<typeof cookie>[]) =>
    sessionEnd({ cookies, origins: [] }, 'https://shop.example/account')?.getTime() ?? null;
  expect(end(cookie('_ga', 100), cookie('sessionid', 300), cookie('auth_token', 200))).toBe(200_000);
  expect(end(cookie('csrf_session', 50), cookie('PHPSESSID', 300))).toBe(300_000);
  expect(end(cookie('a', 100), cookie('b', 200, { httpOnly: true }))).toBe(200_000);
  expect(end(cookie('a', 100), cookie('sid', -1))).toBeNull();
  expect(end(cookie('sid', 100, { domain: 'other.example' }))).toBeNull();
  expect(end(cookie('sid', 100, { domain: '.example' }))).toBe(100_000);
  expect(sessionEnd(null, 'https://shop.example/')).toBeNull();
});
