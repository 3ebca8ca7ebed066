import { describe, expect, test } from '@jest/globals';
import { readMoment } from './read-moment';

/** In the zone of the machine, as a reader would say it. */
const at = (text: string) => new Date(text).getTime();
const start = at('2026-03-01T13:55:40.500');
const read = (text: string, startMs: number | null = start) => {
  const moment = readMoment(text, startMs);
  return 'ms' in moment ? moment.ms : moment.problem;
};

test.each<[string, number]>([
  ['90 s', 90],
  ['90s', 90],
  ['90', 90],
  ['+90', 90],
  ['0', 0],
  ['1:30', 90],
  [' 1:30 ', 90],
  ['+1:30', 90],
  ['90:00', 5_400],
  ['0:01.5', 1.5],
  ['+1:30:00', 5_400],
  ['25:00:00', 90_000],
  ['250 ms', 0.25],
  ['+4.2 s', 4.2],
  ['4,2 s', 4.2],
  ['3m 07s', 187],
  ['2h 05m', 7_500],
  ['3d 04h', 273_600],
  ['1 hour 5 minutes', 3_900],
  ['2 min', 120],
  ['１：３０', 90],
])('%j is so many seconds after the beginning: %d', (text, seconds) => {
  expect(read(text)).toBe(start + seconds * 1_000);
});

test.each<[string, string]>([
  ['14:05:30', '2026-03-01T14:05:30'],
  ['13:55:40', '2026-03-01T13:55:40'],
  ['13:55:00', '2026-03-01T13:55:00'],
  ['13:54:59', '2026-03-02T13:54:59'],
  ['00:10:00.250', '2026-03-02T00:10:00.250'],
  ['2:05 pm', '2026-03-01T14:05'],
  ['2 PM', '2026-03-01T14:00'],
  ['12:30 a.m.', '2026-03-02T00:30'],
  ['12 pm', '2026-03-02T12:00'],
  ['2:05:30\u202fPM', '2026-03-01T14:05:30'],
])('%j is the first such time of the clock since: %s', (text, time) => {
  expect(read(text)).toBe(at(time));
});

test.each<[string, string]>([
  ['2026-03-01', '2026-03-01T00:00'],
  ['2026-03-01 14:05', '2026-03-01T14:05'],
  ['2026-03-01T14:05:30.250Z', '2026-03-01T14:05:30.250Z'],
  ['2026-03-01T14:05+02:00', '2026-03-01T12:05Z'],
  ['Mar 1, 2026, 2:05:30 PM', '2026-03-01T14:05:30'],
])('%j is a date: %s', (text, time) => {
  expect(read(text)).toBe(at(time));
  expect(read(text, null)).toBe(at(time));
});

describe('what is no time is told', () => {
  test.each([
    '',
    ' ',
    'soon',
    'step 5',
    '-5',
    '+',
    '+ soon',
    '1:75',
    '13:60:00',
    '13 pm',
    '0 am',
    '5 x',
    '5 s x',
    '5 sx',
    '2026-13-45',
    '+2026-03-01',
    '1e9',
    '9'.repeat(400),
    '99999999 d',
    '\u0000',
  ])('%j', (text) => {
    expect(read(text)).toMatch(/is no time\. Write 1:30/);
    expect(String(read(text)).length).toBeLessThan(200);
  });
});

test('without a known beginning only a date will do', () => {
  for (const text of ['90 s', '1:30', '14:05:30', '2 pm']) {
    expect(read(text, null)).toMatch(/not known when the task began: write a date/);
  }
});
