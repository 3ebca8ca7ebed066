/** The rows of each key, in the keys' order and the rows' own: what a loader of lists answers. */
export function rowsByKey<Row>(
  keys: readonly string[],
  rows: readonly Row[],
  keyOf: (row: Row) => string,
): Row[][] {
  const lists = new Map(keys.map((key): [string, Row[]] => [key, []]));
  for (const row of rows) lists.get(keyOf(row))?.push(row);
  return keys.map((key) => lists.get(key) ?? []);
}
