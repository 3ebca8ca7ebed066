import { expect, test } from '@jest/globals';
import { slugForm, slugOf, withRandomEnding } from './slug.js';

test.each([
  ['Ünited Robots!', 'united-robots'],
  ['  a  b  ', 'a-b'],
  ['日本', 'project'],
  ['', 'project'],
  [`${'x'.repeat(62)} y`, 'x'.repeat(62)],
])('slugOf(%j) is %s', (name, slug) => {
  expect(slugOf(name)).toBe(slug);
  expect(slugOf(name)).toMatch(slugForm);
});

test('a random ending keeps the form and the length', () => {
  for (const slug of ['a', 'x'.repeat(63), `${'x'.repeat(53)}-y`]) {
    expect(withRandomEnding(slug)).toMatch(slugForm);
    expect(withRandomEnding(slug)).not.toBe(withRandomEnding(slug));
  }
});

test.each(['a', 'a-b', '0', 'x'.repeat(63)])('%s is a slug', (slug) => expect(slug).toMatch(slugForm));
test.each(['', '-a', 'a-', 'A', 'a_b', 'a b', 'x'.repeat(64), 'a\n'])('%j is no slug', (slug) =>
  expect(slug).not.toMatch(slugForm),
);
