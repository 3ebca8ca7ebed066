import { expect, test } from '@jest/globals';
import { ProblemTeller, type Problem } from './problem.js';

test('a flood of one kind is told in part, and counted in full', () => {
  let now = 0;
  const told: Problem[] = [];
  const teller = new ProblemTeller(
    (problem) => told.push(problem),
    () => now,
  );
  for (let index = 0; index < 1000; index += 1) teller.tell({ code: 'DROPPED', message: 'full', reports: 2 });
  teller.tell({ code: 'REJECTED', message: 'bad', reports: 1 });
  expect(told.map(({ code }) => code)).toEqual([...Array.from({ length: 5 }, () => 'DROPPED'), 'REJECTED']);
  now = 10_000;
  teller.tell({ code: 'DROPPED', message: 'still full', reports: 1 });
  expect(told.at(-1)).toEqual({ code: 'DROPPED', message: 'still full', reports: 995 * 2 + 1 });
  for (let index = 0; index < 10; index += 1) teller.tell({ code: 'DROPPED', message: 'full', reports: 1 });
  teller.tellHeld();
  expect(told.filter(({ code }) => code === 'DROPPED').reduce((sum, { reports }) => sum + reports, 0)).toBe(
    2011,
  );
});

test('a listener that throws harms nobody', () => {
  const teller = new ProblemTeller(() => {
    throw new Error('no');
  });
  expect(() => teller.tell({ code: 'MISUSED', message: 'm', reports: 1 })).not.toThrow();
});
