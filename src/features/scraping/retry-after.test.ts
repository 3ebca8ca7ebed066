import { expect, test } from '@jest/globals';
import { retryAfterMs } from './retry-after.js';

const now = Date.parse('1994-11-06T08:49:07Z');

test.each([
  ['0', 0],
  ['120', 120_000],
  [' 5 ', 5_000],
  // As dates are written, and as they once were.
  ['Sun, 06 Nov 1994 08:49:37 GMT', 30_000],
  ['Sunday, 06-Nov-94 08:49:37 GMT', 30_000],
  ['Sun, 06 Nov 1994 08:00:00 GMT', 0],
])('%j asks for %d ms', (header, ms) => {
  expect(retryAfterMs(header, now)).toBe(ms);
});

test.each([undefined, '', ' ', 'soon', '1.5', '-5', '+3', '120, 120'])('%j says nothing', (header) => {
  expect(retryAfterMs(header, now)).toBeUndefined();
});
