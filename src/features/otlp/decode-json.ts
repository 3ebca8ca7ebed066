import { nestsDeeperThan } from './json-nesting.js';
import {
  type Attributes,
  type AttributeValue,
  type DecodedTraces,
  OtlpFormatError,
  type OtlpEvent,
  type OtlpLink,
  type OtlpScope,
  type OtlpSpan,
} from './otlp-span.js';
import { deepestValue, noAttributes, PartCount, spanProblem, tooDeep } from './span-rules.js';

type Json = Readonly<Record<string, unknown>>;

/** An attribute's value is three levels of JSON deeper for each of its own, and stands some ten levels down. */
const deepestBody = 512;

/**
 * Reads an ExportTraceServiceRequest in OTLP's JSON: ids in hex digits, 64-bit numbers as text or numbers, enums as
 * numbers or names. Fields that it does not know are passed over.
 * @throws OtlpFormatError where the text is none
 */
export function decodeTracesJson(text: string): DecodedTraces {
  if (nestsDeeperThan(text, deepestBody)) {
    throw new OtlpFormatError(
      `The body is no OTLP trace request: it is nested more than ${deepestBody} levels deep.`,
    );
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new OtlpFormatError(`The body is no JSON: ${(error as Error).message.slice(0, 200)}.`);
  }
  if (!isObject(body)) throw problem('the body', 'an object');
  if (body['resourceSpans'] === undefined && Object.keys(body).length > 0) {
    throw new OtlpFormatError('The body is no OTLP trace request: it has no field resourceSpans.');
  }
  const decoder = new Decoder();
  for (const entry of objectsOf(body, 'resourceSpans')) decoder.resourceSpans(entry);
  return { spans: decoder.spans, rejected: decoder.rejected };
}

class Decoder {
  readonly spans: OtlpSpan[] = [];
  readonly rejected: DecodedTraces['rejected'] = [];
  private readonly parts = new PartCount();

  resourceSpans(entry: Json): void {
    this.parts.add(1);
    const resource = this.attributes(objectOf(entry, 'resource'));
    for (const scopeSpans of objectsOf(entry, 'scopeSpans')) {
      this.parts.add(1);
      const told = objectOf(scopeSpans, 'scope');
      const scope = { name: textOf(told, 'name') || null, version: textOf(told, 'version') || null };
      for (const span of objectsOf(scopeSpans, 'spans')) this.span(span, resource, scope);
    }
  }

  private span(told: Json, resource: Attributes, scope: OtlpScope): void {
    this.parts.add(1);
    const status = objectOf(told, 'status');
    const code = enumOf(status, 'code', statusCodes);
    const span: OtlpSpan = {
      traceId: idOf(told, 'traceId'),
      spanId: idOf(told, 'spanId'),
      parentSpanId: null,
      name: textOf(told, 'name'),
      kind: enumOf(told, 'kind', spanKinds),
      flags: enumOf(told, 'flags', []) >>> 0,
      startMs: timeOf(told, 'startTimeUnixNano'),
      endMs: timeOf(told, 'endTimeUnixNano'),
      attributes: this.attributes(told),
      events: objectsOf(told, 'events').map((event) => this.event(event)),
      links: objectsOf(told, 'links').map((link) => this.link(link)),
      statusCode: code === 1 || code === 2 ? code : 0,
      statusMessage: textOf(status, 'message') || null,
      resource,
      scope,
    };
    const rejection = spanProblem(span, idOf(told, 'parentSpanId'));
    if (rejection) this.rejected.push(rejection);
    else this.spans.push(span);
  }

  private event(told: Json): OtlpEvent {
    this.parts.add(1);
    return {
      name: textOf(told, 'name'),
      timeMs: timeOf(told, 'timeUnixNano'),
      attributes: this.attributes(told),
    };
  }

  private link(told: Json): OtlpLink {
    this.parts.add(1);
    return {
      traceId: idOf(told, 'traceId'),
      spanId: idOf(told, 'spanId'),
      attributes: this.attributes(told),
    };
  }

  private attributes(told: Json): Attributes {
    const list = objectsOf(told, 'attributes');
    if (list.length === 0) return noAttributes;
    this.parts.add(list.length);
    const attributes = new Map<string, AttributeValue>();
    for (const entry of list) attributes.set(textOf(entry, 'key'), this.value(entry['value'], 0));
    return attributes;
  }

