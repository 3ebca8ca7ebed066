import { describe, expect, test } from '@jest/globals';
import { StepOutline } from './step-outline';
import { StepShape } from './step-shape';

interface Told {
  seq: number;
  key: string;
  parentKey: string | null;
}

/** One step for each `key` or `key<parent`, numbered from 1. */
const stepsOf = (text: string): Told[] =>
  text.split(' ').map((told, index) => {
    const [key = '', parentKey = null] = told.split('<');
    return { seq: index + 1, key, parentKey };
  });

function shapeOf(steps: readonly Told[]): StepShape {
  const shape = new StepShape();
  for (const { key, seq } of steps) shape.meet(key, seq);
  for (const { seq, parentKey } of steps) shape.place(seq, parentKey);
  return shape;
}

function outlineOf(shape: StepShape, folded: ReadonlySet<number>, outline = new StepOutline()): StepOutline {
  for (const build = outline.build(shape, (seq) => folded.has(seq)); !build.next().done;);
  return outline;
}

const depthsOf = (outline: StepOutline) =>
  Array.from({ length: outline.count }, (_, index) => `${outline.depthAt(index)}:${outline.seqAt(index)}`);

/** The tree as `depth:key`, with + where there are any below. */
const shownOf = (text: string, folded: number[] = []) => {
  const steps = stepsOf(text);
  const outline = outlineOf(shapeOf(steps), new Set(folded));
  return depthsOf(outline)
    .map((at) => {
      const [depth, seq] = at.split(':').map(Number);
      return `${depth}:${steps[Number(seq) - 1]?.key}${outline.hasChildren(Number(seq)) ? '+' : ''}`;
    })
    .join(' ');
};

describe('the order', () => {
  test('steps stand below their parents, siblings in the order of their numbers', () => {
    expect(shownOf('a b<a c d<b e<a')).toBe('0:a+ 1:b+ 2:d 1:e 0:c');
  });

  test('a child may be told of before its parent', () => {
    expect(shownOf('b<a c<a a')).toBe('0:a+ 1:b 1:c');
  });

  test('what lies below a folded step is left out, all the way down', () => {
    expect(shownOf('a b<a c<b d', [1])).toBe('0:a+ 0:d');
    expect(shownOf('a b<a c<b d', [2])).toBe('0:a+ 1:b+ 0:d');
  });

  test('a parent that is not there leaves its children at the top', () => {
    expect(shownOf('b<a c<b')).toBe('0:b+ 1:c');
  });

  test('of steps that name themselves or each other as parents, the first stands at the top', () => {
    expect(shownOf('a<a b')).toBe('0:a 0:b');
    expect(shownOf('x a<b b<c c<a y<b')).toBe('0:x 0:a+ 1:c+ 2:b+ 3:y');
    expect(shownOf('y<b a<b b<a')).toBe('0:a+ 1:b+ 2:y');
  });

  test('a chain of 200,000 is no deeper than memory', () => {
    const shape = new StepShape();
    shape.learn(
      1,
      Array.from({ length: 200_000 }, (_, index) => index),
      [],
    );
    const outline = outlineOf(shape, new Set());
    expect([outline.count, outline.depthAt(199_999), outline.indexOf(200_000)]).toEqual([
      200_000, 199_999, 199_999,
    ]);
  });

  test('a step stands where the one does that it is folded in', () => {
    const outline = outlineOf(shapeOf(stepsOf('a b<a c<b d')), new Set([1]));
    expect([1, 2, 3, 4, 5].map((seq) => outline.indexOf(seq))).toEqual([0, -1, -1, 1, -1]);
    expect([1, 2, 3, 4, 5].map((seq) => outline.indexNear(seq))).toEqual([0, 0, 0, 1, -1]);
  });

  test('of a parent that is only told of by its children, they stand below it', () => {
    const shape = new StepShape();
    shape.learn(1, [9, 9, 0], []);
    expect(depthsOf(outlineOf(shape, new Set()))).toEqual(['0:3', '0:9', '1:1', '1:2']);
    shape.learn(4, [9, 0, 0, 0, 0, 3], []);
    expect(depthsOf(outlineOf(shape, new Set()))).toEqual([
      ...['0:3', '1:9', '2:1', '2:2', '2:4'],
      ...['0:5', '0:6', '0:7', '0:8'],
    ]);
  });
});

