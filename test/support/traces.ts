/** A span in few words; times are milliseconds after `traceBegin`. */
export interface PlainSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  fromMs: number;
  /** Absent: it has not ended. */
  toMs?: number;
  service?: string;
  error?: string;
  attributes?: Record<string, string | number>;
}

export const traceBegin = Date.parse('2026-03-01T12:00:00.000Z');

const nanos = (ms: number) => `${traceBegin + ms}000000`;
const valueOf = (value: string | number) =>
  typeof value === 'number' ? { intValue: String(value) } : { stringValue: value };
const pairs = (attributes: Record<string, string | number>) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) }));

/** An OTLP/JSON request of those spans. */
export function traceRequest(spans: readonly PlainSpan[]): string {
  return JSON.stringify({
    resourceSpans: spans.map(({ service = 'support', error, attributes = {}, fromMs, toMs, ...span }) => ({
      resource: { attributes: pairs({ 'service.name': service }) },
      scopeSpans: [
        {
          scope: { name: 'test' },
          spans: [
            {
              ...span,
              kind: 1,
              startTimeUnixNano: nanos(fromMs),
              ...(toMs === undefined ? {} : { endTimeUnixNano: nanos(toMs) }),
              attributes: pairs(attributes),
              status: error === undefined ? {} : { code: 2, message: error },
            },
          ],
        },
      ],
    })),
  });
}

/** Sends a body to /v1/traces; OTLP/JSON unless told. */
export function sendTraces(
  url: string,
  key: string | null,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key ? { authorization: `Bearer ${key}` } : {}),
      ...headers,
    },
    body: typeof body === 'string' ? body : Buffer.from(body),
  });
}

/** A trace id, and span ids, that no other test has. */
let made = 0;
export function newTraceId(): string {
  return `${process.pid.toString(16)}${(++made).toString(16)}`.padStart(32, 'a');
}
export const spanId = (number: number) => number.toString(16).padStart(16, '0');
