import { describe, expect, test } from '@jest/globals';
import { JsonText, readAround } from './json-text';

const value = {
  name: 'a "quoted" \\ name',
  'an "odd" key': [],
  list: Array.from({ length: 350 }, (_, index) => ({ index, text: `,]}"${index}` })),
  nothing: null,
  yes: true,
  number: -1.5e-7,
  empty: {},
};

/** The value again, by going through its entries alone. */
function rebuilt(json: JsonText): unknown {
  if (json.kind === 'array') return json.entries().map(([, entry]) => rebuilt(entry));
  if (json.kind === 'object') {
    return Object.fromEntries(json.entries().map(([name, entry]) => [name, rebuilt(entry)]));
  }
  return json.parse();
}

describe('a value within a text of JSON', () => {
  test.each([JSON.stringify(value), JSON.stringify(value, null, 2), ` \n${JSON.stringify(value)}\t`])(
    'is found whole by its entries, however it is spaced',
    (text) => expect(rebuilt(JsonText.of(text))).toEqual(value),
  );

  test('tells kinds and counts without being read', () => {
    const kinds = JsonText.from(value)
      .entries()
      .map(([name, { kind, count }]) => [name, kind, count]);
    expect(kinds).toEqual([
      ['name', 'string', 0],
      ['an "odd" key', 'array', 0],
      ['list', 'array', 350],
      ['nothing', 'null', 0],
      ['yes', 'boolean', 0],
      ['number', 'number', 0],
      ['empty', 'object', 0],
    ]);
  });

  test('gives entries from the middle, before and after those whose places were noted', () => {
    const [, [, list] = ['', JsonText.from([])]] = JsonText.from([0, value.list]).entries();
    for (const [from, to] of [
      [0, 3],
      [99, 102],
      [250, 251],
      [349, 400],
    ] as const) {
      const found = list.entries(from, to).map(([name, entry]) => [name, entry.parse()]);
      const expected = value.list.slice(from, to).map((entry, index) => [String(from + index), entry]);
      expect(found).toEqual(expected);
    }
  });

  test('keeps what was sent to the letter', () => {
    const raw = '{"a" : 1.00,"b":"\\u00e9"}';
    expect(JsonText.of(`${raw} `).raw).toBe(raw);
  });

  test('ends for any text, be it JSON or not', () => {
    for (const text of [
      '',
      '{',
      '[',
      '"',
      '"\\',
      '{"a',
      '{"a":',
      '[[[',
      '}',
      '{]}',
      'nul',
      ',,,',
      '{"a" "b"}',
    ]) {
      expect(JsonText.of(text).end).toBeLessThanOrEqual(text.length);
    }
  });

  test('a large text is scanned with pauses', async () => {
    const text = JSON.stringify(Array.from({ length: 300_000 }, (_, index) => index));
    let pauses = 0;
    const timer = setInterval(() => pauses++, 0);
    const json = await JsonText.atWithPauses(text, 0);
    clearInterval(timer);
    expect(json.count).toBe(300_000);
    expect(pauses).toBeGreaterThan(0);
  });
});

describe('an answer with large values', () => {
  const answer = { data: { task: { step: { revision: 3, input: [1, { a: 2 }], output: null } } } };
  const large = new Set(['input', 'output']);

  test('is read but for these, which stay text', async () => {
    const read = await readAround(JSON.stringify(answer), ['data', 'task', 'step'], large);
    const { input, ...rest } = (read as typeof answer).data.task.step;
    expect(rest).toEqual({ revision: 3, output: null });
    expect(input).toBeInstanceOf(JsonText);
    expect((input as unknown as JsonText).raw).toBe('[1,{"a":2}]');
  });

  test('is read as a whole where there is no such object', async () => {
    for (const other of [{ errors: [{ message: 'no' }], data: null }, { data: { task: null } }]) {
      expect(await readAround(JSON.stringify(other), ['data', 'task', 'step'], large)).toEqual(other);
    }
  });
});
