import { describe, expect, test } from '@jest/globals';
import { Health } from './health.js';
import type { Look } from './probe.js';
import type { AgedReport } from './process-report.repository.js';
import { pictureOf, type ComponentState } from './system-picture.js';

const { HEALTHY, DEGRADED, UNHEALTHY, UNKNOWN } = Health;
const rules = { expected: ['database', 'jobs'], version: '1.0.0', silentMs: 15_000, forgottenMs: 120_000 };
const now = new Date('2026-03-04T05:06:07.000Z');

const look = (name: string, more: Partial<Look> = {}): Look => ({
  name,
  health: HEALTHY,
  detail: null,
  latencyMs: null,
  ageMs: 0,
  ...more,
});
const report = (more: Partial<AgedReport> = {}): AgedReport => ({
  id: 'a',
  hostname: 'ant',
  pid: 1,
  version: '1.0.0',
  roles: ['api', 'worker'],
  startedAt: new Date('2026-03-04T05:00:00.000Z'),
  ageMs: 1_000,
  capacity: 4,
  cpuLoad: 0.5,
  memoryRssBytes: 100,
  eventLoopDelayP99Ms: 3,
  browsers: null,
  components: [look('database'), look('jobs')],
  ...more,
});
const picture = (...reports: AgedReport[]) => pictureOf(reports, rules, now);
const part = (reports: AgedReport[], name: string) =>
  picture(...reports).components.find((each) => each.name === name) as ComponentState;

test('of nothing seen, everything is expected and unknown', () => {
  const { status, components, startedAt, uptimeSeconds, ...load } = picture();
  expect(status).toBe(UNKNOWN);
  expect(components.map(({ name, health, observedAt }) => [name, health, observedAt])).toEqual([
    ['database', UNKNOWN, null],
    ['jobs', UNKNOWN, null],
    ['api', UNKNOWN, null],
    ['worker', UNKNOWN, null],
  ]);
  expect({ startedAt, uptimeSeconds }).toEqual({ startedAt: now, uptimeSeconds: 0 });
  expect(load).toMatchObject({ cpuLoad: 0, memoryRssBytes: 0, eventLoopDelayP99Ms: null });
});

test('one process that sees nothing wrong', () => {
  const { status, components } = picture(report());
  expect(status).toBe(HEALTHY);
  expect(components.every(({ health }) => health === HEALTHY)).toBe(true);
  expect(components.map(({ observedAt }) => observedAt?.toISOString())).toEqual(
    components.map(() => '2026-03-04T05:06:06.000Z'),
  );
});

test('what processes use is put together: sums, the worst delay, the oldest start', () => {
  const younger = report({
    id: 'b',
    startedAt: new Date('2026-03-04T05:06:00.000Z'),
    eventLoopDelayP99Ms: 8,
  });
  expect(picture(younger, report(), report({ id: 'c', ageMs: 15_001, cpuLoad: 9 }))).toMatchObject({
    cpuLoad: 1,
    memoryRssBytes: 200,
    eventLoopDelayP99Ms: 8,
    startedAt: new Date('2026-03-04T05:00:00.000Z'),
    uptimeSeconds: 367,
  });
  expect(picture(report({ eventLoopDelayP99Ms: null })).eventLoopDelayP99Ms).toBeNull();
});

describe('a component', () => {
  test('that was not looked at lately is unknown, however well it was', () => {
    expect(part([report({ ageMs: 15_001 })], 'database')).toEqual({
      name: 'database',
      health: UNKNOWN,
      detail: 'Nobody has looked at it lately.',
      observedAt: new Date(now.getTime() - 15_001),
      latencyMs: null,
    });
  });

  test('is unknown where the process reports and its look is old', () => {
    const stuck = report({ components: [look('database', { ageMs: 14_500 }), look('jobs')] });
    expect(part([stuck], 'database')).toMatchObject({ health: UNKNOWN });
    expect(part([stuck], 'jobs')).toMatchObject({ health: HEALTHY });
  });

  test('that one process sees badly says which, and what the others see', () => {
    const bad = look('database', { health: UNHEALTHY, detail: 'It does not answer: gone.', latencyMs: 9 });
    const reports = [
      report({ components: [look('database', { latencyMs: 2 })] }),
      report({ id: 'b', pid: 7, hostname: 'bee', components: [bad] }),
    ];
    expect(part(reports, 'database')).toMatchObject({
      health: UNHEALTHY,
      detail: 'It does not answer: gone. The process 7 on bee says so; 1 of 2 processes find nothing wrong.',
      latencyMs: 9,
    });
    expect(picture(...reports).status).toBe(UNHEALTHY);
  });

  test('that nobody expected is shown while somebody reports it, or did a moment ago', () => {
    const egress = (ageMs: number) => report({ ageMs, components: [look('egress')] });
    expect(part([egress(0)], 'egress')).toMatchObject({ health: HEALTHY });
    expect(part([egress(60_000)], 'egress')).toMatchObject({ health: UNKNOWN });
    expect(part([egress(120_001)], 'egress')).toBeUndefined();
  });
});

describe('a process that falls silent', () => {
  const [api, other] = [report({ roles: ['api'] }), report({ id: 'b', pid: 7, roles: ['worker'] })];

  test('is missed at first', () => {
    const silent = report({ id: 'c', pid: 9, roles: ['worker'], ageMs: 20_000 });
    expect(part([api, other, silent], 'worker')).toMatchObject({
      health: DEGRADED,
      detail: '1 of 2 is missing. The process 9 on ant has said nothing for 20 s.',
    });
    expect(part([api, other, silent], 'api')).toMatchObject({ health: HEALTHY });
  });

  test('makes its role unknown where it was the last', () => {
    const silent = { ...other, ageMs: 20_000 };
    expect(part([api, silent], 'worker')).toMatchObject({
      health: UNKNOWN,
      detail:
        'No process that runs jobs has been seen lately. The process 7 on ant has said nothing for 20 s.',
      observedAt: new Date(now.getTime() - 20_000),
    });
    expect(picture(api, silent).status).toBe(UNKNOWN);
  });

  test('is forgotten later', () => {
    const forgotten = report({ id: 'c', pid: 9, roles: ['worker'], ageMs: 120_001 });
    expect(part([api, other, forgotten], 'worker')).toMatchObject({
      health: HEALTHY,
      detail: '1 process runs jobs.',
    });
    expect(part([api, forgotten], 'worker')).toMatchObject({
      health: UNKNOWN,
      detail: 'No process that runs jobs has been seen lately.',
    });
  });
});

test('processes of different versions say so', () => {
  expect(part([report(), report({ id: 'b', version: '2.0.0' })], 'api').detail).toBe(
    '2 processes answer requests, of the versions 1.0.0, 2.0.0.',
  );
});
