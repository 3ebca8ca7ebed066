import { expect, test } from '@jest/globals';
import { isoTime } from './step.reader.js';

test.each([
  ['2026-03-01 12:00:00+00', '2026-03-01T12:00:00.000Z'],
  ['2026-03-01 12:00:00.5+00', '2026-03-01T12:00:00.500Z'],
  ['2026-03-01 12:00:00.05+00', '2026-03-01T12:00:00.050Z'],
  ['2026-03-01 12:00:00.123+00', '2026-03-01T12:00:00.123Z'],
  ['0001-01-01 00:00:00+00', '0001-01-01T00:00:00.000Z'],
  ['9999-12-31 23:59:59.999+00', '9999-12-31T23:59:59.999Z'],
])('isoTime turns %s into %s', (stored, told) => {
  expect(isoTime(stored)).toBe(told);
  expect(new Date(told).toISOString()).toBe(told);
});