describe('what comes in', () => {
  test('windows leave alone what came live before them', () => {
    const shape = new StepShape();
    shape.meet('new', 5);
    shape.place(2, null);
    shape.place(5, null);
    shape.learn(1, [-1, -1, 0, -2], ['new', 'never']);
    expect(depthsOf(outlineOf(shape, new Set()))).toEqual(['0:2', '0:3', '0:4', '0:5', '1:1']);
  });

  test('a step that waits for a parent goes below another that it is told of since', () => {
    const shape = shapeOf(stepsOf('a b<late c<late'));
    shape.place(2, 'a');
    shape.meet('late', 4);
    shape.place(4, null);
    expect(depthsOf(outlineOf(shape, new Set()))).toEqual(['0:1', '1:2', '0:4', '1:3']);
  });

  test('what a step lies in is known, also where it goes round', () => {
    const shape = shapeOf(stepsOf('a b<a c<b d<e e<d'));
    expect([...shape.ancestorsOf(3)]).toEqual([2, 1]);
    expect([...shape.ancestorsOf(4)]).toEqual([5]);
    expect([...shape.ancestorsOf(99)]).toEqual([]);
  });

  test('keys are forgotten when there are very many, but not what waits for one', () => {
    const shape = new StepShape();
    shape.place(1, 'late');
    for (let seq = 2; seq <= 60_000; seq += 1) shape.meet(`k${seq}`, seq);
    shape.forgetKeys();
    expect(['k2', 'k60000', 'late', null].map((key) => shape.canPlace(key))).toEqual([
      false,
      true,
      true,
      true,
    ]);
    shape.meet('late', 60_001);
    expect(shape.parents[1]).toBe(60_001);
  });
});

/** A small pseudo-random source, the same on every run. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

/** As StepOutline, told in the plainest way. */
function plainOrder(steps: readonly Told[], folded: ReadonlySet<number>): string[] {
  const seqs = new Map(steps.map(({ key, seq }) => [key, seq]));
  const parents = new Map(steps.map(({ seq, parentKey }) => [seq, seqs.get(parentKey ?? '') ?? 0]));
  for (const { seq } of steps) {
    const circle = [seq];
    for (let at = parents.get(seq)!; at > 0 && !circle.includes(at); at = parents.get(at)!) circle.push(at);
    const isCircle = parents.get(circle.at(-1)!) === seq;
    if (isCircle && seq === Math.min(...circle)) parents.set(seq, 0);
  }
  const below = (parent: number, depth: number): string[] =>
    steps.flatMap(({ seq }) => {
      if (parents.get(seq) !== parent) return [];
      return [`${depth}:${seq}`, ...(folded.has(seq) ? [] : below(seq, depth + 1))];
    });
  return below(0, 0);
}

test('random forests are as the plain model has them, however they are told', () => {
  const outline = new StepOutline();
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = randomOf(seed);
    const count = 1 + random(40);
    // Of some keys there is no step; who is told first is any.
    const steps = Array.from({ length: count }, (_, index) => ({
      seq: index + 1,
      key: `k${index + 1}`,
      parentKey: random(5) === 0 ? null : `k${1 + random(count + 3)}`,
    }));
    const folded = new Set(steps.filter(() => random(4) === 0).map(({ seq }) => seq));
    const shape = new StepShape();
    const readCount = random(count + 1);
    const seqs = new Map(steps.slice(0, readCount).map(({ key, seq }) => [key, seq]));
    const awaitedKeys = [
      ...new Set(steps.slice(0, readCount).flatMap(({ parentKey }) => parentKey ?? [])),
    ].filter((key) => !seqs.has(key));
    const parents = steps.slice(0, readCount).map(({ parentKey }) => {
      if (parentKey === null) return 0;
      return seqs.get(parentKey) ?? -1 - awaitedKeys.indexOf(parentKey);
    });
    // Some of those that are read came live before, with another parent or none; the rest comes live, one at a time.
    const isEarly = random(2) === 0;
    const early = steps.slice(0, readCount).filter(() => isEarly && random(6) === 0);
    for (const { key, seq, parentKey } of early) {
      shape.meet(key, seq);
      shape.place(seq, random(2) === 0 ? parentKey : 'another');
    }
    const cut = random(readCount + 1);
    shape.learn(cut + 1, parents.slice(cut), awaitedKeys);
    shape.learn(1, parents.slice(0, cut), awaitedKeys);
    for (const { key, seq, parentKey } of [...early, ...steps.slice(readCount)]) {
      shape.meet(key, seq);
      const parent = steps.find((step) => step.key === parentKey);
      if (parent && parent.seq <= Math.max(seq, readCount)) shape.meet(parent.key, parent.seq);
      shape.place(seq, parentKey);
    }
    expect([seed, depthsOf(outlineOf(shape, folded, outline))]).toEqual([seed, plainOrder(steps, folded)]);
  }
});
