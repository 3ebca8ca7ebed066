import { describe, expect, test } from '@jest/globals';
import { GraphQLError, parseValue } from 'graphql';
import {
  DateScalar,
  DateTimeScalar,
  jsonProblem,
  JsonScalar,
  parseDateTime,
  textProblem,
  writeJson,
} from './scalars.js';

describe('DateTime', () => {
  test.each([
    ['2026-03-01T12:00:00.123Z', '2026-03-01T12:00:00.123Z'],
    ['2026-03-01T12:00Z', '2026-03-01T12:00:00.000Z'],
    ['2026-03-01T12:00:00.123456789Z', '2026-03-01T12:00:00.123Z'],
    ['2026-03-01T13:30:00+01:30', '2026-03-01T12:00:00.000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('reads %s', (text, time) => {
    expect(parseDateTime(text)?.toISOString()).toBe(time);
    expect(DateTimeScalar.serialize(DateTimeScalar.parseValue(text))).toBe(time);
    expect(DateTimeScalar.parseLiteral(parseValue(JSON.stringify(text)))).toEqual(new Date(time));
  });

  test.each([
    'yesterday',
    '',
    '2026-03-01',
    '2026-03-01T12:00:00',
    '2026-03-01 12:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-03-00T00:00:00Z',
    '2026-03-01T25:00:00Z',
    '2026-03-01T12:60:00Z',
    '2026-03-01T12:00:00+25:00',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59.999-00:01',
    '10000-01-01T00:00:00Z',
    '+010000-01-01T00:00:00Z',
    '-0001-01-01T00:00:00Z',
    1_767_225_600_000,
    null,
    {},
  ])('refuses %j', (value) => {
    expect(parseDateTime(value)).toBeUndefined();
    expect(() => DateTimeScalar.parseValue(value)).toThrow('A DateTime is ISO 8601 with a zone');
  });

  test('points at the place in the document where it refuses', () => {
    const node = parseValue('"yesterday"');
    for (const scalar of [DateTimeScalar, DateScalar]) {
      let fault: unknown;
      try {
        scalar.parseLiteral(node);
      } catch (error) {
        fault = error;
      }
      expect(fault).toBeInstanceOf(GraphQLError);
      expect((fault as GraphQLError).nodes).toEqual([node]);
      expect(() => scalar.parseLiteral(parseValue('2026'))).toThrow();
    }
  });
});

describe('Date', () => {
  test.each(['2026-03-01', '2024-02-29', '0001-01-01', '9999-12-31'])('reads %s', (day) => {
    expect(DateScalar.parseValue(day)).toBe(day);
    expect(DateScalar.parseLiteral(parseValue(JSON.stringify(day)))).toBe(day);
  });

  test.each([
    '2026-02-29',
    '0000-01-01',
    '2026-3-1',
    '2026-03-01T00:00:00Z',
    '10000-01-01',
    '',
    20260301,
    null,
  ])('refuses %j', (value) => {
    expect(() => DateScalar.parseValue(value)).toThrow('A Date is a calendar day such as 2026-03-01.');
  });
});

describe('JSON', () => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: [nested(levels - 2)] });

  test('may be nested 64 levels deep, and no deeper', () => {
    expect(jsonProblem(nested(64))).toBeUndefined();
    expect(writeJson(nested(64)).problem).toBeUndefined();
    expect(jsonProblem([nested(64)])).toBe('JSON may be nested 64 levels deep at most.');
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(jsonProblem(deep)).toBe('JSON may be nested 64 levels deep at most.');
    expect(writeJson([nested(64)]).problem).toBe('JSON may be nested 64 levels deep at most.');
    expect(writeJson(deep).problem).toBe('JSON may be nested 64 levels deep at most.');
  });

  test.each([
    [{ a: ['x\u0000'] }, 'NUL'],
    [{ 'x\u0000': 1 }, 'NUL'],
    [['\ud800'], 'surrogate'],
    [{ '\udc00': 1 }, 'surrogate'],
    [[Number.POSITIVE_INFINITY], 'finite'],
    [{ a: Number.NaN }, 'finite'],
  ])('%j is refused', (value, word) => {
    expect(jsonProblem(value)).toContain(word);
    expect(writeJson(value)).toEqual({ problem: jsonProblem(value) });
  });

  const wide = Array.from({ length: 100 }, () => [{}]);
  const escaped = ['\\u0000', '\\ud800 null', 'a\\', '[[[{'.repeat(64)];
  test.each([
    [null],
    [true],
    [0],
    [-1.5],
    [''],
    ['🚀'],
    [[]],
    [{}],
    [{ '': [{ ü: null }] }],
    [wide],
    [escaped],
  ])('%j is fine', (value) => {
    expect(jsonProblem(value)).toBeUndefined();
    expect(writeJson(value)).toEqual({ text: JSON.stringify(value) });
    expect(JsonScalar.parseValue(value)).toBe(value);
  });

  test('is read from a document, variables within it included', () => {
    expect(
      JsonScalar.parseLiteral(parseValue('{a: [1, 2.5, "x", true, null, E], b: $v}'), { v: { c: 1 } }),
    ).toEqual({
      a: [1, 2.5, 'x', true, null, 'E'],
      b: { c: 1 },
    });
  });
});

test('text is storable without NUL and without half of a pair', () => {
  expect(textProblem('Zürich 🚀 \n\t\u0001')).toBeUndefined();
  expect(textProblem('a\u0000')).toContain('NUL');
  expect(textProblem('\ud83d')).toContain('surrogate');
  expect(textProblem('\ude80\ud83d')).toContain('surrogate');
});
