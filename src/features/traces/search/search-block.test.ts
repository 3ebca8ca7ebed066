import { expect, test } from '@jest/globals';
import { codesOf } from './grams.js';
import { blockSlots, SearchBlock, slotPieces } from './search-block.js';

/** The slots, counted from the block's first, that have all codes of a word. */
function slotsOf(block: SearchBlock, word: string): number[] {
  const hasCode = (slot: number, code: number) =>
    (block.bits[(code * blockSlots) / 8 + (slot >> 3)]! & (0x80 >> (slot & 7))) !== 0;
  return Array.from({ length: blockSlots }, (_, slot) => slot).filter((slot) =>
    codesOf(word).every((code) => hasCode(slot, code)),
  );
}

const words = (word: string, length: number) =>
  `${word} `.repeat(Math.ceil(length / (word.length + 1))).slice(0, length);

test('short steps of a task share a slot, long ones and those of other tasks have their own', () => {
  const block = new SearchBlock(3);
  const add = (taskId: string, seq: number, piece: string) =>
    expect(block.add(taskId, seq, piece)).toBe(true);
  add('a', 1, words('alpha', 400));
  add('a', 2, words('beta', 400));
  add('a', 3, words('gamma', 400));
  add('a', 5, 'delta');
  add('b', 6, 'epsilon');
  add('b', 7, words('zeta', 1000));
  add('b', 7, words('ETA', 500));
  add('b', 8, 'theta');
  expect(block.runs).toEqual([
    { taskId: 'a', firstSlot: 3 * blockSlots, firstSeqs: [1, 3, 5], lastSeqs: [2, 3, 5] },
    { taskId: 'b', firstSlot: 3 * blockSlots + 3, firstSeqs: [6, 7, 7], lastSeqs: [6, 7, 8] },
  ]);
  expect(block.size).toBe(6);
  expect(
    ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta', 'iota'].map((word) =>
      slotsOf(block, word),
    ),
  ).toEqual([[0], [0], [1], [2], [3], [4], [0, 4, 5], [5], []]);
});

test('a block takes in as many slots as it has', () => {
  const block = new SearchBlock(0);
  for (let seq = 1; seq <= blockSlots; seq++) expect(block.add('a', seq * 2, 'x')).toBe(true);
  expect(block.add('a', blockSlots * 2 + 2, 'y')).toBe(false);
  expect(block.add('b', 1, 'y')).toBe(false);
  expect(block.size).toBe(blockSlots);
  // The last slot still has room for the step that follows.
  expect(block.add('a', blockSlots * 2 + 1, 'y')).toBe(true);
});

test('a long step has many pieces, each small enough for its slot', () => {
  const step = {
    name: 'x',
    errorMessage: null,
    input: JSON.stringify('lorem ipsum '.repeat(2000)),
    output: null,
    attributes: null,
  };
  const pieces = [...slotPieces(step)];
  expect(pieces.length).toBe(25);
  for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(1000);
});
