/** An ExportTraceServiceRequest in OTLP's JSON, as far as an import looks into it. */
export interface OtlpRequest {
  resourceSpans?: OtlpResourceSpans[] | null;
}

/** A list without entries may be left out. */
interface OtlpResourceSpans {
  scopeSpans?: { spans?: { traceId?: unknown }[] | null }[] | null;
}

/** Null where the text is no such request; the server says why. */
export function readRequest(text: string): OtlpRequest | null {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return null;
  }
  const groups = listOf(read, 'resourceSpans');
  const isRequest = groups?.every((group) =>
    listOf(group, 'scopeSpans')?.every((scope) => listOf(scope, 'spans')?.every((span) => isObject(span))),
  );
  return isRequest ? (read as OtlpRequest) : null;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function listOf(value: unknown, field: string): unknown[] | null {
  if (!isObject(value)) return null;
  const list = value[field] ?? [];
  return Array.isArray(list) ? list : null;
}

export function spansOf(request: OtlpRequest): { traceId?: unknown }[] {
  const scopes = (request.resourceSpans ?? []).flatMap(({ scopeSpans }) => scopeSpans ?? []);
  return scopes.flatMap(({ spans }) => spans ?? []);
}

/** The request as texts of at most so many bytes each, in order; a single span may be longer. */
export function pieces(request: OtlpRequest, mostBytes: number): { text: string; spans: number }[] {
  const text = JSON.stringify(request);
  const count = spansOf(request).length;
  if (count < 2 || Buffer.byteLength(text) <= mostBytes) return [{ text, spans: count }];
  const middle = Math.floor(count / 2);
  return [part(request, 0, middle), part(request, middle, count)].flatMap((half) => pieces(half, mostBytes));
}

/** The spans of those places, within the resources and scopes that they had. */
function part(request: OtlpRequest, from: number, to: number): OtlpRequest {
  let place = -1;
  const isWanted = () => (place += 1) >= from && place < to;
  const resourceSpans = (request.resourceSpans ?? []).map((group) => ({
    ...group,
    scopeSpans: (group.scopeSpans ?? [])
      .map((scope) => ({ ...scope, spans: (scope.spans ?? []).filter(isWanted) }))
      .filter(({ spans }) => spans.length > 0),
  }));
  return { ...request, resourceSpans: resourceSpans.filter(({ scopeSpans }) => scopeSpans.length > 0) };
}
