import { DomainError } from '../../platform/errors.js';
import type { InterventionKind, StepRecord } from '../tasks/index.js';

/** A value of OpenTelemetry's AnyValue. Objects have no prototype, so that any key is a key; NaN and ±Infinity may occur. */
export type AttributeValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };

/** Attributes by key, in the order sent; of a key that came twice the last value. */
export type Attributes = ReadonlyMap<string, AttributeValue>;

export interface OtlpEvent {
  name: string;
  /** Milliseconds since 1970, with a fraction; null = not told. */
  timeMs: number | null;
  attributes: Attributes;
}

export interface OtlpLink {
  /** As told; 32 hex digits if they are right. */
  traceId: string;
  spanId: string;
  attributes: Attributes;
}

export interface OtlpScope {
  name: string | null;
  version: string | null;
}

/** A span as it came, whichever encoding it had. Texts are as sent: they may hold NUL, controls and lone surrogates. */
export interface OtlpSpan {
  /** 32 hex digits, lower case, not all zero. */
  traceId: string;
  /** 16 hex digits, lower case, not all zero. */
  spanId: string;
  /** 16 hex digits; null = a root. */
  parentSpanId: string | null;
  name: string;
  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number;
  /** Bit 8: whether the parent is in another process is known; bit 9: it is. 0 = not told. */
  flags: number;
  /** Milliseconds since 1970, with a fraction of a microsecond's precision; null = not told (0 on the wire). */
  startMs: number | null;
  /** Null = not told: the span has not ended yet. */
  endMs: number | null;
  attributes: Attributes;
  events: readonly OtlpEvent[];
  links: readonly OtlpLink[];
  /** 0 unset, 1 ok, 2 error. */
  statusCode: 0 | 1 | 2;
  statusMessage: string | null;
  /** Shared by all spans of a ResourceSpans. */
  resource: Attributes;
  /** Shared by all spans of a ScopeSpans. */
  scope: OtlpScope;
}

/** A span that can belong to no task, and why, as a sentence. */
export interface RejectedSpan {
  reason: string;
}

export interface DecodedTraces {
  spans: OtlpSpan[];
  rejected: RejectedSpan[];
}

/** The body is no OTLP trace request: 400. The message says where reading stopped. */
export class OtlpFormatError extends DomainError {
  constructor(message: string) {
    super('BAD_USER_INPUT', message);
  }
}

/** What a human did, as a span tells it: an annotation, or `binnacle.human.*`. */
export interface MappedHuman {
  kind: InterventionKind;
  reason: string;
  /** JSON text; null = no answer was told. */
  answer: string | null;
}

/** A span in Binnacle's terms. Every text and JSON of it can be stored as it is. */
export interface MappedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | null;
  /** It has no parent span id: the task ends with it. */
  isRoot: boolean;
  /** Its key is the span id. Its cost is REPORTED where an attribute tells it, else UNPRICED. */
  step: StepRecord;
  /** Whose span it is: gen_ai.agent.name, else OpenInference's agent.name, else service.name, else `unknown_service`; 1 to 200 characters. */
  agentName: string;
  /** What the task is called if this is its root; 1 to 500 characters. */
  taskName: string;
  /** JSON text of what the span took in and gave back, the task's if this is its root; null = not told. */
  taskInput: string | null;
  taskOutput: string | null;
  /** `session:…`, `user:…`, `conversation:…` and the like; each 1 to 100 characters. */
  tags: string[];
  human: MappedHuman | null;
}