  private value(told: unknown, depth: number): AttributeValue {
    if (told == null) return null;
    if (!isObject(told)) throw problem('value', 'an object');
    // Objects of JSON.parse: a key that is there is the object's own, or it is none of these.
    for (const key in told) {
      const value = told[key];
      if (value === null) continue;
      switch (key) {
        case 'stringValue':
          return textIn(value, key);
        case 'boolValue':
          if (typeof value !== 'boolean') throw problem(key, 'true or false');
          return value;
        case 'intValue':
          return int64(value);
        case 'doubleValue':
          return double(value);
        case 'bytesValue':
          return new Uint8Array(Buffer.from(textIn(value, key), 'base64'));
        case 'arrayValue':
          return depth < deepestValue ? this.list(value, depth) : tooDeep;
        case 'kvlistValue':
          return depth < deepestValue ? this.object(value, depth) : tooDeep;
      }
    }
    return null;
  }

  private list(told: unknown, depth: number): AttributeValue[] {
    if (!isObject(told)) throw problem('arrayValue', 'an object');
    this.parts.add(1);
    const { values } = told;
    if (values == null) return [];
    if (!Array.isArray(values)) throw problem('values', 'a list');
    return values.map((value) => this.value(value, depth + 1));
  }

  private object(told: unknown, depth: number): AttributeValue {
    if (!isObject(told)) throw problem('kvlistValue', 'an object');
    const members = objectsOf(told, 'values');
    this.parts.add(1 + members.length);
    const object = Object.create(null) as Record<string, AttributeValue>;
    for (const member of members) object[textOf(member, 'key')] = this.value(member['value'], depth + 1);
    return object;
  }
}

const nothing: Json = {};
const spanKinds = [
  'SPAN_KIND_UNSPECIFIED',
  'SPAN_KIND_INTERNAL',
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_CONSUMER',
];
const statusCodes = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'];

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function problem(field: string, kind: string): OtlpFormatError {
  return new OtlpFormatError(`The body is no OTLP trace request: ${field} must be ${kind}.`);
}

function textIn(value: unknown, field: string): string {
  if (typeof value !== 'string') throw problem(field, 'a text');
  return value;
}

function objectOf(from: Json, field: string): Json {
  const value = from[field];
  if (value == null) return nothing;
  if (!isObject(value)) throw problem(field, 'an object');
  return value;
}

const none: readonly Json[] = [];

function objectsOf(from: Json, field: string): readonly Json[] {
  const value = from[field];
  if (value == null) return none;
  if (!Array.isArray(value) || !value.every(isObject)) throw problem(field, 'a list of objects');
  return value;
}

function textOf(from: Json, field: string): string {
  const value = from[field];
  return value == null ? '' : textIn(value, field);
}

const hexDigits = /^[0-9a-f]*$/i;

/** Hex digits in lower case, as many as were told; what is none of them is an id that fits nothing. */
function idOf(from: Json, field: string): string {
  const id = textOf(from, field);
  return hexDigits.test(id) ? id.toLowerCase() : 'none';
}

function enumOf(from: Json, field: string, names: readonly string[]): number {
  const value = from[field];
  if (value == null) return 0;
  if (typeof value === 'number') return value;
  const named = typeof value === 'string' ? names.indexOf(value) : -1;
  if (named < 0) throw problem(field, 'a number');
  return named;
}

const digits = /^-?\d{1,20}$/;

function int64(value: unknown): AttributeValue {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !digits.test(value)) throw problem('intValue', 'a whole number');
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value);
}

function double(value: unknown): number {
  if (typeof value === 'number') return value;
  // NaN, Infinity and -Infinity have no other form in JSON.
  const number = typeof value === 'string' && value !== '' ? Number(value) : undefined;
  if (number === undefined || (Number.isNaN(number) && value !== 'NaN'))
    throw problem('doubleValue', 'a number');
  return number;
}

/** Nanoseconds since 1970 as milliseconds with a fraction; null for 0 and what is not told. */
function timeOf(from: Json, field: string): number | null {
  const value = from[field];
  if (value == null || value === '' || value === '0' || value === 0) return null;
  if (typeof value === 'number' && value > 0) return value / 1e6;
  if (typeof value !== 'string' || !/^\d{1,20}$/.test(value)) throw problem(field, 'nanoseconds since 1970');
  // Cut before the last six digits: the whole is more than a number holds exactly.
  return value.length > 6 ? Number(value.slice(0, -6)) + Number(value.slice(-6)) / 1e6 : Number(value) / 1e6;
}
