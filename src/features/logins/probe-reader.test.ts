import { expect, test } from '@jest/globals';
import { ProbeReader } from './probe-reader.js';

const selectors = { loggedInSelector: '#out', loggedOutSelector: null };
const page = (html: string) => ({
  status: 200,
  url: new URL('https://shop.example/account'),
  html,
  engine: 'HTTP' as const,
});

test('finds what proves that somebody is signed in', async () => {
  const reader = new ProbeReader();
  expect(await reader.read(page('<a id=out>'), selectors)).toMatchObject({ evidence: 'LOGGED_IN' });
  expect(await reader.read(page('<a id=in>'), selectors)).toMatchObject({ evidence: 'LOGGED_OUT' });
  expect(await reader.read(page('<input name=otp>'), selectors)).toMatchObject({ evidence: 'CHALLENGED' });
});

test('gives up a page that is made to hurt, and the process goes on meanwhile', async () => {
  // Each paragraph begins by opening anew all that was left open before it.
  const open = Array.from({ length: 20_000 }, (_, index) => `<b id=${index}>`).join('');
  const hurting = open + '<p>'.repeat(20_000);
  let turns = 0;
  const clock = setInterval(() => turns++, 10);
  await expect(new ProbeReader(1_000).read(page(hurting), selectors)).rejects.toMatchObject({
    code: 'PAGE_NOT_READ',
  });
  clearInterval(clock);
  expect(turns).toBeGreaterThan(10);
});
