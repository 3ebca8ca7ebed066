/** The bytes of the characters which give JSON its structure. */
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const LITERALS = ['true', 'false', 'null'].map((word) => Buffer.from(word));
const ESCAPES = new Set(Buffer.from('"\\/bfnrt'));

/** Where text stops being JSON, and what should have stood there. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';

  constructor(
    /** Bytes from the beginning. */
    readonly offset: number,
    readonly expected: string,
    found: string,
  ) {
    super(`expected ${expected}, got ${found}`);
  }
}

/** The error for what stands at the offset. */
export function unexpected(bytes: Uint8Array, offset: number, expected: string): JsonSyntaxError {
  return new JsonSyntaxError(offset, expected, describeByte(bytes[offset]));
}

function describeByte(byte: number | undefined): string {
  if (byte === undefined) return 'the end of the text';
  if (byte === 0x0a || byte === 0x0d) return 'the end of the line';
  if (byte > 0x20 && byte < 0x7f) return `'${String.fromCharCode(byte)}'`;
  return `the byte 0x${byte.toString(16).padStart(2, '0')}`;
}

export function skipSpace(bytes: Uint8Array, offset: number): number {
  let at = offset;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at += 1;
  return at;
}

/**
 * Reads one JSON value without building it, to any depth, and answers the offset behind it. JSON.parse does not say
 * reliably where a text is wrong; this does, and on bytes, so that a large file need not become one string.
 * @throws JsonSyntaxError at the first byte that cannot stand where it stands.
 */
export function scanValue(bytes: Uint8Array, start: number): number {
  const closers: number[] = [];
  let at = skipSpace(bytes, start);
  for (;;) {
    const opener = bytes[at];
    if (opener === OPEN_BRACE || opener === OPEN_BRACKET) {
      const closer = opener === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
      const inside = skipSpace(bytes, at + 1);
      if (bytes[inside] !== closer) {
        closers.push(closer);
        at = opener === OPEN_BRACE ? scanKey(bytes, inside) : inside;
        continue;
      }
      at = inside + 1;
    } else {
      at = scanScalar(bytes, at);
    }
    at = closeContainers(bytes, at, closers);
    if (closers.length === 0) return at;
  }
}

/** After a value: closes all containers that end here and goes on to the next value, if there is to be one. */
function closeContainers(bytes: Uint8Array, valueEnd: number, closers: number[]): number {
  let at = valueEnd;
  for (let closer = closers.at(-1); closer !== undefined; closer = closers.at(-1)) {
    at = skipSpace(bytes, at);
    if (bytes[at] === COMMA) {
      at = skipSpace(bytes, at + 1);
      return closer === CLOSE_BRACE ? scanKey(bytes, at) : at;
    }
    if (bytes[at] !== closer) throw unexpected(bytes, at, `',' or '${String.fromCharCode(closer)}'`);
    closers.pop();
    at += 1;
  }
  return at;
}

/** A key with its colon; answers where the value begins. */
function scanKey(bytes: Uint8Array, start: number): number {
  if (bytes[start] !== QUOTE) throw unexpected(bytes, start, 'a name in double quotes');
  const at = skipSpace(bytes, scanString(bytes, start));
  if (bytes[at] !== COLON) throw unexpected(bytes, at, "':'");
  return skipSpace(bytes, at + 1);
}

function scanScalar(bytes: Uint8Array, start: number): number {
  const first = bytes[start];
  if (first === QUOTE) return scanString(bytes, start);
  if (first === 0x2d || isDigit(first)) return scanNumber(bytes, start);
  const word = LITERALS.find((literal) => literal.every((byte, index) => bytes[start + index] === byte));
  if (word === undefined) throw unexpected(bytes, start, 'a value');
  return start + word.length;
}

function scanString(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; ; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === undefined || byte < 0x20) throw unexpected(bytes, at, "'\"' at the end of the string");
    if (byte === BACKSLASH) at = scanEscape(bytes, at + 1);
  }
}

