import { describe, expect, test } from '@jest/globals';
import { TaskStatus } from './task-enums.js';
import { isFinished, mayFollow, requireTransition } from './task-state.js';

const all = Object.values(TaskStatus);
/** Every pair that may be, written out once more by hand. */
const allowed = new Set([
  'QUEUED RUNNING',
  'QUEUED FAILED',
  'QUEUED CANCELLED',
  'RUNNING WAITING_FOR_HUMAN',
  'RUNNING QUEUED',
  'RUNNING SUCCEEDED',
  'RUNNING FAILED',
  'RUNNING TIMED_OUT',
  'RUNNING CANCELLED',
  'WAITING_FOR_HUMAN RUNNING',
  'WAITING_FOR_HUMAN SUCCEEDED',
  'WAITING_FOR_HUMAN FAILED',
  'WAITING_FOR_HUMAN TIMED_OUT',
  'WAITING_FOR_HUMAN CANCELLED',
  'FAILED QUEUED',
  'TIMED_OUT QUEUED',
  'CANCELLED QUEUED',
]);

describe('the states of a task', () => {
  test.each(all.flatMap((from) => all.map((to) => [from, to] as const)))('%s to %s', (from, to) => {
    const may = allowed.has(`${from} ${to}`);
    expect(mayFollow(from, to)).toBe(may);
    if (may) expect(() => requireTransition(from, to)).not.toThrow();
    else expect(() => requireTransition(from, to)).toThrow(`The task is ${from} and cannot become ${to};`);
  });

  test('of which four are ends', () => {
    expect(all.filter(isFinished)).toEqual(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'CANCELLED']);
  });

  test('a refusal is a CONFLICT that says what may follow', () => {
    expect(() => requireTransition(TaskStatus.SUCCEEDED, TaskStatus.QUEUED)).toThrow(
      expect.objectContaining({
        code: 'CONFLICT',
        message: 'The task is SUCCEEDED and cannot become QUEUED; from SUCCEEDED it may become nothing.',
      }),
    );
    expect(() => requireTransition(TaskStatus.FAILED, TaskStatus.RUNNING)).toThrow('it may become QUEUED.');
  });
});
