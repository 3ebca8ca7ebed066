import { gzipSync } from 'node:zlib';
import { SpanKind, SpanStatusCode, TraceFlags, type HrTime } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

const resource = resourceFromAttributes({ 'service.name': 'support' });
const messages = JSON.stringify([
  { role: 'user', content: 'Where is my order? It was to come on Tuesday, and it is Thursday. '.repeat(4) },
]);
const begin = 1_750_000_000;
const hex = (number: number, length: number) => number.toString(16).padStart(length, '0');

/** A model's call as OpenTelemetry's conventions tell it; span 1 of a trace is its root, and the others are below it. */
function call(trace: number, number: number): ReadableSpan {
  const own = { traceId: `b${hex(trace, 31)}`, spanId: hex(number, 16), traceFlags: TraceFlags.SAMPLED };
  const startTime: HrTime = [begin, number * 1000];
  return {
    name: 'chat gpt-4o',
    kind: SpanKind.CLIENT,
    spanContext: () => own,
    ...(number === 1 ? {} : { parentSpanContext: { ...own, spanId: hex(1, 16) } }),
    startTime,
    endTime: [begin, number * 1000 + 700_000_000],
    duration: [0, 700_000_000],
    ended: true,
    status: { code: SpanStatusCode.UNSET },
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.response.model': 'gpt-4o-2024-08-06',
      'gen_ai.usage.input_tokens': 1200,
      'gen_ai.usage.output_tokens': 100,
      'gen_ai.input.messages': messages,
      'gen_ai.output.messages': messages,
    },
    links: [],
    events: [],
    resource,
    instrumentationScope: { name: 'bench' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** A request in protobuf, packed by gzip: spans of one trace, from one place of it on. */
export function traceBody(trace: number, from: number, count: number): Buffer {
  return bodyOf(Array.from({ length: count }, (_, at) => call(trace, from + at)));
}

/** A request of whole traces, of so many spans each. */
export function tracesBody(traces: readonly number[], spans: number): Buffer {
  return bodyOf(traces.flatMap((trace) => Array.from({ length: spans }, (_, at) => call(trace, at + 1))));
}

function bodyOf(spans: ReadableSpan[]): Buffer {
  const body = ProtobufTraceSerializer.serializeRequest(spans);
  if (!body) throw new Error('The serializer gave nothing.');
  return gzipSync(body);
}
