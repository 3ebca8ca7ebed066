import { expect, test } from '@jest/globals';
import { codeBlocksOf } from './code-blocks';

const codesOf = (text: string) =>
  codeBlocksOf(text).map(({ codeFrom, codeTo }) => text.slice(codeFrom, codeTo));

test.each([
  ['no fence', 'a `b` c', []],
  ['a block with its language', 'See:\n```ts\nlet a;\n```\nDone', ['let a;\n']],
  ['a fence within a line', 'See: ```ts\nlet a;\n```', ['let a;\n']],
  ['code within one line is none', 'Call ```f()``` now', []],
  ['a longer fence holds shorter ones', '````md\n```\nx\n```\n````', ['```\nx\n```\n']],
  ['what is not closed goes to the end', '```\nx', ['x']],
  ['two of them', '```\na\n```\nand\n```\nb\n```', ['a\n', 'b\n']],
])('%s', (_, text, codes) => expect(codesOf(text)).toEqual(codes));

test('a block begins and ends with its fences', () => {
  const text = 'See:\n```ts\nlet a;\n```\nDone';
  const [block] = codeBlocksOf(text);
  expect(text.slice(block?.from, block?.to)).toBe('```ts\nlet a;\n```\n');
});

test('of a text of nothing but fences only so many are looked at', () => {
  expect(codeBlocksOf('```\n'.repeat(100_000)).length).toBe(1_000);
});
