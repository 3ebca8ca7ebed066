import { describe, expect, test } from '@jest/globals';
import { delayAfterMs, guardedBySignIn, networkOf } from './sign-in-throttle.js';

describe('delayAfterMs', () => {
  test('is nothing for the free failures, then doubles from one second up to 15 minutes', () => {
    expect([1, 4, 5, 6, 7, 14, 15, 1e6].map((failures) => delayAfterMs(failures, 5))).toEqual([
      0, 0, 1000, 2000, 4000, 512_000, 900_000, 900_000,
    ]);
  });
});

describe('guardedBySignIn', () => {
  test('is the same account in any case, and does not keep the name', () => {
    const [account] = guardedBySignIn('Ada@Example.com', null);
    expect(guardedBySignIn('ada@example.COM', null)).toEqual([account]);
    expect(account?.key).toMatch(/^account:[0-9a-f]{64}$/);
    expect(guardedBySignIn('ada', '192.0.2.7')[1]).toEqual({ key: 'address:192.0.2.7', free: 20 });
  });
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002:ffff::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('networkOf(%s) is %s', (ip, network) => {
  expect(networkOf(ip)).toBe(network);
});
