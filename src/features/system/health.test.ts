import { describe, expect, test } from '@jest/globals';
import { Health, overallHealth, worstHealth } from './health.js';

const { HEALTHY, DEGRADED, UNHEALTHY, UNKNOWN } = Health;

/** All well, but for what is said. */
const parts = (said: Record<string, Health> = {}) =>
  Object.entries({
    database: HEALTHY,
    redis: HEALTHY,
    jobs: HEALTHY,
    ingestion: HEALTHY,
    api: HEALTHY,
    worker: HEALTHY,
    ...said,
  }).map(([name, health]) => ({ name, health }));

describe('the state of the whole', () => {
  test.each<[string, Record<string, Health>, Health]>([
    ['all is well', {}, HEALTHY],
    ['the database fails', { database: UNHEALTHY }, UNHEALTHY],
    ['ingestion fails', { ingestion: UNHEALTHY, database: UNKNOWN }, UNHEALTHY],
    ['nobody sees the database', { database: UNKNOWN, redis: UNHEALTHY }, UNKNOWN],
    ['the database is slow', { database: DEGRADED }, DEGRADED],
    ['Redis fails, which only makes things slow', { redis: UNHEALTHY }, DEGRADED],
    ['jobs are late', { jobs: DEGRADED, worker: UNKNOWN }, DEGRADED],
    ['nobody sees a worker', { worker: UNKNOWN }, UNKNOWN],
    ['nothing was fetched lately', { egress: UNKNOWN }, HEALTHY],
    ['a part is unknown to these rules and fails', { egress: UNHEALTHY }, DEGRADED],
  ])('%s', (_what, said, whole) => {
    expect(overallHealth(parts(said))).toBe(whole);
  });

  test('of nothing, nothing is known', () => {
    expect(overallHealth([])).toBe(UNKNOWN);
  });
});

test('the worst counts, and what nobody saw only where nobody saw anything', () => {
  expect(worstHealth([HEALTHY, UNHEALTHY, DEGRADED])).toBe(UNHEALTHY);
  expect(worstHealth([HEALTHY, DEGRADED, HEALTHY])).toBe(DEGRADED);
  expect(worstHealth([UNKNOWN, HEALTHY])).toBe(HEALTHY);
  expect(worstHealth([UNKNOWN])).toBe(UNKNOWN);
  expect(worstHealth([])).toBe(UNKNOWN);
});
