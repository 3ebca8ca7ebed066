import type { Attributes, AttributeValue } from './otlp-span.js';
import { cutText, jsonOfJsonText, jsonOfText, jsonOfValue } from './storable-json.js';

const maxCount = 2_147_483_647;

/**
 * A span's attributes as they are taken into a step's fields. What is taken whole is remembered as used; everything else
 * stays among the step's attributes, so that nothing is lost by being misunderstood.
 */
export class SpanReader {
  private readonly used = new Set<string>();

  constructor(readonly attributes: Attributes) {}

  isUsed(key: string): boolean {
    return this.used.has(key);
  }

  use(key: string): void {
    this.used.add(key);
  }

  get(key: string): AttributeValue | undefined {
    return this.attributes.get(key);
  }

  has(key: string): boolean {
    return this.attributes.has(key);
  }

  /** The first of the attributes that is a text with something in it, cut and storable; it stays among the attributes. */
  text(max: number, keys: readonly string[]): string | null {
    for (const key of keys) {
      const text = textOf(this.attributes.get(key), max);
      if (text !== null) return text;
    }
    return null;
  }

  /** As `text`; used up where the whole of it is taken. */
  takeText(max: number, keys: readonly string[]): string | null {
    for (const key of keys) {
      const value = this.attributes.get(key);
      const text = textOf(value, max);
      if (text === null) continue;
      if (text === value) this.used.add(key);
      return text;
    }
    return null;
  }

  /** The first of the attributes that is a count of tokens, used up; null where none is. */
  takeCount(keys: readonly string[]): number | null {
    for (const key of keys) {
      const number = this.count(key);
      if (number === null) continue;
      this.used.add(key);
      return number;
    }
    return null;
  }

  /** A whole number from 0 to 2^31 - 1, also where it was sent as text; null for all else. */
  count(key: string): number | null {
    const number = numberOf(this.attributes.get(key));
    if (number === null || number < 0 || number > maxCount) return null;
    return Math.round(number);
  }

  /** A finite number from 0 to `max`, used up; null for all else. */
  takeNumber(max: number, key: string): number | null {
    const number = numberOf(this.attributes.get(key));
    if (number === null || number < 0 || number > max) return null;
    this.used.add(key);
    return number;
  }

  /** The attribute as JSON, used up: a text that is JSON as that, other texts as JSON strings; null where it is not there. */
  takeJson(key: string): string | null {
    const value = this.attributes.get(key);
    if (value === undefined || value === null || value === '') return null;
    this.used.add(key);
    return jsonOf(value);
  }

  /** The first of the attributes that is there. */
  takeFirstJson(keys: readonly string[]): string | null {
    for (const key of keys) {
      const json = this.takeJson(key);
      if (json !== null) return json;
    }
    return null;
  }
}

/** A value as JSON; a text that is JSON already as that. */
export function jsonOf(value: AttributeValue): string {
  return typeof value === 'string' ? (jsonOfJsonText(value) ?? jsonOfText(value)) : jsonOfValue(value);
}

/** A value as a text with something in it, cut and storable; null where it is none. Numbers are taken for their digits. */
export function textOf(value: AttributeValue | undefined, max: number): string | null {
  if (typeof value === 'number' || typeof value === 'bigint') return cutText(String(value), max);
  if (typeof value !== 'string' || value === '') return null;
  const text = cutText(value, max);
  return text.trim() === '' ? null : text;
}

const numeral = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

export function numberOf(value: AttributeValue | undefined): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string' || value.length > 40 || !numeral.test(value)) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}
