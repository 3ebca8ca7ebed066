import { expect, test } from '@jest/globals';
import { compactFilter } from './compact-filter';

test('only the parts that say something are left', () => {
  expect(compactFilter({ types: [], statuses: ['FAILED'], search: '', minLatencyMs: null })).toEqual({
    statuses: ['FAILED'],
  });
  expect(compactFilter({ minLatencyMs: 0, hasIntervention: false })).toEqual({
    minLatencyMs: 0,
    hasIntervention: false,
  });
});
