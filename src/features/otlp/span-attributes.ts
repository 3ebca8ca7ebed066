import { jsonBytesAllowed } from '../../platform/validation.js';
import { isMessageEvent } from './event-messages.js';
import { isoTime, isTime } from './iso-time.js';
import type { Attributes, OtlpEvent, OtlpScope, OtlpSpan } from './otlp-span.js';
import type { SpanReader } from './span-reader.js';
import { jsonOfText, jsonOfValue } from './storable-json.js';

const mostEvents = 1000;
const mostLinks = 1000;

const kindNames = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];

/** What is said besides the span's own attributes; each stays out where the span has an attribute of that name. */
export interface AddedAttributes {
  /** Texts, or JSON where the value is one already. */
  [key: string]: { json: string } | string | null;
}

/** Events of which all is in other fields of the step. */
export interface ToldEvents {
  /** Whether those that are messages have become its input and output. */
  areMessages: boolean;
  /** The one that has become its error. */
  error: OtlpEvent | null;
}

/**
 * The attributes of a step as JSON: every attribute of the span that no field of the step has taken, then what the span
 * tells besides, under `otel.…`. Null where there is nothing.
 * @param told which of its events need not be kept besides
 */
export function attributesJson(
  span: OtlpSpan,
  reader: SpanReader,
  added: AddedAttributes,
  told: ToldEvents,
): string | null {
  const { attributes } = span;
  const members: string[] = [];
  for (const [key, value] of attributes) {
    if (!reader.isUsed(key)) members.push(`${keyJson(key)}:${jsonOfValue(value)}`);
  }
  const add = (key: string, json: string) => {
    if (!attributes.has(key)) members.push(`${keyJson(key)}:${json}`);
  };
  for (const key in added) {
    const value = added[key];
    if (value != null) add(key, typeof value === 'string' ? jsonOfText(value) : value.json);
  }
  if (span.kind >= 2) add('otel.span.kind', `"${kindNames[span.kind] ?? span.kind}"`);
  const scope = scopeJson(span.scope);
  if (scope !== null) add('otel.scope', scope);
  // A process tells its resource with every span: it is kept with those that begin something there.
  if (span.parentSpanId === null || hasRemoteParent(span)) {
    if (span.resource.size > 0) add('otel.resource', resourceJson(span.resource));
  }
  if (span.events.length > 0) {
    const events = span.events.filter(
      (event) => event !== told.error && !(told.areMessages && isMessageEvent(event.name)),
    );
    if (events.length > 0) add('otel.events', listJson(events, mostEvents, eventJson));
  }
  if (span.links.length > 0) {
    add(
      'otel.links',
      listJson(span.links, mostLinks, (link) => {
        const ids = `"traceId":${jsonOfText(link.traceId)},"spanId":${jsonOfText(link.spanId)}`;
        return `{${ids},"attributes":${attributesOnly(link.attributes)}}`;
      }),
    );
  }
  return members.length === 0 ? null : withinBound(members);
}

/** Set where a span was begun by another process, or within another one's call. */
function hasRemoteParent({ flags, kind }: OtlpSpan): boolean {
  return (flags & 0x300) === 0x300 || kind === 2 || kind === 5;
}

/** Keys come again and again; a key is never a reason to leave an attribute out. */
const keyTexts = new Map<string, string>();
const mostKeyTexts = 2000;

function keyJson(key: string): string {
  const known = keyTexts.get(key);
  if (known !== undefined) return known;
  const json = jsonOfText(key);
  if (keyTexts.size < mostKeyTexts && key.length <= 64) keyTexts.set(key, json);
  return json;
}

const resources = new WeakMap<Attributes, string>();
const scopes = new WeakMap<OtlpScope, string>();

function resourceJson(resource: Attributes): string {
  let json = resources.get(resource);
  if (json === undefined) {
    json = attributesOnly(resource);
    resources.set(resource, json);
  }
  return json;
}

function scopeJson(scope: OtlpScope): string | null {
  if (scope.name === null) return null;
  let json = scopes.get(scope);
  if (json === undefined) {
    const version = scope.version === null ? '' : `,"version":${jsonOfText(scope.version)}`;
    json = `{"name":${jsonOfText(scope.name)}${version}}`;
    scopes.set(scope, json);
  }
  return json;
}

function attributesOnly(attributes: Attributes): string {
  const members: string[] = [];
  for (const [key, value] of attributes) members.push(`${keyJson(key)}:${jsonOfValue(value)}`);
  return `{${members.join(',')}}`;
}

function eventJson({ name, timeMs, attributes }: OtlpEvent): string {
  const time = isTime(timeMs) ? `,"time":"${isoTime(timeMs)}"` : '';
  return `{"name":${jsonOfText(name)}${time},"attributes":${attributesOnly(attributes)}}`;
}

function listJson<Entry>(list: readonly Entry[], most: number, json: (entry: Entry) => string): string {
  const written = list.slice(0, most).map(json);
  if (list.length > most) written.push(`"${list.length - most} more were left out."`);
  return `[${written.join(',')}]`;
}

/** The members as one object; where that is larger than JSON may be, the largest are left out and named. */
function withinBound(members: string[]): string {
  const json = `{${members.join(',')}}`;
  const allowed = jsonBytesAllowed();
  if (json.length * 3 <= allowed || Buffer.byteLength(json) <= allowed) return json;
  const left: string[] = [];
  let room = allowed - 4000;
  const kept = members
    .map((member, place) => ({ member, place, bytes: Buffer.byteLength(member) + 1 }))
    .sort((a, b) => a.bytes - b.bytes)
    .filter(({ member, bytes }) => {
      room -= bytes;
      if (room < 0) left.push(member.slice(0, 100));
      return room >= 0;
    })
    .sort((a, b) => a.place - b.place)
    .map(({ member }) => member);
  const note = `${left.length} attributes were left out, as ${allowed} bytes are allowed: ${left.slice(0, 10).join(' … ')}`;
  return `{${[...kept, `"binnacle.left_out":${jsonOfText(note.slice(0, 600))}`].join(',')}}`;
}
