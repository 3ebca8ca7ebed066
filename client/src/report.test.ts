import { expect, test } from '@jest/globals';
import { byteLength } from './json-text.js';
import { errorFields, sizeOf, writeFields, writeObject, type Fields } from './report.js';

const readError = (thrown: unknown): unknown => JSON.parse(writeObject(errorFields(thrown)));

test('whatever is thrown becomes an error that the server takes', () => {
  class ApiError extends Error {
    override name = 'APIError';
    status = 429;
    code = 'rate_limit_exceeded';
  }
  expect(readError(new ApiError('Slow down'))).toEqual({
    message: 'Slow down',
    type: 'APIError',
    code: 'rate_limit_exceeded',
    httpStatus: 429,
  });
  expect(readError(new TypeError(''))).toEqual({ message: 'TypeError', type: 'TypeError' });
  expect(readError('just a text')).toEqual({ message: 'just a text' });
  expect(readError({ reason: 7 })).toEqual({ message: '{"reason":7}' });
  expect(readError(undefined)).toEqual({ message: 'It failed without saying why.' });
  expect(readError({ message: 'x', httpStatus: 42, code: Symbol('c') })).toEqual({ message: 'x' });
  expect(readError(new Error('m'.repeat(200_000)))).toMatchObject({
    message: expect.stringMatching(/^m{99999}…$/),
  });
  const hostile = {
    get message() {
      throw new Error('no');
    },
    get status() {
      throw new Error('no');
    },
  };
  expect(readError(hostile)).toMatchObject({ message: expect.stringContaining('not readable') });
});

test('what is not known is left out, zero is told', () => {
  const fields: Fields = {};
  writeFields(
    { inputTokens: 0, outputTokens: Number.NaN, costUsd: undefined, input: null, output: 0 },
    fields,
    100,
  );
  expect(JSON.parse(writeObject(fields))).toEqual({ inputTokens: 0, output: 0 });
});

test('the size is that of the text, or somewhat more', () => {
  const fields = { name: '"ä"', output: '[1,2,3]' };
  const written = byteLength(writeObject(fields));
  expect(sizeOf(fields)).toBeGreaterThanOrEqual(written);
  expect(sizeOf(fields)).toBeLessThan(written + 4);
});
