import { expect, test } from '@jest/globals';
import { exampleStep } from './example-step';
import { treeOf } from './step-tree';

/** One step for each `key` or `key<parent`, numbered from 1. */
const stepsOf = (text: string) =>
  text.split(' ').map((told, index) => {
    const [key = '', parentKey = null] = told.split('<');
    return exampleStep(index + 1, { key, parentKey });
  });
/** The tree as `depth:key`, with how many there are below where there are any. */
const shownOf = (text: string, folded: number[] = []) =>
  treeOf(stepsOf(text), new Set(folded))
    .map(({ row, depth, childCount }) => `${depth}:${row.key}${childCount > 0 ? `(${childCount})` : ''}`)
    .join(' ');

test('steps stand below their parents, siblings in the order of their numbers', () => {
  expect(shownOf('a b<a c d<b e<a')).toBe('0:a(2) 1:b(1) 2:d 1:e 0:c');
});

test('a child may be told of before its parent', () => {
  expect(shownOf('b<a c<a a')).toBe('0:a(2) 1:b 1:c');
});

test('what lies below a folded step is left out, all the way down', () => {
  expect(shownOf('a b<a c<b d', [1])).toBe('0:a(1) 0:d');
  expect(shownOf('a b<a c<b d', [2])).toBe('0:a(1) 1:b(1) 0:d');
});

test('a parent that is not there leaves its children at the top', () => {
  expect(shownOf('b<a c<b')).toBe('0:b(1) 1:c');
});

test('steps that name themselves or each other as parents are all shown, once', () => {
  expect(shownOf('a<a b')).toBe('0:a 0:b');
  expect(shownOf('x a<b b<c c<a y<b')).toBe('0:x 0:a(1) 1:c(1) 2:b(2) 3:y');
});

test('a chain of 20,000 is no deeper than memory', () => {
  const rows = Array.from({ length: 20_000 }, (_, index) =>
    exampleStep(index + 1, { key: `k${index}`, parentKey: index === 0 ? null : `k${index - 1}` }),
  );
  expect(treeOf(rows, new Set()).at(-1)).toMatchObject({ depth: 19_999, childCount: 0 });
});
