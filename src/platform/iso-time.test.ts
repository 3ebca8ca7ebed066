import { expect, test } from '@jest/globals';
import { isoTime } from './iso-time.js';

test('says what Date says, whatever time came before', () => {
  const times = ['1969-12-31T23:59:59.999Z', '0001-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z'];
  times.push('2026-03-01T12:00:00.007Z', '2026-03-01T12:00:00.070Z', '9999-12-31T23:59:59.999Z');
  for (const time of [...times, ...times.toReversed()]) expect(isoTime(Date.parse(time))).toBe(time);
  expect(isoTime(1.9)).toBe('1970-01-01T00:00:00.001Z');
});
