import { expect, test } from '@jest/globals';
import { findBalancedEnd, JsonSyntaxError, locateField, scanValue } from './json-scanner.js';

/** Where a text stops being JSON; null where it is JSON up to its end. */
function firstError(text: string): { offset: number; message: string } | null {
  const bytes = Buffer.from(text);
  try {
    const end = scanValue(bytes, 0);
    return bytes.subarray(end).toString().trim() === '' ? null : { offset: end, message: 'more text' };
  } catch (error) {
    if (error instanceof JsonSyntaxError) return { offset: error.offset, message: error.message };
    throw error;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test.each([
  ['{"a":1,}', 7, "expected a name in double quotes, got '}'"],
  ['{"a":1 "b":2}', 7, "expected ',' or '}', got '\"'"],
  ['{"a" 1}', 5, "expected ':', got '1'"],
  ['[1,]', 3, "expected a value, got ']'"],
  ['[1}', 2, "expected ',' or ']', got '}'"],
  ['[NaN]', 1, "expected a value, got 'N'"],
  ['["a\nb"]', 3, "expected '\"' at the end of the string, got the end of the line"],
  ['["\\x"]', 3, "expected one of \"\\/bfnrtu after a backslash, got 'x'"],
  ['["\\u12g4"]', 6, "expected four hexadecimal digits after \\u, got 'g'"],
  ['[01]', 2, "expected ',' or ']', got '1'"],
  ['[1.]', 3, "expected a digit, got ']'"],
  ['[{"a":[1,2', 10, "expected ',' or ']', got the end of the text"],
  ['', 0, 'expected a value, got the end of the text'],
  ['[\u00a01]', 1, 'expected a value, got the byte 0xc2'],
])('%j is wrong at %i', (text, offset, message) => {
  expect(firstError(text)).toEqual({ offset, message });
});

test('agrees with JSON.parse on every text made by leaving out or doubling one character', () => {
  const text = '{"a":[1,-2.5e+3,{"b":"x\\u00e9\\n"}],"c":{"d":null},"e":[true,false,{},[]],"f":0.1}';
  const variants = Array.from(text, (character, at) => [
    text.slice(0, at) + text.slice(at + 1),
    text.slice(0, at) + character + text.slice(at),
  ]).flat();
  const disagreements = variants.filter((variant) => (firstError(variant) === null) !== isJson(variant));
  expect(disagreements).toEqual([]);
  expect(variants.filter(isJson).length).toBeGreaterThan(10);
});

test('depth is no limit', () => {
  const depth = 1_000_000;
  expect(firstError('['.repeat(depth) + ']'.repeat(depth))).toBeNull();
});

test('brackets within strings do not count for the balance', () => {
  const text = '{"a":"}]\\"}", oops [1] } rest';
  expect(findBalancedEnd(Buffer.from(text), 0)).toBe(text.indexOf('} rest') + 1);
  expect(findBalancedEnd(Buffer.from('{"a":[1}'), 0)).toBeNull();
  expect(findBalancedEnd(Buffer.from('{"a":"x\n"}'), 0)).toBeNull();
});

test('finds a field by its path, and the nearest ancestor of a missing one', () => {
  const text = '{"x":{"y":1}, "traj":[{"role":"user"},{"ro\\u006ce":"robot"}], "x":{"y":2}}';
  const at = (path: PropertyKey[]): string => text.slice(locateField(Buffer.from(text), 0, path));
  expect(at(['traj', 1, 'role'])).toMatch(/^"robot"/);
  expect(at(['x', 'y'])).toMatch(/^2/);
  expect(at(['traj', 1, 'content'])).toMatch(/^\{"ro/);
  expect(at(['traj', 7, 'role'])).toMatch(/^\[\{/);
  expect(at([])).toBe(text);
});
