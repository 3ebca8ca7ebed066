import { expect, test } from '@jest/globals';
import { backoffMs } from './backoff.js';
import { Gate } from './gate.js';

test('the pause doubles up to its bound, a random half of it, and a longer wish of the server wins', () => {
  const options = { firstMs: 100, mostMs: 1000 };
  expect([1, 2, 3, 4, 5, 500].map((failures) => backoffMs(failures, null, options, 1))).toEqual([
    100, 200, 400, 800, 1000, 1000,
  ]);
  expect(backoffMs(1, null, options, 0)).toBe(50);
  expect(backoffMs(1, 5000, options, 1)).toBe(5000);
  expect(backoffMs(5, 10, options, 1)).toBe(1000);
});

test('calls that fail together are one failure, told once an outage', () => {
  const gate = new Gate(10_000);
  expect([gate.failed(null, 1000), gate.failed(null, 1001), gate.failed(null, 1002)]).toEqual([
    true,
    false,
    false,
  ]);
  expect(gate.openAt).toBeLessThanOrEqual(1250);
  expect(gate.isAway).toBe(true);
  expect(gate.failed(null, 2000)).toBe(false);
  expect(gate.openAt).toBeGreaterThanOrEqual(2250);
  gate.answered();
  expect([gate.isAway, gate.openAt]).toEqual([false, 0]);
  expect(gate.failed(null, 3000)).toBe(true);
});

test('who is in a hurry waits no pause, unless the server asked for it', () => {
  const gate = new Gate(10_000);
  for (let now = 0; now < 100_000; now += 10_000) gate.failed(null, now);
  gate.hurry(90_001);
  expect(gate.openAt).toBe(90_001);
  gate.failed(60_000, 90_001);
  gate.hurry(90_002);
  expect(gate.openAt).toBe(150_001);
});
