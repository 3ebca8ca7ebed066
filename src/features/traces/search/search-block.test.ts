import { expect, test } from '@jest/globals';
import { codeCount, codesOf } from './grams.js';
import { blockSlots, SearchBlock, slotPieces } from './search-block.js';

const hasCode = (bits: Buffer, slot: number, code: number) =>
  (bits[(code * blockSlots) / 8 + (slot >> 3)]! & (0x80 >> (slot & 7))) !== 0;

/** The slots, counted from the block's first, that have all codes of a word. */
function slotsOf({ size, bits }: Pick<SearchBlock, 'size' | 'bits'>, word: string): number[] {
  const codes = codesOf(word);
  return Array.from({ length: size }, (_, slot) => slot).filter((slot) =>
    codes.every((code) => hasCode(bits, slot, code)),
  );
}

const step = (text: string) => ({
  name: 'x',
  errorMessage: null,
  input: JSON.stringify(text),
  output: null,
  attributes: null,
});
/** Text with about seven different codes a unit. */
const varied = (length: number) =>
  Array.from({ length: length / 8 }, (_, index) =>
    ((index + 1) * 7919 * 104_729).toString(36).slice(-7),
  ).join(' ');

test('consecutive steps of a task share a slot until it is full, those of other tasks have their own', () => {
  const block = new SearchBlock(3);
  const add = (taskId: string, seq: number, piece: string) => expect(block.add(taskId, seq, piece)).toBe('');
  add('a', 1, 'alpha');
  add('a', 2, 'beta');
  add('a', 3, `gamma ${varied(800)}`);
  add('a', 4, 'delta');
  add('a', 6, 'epsilon');
  add('b', 7, 'zeta');
  add('b', 7, 'ETA');
  add('b', 8, 'theta');
  add('b', 3, 'told again');
  expect(block.runs).toEqual([
    { taskId: 'a', firstSlot: 3 * blockSlots, firstSeqs: [1, 3, 6], lastSeqs: [3, 4, 6] },
    { taskId: 'b', firstSlot: 3 * blockSlots + 3, firstSeqs: [7, 3], lastSeqs: [8, 3] },
  ]);
  expect(block.size).toBe(5);
  expect(
    ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'eta', 'theta', 'told again', 'iota'].map((word) =>
      slotsOf(block, word),
    ),
  ).toEqual([[0], [0], [0], [1], [2], [0, 3], [3], [4], []]);
});

test('a block takes in as many slots as it has, and tells what found no room', () => {
  const block = new SearchBlock(0);
  for (let seq = 1; seq <= blockSlots; seq++) expect(block.add('a', seq * 2, 'x')).toBe('');
  expect(block.add('a', blockSlots * 2 + 2, 'y')).toBe('y');
  expect(block.add('b', 1, 'y')).toBe('y');
  expect(block.size).toBe(blockSlots);
  // The last slot still has room for some of the step that follows.
  const text = varied(1000);
  const rest = block.add('a', blockSlots * 2 + 1, text);
  expect(text.endsWith(rest)).toBe(true);
  expect(rest.length).toBeGreaterThan(300);
  expect(rest.length).toBeLessThan(700);
  expect(slotsOf(block, text.slice(0, 300))).toEqual([blockSlots - 1]);
});

test.each([
  ['letters', varied(20_000)],
  [
    'signs',
    Array.from({ length: 20_000 }, (_, at) => String.fromCodePoint(0x4e00 + ((at * 7919) % 5003))).join(''),
  ],
])(
  'every slot of a long text of %s has a bounded share of the codes, every short part stands whole in one',
  (_, text) => {
    const block = new SearchBlock(0);
    const pieces = [...slotPieces(step(text))];
    for (const piece of pieces) expect(block.add('a', 1, piece)).toBe('');
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(4096);
    const { size, bits } = block;
    for (let at = 0; at < text.length; at += 7) {
      if (slotsOf({ size, bits }, text.slice(at, at + 31)).length === 0)
        throw new Error(`${at} is not found.`);
    }
    const shares = Array.from({ length: size }, (_, slot) => {
      let codes = 0;
      for (let code = 0; code < codeCount; code++) if (hasCode(bits, slot, code)) codes++;
      return codes / codeCount;
    });
    expect(Math.max(...shares)).toBeLessThan(0.33);
    expect(Math.min(...shares.slice(0, -1))).toBeGreaterThan(0.31);
  },
);
