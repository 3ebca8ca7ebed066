import { describe, expect, test } from '@jest/globals';
import { byteLength, clip, jsonText } from './json-text.js';

const read = (value: unknown, mostBytes = 10_000): unknown => {
  const written = jsonText(value, mostBytes);
  return written === null ? null : JSON.parse(written.text);
};

describe('any value becomes JSON', () => {
  test('what is JSON stays what it is', () => {
    const value = { a: [1, -2.5, 'x', true, null], 'ß "\\\n': { deep: [[]] }, empty: {} };
    expect(read(value)).toEqual(value);
    expect(jsonText(value, 10_000)).toMatchObject({ isShortened: false });
  });

  test('undefined and null say nothing', () => {
    expect([jsonText(undefined, 100), jsonText(null, 100)]).toEqual([null, null]);
  });

  test('what JSON has no form for is described', () => {
    class Failure extends Error {
      override name = 'Failure';
      status = 503;
    }
    expect(
      read({
        big: 12345678901234567890n,
        when: new Date(0),
        never: new Date(Number.NaN),
        not: Number.NaN,
        far: -Infinity,
        run: function load() {},
        mark: Symbol('s'),
        gone: undefined,
        list: [undefined, () => 1],
        map: new Map<unknown, unknown>([
          ['a', 1],
          [{ b: 1 }, 2],
        ]),
        set: new Set([1, 2]),
        bytes: new Uint8Array(1000),
        later: Promise.resolve(1),
        where: new URL('http://a/b'),
        like: /a+/g,
        broken: new Failure('it broke', { cause: new Error('the disk') }),
      }),
    ).toEqual({
      big: '12345678901234567890',
      when: '1970-01-01T00:00:00.000Z',
      never: '[invalid date]',
      not: 'NaN',
      far: '-Infinity',
      run: '[function load]',
      mark: '[Symbol(s)]',
      list: [null, '[function without a name]'],
      map: { a: 1, '{"b":1}': 2 },
      set: [1, 2],
      bytes: '[Uint8Array of 1000 bytes]',
      later: '[promise]',
      where: 'http://a/b',
      like: '/a+/g',
      broken: {
        name: 'Failure',
        message: 'it broke',
        cause: { name: 'Error', message: 'the disk' },
        status: 503,
      },
    });
  });

  test('circles and depth end; what is met twice beside each other is written twice', () => {
    const circle: Record<string, unknown> = { name: 'a' };
    circle.self = circle;
    expect(read(circle)).toEqual({ name: 'a', self: '[circular]' });
    const shared = { x: 1 };
    expect(read([shared, shared])).toEqual([{ x: 1 }, { x: 1 }]);
    let deep: unknown = 'bottom';
    for (let level = 0; level < 50_000; level += 1) deep = [deep];
    expect(JSON.stringify(read(deep))).toContain('[nested too deep]');
  });

  test('what throws when it is read harms nothing around it', () => {
    const hostile = {
      good: 1,
      get bad() {
        throw new Error('no entry');
      },
      json: {
        toJSON() {
          throw new TypeError('not me');
        },
      },
      proxy: new Proxy(
        {},
        {
          ownKeys() {
            throw new Error('closed');
          },
        },
      ),
      last: 2,
    };
    expect(read(hostile)).toEqual({
      good: 1,
      bad: '[not readable: no entry]',
      json: '[not readable: not me]',
      proxy: '[not readable: closed]',
      last: 2,
    });
    const endless = { toJSON: () => endless };
    expect(read(endless)).toBe('[circular]');
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(read([proxy, 1])).toEqual([expect.stringContaining('not readable'), 1]);
  });

  test('what no server can keep is taken out of texts and of names', () => {
    expect(read({ 'a\0b': '\ud800x\0' })).toEqual({ 'a\uFFFDb': '\uFFFDx\uFFFD' });
    expect(read('\u{1F600}')).toBe('\u{1F600}');
    expect(clip('abc\udfff', 3)).toBe('ab…');
    expect(clip('\u{1F600}\u{1F600}', 2)).toBe('\uFFFD…');
  });
});

describe('the budget', () => {
  const huge: [string, unknown][] = [
    ['a text', 'x'.repeat(5_000_000)],
    ['a text of long characters', '語'.repeat(2_000_000)],
    ['a text that is all escapes', '\u0001'.repeat(2_000_000)],
    ['a list', Array.from({ length: 1_000_000 }, (_, index) => index)],
    ['a list with holes', Object.assign([], { length: 4_000_000_000 })],
    [
      'an object',
      Object.fromEntries(Array.from({ length: 200_000 }, (_, index) => [`key ${index}`, 'value'])),
    ],
    ['texts in lists', Array.from({ length: 1000 }, () => ['y'.repeat(3000)])],
    ['names', { ['n'.repeat(3_000_000)]: 1, second: 2 }],
  ];
  test.each(huge)('bounds %s, and says so', (_, value) => {
    const written = jsonText(value, 10_000);
    expect(written?.isShortened).toBe(true);
    expect(written?.bytes).toBe(byteLength(written?.text ?? ''));
    expect(written?.bytes).toBeLessThan(10_000 + 2000);
    expect(() => JSON.parse(written?.text ?? '') as unknown).not.toThrow();
  });

  test('bounds the work: shared parts that would multiply to 2^40 are over at once', () => {
    let value: unknown = 'leaf';
    for (let level = 0; level < 40; level += 1) value = [value, value];
    const begun = performance.now();
    expect(jsonText(value, 100_000)?.bytes).toBeLessThan(120_000);
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  test('says how much of a text is left out', () => {
    expect(read('z'.repeat(1000), 100)).toMatch(/^z+… \[9\d\d more characters\]$/);
    expect(read(['a', ...Array.from({ length: 100 }, () => 'bcd')], 100)).toContainEqual(
      expect.stringMatching(/^\[\d+ more left out\]$/),
    );
  });
});
