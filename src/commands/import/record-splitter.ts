import { findBalancedEnd, JsonSyntaxError, scanValue, skipSpace, unexpected } from './json-scanner.js';

const NEWLINE = 0x0a;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const END_OF_FILE = "the end of the file after the ']' of the records";
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** A record of the file: valid JSON between two offsets (bytes). */
export interface RecordSlice {
  kind: 'RECORD';
  /** 1 for the first; broken ones count too. */
  number: number;
  /** The line on which the record begins, from 1. */
  line: number;
  start: number;
  end: number;
}

/** A place where the file is not valid JSON. */
export interface BrokenPlace {
  kind: 'BROKEN';
  /** False where only what stands between two records is wrong, and no record is lost. */
  isRecord: boolean;
  /** The record it is, or the one it comes after. */
  number: number;
  line: number;
  /** In characters, from 1. */
  column: number;
  reason: string;
}

export type FileEntry = RecordSlice | BrokenPlace;

/**
 * Takes a file apart into its records: the elements of one JSON array, or one record a line (JSON Lines). Each is
 * checked for itself, so a broken one does not spoil the others as long as it can be told where the next begins:
 * by its brackets, or, in a file with line breaks, by the line that begins like the first record's.
 */
export function splitRecords(bytes: Uint8Array): FileEntry[] {
  const hasMark = BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte);
  const first = skipSpace(bytes, hasMark ? BYTE_ORDER_MARK.length : 0);
  const collector = new EntryCollector(bytes);
  if (bytes[first] === OPEN_BRACKET) splitArray(bytes, first, collector);
  else if (bytes[first] === OPEN_BRACE) splitLines(bytes, first, collector);
  else collector.addBroken(unexpected(bytes, first, "'[' or '{' at the beginning of the records"), false);
  return collector.entries;
}

/** A broken place in words: where it is, and what should have stood there. */
export function describeBroken({ line, column, isRecord, number, reason }: BrokenPlace): string {
  const place = isRecord
    ? `record ${number}`
    : number === 0
      ? 'before the first record'
      : `after record ${number}`;
  return `line ${line}, column ${column}, ${place}: ${reason}`;
}

/** How many lines end between two offsets. */
export function countLines(bytes: Uint8Array, from: number, to: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE, from); at !== -1 && at < to; at = bytes.indexOf(NEWLINE, at + 1))
    lines += 1;
  return lines;
}

/** Numbers the records and counts the lines. */
class EntryCollector {
  readonly entries: FileEntry[] = [];
  private recordCount = 0;
  private countedTo = 0;
  private line = 1;

  constructor(private readonly bytes: Uint8Array) {}

  addRecord(start: number, end: number): void {
    this.recordCount += 1;
    this.entries.push({ kind: 'RECORD', number: this.recordCount, line: this.lineOf(start), start, end });
  }

  addBroken({ offset, message }: JsonSyntaxError, isRecord: boolean, consequence = ''): void {
    if (isRecord) this.recordCount += 1;
    const before = this.bytes.subarray(lineStartOf(this.bytes, offset), offset);
    this.entries.push({
      kind: 'BROKEN',
      isRecord,
      number: this.recordCount,
      line: this.lineOf(offset),
      column: Buffer.from(before).toString().length + 1,
      reason: message + consequence,
    });
  }

  /** Counts on from the last offset asked for; the next record may begin a little before the place of an error. */
  private lineOf(offset: number): number {
    if (offset < this.countedTo) return this.line - countLines(this.bytes, offset, this.countedTo);
    this.line += countLines(this.bytes, this.countedTo, offset);
    this.countedTo = offset;
    return this.line;
  }
}

function splitArray(bytes: Uint8Array, open: number, collector: EntryCollector): void {
  const first = skipSpace(bytes, open + 1);
  const margin = marginOf(bytes, first);
  if (bytes[first] === CLOSE_BRACKET) {
    const rest = skipSpace(bytes, first + 1);
    if (rest < bytes.length) collector.addBroken(unexpected(bytes, rest, END_OF_FILE), false);
    return;
  }
  let next: number | null = first;
  while (next !== null) next = splitElement(bytes, next, margin, collector);
}