/** Answers the offset of the escape's last byte. */
function scanEscape(bytes: Uint8Array, at: number): number {
  const kind = bytes[at];
  if (kind !== 0x75) {
    if (kind === undefined || !ESCAPES.has(kind))
      throw unexpected(bytes, at, 'one of "\\/bfnrtu after a backslash');
    return at;
  }
  for (let digit = at + 1; digit <= at + 4; digit += 1) {
    if (!isHexDigit(bytes[digit])) throw unexpected(bytes, digit, 'four hexadecimal digits after \\u');
  }
  return at + 4;
}

function scanNumber(bytes: Uint8Array, start: number): number {
  let at = bytes[start] === 0x2d ? start + 1 : start;
  at = bytes[at] === 0x30 ? at + 1 : scanDigits(bytes, at);
  if (bytes[at] === 0x2e) at = scanDigits(bytes, at + 1);
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    at += 1;
    if (bytes[at] === 0x2b || bytes[at] === 0x2d) at += 1;
    at = scanDigits(bytes, at);
  }
  return at;
}

function scanDigits(bytes: Uint8Array, start: number): number {
  if (!isDigit(bytes[start])) throw unexpected(bytes, start, 'a digit');
  let at = start + 1;
  while (isDigit(bytes[at])) at += 1;
  return at;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isHexDigit(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}

/**
 * Looks for the end of a container by its brackets and strings alone, so also where something inside it is wrong.
 * Answers null where the brackets do not match or a string does not end on its line.
 */
export function findBalancedEnd(bytes: Uint8Array, start: number): number | null {
  const closers: number[] = [];
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      const end = findStringEnd(bytes, at);
      if (end === null) return null;
      at = end - 1;
    } else if (byte === OPEN_BRACE) closers.push(CLOSE_BRACE);
    else if (byte === OPEN_BRACKET) closers.push(CLOSE_BRACKET);
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (closers.pop() !== byte) return null;
      if (closers.length === 0) return at + 1;
    }
  }
  return null;
}

function findStringEnd(bytes: Uint8Array, start: number): number | null {
  for (let at = start + 1; at < bytes.length && bytes[at] !== 0x0a; at += 1) {
    if (bytes[at] === QUOTE) return at + 1;
    if (bytes[at] === BACKSLASH) at += 1;
  }
  return null;
}

/** Where the field with this path begins in a value that is valid JSON; where it is missing, its nearest ancestor. */
export function locateField(bytes: Uint8Array, start: number, path: readonly PropertyKey[]): number {
  let at = skipSpace(bytes, start);
  for (const part of path) {
    const member =
      typeof part === 'number' ? findElement(bytes, at, part) : findMember(bytes, at, String(part));
    if (member === null) break;
    at = member;
  }
  return at;
}

function findElement(bytes: Uint8Array, list: number, index: number): number | null {
  if (bytes[list] !== OPEN_BRACKET) return null;
  let at = skipSpace(bytes, list + 1);
  for (let current = 0; bytes[at] !== CLOSE_BRACKET; current += 1) {
    if (current === index) return at;
    at = nextMember(bytes, scanValue(bytes, at));
  }
  return null;
}

/** The last member of this name, as it is the one which JSON.parse keeps. */
function findMember(bytes: Uint8Array, object: number, name: string): number | null {
  if (bytes[object] !== OPEN_BRACE) return null;
  let found: number | null = null;
  let at = skipSpace(bytes, object + 1);
  while (bytes[at] !== CLOSE_BRACE) {
    const key: unknown = JSON.parse(Buffer.from(bytes.subarray(at, scanString(bytes, at))).toString());
    const value = scanKey(bytes, at);
    if (key === name) found = value;
    at = nextMember(bytes, scanValue(bytes, value));
  }
  return found;
}

function nextMember(bytes: Uint8Array, valueEnd: number): number {
  const at = skipSpace(bytes, valueEnd);
  return bytes[at] === COMMA ? skipSpace(bytes, at + 1) : at;
}
