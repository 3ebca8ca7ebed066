import { expect, test } from '@jest/globals';
import { columnsOf, csvLine, csvRow, jsonLine } from './item-export.js';

test.each([
  ['plain', 'plain'],
  ['a, b', '"a, b"'],
  ['say "x"', '"say ""x"""'],
  ['two\nlines', '"two\nlines"'],
  ['=HYPERLINK("http://x")', `"'=HYPERLINK(""http://x"")"`],
  ['+49 30 1234', `"'+49 30 1234"`],
  ['@SUM(A1)', `"'@SUM(A1)"`],
  ['-cmd', `"'-cmd"`],
  [' =1+1', `"' =1+1"`],
  ['\t=1', `"'\t=1"`],
  ['＝1+1', `"'＝1+1"`],
  ['-5', '-5'],
  ['+1.50', '+1.50'],
  ['-12,5%', '"-12,5%"'],
  ['', ''],
])('%j is the cell %s', (text, cell) => {
  expect(csvLine([text])).toBe(`${cell}\r\n`);
});

test('the page stands beside the fields, unless a field has its name', () => {
  expect(columnsOf(['a', 'b'], [])).toEqual(['a', 'b', 'page']);
  expect(columnsOf(['page', 'b'], [])).toEqual(['page', 'b']);
  expect(csvRow({ a: ['x', 'y'], b: null }, 'http://p', ['a', 'b', 'page'])).toBe('"x\ny",,http://p\r\n');
  expect(JSON.parse(jsonLine({ page: 'mine', a: '1' }, 'http://p'))).toEqual({ page: 'mine', a: '1' });
  expect(jsonLine({ a: 'x\ny' }, 'http://p')).toBe('{"page":"http://p","a":"x\\ny"}\n');
});
