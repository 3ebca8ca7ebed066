import { randomBytes } from 'node:crypto';
import { SpanKind, SpanStatusCode, TraceFlags, type HrTime } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { ProtobufTraceSerializer, JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { AttributeValue, OtlpSpan } from '../../src/features/otlp/otlp-span.js';

/** Numbers that look random and are the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** A request as exporters send it, by OpenTelemetry's own serializers. */
export function encoded(spans: ReadableSpan[]): { protobuf: Uint8Array; json: string } {
  const protobuf = ProtobufTraceSerializer.serializeRequest(spans);
  const json = JsonTraceSerializer.serializeRequest(spans);
  if (!protobuf || !json) throw new Error('The serializer gave nothing.');
  return { protobuf, json: new TextDecoder().decode(json) };
}

const texts = [
  '',
  'a',
  'gpt-4o',
  'naïve — 日本語 🦊',
  'line\nbreak\t"quoted" \\u0041',
  '\0nul',
  'x'.repeat(300),
];
const keys = [
  'gen_ai.operation.name',
  'gen_ai.usage.input_tokens',
  'llm.input_messages.0.message.content',
  'llm.input_messages.7.message.tool_calls.1.tool_call.function.name',
  'gen_ai.prompt.0.role',
  'ai.operationId',
  'input.value',
  '__proto__',
  'constructor',
  '0',
  'k'.repeat(80),
];

/** Any span that the SDK could hand to an exporter, and some that it could not. */
export function randomSpan(random: () => number, traceId = randomHex(random, 32)): ReadableSpan {
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item;
  const value = (depth: number): unknown => {
    switch (Math.floor(random() * (depth < 3 ? 9 : 6))) {
      case 0:
      case 1:
        return pick(texts);
      case 2:
        return Math.floor((random() - 0.5) * 2 ** pick([4, 16, 40, 53]));
      case 3:
        return random() * 1000 + 0.25;
      case 4:
        return random() < 0.5;
      case 5:
        return null;
      case 6:
        return Array.from({ length: Math.floor(random() * 4) }, () => value(depth + 1));
      case 7:
        return Object.fromEntries(
          Array.from({ length: Math.floor(random() * 4) }, () => [pick(keys), value(depth + 1)]),
        );
      default:
        return Uint8Array.from({ length: Math.floor(random() * 20) }, () => random() * 256);
    }
  };
  const attributes = () =>
    Object.fromEntries(
      Array.from({ length: Math.floor(random() * 12) }, () => [pick(keys), value(0)]),
    ) as ReadableSpan['attributes'];
  const start: HrTime = [1_767_225_600 + Math.floor(random() * 1e6), Math.floor(random() * 1e9)];
  const end: HrTime = [start[0] + Math.floor(random() * 100), Math.floor(random() * 1e9)];
  const context = () => ({ traceId, spanId: randomHex(random, 16), traceFlags: TraceFlags.SAMPLED });
  const own = context();
  return {
    name: pick(texts),
    kind: pick([SpanKind.INTERNAL, SpanKind.CLIENT, SpanKind.SERVER]),
    spanContext: () => own,
    ...(random() < 0.7 ? { parentSpanContext: { ...context(), isRemote: random() < 0.3 } } : {}),
    startTime: start,
    endTime: end,
    duration: [0, 0],
    ended: true,
    status: pick([
      { code: SpanStatusCode.UNSET },
      { code: SpanStatusCode.OK },
      { code: SpanStatusCode.ERROR, message: pick(texts) },
    ]),
    attributes: attributes(),
    links: random() < 0.2 ? [{ context: context(), attributes: attributes() }] : [],
    events: Array.from({ length: Math.floor(random() * 3) }, () => ({
      name: pick(['exception', 'gen_ai.choice', 'gen_ai.user.message', 'note']),
      time: start,
      attributes: attributes(),
    })),
    resource: resourceFromAttributes({
      'service.name': pick(['support', 'billing']),
      'host.id': pick(texts),
    }),
    instrumentationScope: { name: pick(['ai', 'openinference', '']), version: pick(['1.2.3', '']) },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function randomHex(random: () => number, length: number): string {
  return Array.from({ length }, (_, at) => (at === 0 ? 'a' : Math.floor(random() * 16).toString(16))).join(
    '',
  );
}

/** A span as it is decoded, with what a test is about. */
export function otlpSpan(
  attributes: Readonly<Record<string, AttributeValue>>,
  more: Partial<OtlpSpan> = {},
): OtlpSpan {
  return {
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    parentSpanId: null,
    name: 'a span',
    kind: 1,
    flags: 0x100,
    startMs: Date.parse('2026-03-01T12:00:00Z'),
    endMs: Date.parse('2026-03-01T12:00:00Z') + 1500.25,
    attributes: new Map(Object.entries(attributes)),
    events: [],
    links: [],
    statusCode: 0,
    statusMessage: null,
    resource: new Map([['service.name', 'support']]),
    scope: { name: 'tests', version: '1' },
    ...more,
  };
}
