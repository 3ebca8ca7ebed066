import { type Attributes, OtlpFormatError, type OtlpSpan, type RejectedSpan } from './otlp-span.js';

/** Shared by all that have none. */
export const noAttributes: Attributes = new Map();

/** Values of attributes may be nested so deep; below stands `tooDeep`. A step's JSON is nested 64 levels at most. */
export const deepestValue = 32;
export const tooDeep = '[left out: nested too deep]';

/** Spans, events, links, attributes, lists and objects of one request. */
const mostParts = 500_000;

/**
 * Bounds what a request becomes in memory: a part of two bytes may be an object of a hundred. A request of real spans has
 * some 50 bytes a part.
 */
export class PartCount {
  private count = 0;

  add(parts: number): void {
    this.count += parts;
    if (this.count > mostParts) {
      throw new OtlpFormatError(
        `The body holds more than ${mostParts} spans, events, links and attributes: send it in smaller batches.`,
      );
    }
  }
}

const noTraceId: RejectedSpan = { reason: 'A span needs a trace id of 16 bytes that are not all zero.' };
const noSpanId: RejectedSpan = { reason: 'A span needs a span id of 8 bytes that are not all zero.' };
const badParent: RejectedSpan = { reason: 'The id of a parent span has 8 bytes; a root has none.' };

const zeroTrace = '0'.repeat(32);
const zeroSpan = '0'.repeat(16);

/**
 * Why a span belongs to no task; undefined where it does, and then its parent is set.
 * @param parent hex digits; empty or all zero = a root
 */
export function spanProblem(span: OtlpSpan, parent: string): RejectedSpan | undefined {
  if (span.traceId.length !== 32 || span.traceId === zeroTrace) return noTraceId;
  if (span.spanId.length !== 16 || span.spanId === zeroSpan) return noSpanId;
  if (parent.length !== 0 && parent.length !== 16) return badParent;
  span.parentSpanId = parent.length === 0 || parent === zeroSpan ? null : parent;
  return undefined;
}
