import type { AttributeValue } from './otlp-span.js';
import { deepestValue, type PartCount, tooDeep } from './span-rules.js';
import { tag, type WireReader, WireType } from './wire-reader.js';

const { VARINT, FIXED64, BYTES } = WireType;

export type MutableAttributes = Map<string, AttributeValue>;

/** Reads attributes, KeyValue and AnyValue in OTLP, from protobuf. */
export class WireAttributes {
  constructor(
    private readonly reader: WireReader,
    private readonly parts: PartCount,
  ) {}

  /** Reads the KeyValue that begins here. */
  read(into: MutableAttributes): void {
    const { reader } = this;
    this.parts.add(1);
    const outer = reader.end;
    reader.end = reader.bytesEnd();
    let key = '';
    let value: AttributeValue = null;
    for (let field = reader.tag(); field !== 0; field = reader.tag()) {
      if (field === tag(1, BYTES)) key = reader.keyText();
      else if (field === tag(2, BYTES)) value = this.value(0);
      else reader.passUnknown(field, 2);
    }
    reader.end = outer;
    into.set(key, value);
  }

  private value(depth: number): AttributeValue {
    const { reader } = this;
    const outer = reader.end;
    reader.end = reader.bytesEnd();
    let value: AttributeValue = null;
    for (let field = reader.tag(); field !== 0; field = reader.tag()) {
      switch (field) {
        case tag(1, BYTES):
          value = reader.valueText();
          break;
        case tag(2, VARINT):
          value = reader.varint() !== 0;
          break;
        case tag(3, VARINT):
          value = reader.int64();
          break;
        case tag(4, FIXED64):
          value = reader.double();
          break;
        case tag(5, BYTES):
          value = depth < deepestValue ? this.list(depth) : this.leaveOut(field);
          break;
        case tag(6, BYTES):
          value = depth < deepestValue ? this.object(depth) : this.leaveOut(field);
          break;
        case tag(7, BYTES):
          value = reader.copy();
          break;
        default:
          reader.passUnknown(field, 7);
      }
    }
    reader.end = outer;
    return value;
  }

  private leaveOut(field: number): string {
    this.reader.skip(field);
    return tooDeep;
  }

  private list(depth: number): AttributeValue[] {
    const { reader } = this;
    this.parts.add(1);
    const outer = reader.end;
    reader.end = reader.bytesEnd();
    const list: AttributeValue[] = [];
    for (let field = reader.tag(); field !== 0; field = reader.tag()) {
      if (field === tag(1, BYTES)) list.push(this.value(depth + 1));
      else reader.passUnknown(field, 1);
    }
    reader.end = outer;
    return list;
  }

  private object(depth: number): AttributeValue {
    const { reader } = this;
    this.parts.add(1);
    const outer = reader.end;
    reader.end = reader.bytesEnd();
    const object = Object.create(null) as Record<string, AttributeValue>;
    for (let field = reader.tag(); field !== 0; field = reader.tag()) {
      if (field !== tag(1, BYTES)) reader.passUnknown(field, 1);
      else this.member(object, depth);
    }
    reader.end = outer;
    return object;
  }

  private member(object: Record<string, AttributeValue>, depth: number): void {
    const { reader } = this;
    this.parts.add(1);
    const outer = reader.end;
    reader.end = reader.bytesEnd();
    let key = '';
    let value: AttributeValue = null;
    for (let field = reader.tag(); field !== 0; field = reader.tag()) {
      if (field === tag(1, BYTES)) key = reader.keyText();
      else if (field === tag(2, BYTES)) value = this.value(depth + 1);
      else reader.passUnknown(field, 2);
    }
    reader.end = outer;
    object[key] = value;
  }
}
