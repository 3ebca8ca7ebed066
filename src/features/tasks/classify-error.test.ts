import { expect, test } from '@jest/globals';
import { classifyError } from './classify-error.js';

const cases: [string, Parameters<typeof classifyError>[0], string, boolean][] = [
  ['a spent quota behind a 429', { httpStatus: 429, code: 'insufficient_quota' }, 'QUOTA', false],
  ['a plain 429', { httpStatus: 429, message: 'slow down' }, 'RATE_LIMIT', true],
  ['a context overflow', { httpStatus: 400, code: 'context_length_exceeded' }, 'CONTEXT_LENGTH', false],
  ['an overloaded model', { httpStatus: 529, type: 'overloaded_error' }, 'OVERLOADED', true],
  ['a refused key', { httpStatus: 401 }, 'AUTH', false],
  ['a reset connection', { code: 'ECONNRESET', message: 'read ECONNRESET' }, 'NETWORK', true],
  ['a timeout by its message', { message: 'Request timed out.' }, 'TIMEOUT', true],
  [
    'output that is no JSON',
    { type: 'SyntaxError', message: 'Unexpected token < in JSON' },
    'MALFORMED_OUTPUT',
    true,
  ],
  ['an odd 5xx', { httpStatus: 507 }, 'OUTAGE', true],
  [
    'a telling message under a vague type',
    { httpStatus: 400, type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens' },
    'CONTEXT_LENGTH',
    false,
  ],
  ['a vague type alone', { type: 'invalid_request_error' }, 'INVALID_REQUEST', false],
  ['nothing telling', { message: 'Something is off' }, 'UNKNOWN', false],
];

test.each(cases)('%s', (_, facts, expected, retryable) => {
  expect(classifyError(facts)).toMatchObject({ class: expected, retryable });
});

test('Retry-After is read in seconds, in milliseconds and as a date', () => {
  expect(classifyError({ httpStatus: 429, headers: { 'Retry-After': '7' } }).retryAfterMs).toBe(7000);
  expect(classifyError({ httpStatus: 429, headers: { 'retry-after-ms': 250 } }).retryAfterMs).toBe(250);
  const soon = new Date(Date.now() + 60_000).toUTCString();
  const ms = classifyError({ httpStatus: 429, headers: { 'retry-after': soon } }).retryAfterMs;
  expect(ms).toBeGreaterThan(55_000);
  expect(ms).toBeLessThanOrEqual(60_000);
  expect(classifyError({ httpStatus: 429, headers: { 'retry-after': 'soon' } }).retryAfterMs).toBeNull();
});
