import { expect, test } from '@jest/globals';
import { codeCount, codesOf, lookedUpLength, markGramsAt } from './grams.js';

function markGrams(text: string, mark: (code: number) => void): void {
  for (let start = 0; start < text.length; start++) markGramsAt(text, start, mark);
}

function codesOfText(text: string): Set<number> {
  const codes = new Set<number>();
  markGrams(text, (code) => codes.add(code));
  return codes;
}

const text =
  'the customer wrote "order_8f31c could not be found" to the desk; заказ не найден, 北京市朝阳区, الطلب غير موجود 🙂🙂 {"status":"failed"}'.repeat(
    3,
  );

test('whatever stands in a text is told by codes that the text has', () => {
  const codes = codesOfText(text);
  for (let length = 1; length <= 40; length += length < 8 ? 1 : 11) {
    for (let at = 0; at + length <= text.length; at++) {
      const missing = codesOf(text.slice(at, at + length)).filter((code) => !codes.has(code));
      if (missing.length > 0) throw new Error(`"${text.slice(at, at + length)}" is not found.`);
    }
  }
});

test('every word has codes, and not too many to look up', () => {
  for (const word of ['a', 'ok', '京', '北京', '🙂', 'the', 'order', 'x'.repeat(500), text.slice(0, 200)]) {
    const codes = codesOf(word);
    expect(codes.length).toBeGreaterThan(0);
    expect(codes.length).toBeLessThanOrEqual(16);
    for (const code of codes) expect(Number.isInteger(code) && code >= 0 && code < codeCount).toBe(true);
  }
  expect(codesOf(text)).toEqual(codesOf(text.slice(0, lookedUpLength)));
});

test('words that do not stand in a text are nearly always told from it', () => {
  const codes = codesOfText(text);
  const words = ['refund', 'invoice', 'xyz', 'zq', '上海', 'москва', 'e5d0', 'customers wrote', '🙃', 'Ж'];
  const mistaken = words.filter((word) => codesOf(word).every((code) => codes.has(code)));
  expect(mistaken).toEqual([]);
});

test('words that stand apart are told from words beside each other', () => {
  const apart = codesOfText('a common thing, and words that stand apart; a word is common');
  for (const words of ['common word', 'words apart', 'thing stand', 'stand; apart', '"common":"word']) {
    expect([words, codesOf(words).every((code) => apart.has(code))]).toEqual([words, false]);
  }
});

test('codes are spread evenly', () => {
  const counts = new Uint32Array(codeCount);
  let marks = 0;
  for (let number = 0; number < 5_000; number++) {
    markGrams(`${number} ${(number * 7919).toString(36)} `, (code) => {
      counts[code]!++;
      marks++;
    });
  }
  const used = counts.filter((count) => count > 0).length;
  expect(used).toBeGreaterThan(codeCount * 0.98);
  expect(Math.max(...counts)).toBeLessThan(marks / 20);
});
