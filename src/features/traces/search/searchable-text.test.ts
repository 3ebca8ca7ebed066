import { expect, test } from '@jest/globals';
import { findWords, foldCase, searchedPieces, searchedWord, type SearchedStep } from './searchable-text.js';

const step = (parts: Partial<SearchedStep>): SearchedStep => ({
  name: 'call',
  errorMessage: null,
  input: null,
  output: null,
  attributes: null,
  ...parts,
});
const whole = (parts: Partial<SearchedStep>) => [...searchedPieces(step(parts), 1e9, 1)].join('');

function find(parts: Partial<SearchedStep>, ...words: string[]): string | null {
  const search = findWords(step(parts), words.map(searchedWord));
  for (;;) {
    const { done, value } = search.next();
    if (done) return value;
  }
}

/** The same numbers on every run: 0 to 1. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

test('folding case keeps every character in its place, wherever a text is cut', () => {
  for (let code = 0; code < 0x20000; code++) {
    if (code >= 0xd800 && code < 0xe000) continue;
    const char = String.fromCodePoint(code);
    const folded = foldCase(char);
    if (folded.length !== char.length) throw new Error(`U+${code.toString(16)} changes its length.`);
    // What stands around it changes nothing: a Σ at the end of a word is no other letter.
    if (foldCase(`Σ${char}Σ`) !== `σ${folded}σ`)
      throw new Error(`U+${code.toString(16)} changes with others.`);
  }
});

test.each([
  ['ISTANBUL', 'istanbul'],
  ['İSTANBUL', 'istanbul'],
  ['ısparta', 'ISPARTA'],
  ['ÄNDERUNG', 'änderung'],
  ['ΟΔΥΣΣΕΥΣ', 'οδυσσευς'],
  ['МОСКВА', 'москва'],
  ['ՀԱՅԱՍՏԱՆ', 'հայաստան'],
])('%s and %s are the same word', (one, other) => {
  expect(searchedWord(one)).toBe(searchedWord(other));
});

test('payloads are read with the escapes of their texts undone and their structure kept', () => {
  expect(whole({ input: String.raw`{"a":"say \"hi\"\nC:\\temp \u00e4\ud83d\ude00 \/"}` })).toBe(
    'call\uffff{"a":"say "hi"\nC:\\temp ä😀 /"}',
  );
  expect(whole({ errorMessage: 'it\\n broke', output: '[1,null]', attributes: '{}' })).toBe(
    'call\uffffit\\n broke\uffff[1,null]\uffff{}',
  );
  // What no text can hold, however it came here.
  expect(whole({ input: String.raw`"\u0000\uffff\ud800"` })).toBe('call\uffff"\ufffd\ufffd\ufffd"');
});

test('texts of any length are read rightly, with escapes at any place', () => {
  const random = numbers(7);
  const chars = ['"', '\\', '\n', '\t', 'u', 'n', 'a', 'ж', '京', '😀', '\u001f', ' '];
  for (let round = 0; round < 4; round++) {
    let text = '';
    while (text.length < 80_000) text += chars[Math.floor(random() * (round % 2 ? 2 : chars.length))]!;
    const plain = JSON.stringify(text);
    const written =
      round < 2
        ? plain
        : plain.replace(/[жa京]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
    expect(JSON.parse(written)).toBe(text);
    expect(whole({ input: written }) === `call\uffff"${text}"`).toBe(true);
  }
});

test('pieces overlap so that whatever is short enough stands whole in one of them', () => {
  const random = numbers(3);
  const chars = ['a', 'ß', '京', '😀', '"', '\\'];
  let text = '';
  while (text.length < 700) text += chars[Math.floor(random() * chars.length)]!;
  const input = JSON.stringify(text);
  const all = whole({ input });
  for (const [length, overlap] of [
    [50, 12],
    [64, 31],
    [701, 5],
    [10_000, 32],
  ] as const) {
    const pieces = [...searchedPieces(step({ input }), length, overlap)];
    for (const piece of pieces) {
      expect(piece.length).toBeLessThanOrEqual(length);
      expect(piece.isWellFormed()).toBe(true);
    }
    for (let at = 0; at + overlap <= all.length; at++) {
      const part = all.slice(at, at + overlap);
      if (part.isWellFormed() && !pieces.some((piece) => piece.includes(part)))
        throw new Error(`${at} is lost`);
    }
    expect(pieces.length).toBeLessThanOrEqual(Math.ceil(all.length / (length - overlap - 1)));
  }
  expect([...searchedPieces(step({ name: '' }), 50, 12)]).toEqual(['']);
});

test('a step is found by any part of it, and not across two parts', () => {
  const parts = {
    name: 'Search',
    errorMessage: 'No NEEDLE',
    input: '{"query":"hay \\"stack\\""}',
    output: '"end"',
  };
  expect(find(parts, 'needle')).toContain('NEEDLE');
  expect(find(parts, '"HAY "stack""')).toContain('hay "stack"');
  expect(find(parts, 'search', 'needle')).toContain('Search');
  expect(find(parts, 'search', 'thread')).toBeNull();
  for (const word of ['searchno', 'search no', 'search\uffffno', 'needle{', '}"end', 'hay \\"stack']) {
    expect(find(parts, word)).toBeNull();
  }
});

test('the text around a match keeps its case, and is bounded', () => {
  const text = `${'x'.repeat(200_000)} The Needle ${'y'.repeat(200_000)}`;
  const snippet = find({ input: JSON.stringify(text) }, 'nEEdle');
  expect(snippet).toContain(' The Needle y');
  expect(snippet!.length).toBeLessThan(200);
  expect(find({ name: 'needle 😀' }, '😀')).toBe('needle 😀');
});
