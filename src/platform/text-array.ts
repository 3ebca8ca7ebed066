/** The types whose binary form is their text. */
const typeIds = { text: 25, json: 114 } as const;

const headBytes = 20;
/** UTF-16 units; at most three bytes each. */
const shortLength = 40;

/**
 * A list of texts as an array parameter in PostgreSQL's binary form. pg's own form is text, in which every quote and backslash of
 * each item is escaped here and taken out again there: of lists of JSON that was most of the work of sending them.
 * A list of nothing but nulls is empty: unnest fills the shorter of its lists up with nulls.
 */
export function textArray(
  values: readonly (string | number | null)[],
  type: keyof typeof typeIds = 'text',
): Buffer {
  let size = headBytes;
  let isTold = false;
  const texts = values.map((value) => {
    size += 4;
    if (value === null) return null;
    isTold = true;
    const text = String(value);
    size += text.length <= shortLength ? text.length * 3 : Buffer.byteLength(text);
    return text;
  });
  const array = Buffer.allocUnsafe(isTold ? size : 12);
  array.writeInt32BE(isTold ? 1 : 0, 0); // dimensions
  array.writeInt32BE(isTold ? 1 : 0, 4); // whether there may be nulls
  array.writeInt32BE(typeIds[type], 8);
  if (!isTold) return array;
  array.writeInt32BE(texts.length, 12);
  array.writeInt32BE(1, 16); // the first index
  let at = headBytes;
  for (const text of texts) {
    const length = text === null ? -1 : write(array, text, at + 4);
    array.writeInt32BE(length, at);
    at += 4 + Math.max(length, 0);
  }
  return array.subarray(0, at);
}

/** Writes a text as UTF-8 and answers its bytes. A short one is mostly ASCII, and written sooner here than by a call of Node's. */
function write(array: Buffer, text: string, at: number): number {
  if (text.length > shortLength) return array.write(text, at);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return array.write(text, at);
    array[at + index] = code;
  }
  return text.length;
}
