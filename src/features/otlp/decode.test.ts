import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { encoded, randomSpan, seeded } from '../../../test/support/otlp-spans.js';
import { decodeTracesJson } from './decode-json.js';
import { decodeTracesProtobuf } from './decode-protobuf.js';
import { type DecodedTraces, OtlpFormatError } from './otlp-span.js';
import { mapSpan } from './span-mapping.js';

const batch = (seed: number, size: number): ReadableSpan[] => {
  const random = seeded(seed);
  return Array.from({ length: size }, () => randomSpan(random));
};

/** Comparable whatever it is made of: a Map as its entries, objects without prototype as others, bytes as such. */
const plain = (value: unknown): unknown => {
  if (value instanceof Map) return [...value].map(([key, entry]) => [key, plain(entry)]);
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).map(([key, entry]) => [key, plain(entry)]);
};

const isFormatError = (error: unknown) => error instanceof OtlpFormatError;
const outcome = (decode: () => DecodedTraces): DecodedTraces | 'refused' => {
  try {
    return decode();
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return 'refused';
  }
};

describe('protobuf and JSON of OpenTelemetry’s own serializers', () => {
  test.each([1, 2, 3, 4, 5])('say the same of 200 random spans (seed %d)', (seed) => {
    const { protobuf, json } = encoded(batch(seed, 200));
    const fromProtobuf = decodeTracesProtobuf(protobuf);
    expect(fromProtobuf.spans).toHaveLength(200);
    expect(fromProtobuf.rejected).toEqual([]);
    expect(plain(fromProtobuf)).toEqual(plain(decodeTracesJson(json)));
  });

  test('say what the span said', () => {
    const [span] = batch(7, 1) as [ReadableSpan];
    const told: ReadableSpan = {
      ...span,
      name: 'chat gpt-4o',
      kind: 2,
      startTime: [1_767_225_600, 123_456_789],
      endTime: [1_767_225_601, 500_000_000],
      status: { code: 2, message: 'no' },
      attributes: {
        text: 'naïve 🦊',
        whole: 42,
        negative: -7,
        large: Number.MAX_SAFE_INTEGER,
        fraction: 0.1,
        yes: true,
        list: ['a', 'b'],
      },
      events: [
        { name: 'exception', time: [1_767_225_600, 0], attributes: { 'exception.type': 'TypeError' } },
      ],
      links: [{ context: { traceId: 'b'.repeat(32), spanId: 'c'.repeat(16), traceFlags: 1 } }],
    };
    const { protobuf, json } = encoded([told]);
    for (const { spans } of [decodeTracesProtobuf(protobuf), decodeTracesJson(json)]) {
      expect(spans).toHaveLength(1);
      expect(spans[0]).toMatchObject({
        traceId: span.spanContext().traceId,
        spanId: span.spanContext().spanId,
        name: 'chat gpt-4o',
        kind: 3,
        statusCode: 2,
        statusMessage: 'no',
        links: [{ traceId: 'b'.repeat(32), spanId: 'c'.repeat(16) }],
      });
      expect(spans[0]?.startMs).toBeCloseTo(1_767_225_600_123.4568, 3);
      expect(spans[0]?.endMs).toBe(1_767_225_601_500);
      expect(Object.fromEntries(spans[0]?.attributes ?? [])).toEqual({
        text: 'naïve 🦊',
        whole: 42,
        negative: -7,
        large: Number.MAX_SAFE_INTEGER,
        fraction: 0.1,
        yes: true,
        list: ['a', 'b'],
      });
      expect(spans[0]?.events[0]?.attributes.get('exception.type')).toBe('TypeError');
      expect(spans[0]?.resource.get('service.name')).toBe(told.resource.attributes['service.name']);
    }
  });

  test('share their resource and scope', () => {
    const [one, two] = batch(8, 2) as [ReadableSpan, ReadableSpan];
    const { resource, instrumentationScope } = one;
    const { protobuf, json } = encoded([one, { ...two, resource, instrumentationScope }]);
    for (const { spans } of [decodeTracesProtobuf(protobuf), decodeTracesJson(json)]) {
      expect(spans[0]?.resource).toBe(spans[1]?.resource);
      expect(spans[0]?.scope).toBe(spans[1]?.scope);
    }
  });
});

