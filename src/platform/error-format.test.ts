import { Writable } from 'node:stream';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { GraphQLError } from 'graphql';
import { pino } from 'pino';
import { createErrorReporter } from './error-format.js';
import { BadUserInputError, DomainError, NotFoundError, RateLimitedError } from './errors.js';

let lines: Record<string, unknown>[] = [];
const log = pino(
  new Writable({
    write: (line: Buffer, _encoding, done) => {
      lines.push(JSON.parse(String(line)) as Record<string, unknown>);
      done();
    },
  }),
);
const reporter = createErrorReporter(log);
beforeEach(() => {
  lines = [];
});

const located = (originalError: Error) =>
  new GraphQLError(originalError.message, { originalError, path: ['task', 3, 'name'] });

describe('createErrorReporter', () => {
  it('tells domain errors as they are, with their place', () => {
    const formatted = reporter.format(located(new NotFoundError('The task')), 'r');
    expect(formatted.toJSON()).toEqual({
      message: 'The task was not found.',
      path: ['task', 3, 'name'],
      extensions: { code: 'NOT_FOUND' },
    });
    expect(reporter.format(formatted, 'r')).toBe(formatted);
    expect(lines).toEqual([]);
  });

  it('tells fields and waiting times', () => {
    expect(reporter.explain(new BadUserInputError([{ path: 'input.x', message: 'No.' }]), 'r')).toEqual({
      code: 'BAD_USER_INPUT',
      message: 'input.x: No.',
      fields: [{ path: 'input.x', message: 'No.' }],
    });
    expect(reporter.explain(new RateLimitedError('Wait.', 500), 'r')).toEqual({
      code: 'RATE_LIMITED',
      message: 'Wait.',
      retryAfterMs: 500,
    });
  });

  it.each([
    ['a plain error', new Error('relation "users" does not exist')],
    ['a thrown text', 'nonsense'],
    [
      'a database error that is a bug',
      Object.assign(new Error('invalid input syntax for type uuid'), { code: '22P02' }),
    ],
    ['a domain error that says so', new DomainError('INTERNAL', 'The reason, for us')],
    [
      'a null where none may be',
      new GraphQLError('Cannot return null for non-nullable field Task.name.', { path: ['task'] }),
    ],
    [
      'a value that its type cannot write',
      located(new GraphQLError('Int cannot represent non-integer value: "x"')),
    ],
    [
      'a GraphQL error with a code of nobody',
      new GraphQLError('inner workings', { extensions: { code: 'TEAPOT' } }),
    ],
  ])('masks %s, and logs it once', (_name, error) => {
    const told = reporter.format(error, 'request-7').toJSON();
    expect(told.message).toBe('Something went wrong on our side. Tell us this request id: request-7');
    expect(told.extensions).toEqual({ code: 'INTERNAL', requestId: 'request-7' });
    expect(lines).toMatchObject([{ level: 50, requestId: 'request-7' }]);
  });

  it('logs one error with its stack once, however many fields it fails', () => {
    const error = new Error('the loader failed');
    for (let i = 0; i < 3; i++) reporter.format(located(error), 'r');
    expect(lines).toMatchObject([
      { err: { message: 'the loader failed', stack: expect.stringContaining('at ') } },
    ]);
  });

  it('tells a database that is away as UNAVAILABLE', () => {
    const away = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
    expect(reporter.explain(located(away), 'r')).toEqual({
      code: 'UNAVAILABLE',
      message: expect.not.stringContaining('127.0.0.1'),
      retryAfterMs: 1000,
    });
  });

  it('tells a statement that the database gave up as UNAVAILABLE, which may be tried again', () => {
    const late = Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' });
    expect(reporter.explain(located(late), 'r')).toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: 1000 });
  });

  it.each([
    new GraphQLError('Syntax Error: Unexpected <EOF>.'),
    new GraphQLError('Argument "id" of non-null type "ID!" must not be null.', { path: ['task'] }),
    new GraphQLError('Bad.', { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }),
    located(new GraphQLError('A Date is a calendar day.', { extensions: { code: 'BAD_USER_INPUT' } })),
  ])('tells what GraphQL refuses as the fault of the caller: %s', (error) => {
    expect(reporter.explain(error, 'r').code).toBe('BAD_USER_INPUT');
    expect(lines).toEqual([]);
  });

  it('shortens messages that quote megabytes', () => {
    const { message } = reporter.explain(new GraphQLError(`Syntax Error: ${'x'.repeat(1_000_000)}`), 'r');
    expect(message.length).toBe(1001);
  });
});
