import { OtlpFormatError } from './otlp-span.js';

/** How a field stands on the wire; groups (3, 4) are of the past, and nothing of OTLP uses them. */
export const WireType = { VARINT: 0, FIXED64: 1, BYTES: 2, FIXED32: 5 } as const;

/** A field's number and wire type as they stand before its value. */
export const tag = (field: number, wire: number) => field * 8 + wire;

/** Longer keys are read anew each time. */
const longestKept = 64;
const longestValueKept = 24;
const slots = 4096;

/**
 * The texts that come again with every span, by their bytes: reading one this way is faster than decoding it, and every
 * later look-up of the same text too. What is new takes the place of what was there, so it never grows.
 */
const keptTexts: (string | undefined)[] = Array.from({ length: slots });
const keptBytes = Buffer.alloc(slots * longestKept);
const keptLengths = new Uint8Array(slots);

/** Reads protobuf's wire format. Whatever does not fit the bytes throws OtlpFormatError; nothing is ever read past `end`. */
export class WireReader {
  pos = 0;
  /** Where the message that is being read ends. */
  end: number;
  private readonly bytes: Buffer;

  constructor(body: Uint8Array) {
    this.bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    this.end = body.byteLength;
  }

  /** @returns the number of the field shifted by 3, with its wire type below; 0 at the end of the message */
  tag(): number {
    if (this.pos >= this.end) return 0;
    const tag = this.varint();
    if (tag < 8 || tag > 0xffffffff) throw this.problem('a field without a number');
    return tag;
  }

  /** An unsigned number below 2^53; of a larger one the lower bits are lost, as no length or enum is that large. */
  varint(): number {
    const { bytes, end } = this;
    let { pos } = this;
    let value = 0;
    let factor = 1;
    for (let length = 0; length < 10; length++) {
      if (pos >= end) throw this.problem('a number that has no end');
      const byte = bytes[pos++] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        this.pos = pos;
        return value;
      }
      factor *= 128;
    }
    throw this.problem('a number of more than 64 bits');
  }

  /** A signed 64-bit number: a bigint only where a number does not hold it. */
  int64(): number | bigint {
    const start = this.pos;
    const value = this.varint();
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    let exact = 0n;
    for (let at = this.pos - 1; at >= start; at--) {
      exact = (exact << 7n) | BigInt((this.bytes[at] as number) & 0x7f);
    }
    exact = BigInt.asIntN(64, exact);
    const asNumber = Number(exact);
    return Number.isSafeInteger(asNumber) ? asNumber : exact;
  }

  double(): number {
    this.need(8);
    const value = this.bytes.readDoubleLE(this.pos);
    this.pos += 8;
    return value;
  }

  fixed32(): number {
    this.need(4);
    const value = this.bytes.readUInt32LE(this.pos);
    this.pos += 4;
    return value;
  }

  /** Nanoseconds since 1970 as milliseconds with a fraction; null for 0. */
  timeMs(): number | null {
    const low = this.fixed32();
    const high = this.fixed32();
    if (low === 0 && high === 0) return null;
    // 2^32 ns are 4,294 ms and 967,296 ns. The whole in ns is more than a number holds exactly; these parts are not.
    const rest = high * 967_296 + low;
    const part = rest % 1e6;
    return high * 4294 + (rest - part) / 1e6 + part / 1e6;
  }

  /** Where the bytes end that begin here. */
  bytesEnd(): number {
    const length = this.varint();
    const end = this.pos + length;
    if (end > this.end) throw this.problem('a part that is longer than what it is part of');
    return end;
  }

  /** UTF-8; what is none becomes U+FFFD, since texts are cut anywhere before they are sent. */
  text(): string {
    const end = this.bytesEnd();
    const { pos } = this;
    this.pos = end;
    return pos === end ? '' : this.bytes.toString('utf8', pos, end);
  }

  /** A text that may come again, if it is short. */
  valueText(): string {
    const { pos } = this;
    if ((this.bytes[pos] as number) <= longestValueKept) return this.keyText();
    return this.text();
  }

  /** A text that is likely to come again. */
  keyText(): string {
    const end = this.bytesEnd();
    const { bytes, pos } = this;
    const length = end - pos;
    this.pos = end;
    if (length === 0) return '';
    if (length > longestKept) return bytes.toString('utf8', pos, end);
    let hash = length;
    for (let at = pos; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
    const slot = (hash ^ (hash >>> 12)) & (slots - 1);
    const kept = keptTexts[slot];
    const from = slot * longestKept;
    if (kept !== undefined && keptLengths[slot] === length && isKept(bytes, pos, length, from)) return kept;
    const text = bytes.toString('utf8', pos, end);
    keptTexts[slot] = text;
    keptLengths[slot] = length;
    bytes.copy(keptBytes, from, pos, end);
    return text;
  }

  /** Lower-case hex digits. */
  hex(): string {
    const end = this.bytesEnd();
    const { pos } = this;
    this.pos = end;
    return pos === end ? '' : this.bytes.toString('hex', pos, end);
  }

  /** A copy: the body is not kept for the sake of a part of it. */
  copy(): Uint8Array {
    const end = this.bytesEnd();
    const { pos } = this;
    this.pos = end;
    return new Uint8Array(this.bytes.subarray(pos, end));
  }

  skip(tag: number): void {
    switch (tag & 7) {
      case WireType.VARINT:
        this.varint();
        return;
      case WireType.FIXED64:
        this.need(8);
        this.pos += 8;
        return;
      case WireType.BYTES:
        this.pos = this.bytesEnd();
        return;
      case WireType.FIXED32:
        this.need(4);
        this.pos += 4;
        return;
      default:
        throw this.problem('a field of a kind that protobuf does not have');
    }
  }

  /** @param last the highest number of a field that is known here, whose kind is therefore wrong */
  passUnknown(tag: number, last: number): void {
    if (tag >>> 3 <= last) throw this.problem(`a field ${tag >>> 3} of another kind than OTLP's`);
    this.skip(tag);
  }

  problem(what: string): OtlpFormatError {
    return new OtlpFormatError(
      `The body is no OTLP trace request in protobuf: at byte ${this.pos} stands ${what}.`,
    );
  }

  private need(length: number): void {
    if (this.pos + length > this.end) throw this.problem('a number that is cut off');
  }
}

function isKept(bytes: Buffer, pos: number, length: number, from: number): boolean {
  for (let at = 0; at < length; at++) if (bytes[pos + at] !== keptBytes[from + at]) return false;
  return true;
}
