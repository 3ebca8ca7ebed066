import {
  type DecodedTraces,
  OtlpFormatError,
  type OtlpEvent,
  type OtlpLink,
  type OtlpScope,
  type OtlpSpan,
} from './otlp-span.js';
import { noAttributes, PartCount, spanProblem } from './span-rules.js';
import { type MutableAttributes, WireAttributes } from './wire-attributes.js';
import { tag, WireReader, WireType } from './wire-reader.js';

const { VARINT, FIXED64, BYTES, FIXED32 } = WireType;

/**
 * Reads an ExportTraceServiceRequest of opentelemetry-proto. It reads the wire format itself, as this is the hottest path
 * there is: fields are taken straight into the span, keys that come again are not decoded again.
 * @throws OtlpFormatError where the body is none
 */
export function decodeTracesProtobuf(body: Uint8Array): DecodedTraces {
  const decoder = new Decoder(body);
  decoder.request();
  return { spans: decoder.spans, rejected: decoder.rejected };
}

/** What the spans of a ResourceSpans and of a ScopeSpans share: it may stand behind them, so it is filled while they are read. */
interface Shared {
  resource: MutableAttributes;
  scope: OtlpScope;
}

class Decoder {
  readonly spans: OtlpSpan[] = [];
  readonly rejected: DecodedTraces['rejected'] = [];
  private readonly reader: WireReader;
  private readonly parts = new PartCount();
  private readonly attributes: WireAttributes;

  constructor(body: Uint8Array) {
    this.reader = new WireReader(body);
    this.attributes = new WireAttributes(this.reader, this.parts);
  }

  request(): void {
    const { reader } = this;
    let known = 0;
    let unknown = 0;
    for (let field = reader.tag(); field !== 0; field = reader.tag()) {
      if (field === tag(1, BYTES)) {
        known++;
        this.within((end) => this.resourceSpans(end));
      } else {
        reader.passUnknown(field, 1);
        unknown++;
      }
    }
    if (known === 0 && unknown > 0) {
      throw new OtlpFormatError('The body is no OTLP trace request in protobuf: it holds no resource spans.');
    }
  }

  /** Reads the message that begins here, as far as it goes. */
  private within(read: (end: number) => void): void {
    const { reader } = this;
    const outer = reader.end;
    const end = reader.bytesEnd();
    reader.end = end;
    read(end);
    reader.end = outer;
  }

  private resourceSpans(end: number): void {
    const { reader } = this;
    this.parts.add(1);
    const shared: Shared = { resource: new Map(), scope: { name: null, version: null } };
    while (reader.pos < end) {
      const field = reader.tag();
      if (field === tag(1, BYTES)) this.within(() => this.attributesOnly(shared.resource));
      else if (field === tag(2, BYTES)) {
        shared.scope = { name: null, version: null };
        this.within((scopeEnd) => this.scopeSpans(scopeEnd, shared));
      } else if (field === tag(3, BYTES)) reader.skip(field);
      else reader.passUnknown(field, 3);
    }
  }

  /** A Resource: its attributes are field 1. */
  private attributesOnly(into: MutableAttributes): void {
    const { reader } = this;
    for (let field = reader.tag(); field !== 0; field = reader.tag()) {
      if (field === tag(1, BYTES)) this.attributes.read(into);
      else if (field === tag(2, VARINT)) reader.skip(field);
      else reader.passUnknown(field, 2);
    }
  }

  private scopeSpans(end: number, shared: Shared): void {
    const { reader } = this;
    this.parts.add(1);
    while (reader.pos < end) {
      const field = reader.tag();
      if (field === tag(2, BYTES)) this.span(shared);
      else if (field === tag(1, BYTES)) this.within(() => this.scope(shared.scope));
      else if (field === tag(3, BYTES)) reader.skip(field);
      else reader.passUnknown(field, 3);
    }
  }

  private scope(scope: OtlpScope): void {
    const { reader } = this;
    for (let field = reader.tag(); field !== 0; field = reader.tag()) {
      if (field === tag(1, BYTES)) scope.name = reader.keyText() || null;
      else if (field === tag(2, BYTES)) scope.version = reader.keyText() || null;
      else if (field === tag(3, BYTES) || field === tag(4, VARINT)) reader.skip(field);
      else reader.passUnknown(field, 4);
    }
  }

