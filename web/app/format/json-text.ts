const QUOTE = 34;
const COMMA = 44;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
/** How many signs are looked at between two pauses: a few milliseconds. */
const SIGNS_AT_A_TIME = 200_000;
/** Where every so many entries begin is noted, so that later ones are found without reading all before them. */
const MARK_EVERY = 100;

/** Where a value ends, and how much is in it. */
interface Extent {
  end: number;
  /** Entries of an object or array itself; 0 for all else. */
  count: number;
  /** Values at any depth, itself included; where some are empty, it may be a few more than there are. */
  size: number;
  /** Where every so many entries begin, after the first. */
  marks: number[];
}

type Entry = readonly [name: string, value: JsonText];

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

/**
 * A value within a text of JSON, taken apart only where it is looked at: a million keys cost no more than those that are
 * shown, and what was sent is kept to the letter. The text must be JSON; of any other the result means nothing, but it is
 * found without fault and without end.
 */
export class JsonText {
  /** The entries that were asked for last: one look at a payload often asks twice. */
  #latest: { from: number; to: number; entries: Entry[] } | null = null;

  private constructor(
    private readonly text: string,
    private readonly start: number,
    private readonly extent: Extent,
  ) {}

  /** @param text JSON with nothing around it */
  static of(text: string): JsonText {
    return JsonText.at(text, skipSpace(text, 0));
  }

  /** A value that was read before. @param value anything but undefined and functions */
  static from(value: unknown): JsonText {
    return JsonText.of(JSON.stringify(value));
  }

  /** The one that begins there. */
  static at(text: string, start: number): JsonText {
    return new JsonText(text, start, finish(scan(text, start)));
  }

  /** As `at`, with pauses in which the page can do something else. */
  static async atWithPauses(text: string, start: number): Promise<JsonText> {
    const scanning = scan(text, start);
    for (;;) {
      const { done, value } = scanning.next();
      if (done) return new JsonText(text, start, value);
      await new Promise((resolve) => setTimeout(resolve));
    }
  }

  get kind(): JsonKind {
    switch (this.text.charCodeAt(this.start)) {
      case OPEN_OBJECT:
        return 'object';
      case OPEN_ARRAY:
        return 'array';
      case QUOTE:
        return 'string';
      case 116: // true
      case 102: // false
        return 'boolean';
      case 110:
        return 'null';
      default:
        return 'number';
    }
  }

  /** Entries of an object or array itself; 0 for all else. */
  get count(): number {
    return this.extent.count;
  }

  /** Values at any depth, itself included; where some are empty, it may be a few more than there are. */
  get size(): number {
    return this.extent.size;
  }

  /** As it was sent. */
  get raw(): string {
    return this.text.slice(this.start, this.extent.end);
  }

  /** Where the next value may begin. */
  get end(): number {
    return this.extent.end;
  }

  /** The value itself: not for what is large. @throws SyntaxError where the text is no JSON after all */
  parse(): unknown {
    return JSON.parse(this.raw);
  }

  /** Entries of an object or array from one index up to another, as they stand; elements are named by their index. */
  entries(from = 0, to = this.count): readonly Entry[] {
    const last = Math.min(to, this.count);
    if (this.#latest?.from !== from || this.#latest.to !== last) {
      this.#latest = { from, to: last, entries: this.#read(from, last) };
    }
    return this.#latest.entries;
  }

  #read(from: number, to: number): Entry[] {
    const found: Entry[] = [];
    const isObject = this.kind === 'object';
    const mark = Math.floor(from / MARK_EVERY);
    let at = this.extent.marks[mark - 1] ?? this.start + 1;
    for (let index = mark * MARK_EVERY; index < to; index++) {
      at = skipSpace(this.text, at);
      let name = String(index);
      if (isObject) {
        const nameEnd = stringEnd(this.text, at);
        if (index >= from) name = String(JSON.parse(this.text.slice(at, nameEnd)));
        at = skipSpace(this.text, skipSpace(this.text, nameEnd) + 1);
      }
      const value = JsonText.at(this.text, at);
      if (index >= from) found.push([name, value]);
      at = skipSpace(this.text, value.end) + 1;
    }
    return found;
  }
}

/**
 * Reads a text of JSON in which an object holds some values that may be large: those stay text, all else is read.
 * @param path the names that lead to the object
 * @param names those of the large values
 * @returns what was read, with a JsonText, or null, for each of the large values; where the path leads nowhere, all is read
 */