/** Takes one element and answers where the next begins; null at the end of the array, or of what can be read. */
function splitElement(
  bytes: Uint8Array,
  start: number,
  margin: Uint8Array | null,
  collector: EntryCollector,
): number | null {
  let end: number | null = null;
  try {
    end = scanValue(bytes, start);
    collector.addRecord(start, end);
    return afterElement(bytes, end);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const resumed = end === null ? resumeInside(bytes, start) : resumeBetween(bytes, error.offset);
    const next = resumed === 'NOWHERE' ? findMargin(bytes, start, error.offset, margin) : resumed;
    const isRestLost = next === 'NOWHERE' && skipSpace(bytes, error.offset + 1) < bytes.length;
    collector.addBroken(
      error,
      end === null,
      isRestLost ? '; what follows it cannot be told apart and is left out' : '',
    );
    return next === 'NOWHERE' ? null : next;
  }
}

/** From the end of an element to the beginning of the next; null where the array, and the file, ends there. */
function afterElement(bytes: Uint8Array, end: number): number | null {
  const at = skipSpace(bytes, end);
  if (bytes[at] === CLOSE_BRACKET) {
    const rest = skipSpace(bytes, at + 1);
    if (rest < bytes.length) throw unexpected(bytes, rest, END_OF_FILE);
    return null;
  }
  if (bytes[at] !== COMMA) throw unexpected(bytes, at, "',' or ']' after a record");
  const next = skipSpace(bytes, at + 1);
  if (bytes[next] === CLOSE_BRACKET) throw unexpected(bytes, next, "a record after the ','");
  return next;
}

/** Something inside the element is wrong, but its brackets may be right. */
function resumeInside(bytes: Uint8Array, start: number): number | null | 'NOWHERE' {
  const end = findBalancedEnd(bytes, start);
  if (end === null) return 'NOWHERE';
  try {
    return afterElement(bytes, end);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return 'NOWHERE';
    throw error;
  }
}

/** The element is right, but not what follows it: a comma may be missing, or one be too many at the very end. */
function resumeBetween(bytes: Uint8Array, offset: number): number | null | 'NOWHERE' {
  if (bytes[offset] === OPEN_BRACE) return offset;
  return bytes[offset] === CLOSE_BRACKET && skipSpace(bytes, offset + 1) === bytes.length ? null : 'NOWHERE';
}

/** What stands before the first record on its line, if that is only space: then so do the others begin. */
function marginOf(bytes: Uint8Array, first: number): Uint8Array | null {
  const lineStart = lineStartOf(bytes, first);
  return skipSpace(bytes, lineStart) === first ? bytes.subarray(lineStart, first) : null;
}

/** The first line, from the error's on, which begins as a record does. */
function findMargin(
  bytes: Uint8Array,
  start: number,
  errorOffset: number,
  margin: Uint8Array | null,
): number | 'NOWHERE' {
  if (margin === null) return 'NOWHERE';
  let line = lineStartOf(bytes, errorOffset);
  for (;;) {
    const candidate = line + margin.length;
    const isRecord =
      bytes[candidate] === OPEN_BRACE && margin.every((byte, index) => bytes[line + index] === byte);
    if (isRecord && candidate > start) return candidate;
    const newline = bytes.indexOf(NEWLINE, line);
    if (newline === -1) return 'NOWHERE';
    line = newline + 1;
  }
}

function lineStartOf(bytes: Uint8Array, offset: number): number {
  return offset === 0 ? 0 : bytes.lastIndexOf(NEWLINE, offset - 1) + 1;
}

function splitLines(bytes: Uint8Array, first: number, collector: EntryCollector): void {
  const end = tryScan(bytes, first);
  if (end !== null && skipSpace(bytes, end) === bytes.length) {
    collector.addRecord(first, end);
    return;
  }
  if (end !== null && countLines(bytes, first, end) > 0) {
    const expected = 'a JSON array of records, or one record a line';
    collector.addBroken(new JsonSyntaxError(first, expected, 'a record over several lines'), false);
    return;
  }
  for (let lineStart = first; lineStart < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, lineStart);
    const lineEnd = newline === -1 ? bytes.length : newline;
    splitLine(bytes.subarray(0, lineEnd), lineStart, collector);
    lineStart = lineEnd + 1;
  }
}

function tryScan(bytes: Uint8Array, start: number): number | null {
  try {
    return scanValue(bytes, start);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return null;
    throw error;
  }
}

/** `bytes` ends where the line does. */
function splitLine(bytes: Uint8Array, lineStart: number, collector: EntryCollector): void {
  const start = skipSpace(bytes, lineStart);
  if (start === bytes.length) return;
  try {
    const end = scanValue(bytes, start);
    const rest = skipSpace(bytes, end);
    if (rest < bytes.length) throw unexpected(bytes, rest, 'the end of the line');
    collector.addRecord(start, end);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    collector.addBroken(error, true);
  }
}