  private span(shared: Shared): void {
    const { reader } = this;
    this.parts.add(1);
    const outer = reader.end;
    const end = reader.bytesEnd();
    reader.end = end;
    let attributes: MutableAttributes | undefined;
    let events: OtlpEvent[] | undefined;
    let links: OtlpLink[] | undefined;
    let parent = '';
    const span: OtlpSpan = {
      traceId: '',
      spanId: '',
      parentSpanId: null,
      name: '',
      kind: 0,
      flags: 0,
      startMs: null,
      endMs: null,
      attributes: noAttributes,
      events: noEvents,
      links: noLinks,
      statusCode: 0,
      statusMessage: null,
      resource: shared.resource,
      scope: shared.scope,
    };
    while (reader.pos < end) {
      const field = reader.tag();
      switch (field) {
        case tag(9, BYTES):
          this.attributes.read((attributes ??= new Map()));
          break;
        case tag(1, BYTES):
          span.traceId = reader.hex();
          break;
        case tag(2, BYTES):
          span.spanId = reader.hex();
          break;
        case tag(4, BYTES):
          parent = reader.hex();
          break;
        case tag(5, BYTES):
          span.name = reader.text();
          break;
        case tag(6, VARINT):
          span.kind = reader.varint();
          break;
        case tag(7, FIXED64):
          span.startMs = reader.timeMs();
          break;
        case tag(8, FIXED64):
          span.endMs = reader.timeMs();
          break;
        case tag(11, BYTES):
          (events ??= []).push(this.event());
          break;
        case tag(13, BYTES):
          (links ??= []).push(this.link());
          break;
        case tag(15, BYTES):
          this.status(span);
          break;
        case tag(16, FIXED32):
          span.flags = reader.fixed32();
          break;
        case tag(3, BYTES):
        case tag(10, VARINT):
        case tag(12, VARINT):
        case tag(14, VARINT):
          reader.skip(field);
          break;
        default:
          reader.passUnknown(field, 16);
      }
    }
    reader.end = outer;
    if (attributes) span.attributes = attributes;
    if (events) span.events = events;
    if (links) span.links = links;
    const problem = spanProblem(span, parent);
    if (problem) this.rejected.push(problem);
    else this.spans.push(span);
  }

  private event(): OtlpEvent {
    const { reader } = this;
    this.parts.add(1);
    const outer = reader.end;
    reader.end = reader.bytesEnd();
    const event: OtlpEvent = { name: '', timeMs: null, attributes: noAttributes };
    let attributes: MutableAttributes | undefined;
    for (let field = reader.tag(); field !== 0; field = reader.tag()) {
      if (field === tag(1, FIXED64)) event.timeMs = reader.timeMs();
      else if (field === tag(2, BYTES)) event.name = reader.keyText();
      else if (field === tag(3, BYTES)) this.attributes.read((attributes ??= new Map()));
      else if (field === tag(4, VARINT)) reader.skip(field);
      else reader.passUnknown(field, 4);
    }
    reader.end = outer;
    if (attributes) event.attributes = attributes;
    return event;
  }

  private link(): OtlpLink {
    const { reader } = this;
    this.parts.add(1);
    const outer = reader.end;
    reader.end = reader.bytesEnd();
    const link: OtlpLink = { traceId: '', spanId: '', attributes: noAttributes };
    let attributes: MutableAttributes | undefined;
    for (let field = reader.tag(); field !== 0; field = reader.tag()) {
      if (field === tag(1, BYTES)) link.traceId = reader.hex();
      else if (field === tag(2, BYTES)) link.spanId = reader.hex();
      else if (field === tag(4, BYTES)) this.attributes.read((attributes ??= new Map()));
      else if (field === tag(3, BYTES) || field === tag(5, VARINT) || field === tag(6, FIXED32))
        reader.skip(field);
      else reader.passUnknown(field, 6);
    }
    reader.end = outer;
    if (attributes) link.attributes = attributes;
    return link;
  }

  private status(span: OtlpSpan): void {
    const { reader } = this;
    const outer = reader.end;
    reader.end = reader.bytesEnd();
    for (let field = reader.tag(); field !== 0; field = reader.tag()) {
      if (field === tag(2, BYTES)) span.statusMessage = reader.text() || null;
      else if (field === tag(3, VARINT)) {
        const code = reader.varint();
        span.statusCode = code === 1 || code === 2 ? code : 0;
        // Field 1 was a code of the past.
      } else if (field === tag(1, VARINT)) reader.skip(field);
      else reader.passUnknown(field, 3);
    }
    reader.end = outer;
  }
}

const noEvents: readonly OtlpEvent[] = [];
const noLinks: readonly OtlpLink[] = [];
