import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { textArray } from '../src/platform/text-array.js';
import { createTestDatabase, type TestDatabase } from './support/test-server.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const read = (type: 'text' | 'json', values: readonly (string | number | null)[]) =>
  database.query<{ list: unknown[]; count: number }>(
    `SELECT $1::${type}[] AS list, (SELECT count(*) FROM unnest($1::${type}[]))::int AS count`,
    [textArray(values, type)],
  );

test('texts arrive as they are, nulls as nulls, numbers as text', async () => {
  const texts = ['', 'NULL', '{"a\\"b",}', "it's \\ \n\t\r", 'žluť 漢字 👩‍🚀', 'x'.repeat(100_000), null];
  expect(await read('text', [...texts, 0.1, 1e21])).toEqual([
    { list: [...texts, '0.1', '1e+21'], count: texts.length + 2 },
  ]);
});

test('JSON is taken as it is written, and is checked', async () => {
  const [row] = await read('json', [' {"b": 1,  "a": "\\" \\\\"}', null, '"é"']);
  expect(row?.list).toEqual([{ b: 1, a: '" \\' }, null, 'é']);
  await expect(read('json', ['{'])).rejects.toThrow('json');
});

test('a list of nothing but nulls is empty, and unnest fills it up beside others', async () => {
  expect(await read('text', [null, null])).toEqual([{ list: [], count: 0 }]);
  const rows = await database.query('SELECT * FROM unnest($1::text[], $2::text[]) AS t(a, b)', [
    textArray([1, 2]),
    textArray([null, null]),
  ]);
  expect(rows).toEqual([
    { a: '1', b: null },
    { a: '2', b: null },
  ]);
});
