import { expect, test } from '@jest/globals';
import { Lane, type Entry, type StepEntry } from './lane.js';
import { sizeOf, type Fields } from './report.js';

let seq = 0;
const entry = (kind: 'create' | 'finish', fields: Fields = {}): Entry => ({
  kind,
  fields,
  bytes: sizeOf(fields),
  seq: (seq += 1),
});
const step = (key: string, fields: Fields = {}): StepEntry => ({
  kind: 'step',
  key,
  fields: { key: JSON.stringify(key), ...fields },
  bytes: sizeOf({ key: JSON.stringify(key), ...fields }),
  seq: (seq += 1),
});
const running = (key: string) => step(key, { status: '"RUNNING"' });
const keysOf = (lane: Lane, most = 1000, bytes = 1_000_000) => {
  const load = lane.next(most, bytes);
  return load?.kind === 'steps' ? load.entries.map(({ key }) => key) : load?.kind;
};

test('a task is created, then its steps go together, its progress with them, and its end goes last and alone', () => {
  const lane = new Lane('a task');
  const [create, a, b, finish] = [entry('create'), step('a'), step('b'), entry('finish')];
  for (const each of [create, a, b, finish]) lane.push(each);
  lane.progress = { seq: (seq += 1), fields: { progress: '0.5' } };
  expect(keysOf(lane)).toBe('create');
  lane.remove([create]);
  expect(lane.next(1000, 1_000_000)).toMatchObject({ kind: 'steps', entries: [a, b], progress: {} });
  lane.remove([a, b]);
  expect(keysOf(lane)).toBe('progress');
  lane.progress = null;
  expect(keysOf(lane)).toBe('finish');
  lane.remove([finish]);
  expect([lane.isEmpty, lane.next(1000, 1000)]).toEqual([true, null]);
});

test('a batch has so many steps and so many bytes at most; a larger step goes alone', () => {
  const lane = new Lane('a task');
  const large = step('large', { output: `"${'x'.repeat(1000)}"` });
  for (const each of [step('a'), step('b'), step('c'), large, step('d')]) lane.push(each);
  expect(keysOf(lane, 2)).toEqual(['a', 'b']);
  expect(keysOf(lane, 1000, 500)).toEqual(['a', 'b', 'c']);
  lane.mostSteps = 1;
  expect(keysOf(lane)).toEqual(['a']);
  lane.mostSteps = Infinity;
  const first = lane.next(3, 1000);
  lane.remove(first?.kind === 'steps' ? first.entries : []);
  expect(keysOf(lane, 1000, 500)).toEqual(['large']);
});

test('the end of a step joins its beginning while that waits, and not when it is on its way', () => {
  const lane = new Lane('a task');
  const [a, b] = [running('a'), running('b')];
  lane.push(a);
  lane.push(b);
  const before = a.bytes;
  const grown = lane.join('a', { status: '"SUCCEEDED"', output: '"done"' });
  expect(a.fields).toEqual({ key: '"a"', status: '"SUCCEEDED"', output: '"done"' });
  expect(a.bytes - before).toBe(grown);
  // It has ended: what is told of it now is a report of its own.
  expect(lane.join('a', { status: '"RUNNING"' })).toBeNull();
  expect(keysOf(lane)).toEqual(['a', 'b']);
  expect(lane.join('b', { status: '"SUCCEEDED"' })).toBeNull();
  lane.push(step('b', { status: '"SUCCEEDED"' }));
  expect(keysOf(lane)).toEqual(['a', 'b', 'b']);
});

test('what is removed is counted once, wherever it stands', () => {
  const lane = new Lane('a task');
  const all = ['a', 'b', 'c', 'd'].map((key) => step(key));
  for (const each of all) lane.push(each);
  expect(lane.remove([all[1] as Entry, all[2] as Entry])).toEqual([all[1], all[2]]);
  expect(lane.remove([all[1] as Entry])).toEqual([]);
  expect(keysOf(lane)).toEqual(['a', 'd']);
  expect(lane.oldest).toBe(all[0]?.seq);
  expect(lane.clear()).toEqual([all[0], all[3]]);
  expect(lane.oldest).toBe(Infinity);
});
