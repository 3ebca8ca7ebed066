/** The two encodings of OTLP over HTTP. */
export type OtlpEncoding = 'protobuf' | 'json';

export const contentTypes: Record<OtlpEncoding, string> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** The encoding of a Content-Type; undefined for any other. */
export function encodingOf(contentType: string | undefined): OtlpEncoding | undefined {
  const type = contentType?.split(';')[0]?.trim().toLowerCase();
  if (type === 'application/x-protobuf' || type === 'application/protobuf') return 'protobuf';
  return type === 'application/json' ? 'json' : undefined;
}

/** An ExportTraceServiceResponse: empty where every span was taken, else how many were not, and why. */
export function exportAnswer(encoding: OtlpEncoding, rejected: number, reason: string): Buffer {
  if (encoding === 'json') {
    const answer =
      rejected === 0 ? {} : { partialSuccess: { rejectedSpans: String(rejected), errorMessage: reason } };
    return Buffer.from(JSON.stringify(answer));
  }
  if (rejected === 0) return Buffer.alloc(0);
  return bytesField(1, Buffer.concat([varintField(1, rejected), bytesField(2, Buffer.from(reason))]));
}

/** A google.rpc.Status, as OTLP answers what it refuses. */
export function statusAnswer(encoding: OtlpEncoding, code: number, message: string): Buffer {
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }));
  return Buffer.concat([varintField(1, code), bytesField(2, Buffer.from(message))]);
}

function varintField(field: number, value: number): Buffer {
  return Buffer.from([...varint(field << 3), ...varint(value)]);
}

function bytesField(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([...varint((field << 3) | 2), ...varint(bytes.length)]), bytes]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}
