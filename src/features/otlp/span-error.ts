import { errorColumns } from '../tasks/index.js';
import type { ErrorColumns } from '../tasks/index.js';
import type { OtlpEvent, OtlpSpan } from './otlp-span.js';
import { numberOf, type SpanReader, textOf } from './span-reader.js';

const maxCode = 200;
const maxMessage = 100_000;

const noError: ErrorColumns = errorColumns(null);

const toldKeys = new Set([
  'exception.type',
  'exception.message',
  'exception.stacktrace',
  'exception.escaped',
]);

/** Exceptions are events of the span. */
function isException({ name }: OtlpEvent): boolean {
  return name === 'exception' || name === 'gen_ai.client.operation.exception';
}

export interface SpanError extends ErrorColumns {
  /** Kept among the attributes. */
  stacktrace: string | null;
  /** The event that told it, if it told nothing else; null = none. */
  toldBy: OtlpEvent | null;
}

/**
 * What went wrong in a span: it has failed where its status says so, or where the status is not set and error.type is. The
 * last exception tells it best. An exception in a span that did not fail was caught; it stays among the events.
 */
export function errorOf(span: OtlpSpan, reader: SpanReader): SpanError | null {
  const type = textOf(reader.get('error.type'), maxCode);
  if (span.statusCode !== 2 && (span.statusCode === 1 || type === null)) return null;
  const event = span.events.findLast(isException);
  const exception = event?.attributes;
  const thrown = (key: string, max: number) =>
    textOf(exception?.get(key), max) ?? textOf(reader.get(key), max);
  const exceptionType = thrown('exception.type', maxCode);
  const code = type === '_OTHER' ? null : type;
  const status = statusOf(reader, code);
  const message =
    thrown('exception.message', maxMessage) ??
    textOf(span.statusMessage ?? undefined, maxMessage) ??
    textOf(reader.get('error.message'), maxMessage) ??
    exceptionType ??
    code ??
    'The span says that it failed, and not why.';
  return {
    ...errorColumns({
      code,
      message,
      type: exceptionType,
      ...(status === null ? {} : { httpStatus: status }),
    }),
    stacktrace: textOf(exception?.get('exception.stacktrace'), maxMessage),
    toldBy: event && [...event.attributes.keys()].every((key) => toldKeys.has(key)) ? event : null,
  };
}

/** error.type is the status where that is all that is known. */
function statusOf(reader: SpanReader, code: string | null): number | null {
  for (const told of [
    reader.get('http.response.status_code'),
    reader.get('http.status_code'),
    code ?? undefined,
  ]) {
    const status = numberOf(told);
    if (status !== null && Number.isInteger(status) && status >= 100 && status <= 599) return status;
  }
  return null;
}

export { noError };