describe('spans that belong to no task', () => {
  test.each([
    ['an empty trace id', { traceId: '' }, /trace id of 16 bytes/],
    ['a short trace id', { traceId: 'ab'.repeat(8) }, /trace id of 16 bytes/],
    ['a trace id of zeros', { traceId: '0'.repeat(32) }, /trace id of 16 bytes/],
    ['a span id of zeros', { spanId: '0'.repeat(16) }, /span id of 8 bytes/],
    ['a long span id', { spanId: 'ab'.repeat(16) }, /span id of 8 bytes/],
  ])('%s: the others are kept', (_, wrong, reason) => {
    const [bad, good] = batch(11, 2) as [ReadableSpan, ReadableSpan];
    const context = { ...bad.spanContext(), ...wrong };
    const { protobuf, json } = encoded([{ ...bad, spanContext: () => context }, good]);
    for (const { spans, rejected } of [decodeTracesProtobuf(protobuf), decodeTracesJson(json)]) {
      expect(spans.map(({ spanId }) => spanId)).toEqual([good.spanContext().spanId]);
      expect(rejected).toEqual([{ reason: expect.stringMatching(reason) }]);
    }
  });

  test('a parent of zeros is none', () => {
    const [span] = batch(12, 1) as [ReadableSpan];
    const parent = { ...span.spanContext(), spanId: '0'.repeat(16) };
    const { protobuf, json } = encoded([{ ...span, parentSpanContext: parent }]);
    for (const { spans } of [decodeTracesProtobuf(protobuf), decodeTracesJson(json)]) {
      expect(spans[0]?.parentSpanId).toBeNull();
    }
  });
});

describe('a body that is no OTLP', () => {
  const { protobuf, json } = encoded(batch(21, 5));

  test.each([
    ['JSON', Buffer.from('{"resourceSpans":[]}')],
    ['a web page', Buffer.from('<!doctype html><title>no</title>')],
    ['text', Buffer.from('hello world, this is no trace')],
    ['zeros', Buffer.alloc(1000)],
    ['0xff', Buffer.alloc(1000, 0xff)],
    ['gzip', Buffer.from('1f8b0800000000000003', 'hex')],
    ['a request of unknown fields only', Buffer.from([0x7a, 0x01, 0x41])],
    ['a length beyond the end', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x00])],
    ['a number without an end', Buffer.from([0x0a, 0x80, 0x80])],
    ['a cut request', protobuf.subarray(0, protobuf.length - 3)],
  ])('is refused as protobuf: %s', (_, body) => {
    expect(() => decodeTracesProtobuf(body)).toThrow(OtlpFormatError);
    expect(() => decodeTracesProtobuf(body)).toThrow(/^The body is no OTLP trace request in protobuf: .*\.$/);
  });

  test('logs are no traces', () => {
    // ExportLogsServiceRequest { resource_logs { scope_logs { log_records { time_unix_nano } } } }
    const record = Buffer.from([0x09, 1, 2, 3, 4, 5, 6, 7, 8]);
    const wrap = (field: number, inner: Buffer) => Buffer.concat([Buffer.from([field, inner.length]), inner]);
    expect(() => decodeTracesProtobuf(wrap(0x0a, wrap(0x12, wrap(0x12, record))))).toThrow(OtlpFormatError);
  });

  test.each([
    ['nothing', ''],
    ['cut JSON', json.slice(0, -5)],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number', '7'],
    ['another request', '{"resourceLogs":[]}'],
    ['a text for a list', '{"resourceSpans":"x"}'],
    ['a list of texts', '{"resourceSpans":["x"]}'],
    ['spans that are none', '{"resourceSpans":[{"scopeSpans":[{"spans":[1]}]}]}'],
    ['a number for a name', '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":1}]}]}]}'],
    ['a time that is none', '{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"soon"}]}]}]}'],
    [
      'a value that is none',
      '{"resourceSpans":[{"resource":{"attributes":[{"key":"a","value":{"intValue":"many"}}]}}]}',
    ],
  ])('is refused as JSON: %s', (_, text) => {
    expect(() => decodeTracesJson(text)).toThrow(OtlpFormatError);
    expect(() => decodeTracesJson(text)).toThrow(/^The body is no .*\.$/);
  });

  test('an empty request is one', () => {
    expect(decodeTracesProtobuf(new Uint8Array())).toEqual({ spans: [], rejected: [] });
    expect(decodeTracesJson('{}')).toEqual({ spans: [], rejected: [] });
    expect(decodeTracesJson('{"resourceSpans":[],"later":1}')).toEqual({ spans: [], rejected: [] });
  });
});