export async function readAround(
  text: string,
  path: readonly string[],
  names: ReadonlySet<string>,
): Promise<unknown> {
  const start = findObject(text, path);
  if (start === null) return JSON.parse(text);
  const large = new Map<string, JsonText>();
  let rest = text.slice(0, start + 1);
  let at = skipSpace(text, start + 1);
  let separator = '';
  while (text.charCodeAt(at) === QUOTE) {
    const nameEnd = stringEnd(text, at);
    const nameText = text.slice(at, nameEnd);
    const name = String(JSON.parse(nameText));
    const value = await JsonText.atWithPauses(text, skipSpace(text, skipSpace(text, nameEnd) + 1));
    const isLarge = names.has(name) && value.kind !== 'null';
    if (isLarge) large.set(name, value);
    rest += `${separator}${nameText}:${isLarge ? 'null' : value.raw}`;
    separator = ',';
    at = skipSpace(text, value.end);
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1);
  }
  const answer: unknown = JSON.parse(rest + text.slice(at));
  let object = answer as Record<string, unknown>;
  for (const name of path) object = object[name] as Record<string, unknown>;
  for (const [name, value] of large) object[name] = value;
  return answer;
}

/** Where the object begins to which the names lead; null where there is none. What comes after them is not looked at. */
function findObject(text: string, path: readonly string[]): number | null {
  let at = skipSpace(text, 0);
  for (const name of path) {
    if (text.charCodeAt(at) !== OPEN_OBJECT) return null;
    at = skipSpace(text, at + 1);
    for (;;) {
      if (text.charCodeAt(at) !== QUOTE) return null;
      const nameEnd = stringEnd(text, at);
      const isWanted = text.slice(at, nameEnd) === JSON.stringify(name);
      at = skipSpace(text, skipSpace(text, nameEnd) + 1);
      if (isWanted) break;
      at = skipSpace(text, skipSpace(text, JsonText.at(text, at).end) + 1);
    }
  }
  return text.charCodeAt(at) === OPEN_OBJECT ? at : null;
}

/** Looks for the end of a value, and pauses now and then. */
function* scan(text: string, start: number): Generator<undefined, Extent> {
  const first = text.charCodeAt(start);
  if (first === QUOTE) return { end: stringEnd(text, start), count: 0, size: 1, marks: [] };
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) {
    let end = start;
    while (end < text.length && !isAfterScalar(text.charCodeAt(end))) end++;
    return { end, count: 0, size: 1, marks: [] };
  }
  let depth = 0;
  let commas = 0;
  const marks: number[] = [];
  let size = 0;
  let pauseIn = SIGNS_AT_A_TIME;
  let at = start;
  while (at < text.length) {
    const sign = text.charCodeAt(at);
    if (sign === QUOTE) at = stringEnd(text, at);
    else {
      at++;
      if (sign === OPEN_OBJECT || sign === OPEN_ARRAY) {
        depth++;
        size++;
      } else if (sign === CLOSE_OBJECT || sign === CLOSE_ARRAY) {
        depth--;
        if (depth === 0) break;
      } else if (sign === COMMA) {
        size++;
        if (depth === 1 && ++commas % MARK_EVERY === 0) marks.push(at);
      }
    }
    if (--pauseIn === 0) {
      pauseIn = SIGNS_AT_A_TIME;
      yield;
    }
  }
  const next = text.charCodeAt(skipSpace(text, start + 1));
  const isEmpty = next === CLOSE_OBJECT || next === CLOSE_ARRAY;
  return { end: at, count: isEmpty ? 0 : commas + 1, size: size + 1, marks };
}

function finish(scanning: Generator<undefined, Extent>): Extent {
  for (;;) {
    const { done, value } = scanning.next();
    if (done) return value;
  }
}

/** Past the closing quote of the string that begins there. */
function stringEnd(text: string, start: number): number {
  const quote = text.indexOf('"', start + 1);
  if (quote < 0) return text.length;
  if (text.charCodeAt(quote - 1) !== BACKSLASH) return quote + 1;
  // Where there are escapes, going from sign to sign is quicker than from quote to quote.
  let at = start + 1;
  while (at < text.length) {
    const sign = text.charCodeAt(at);
    if (sign === QUOTE) return at + 1;
    at += sign === BACKSLASH ? 2 : 1;
  }
  return text.length;
}

function isAfterScalar(sign: number): boolean {
  return sign === COMMA || sign === CLOSE_OBJECT || sign === CLOSE_ARRAY || isSpace(sign);
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** As JSON has it. */
function isSpace(sign: number): boolean {
  return sign === 32 || sign === 10 || sign === 13 || sign === 9;
}
