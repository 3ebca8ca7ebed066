import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import {
  makeCursor,
  Page,
  pageRequest,
  type KeyPart,
  type PageArguments,
  type PageRequest,
} from './pagination.js';

const key: KeyPart[] = ['time', 'id'];
const time = '2026-03-01T12:00:00.000Z';
const id = '01a1f8d9-fbb4-75d7-9bb6-d7a95fcc2af0';
const good = makeCursor([time, id]);

describe('pageRequest', () => {
  test.each<[PageArguments, object]>([
    [{}, { limit: 50, isBackwards: false, from: null }],
    [{ first: 1 }, { limit: 1, isBackwards: false, from: null }],
    [
      { first: 500, after: good },
      { limit: 500, isBackwards: false, from: [time, id] },
    ],
    [{ after: good }, { limit: 50, isBackwards: false, from: [time, id] }],
    [{ last: 3 }, { limit: 3, isBackwards: true, from: null }],
    [{ before: good }, { limit: 50, isBackwards: true, from: [time, id] }],
    [
      { first: null, last: 2, before: good, after: null },
      { limit: 2, isBackwards: true, from: [time, id] },
    ],
  ])('reads %j', (args, request) => {
    expect(pageRequest(args, key)).toEqual(request);
  });

  test.each<[PageArguments, string]>([
    [{ first: 0 }, 'first'],
    [{ first: 501 }, 'first'],
    [{ last: -1 }, 'last'],
    [{ first: 1, last: 1 }, 'last'],
    [{ after: good, before: good }, 'before'],
    [{ first: 1, before: good }, 'before'],
    [{ last: 1, after: good }, 'after'],
    [{ after: '' }, 'after'],
    [{ before: 'x' }, 'before'],
  ])('refuses %j', (args, path) => {
    expect(() => pageRequest(args, key)).toThrow(
      expect.objectContaining({
        code: 'BAD_USER_INPUT',
        details: { fields: [expect.objectContaining({ path })] },
      }),
    );
  });

  const bad: Record<KeyPart, string[]> = {
    text: ['a\u0000', '\ud800'],
    id: ['', 'x', `${id}0`],
    time: [
      '',
      'now',
      'infinity',
      '2026-03-01',
      '2026-02-30T00:00:00.000Z',
      '2026-03-01T12:00:00Z',
      '10000-01-01T00:00:00.000Z',
    ],
    number: ['', 'x', 'NaN', 'Infinity', '1e400', '01', '1.0', ' 1', '0x10'],
    whole: ['', '-1', '1.5', '9999999999', '1e3'],
  };
  const fine: Record<KeyPart, string[]> = {
    text: ['', 'x'.repeat(1000), '"\\'],
    id: [id],
    time: [time, '0001-01-01T00:00:00.000Z'],
    number: ['0', '0.1', '1e-10', '1e+21', '-5', '123456.789'],
    whole: ['0', '1', '999999999'],
  };

  test.each(Object.keys(bad) as KeyPart[])('lets only what a list writes into a part of kind %s', (kind) => {
    const open = (part: unknown) =>
      pageRequest({ after: Buffer.from(JSON.stringify([part])).toString('base64url') }, [kind]).from;
    for (const part of fine[kind]) expect(open(part)).toEqual([part]);
    for (const part of [...bad[kind], 1, null, [], {}])
      expect(() => open(part)).toThrow('This is no cursor of this list');
  });
});

describe('Page', () => {
  const rows = (...names: string[]) => names;
  const keyOf = (row: string) => [row, 1];
  const pageOf = (request: PageRequest, read: string[]) =>
    new Page(request, read, keyOf, () => Promise.resolve(7));

  test('leaves off the row that only told of more', () => {
    const page = pageOf({ limit: 2, isBackwards: false, from: null }, rows('a', 'b', 'c'));
    expect(page.nodes).toEqual(['a', 'b']);
    expect(page.edges).toEqual([
      { cursor: makeCursor(['a', 1]), node: 'a' },
      { cursor: makeCursor(['b', 1]), node: 'b' },
    ]);
    expect(page.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: makeCursor(['a', 1]),
      endCursor: makeCursor(['b', 1]),
    });
  });

  test('turns a page that was read backwards', () => {
    const page = pageOf({ limit: 2, isBackwards: true, from: ['x'] }, rows('c', 'b', 'a'));
    expect(page.nodes).toEqual(['b', 'c']);
    expect(page.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
    const last = pageOf({ limit: 2, isBackwards: true, from: null }, rows('c', 'b'));
    expect(last.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: false });
  });

  test('of nothing has no cursors', () => {
    expect(pageOf({ limit: 2, isBackwards: false, from: null }, []).pageInfo).toEqual({
      hasNextPage: false,
      hasPreviousPage: false,
      startCursor: null,
      endCursor: null,
    });
  });
});