describe('hostile bodies', () => {
  test.each([1, 2, 3])('2,000 mutations end as spans or as a refusal (seed %d)', (seed) => {
    const { protobuf, json } = encoded(batch(seed + 30, 3));
    const random = seeded(seed + 40);
    const outcomes = { kept: 0, refused: 0 };
    for (let round = 0; round < 2000; round++) {
      const bytes = Buffer.from(round % 2 === 0 ? protobuf : Buffer.from(json));
      let body: Buffer = bytes;
      for (let change = 0; change <= random() * 4; change++) {
        const at = Math.floor(random() * body.length);
        const length = Math.floor(random() * 40);
        switch (Math.floor(random() * 4)) {
          case 0:
            body[at] = random() * 256;
            break;
          case 1:
            body = Buffer.concat([body.subarray(0, at), body.subarray(at + length)]);
            break;
          case 2:
            body = Buffer.concat([body.subarray(0, at), body.subarray(at, at + length), body.subarray(at)]);
            break;
          default:
            body = body.subarray(0, at);
        }
      }
      const decoded = outcome(() =>
        round % 2 === 0 ? decodeTracesProtobuf(body) : decodeTracesJson(body.toString()),
      );
      outcomes[decoded === 'refused' ? 'refused' : 'kept']++;
      // What is left of them is mapped, whatever it says.
      if (decoded !== 'refused') decoded.spans.forEach(mapSpan);
    }
    expect(outcomes.refused).toBeGreaterThan(500);
    expect(outcomes.kept).toBeGreaterThan(20);
  });

  test('values nested without end are cut, in protobuf', () => {
    const wrap = (field: number, inner: Buffer) => {
      const length: number[] = [];
      for (let rest = inner.length; ; rest = Math.floor(rest / 128)) {
        if (rest < 128) {
          length.push(rest);
          break;
        }
        length.push((rest % 128) | 0x80);
      }
      return Buffer.concat([Buffer.from([field, ...length]), inner]);
    };
    let value = Buffer.from([0x0a, 0x01, 0x78]);
    for (let level = 0; level < 2000; level++) value = wrap(0x2a, wrap(0x0a, value));
    const attribute = wrap(0x4a, Buffer.concat([wrap(0x0a, Buffer.from('deep')), wrap(0x12, value)]));
    const ids = Buffer.concat([wrap(0x0a, Buffer.alloc(16, 1)), wrap(0x12, Buffer.alloc(8, 1))]);
    const { spans } = decodeTracesProtobuf(
      wrap(0x0a, wrap(0x12, wrap(0x12, Buffer.concat([ids, attribute])))),
    );
    expect(JSON.stringify(spans[0]?.attributes.get('deep'))).toContain('nested too deep');
  });

  test('brackets without end are refused at once, in JSON', () => {
    const before = Date.now();
    expect(() => decodeTracesJson(`{"resourceSpans":${'['.repeat(4_000_000)}`)).toThrow(OtlpFormatError);
    expect(Date.now() - before).toBeLessThan(1000);
  });

  test('a body of empty parts does not become a hundred times as large', () => {
    for (const part of [
      [0x0a, 0x00],
      [0x0a, 0x02, 0x12, 0x00],
    ]) {
      const body = Buffer.alloc(8_000_000);
      for (let at = 0; at < body.length; at++) body[at] = part[at % part.length] as number;
      const before = process.memoryUsage().rss;
      expect(() => decodeTracesProtobuf(body)).toThrow(/send it in smaller batches\.$/);
      expect(process.memoryUsage().rss - before).toBeLessThan(400e6);
    }
  });

  test('keys that share a place among the kept ones are told apart', () => {
    const random = seeded(5);
    const keys = Array.from(
      { length: 20_000 },
      (_, at) => `key.${at}.${'x'.repeat(random() * 50)}${at % 3 ? '' : '\0'}`,
    );
    const [span] = batch(50, 1) as [ReadableSpan];
    const attributes = Object.fromEntries(keys.map((key) => [key, key]));
    for (let again = 0; again < 2; again++) {
      const { spans } = decodeTracesProtobuf(encoded([{ ...span, attributes }]).protobuf);
      expect([...(spans[0]?.attributes ?? [])].every(([key, value]) => key === value)).toBe(true);
      expect([...(spans[0]?.attributes.keys() ?? [])]).toEqual(keys);
    }
  });
});

describe('numbers', () => {
  const value = (json: string) =>
    decodeTracesJson(
      `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${'A'.repeat(32)}","spanId":"${'B'.repeat(16)}","attributes":[{"key":"n","value":${json}}]}]}]}]}`,
    ).spans[0]?.attributes.get('n');

  test.each([
    ['{"intValue":"42"}', 42],
    ['{"intValue":42}', 42],
    ['{"intValue":"-9223372036854775808"}', -9223372036854775808n],
    ['{"intValue":"9007199254740993"}', 9007199254740993n],
    ['{"doubleValue":"NaN"}', Number.NaN],
    ['{"doubleValue":"-Infinity"}', Number.NEGATIVE_INFINITY],
    ['{"doubleValue":1.5}', 1.5],
    ['{"boolValue":false}', false],
    ['{"stringValue":null}', null],
    ['{}', null],
    ['null', null],
    ['{"laterValue":{"a":1}}', null],
  ])('%s', (json, expected) => {
    expect(value(json)).toEqual(expected);
  });

  test('enums by name, ids in capitals', () => {
    const { spans } = decodeTracesJson(
      `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${'A'.repeat(32)}","spanId":"${'B'.repeat(16)}","kind":"SPAN_KIND_CLIENT","status":{"code":"STATUS_CODE_ERROR"}}]}]}]}`,
    );
    expect(spans[0]).toMatchObject({
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      kind: 3,
      statusCode: 2,
    });
  });
});
