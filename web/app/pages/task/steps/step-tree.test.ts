import { afterEach, describe, expect, test } from '@jest/globals';
import { StepTree } from './step-tree';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Step {
  seq: number;
  key: string;
  parentKey: string | null;
}

const step = (seq: number, parent: number | null): Step => ({
  seq,
  key: `k${seq}`,
  parentKey: parent === null ? null : `k${parent}`,
});

let tree: StepTree;
afterEach(() => tree.stop());

/** A task's steps, and a tree that reads them; what it asks for is written down. */
function makeTree(steps: Step[]) {
  const state = { isDown: false, delayMs: 0 };
  const asked: string[] = [];
  const answer = async <Answer>(what: string, make: () => Answer): Promise<Answer> => {
    asked.push(what);
    // As it stands when it is asked for.
    const made = make();
    await sleep(state.delayMs);
    if (state.isDown) throw new Error('down');
    return made;
  };
  tree = new StepTree({
    parents: (fromSeq, first) =>
      answer(`${fromSeq}+${first}`, () => {
        const seqs = new Map(steps.map(({ key, seq }) => [key, seq]));
        const awaitedKeys: string[] = [];
        const parents = steps.slice(fromSeq - 1, fromSeq - 1 + first).map(({ parentKey }) => {
          if (parentKey === null) return 0;
          return seqs.get(parentKey) ?? -awaitedKeys.push(parentKey);
        });
        return { parents, awaitedKeys };
      }),
    seqs: (keys) => answer(keys.join(), () => steps.filter(({ key }) => keys.includes(key))),
  });
  const live = (...told: Step[]) => {
    for (const one of told) steps[one.seq - 1] = one;
    tree.take(told);
    tree.grow(steps.length);
  };
  return { tree, steps, asked, state, live };
}

/** The tree as `depth:seq`. */
const shown = ({ outline }: StepTree) =>
  Array.from({ length: outline.count }, (_, index) => `${outline.depthAt(index)}:${outline.seqAt(index)}`);

async function until(what: string, check: () => boolean): Promise<void> {
  for (let left = 2_000; left > 0 && !check(); left -= 1) await sleep(1);
  if (!check()) throw new Error(`It did not come to pass: ${what}`);
}

describe('reading', () => {
  test('nothing is read until it is wanted; then a little, and then much at a time', async () => {
    const { asked } = makeTree(Array.from({ length: 120_000 }, (_, index) => step(index + 1, index || null)));
    tree.grow(120_000);
    await sleep(5);
    expect(asked).toEqual([]);
    tree.want(true);
    await until('something is shown', () => tree.outline.count > 0);
    expect(tree.outline.count).toBeLessThan(120_000);
    expect(tree.progress).toBeGreaterThan(0);
    await until('all is shown', () => tree.outline.count === 120_000);
    expect(tree.progress).toBeNull();
    expect(asked).toEqual(['1+10000', '10001+50000', '60001+50000', '110001+10000']);
  });

  test('a fault stops it until it is tried again', async () => {
    const { asked, state } = makeTree([step(1, null)]);
    state.isDown = true;
    tree.grow(1);
    tree.want(true);
    await until('the fault is known', () => tree.fault !== null);
    tree.grow(2);
    expect(asked).toEqual(['1+1']);
    state.isDown = false;
    tree.retry();
    await until('it is shown', () => tree.outline.count === 1);
    // The second is not there yet.
    expect([tree.fault, tree.progress, asked.length]).toEqual([null, null, 2]);
  });
});

describe('what comes live', () => {
  test('stands below parents that are known, asked for, or told of later', async () => {
    const { asked, live } = makeTree([step(1, null), step(2, 1)]);
    tree.grow(2);
    tree.want(true);
    await until('it is read', () => tree.outline.count === 2);
    live(step(3, 2), step(4, 3), step(5, 99), step(6, 7));
    await until('they are there', () => tree.outline.count === 6);
    expect(shown(tree)).toEqual(['0:1', '1:2', '2:3', '3:4', '0:5', '0:6']);
    live(step(7, 2), step(8, 99));
    await until('they are there', () => tree.outline.count === 8);
    expect(shown(tree)).toEqual(['0:1', '1:2', '2:3', '3:4', '2:7', '3:6', '0:5', '0:8']);
    // Key 99 is known not to be there, and key 2 to be.
    expect(asked).toEqual(['1+2', 'k2,k99,k7']);
  });

  test('is not undone by what was read before it', async () => {
    const { state, live } = makeTree([step(1, null), step(2, 3)]);
    state.delayMs = 20;
    tree.grow(2);
    tree.want(true);
    // The answer on its way knows nothing of these.
    live(step(3, 1), step(1, null), { ...step(2, 3), parentKey: 'k1' });
    await until('all is there', () => tree.outline.count === 3 && tree.progress === null);
    await until('it is ordered', () => shown(tree).join() === '0:1,1:2,1:3');
  });

  test('is put in place a few times a second at most, however much it is', async () => {
    const { live } = makeTree([step(1, null)]);
    tree.grow(1);
    tree.want(true);
    await until('it is read', () => tree.outline.count === 1);
    let told = 0;
    tree.subscribe(() => (told += 1));
    for (let seq = 2; seq <= 41; seq += 1) {
      live(step(seq, seq - 1));
      await sleep(5);
    }
    await until('all are there', () => tree.outline.count === 41);
    expect(told).toBeLessThan(20);
  });

  test('waits while the tree is not shown', async () => {
    const { live } = makeTree([step(1, null)]);
    tree.grow(1);
    tree.want(true);
    await until('it is read', () => tree.outline.count === 1);
    tree.want(false);
    live(step(2, 1));
    await sleep(150);
    expect(tree.outline.count).toBe(1);
    tree.want(true);
    await until('it is there', () => tree.outline.count === 2);
  });
});

describe('folding', () => {
  const steps = () => [step(1, null), step(2, 1), step(3, 2), step(4, null), step(5, 4)];

  test('one, all, and all but one', async () => {
    const { live } = makeTree(steps());
    tree.grow(5);
    tree.want(true);
    await until('it is read', () => tree.outline.count === 5);
    tree.fold(1, true);
    expect(shown(tree)).toEqual(['0:1', '0:4', '1:5']);
    tree.foldAll(true);
    expect(shown(tree)).toEqual(['0:1', '0:4']);
    tree.fold(1, false);
    expect(shown(tree)).toEqual(['0:1', '1:2', '0:4']);
    live(step(6, 5));
    await sleep(150);
    expect([shown(tree), tree.isFolded(5)]).toEqual([['0:1', '1:2', '0:4'], true]);
    tree.foldAll(false);
    expect(tree.outline.count).toBe(6);
  });

  test('what a step lies in is unfolded for it, also where that is only read later', async () => {
    const { state } = makeTree(steps());
    tree.grow(5);
    state.delayMs = 5;
    tree.want(true);
    tree.foldAll(true);
    tree.reveal(3);
    await until('it is read', () => tree.outline.count > 0);
    expect(shown(tree)).toEqual(['0:1', '1:2', '2:3', '0:4']);
    tree.fold(1, true);
    expect(shown(tree)).toEqual(['0:1', '0:4']);
    tree.reveal(5);
    expect(shown(tree)).toEqual(['0:1', '0:4', '1:5']);
  });
});
