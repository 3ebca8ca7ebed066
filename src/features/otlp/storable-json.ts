import { jsonBytesAllowed } from '../../platform/validation.js';
import { jsonProblem, maxJsonDepth } from '../../platform/scalars.js';
import { nestsDeeperThan } from './json-nesting.js';
import type { AttributeValue } from './otlp-span.js';
import { tooDeep } from './span-rules.js';

/** Levels that are put around what a span tells, at the most. */
const levelsAround = 4;
const deepest = maxJsonDepth - levelsAround;
/** Of what is too large, so many characters are kept. */
const beginningKept = 10_000;

/** PostgreSQL stores neither NUL nor half of a surrogate pair: they become U+FFFD. */
export function storableText(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return whole.includes('\0') ? whole.replaceAll('\0', '\uFFFD') : whole;
}

/** A text of so many UTF-16 units at most, storable, without halving a character. */
export function cutText(text: string, max: number): string {
  // A pair that is halved by the cut would be mended to U+FFFD.
  const isHalved = text.length > max && (text.charCodeAt(max - 1) & 0xfc00) === 0xd800;
  return storableText(text.length > max ? text.slice(0, isHalved ? max - 1 : max) : text);
}

/** What JSON escapes, and half of a surrogate pair as of a whole one. */
// eslint-disable-next-line no-control-regex
const special = /["\\\u0000-\u001f\ud800-\udfff]/;

/** A text as a JSON string that can be stored. Most texts need quotes alone, and to see that is faster than to write them. */
export function jsonOfText(text: string): string {
  return special.test(text) ? JSON.stringify(storableText(text)) : `"${text}"`;
}

/** An attribute's value as JSON: bytes as base64, numbers that JSON has not, or not exactly, as text. */
export function jsonOfValue(value: AttributeValue): string {
  if (typeof value === 'string') return jsonOfText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : `"${value}"`;
  if (typeof value === 'bigint') return `"${value}"`;
  return typeof value === 'object' && value !== null ? jsonOfObject(value) : String(value);
}

function jsonOfObject(value: Exclude<AttributeValue, string | number | bigint | boolean | null>): string {
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`;
  if (Array.isArray(value)) return `[${value.map(jsonOfValue).join(',')}]`;
  const members = value as { readonly [key: string]: AttributeValue };
  const written: string[] = [];
  for (const key in members) written.push(`${jsonOfText(key)}:${jsonOfValue(members[key] ?? null)}`);
  return `{${written.join(',')}}`;
}

/**
 * The text as JSON that can be stored, unchanged where that is possible; null where it is none.
 * Its first character is looked at before all else: most texts are no JSON.
 */
export function jsonOfJsonText(text: string): string | null {
  if (!mayBeJson(text)) return null;
  const isTooDeep = nestsDeeperThan(text, deepest);
  // What is nested without end is not even looked at: reading it costs seconds.
  if (isTooDeep && nestsDeeperThan(text, 1000)) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  // What an escape stands for may not be storable; and of a key that comes twice, JSON.parse sees one value only.
  if (!isTooDeep && !text.includes('\\u') && text.isWellFormed()) return text;
  return jsonOfParsed(value);
}

/** Something that JSON.parse gave, as JSON that can be stored. */
export function jsonOfParsed(value: unknown): string {
  return JSON.stringify(jsonProblem(value, levelsAround) === undefined ? value : mended(value, levelsAround));
}

/** Parses JSON that may be hostile; undefined where it is none. */
export function parseJson(text: string): unknown {
  if (!mayBeJson(text) || nestsDeeperThan(text, deepest)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A JSON text within the bound on JSON values; of what is larger the beginning stays, as text, with a note. */
export function fitJson(json: string): string {
  const allowed = jsonBytesAllowed();
  if (json.length * 3 <= allowed) return json;
  const bytes = Buffer.byteLength(json);
  if (bytes <= allowed) return json;
  return JSON.stringify({
    cut: `This had ${bytes} bytes as JSON; ${allowed} are allowed. It began with:`,
    beginning: cutText(json, Math.min(beginningKept, Math.floor(allowed / 8))),
  });
}

/** The characters with which a JSON value other than a number or word can begin, after spaces. */
function mayBeJson(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x20:
      case 0x09:
      case 0x0a:
      case 0x0d:
        continue;
      case 0x22: // "
      case 0x5b: // [
      case 0x7b: // {
        return true;
      default:
        return false;
    }
  }
  return false;
}

function mended(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return storableText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= maxJsonDepth) return tooDeep;
  if (Array.isArray(value)) return value.map((item) => mended(item, depth + 1));
  const object = Object.create(null) as Record<string, unknown>;
  for (const key in value) {
    object[storableText(key)] = mended((value as Record<string, unknown>)[key], depth + 1);
  }
  return object;
}
