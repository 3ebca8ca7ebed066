import { expect, test } from '@jest/globals';
import { readTaskView, writeTaskView } from './task-view';

const read = (query: string) => readTaskView(new URLSearchParams(query));

test('what makes no sense in an address is left out', () => {
  const nonsense =
    'status=LOST&order=SIDEWAYS&min-ms=&min-cost=%20&min-cost=cheap&asked=perhaps&q=%20' +
    '&finished-after=12026-01-01&finished-before=-271821-04-20';
  expect(read(nonsense)).toEqual({ filter: {}, orderBy: 'NEWEST' });
});

test('a view comes back from its address as it was', () => {
  const view = read(
    'status=FAILED&min-ms=0&min-cost=0.5&finished-after=2026-03-01T10:00Z&order=OLDEST&tag=a,b',
  );
  expect(view.filter).toMatchObject({ minLatencyMs: 0, finishedAfter: '2026-03-01T10:00:00.000Z' });
  expect(readTaskView(writeTaskView(view))).toEqual(view);
});
