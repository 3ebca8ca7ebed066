import { expect, test } from '@jest/globals';
import { describeBroken, splitRecords } from './record-splitter.js';

/** Records as "line: value", broken places in words. */
function split(text: string): string[] {
  const bytes = Buffer.from(text);
  return splitRecords(bytes).map((entry) =>
    entry.kind === 'BROKEN'
      ? describeBroken(entry)
      : `${entry.line}: ${JSON.stringify(JSON.parse(bytes.subarray(entry.start, entry.end).toString()))}`,
  );
}

const threeRecords = JSON.stringify([{ a: 1, t: [{ x: 'é' }] }, { a: 2, t: [] }, { a: 3 }], null, 2);

test('a pretty-printed array', () => {
  expect(split(threeRecords)).toEqual(['2: {"a":1,"t":[{"x":"é"}]}', '10: {"a":2,"t":[]}', '14: {"a":3}']);
  expect(split(`\uFEFF${threeRecords.replaceAll('\n', '\r\n')}`)).toHaveLength(3);
});

test('an array on one line, and an empty one', () => {
  expect(split('[{"a":"[{,"},{"b":2}]')).toEqual(['1: {"a":"[{,"}', '1: {"b":2}']);
  expect(split(' [ ] \n')).toEqual([]);
});

test('JSON Lines, with empty lines between', () => {
  expect(split('{"a":1}\n\n{"a":2}\r\n')).toEqual(['1: {"a":1}', '3: {"a":2}']);
  expect(split('{"a":1}\n{"a":\n{"a":3} x\n{"a":4}')).toEqual([
    '1: {"a":1}',
    'line 2, column 6, record 2: expected a value, got the end of the text',
    "line 3, column 9, record 3: expected the end of the line, got 'x'",
    '4: {"a":4}',
  ]);
});

test('a single record over several lines is a record; several such are asked for in another form', () => {
  expect(split('{\n"a":1\n}\n')).toEqual(['1: {"a":1}']);
  expect(split('{\n"a":1\n}\n{\n"a":2\n}')).toEqual([
    'line 1, column 1, before the first record: expected a JSON array of records, or one record a line, got a record over several lines',
  ]);
});

test.each([
  [
    'a comma too many',
    '"a": 2,',
    '"a": 2,,',
    "line 11, column 12, record 2: expected a name in double quotes, got ','",
  ],
  ['NaN', '"a": 2', '"a": NaN', "line 11, column 10, record 2: expected a value, got 'N'"],
  [
    'a missing quote',
    '"a": 2',
    '"a: 2',
    "line 11, column 11, record 2: expected '\"' at the end of the string, got the end of the line",
  ],
  ['a missing bracket', '"t": []', '"t": [', "line 13, column 3, record 2: expected a value, got '}'"],
  [
    'a missing brace',
    '"t": []\n  }',
    '"t": []\n',
    "line 14, column 3, record 2: expected a name in double quotes, got '{'",
  ],
  ['a bracket too many', '"t": []', '"t": []]', "line 12, column 12, record 2: expected ',' or '}', got ']'"],
])('%s spoils one record only', (_, good, bad, problem) => {
  // A missing brace leaves the comma of the record, and then the next record's beginning stands where a name should.
  const text = threeRecords.replace(good, bad);
  expect(text).not.toBe(threeRecords);
  const [first, second, third, ...rest] = split(text);
  expect(first).toMatch(/^2: /);
  expect(second).toBe(problem);
  expect(third).toMatch(/: \{"a":3\}$/);
  expect(rest).toEqual([]);
});

test('a brace too many ends the record early; the next is found', () => {
  expect(split(threeRecords.replace('"a": 2', '"a": 2 }'))).toEqual([
    '2: {"a":1,"t":[{"x":"é"}]}',
    '10: {"a":2}',
    '12: "t"',
    "line 12, column 8, after record 3: expected ',' or ']' after a record, got ':'",
    '14: {"a":3}',
  ]);
});

test('a broken record on one line with others spoils only itself while its brackets match', () => {
  expect(split('[{"a":1},{"a":},{"a":3}]')).toEqual([
    '1: {"a":1}',
    "line 1, column 15, record 2: expected a value, got '}'",
    '1: {"a":3}',
  ]);
  expect(split('[{"a":1},{"a":[},{"a":3}]')).toEqual([
    '1: {"a":1}',
    "line 1, column 16, record 2: expected a value, got '}'; what follows it cannot be told apart and is left out",
  ]);
});

test('what is wrong between two records costs none', () => {
  expect(split('[{"a":1}\n{"a":2},]')).toEqual([
    '1: {"a":1}',
    "line 2, column 1, after record 1: expected ',' or ']' after a record, got '{'",
    '2: {"a":2}',
    "line 2, column 9, after record 2: expected a record after the ',', got ']'",
  ]);
  expect(split('[{"a":1}] x')).toEqual([
    '1: {"a":1}',
    "line 1, column 11, after record 1: expected the end of the file after the ']' of the records, got 'x'",
  ]);
});

test('a file cut off in the middle of a record gives those before it', () => {
  expect(split(threeRecords.slice(0, threeRecords.indexOf('"a": 3')))).toEqual([
    '2: {"a":1,"t":[{"x":"é"}]}',
    '10: {"a":2,"t":[]}',
    'line 15, column 5, record 3: expected a name in double quotes, got the end of the text',
  ]);
});

test('the column counts characters, not bytes', () => {
  expect(split('[{"é": x}]')).toEqual(["line 1, column 8, record 1: expected a value, got 'x'"]);
});

test.each(['', '  \n', 'hello', '"text"'])('%j holds no records', (text) => {
  expect(split(text)).toEqual([
    expect.stringMatching(/^line \d, column \d, before the first record: expected '\[' or '\{'/),
  ]);
});
