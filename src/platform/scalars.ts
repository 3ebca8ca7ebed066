import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped, type ValueNode } from 'graphql';

/** The years that PostgreSQL, JavaScript and people all read the same. */
const earliest = Date.parse('0001-01-01T00:00:00.000Z');
const latest = Date.parse('9999-12-31T23:59:59.999Z');
const dateTimePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;
const datePattern = /^\d{4}-\d{2}-\d{2}$/;

/** @param node where the value stands in the document; undefined for one of the variables */
const bad = (message: string, node: ValueNode | undefined) =>
  new GraphQLError(message, { ...(node ? { nodes: node } : {}), extensions: { code: 'BAD_USER_INPUT' } });

const textOf = (node: ValueNode) => (node.kind === Kind.STRING ? node.value : undefined);

/** 2026-02-30 is refused: JavaScript would quietly read it as March 2. */
function isCalendarDay(day: string): boolean {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  const read = new Date(Date.UTC(year, month - 1, date));
  read.setUTCFullYear(year);
  return read.getUTCMonth() === month - 1 && read.getUTCDate() === date;
}

/** Reads an ISO 8601 time with its zone; undefined where it is none. */
export function parseDateTime(value: unknown): Date | undefined {
  if (typeof value !== 'string' || !dateTimePattern.test(value)) return undefined;
  // Every month has 28 days, so most dates need no closer look.
  if (Number(value.slice(8, 10)) > 28 && !isCalendarDay(value.slice(0, 10))) return undefined;
  const time = Date.parse(value);
  return time >= earliest && time <= latest ? new Date(time) : undefined;
}

function dateTimeInput(value: unknown, node?: ValueNode): Date {
  const time = parseDateTime(value);
  if (!time) {
    throw bad(
      'A DateTime is ISO 8601 with a zone, such as 2026-03-01T12:00:00.000Z, in the years 0001 to 9999.',
      node,
    );
  }
  return time;
}

export const DateTimeScalar = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description:
    'A moment: ISO 8601 in UTC with milliseconds, such as 2026-03-01T12:00:00.000Z. Inputs may carry another zone and fewer or more digits.',
  // Rows of the hot paths carry times as text already in this form.
  serialize: (value) => (value instanceof Date ? value.toISOString() : String(value)),
  parseValue: (value) => dateTimeInput(value),
  parseLiteral: (node: ValueNode) => dateTimeInput(textOf(node), node),
});

function dateInput(value: unknown, node?: ValueNode): string {
  if (typeof value !== 'string' || !datePattern.test(value) || value < '0001' || !isCalendarDay(value)) {
    throw bad('A Date is a calendar day such as 2026-03-01.', node);
  }
  return value;
}

export const DateScalar = new GraphQLScalarType<string, string>({
  name: 'Date',
  description: 'A calendar day in UTC: ISO 8601, such as 2026-03-01.',
  serialize: String,
  parseValue: (value) => dateInput(value),
  parseLiteral: (node: ValueNode) => dateInput(textOf(node), node),
});

/** Deeper values are a mistake or an attack, and hard on everybody who reads them. */
export const maxJsonDepth = 64;

/**
 * What is wrong with a JSON value, as a sentence; undefined where nothing is.
 * The depth is bounded first, so that no later walk over it can exhaust the stack.
 */
export function jsonProblem(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string') return textProblem(value);
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'Numbers must be finite.';
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= maxJsonDepth) return `JSON may be nested ${maxJsonDepth} levels deep at most.`;
  if (Array.isArray(value)) {
    for (const item of value) {
      const problem = jsonProblem(item, depth + 1);
      if (problem) return problem;
    }
    return undefined;
  }
  for (const key in value) {
    const problem = textProblem(key) ?? jsonProblem((value as Record<string, unknown>)[key], depth + 1);
    if (problem) return problem;
  }
  return undefined;
}

/** A JSON value as text, or what is wrong with it, as a sentence. */
export type WrittenJson = { text: string; problem?: undefined } | { text?: undefined; problem: string };

/**
 * Writes a JSON value and checks it by jsonProblem's rules. The text mostly shows that they hold; the value is walked over only
 * where it leaves doubt: an object of very many keys takes longer to walk over than to write.
 */
export function writeJson(value: unknown): WrittenJson {
  let text: string | undefined;
  try {
    text = JSON.stringify(value) ?? 'null';
  } catch (error) {
    // Nested so deep that writing exhausted the stack.
    if (!(error instanceof RangeError)) throw error;
  }
  const problem = text === undefined || leavesDoubt(text) ? jsonProblem(value) : undefined;
  if (problem !== undefined) return { problem };
  if (text === undefined) throw new RangeError('A JSON value is too long to be written.');
  return { text };
}

/** NUL and halves of surrogate pairs are written as escapes, numbers that are not finite as null. */
function leavesDoubt(text: string): boolean {
  return text.includes('\\u0000') || text.includes('\\ud') || text.includes('null') || mayNestTooDeep(text);
}

function mayNestTooDeep(text: string): boolean {
  let left = maxJsonDepth;
  for (const opening of ['[', '{']) {
    for (let at = text.indexOf(opening); at !== -1; at = text.indexOf(opening, at + 1)) {
      if (--left < 0) return true;
    }
  }
  return false;
}

/** PostgreSQL stores no NUL, and UTF-8 has no form for half of a surrogate pair. */
export function textProblem(text: string): string | undefined {
  if (text.includes('\0')) return 'Text must not hold the character NUL (U+0000).';
  if (!text.isWellFormed()) return 'Text must be well-formed Unicode: it holds half of a surrogate pair.';
  return undefined;
}

export const JsonScalar = new GraphQLScalarType<unknown>({
  name: 'JSON',
  description: `Any JSON value, nested ${maxJsonDepth} levels deep at most, kept as it was sent.`,
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables ?? undefined),
});
