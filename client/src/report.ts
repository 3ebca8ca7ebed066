import { byteLength, clip, jsonText } from './json-text.js';

/** What a step is. */
export type StepType =
  | 'AGENT'
  | 'LLM'
  | 'TOOL'
  | 'RETRIEVAL'
  | 'EMBEDDING'
  | 'RERANK'
  | 'GUARDRAIL'
  | 'EVALUATION'
  | 'MESSAGE'
  | 'HUMAN'
  | 'HEALING'
  | 'SYSTEM';

/** What went wrong: an exception of any kind, a sentence, or its parts. */
export type ReportedError =
  | Error
  | string
  | {
      message: string;
      /** Your own code, or the provider's. */
      code?: string;
      /** The provider's type of error, or the exception's class. */
      type?: string;
      /** 100 to 599. */
      httpStatus?: number;
    };

/** What is known of a step. What you do not know, leave out: unknown is not zero. */
export interface StepFields {
  provider?: string | undefined;
  model?: string | undefined;
  /** Includes cached ones. */
  inputTokens?: number | undefined;
  cachedInputTokens?: number | undefined;
  cacheWriteTokens?: number | undefined;
  /** Includes reasoning tokens. */
  outputTokens?: number | undefined;
  reasoningTokens?: number | undefined;
  /** US dollars. Left out, it is worked out from the model's price where that is known. */
  costUsd?: number | undefined;
  /** Any value; written as JSON at once, so it may change afterwards. */
  input?: unknown;
  /** Any value; written as JSON at once. */
  output?: unknown;
  /** Any object of your own; written as JSON at once. */
  attributes?: unknown;
}

/** A step as it begins. */
export interface StepStart extends StepFields {
  type: StepType;
  /** 1 to 500 characters. */
  name: string;
  /** Your own id, unique within the task, 200 characters at most; one is made unless told. */
  key?: string | undefined;
  /** The key of the step within which this one happens; that of the step on which the method was called unless told. */
  parentKey?: string | undefined;
  /** Now unless told. */
  startedAt?: Date | undefined;
}

/** How a step ends. */
export interface StepEnd extends StepFields {
  /** FAILED with an error, else SUCCEEDED, unless told. */
  status?: 'SUCCEEDED' | 'FAILED' | 'SKIPPED' | undefined;
  error?: ReportedError | undefined;
  /** Now unless told; null = not known. */
  endedAt?: Date | null | undefined;
  /** From its start to its end unless told. */
  latencyMs?: number | undefined;
}

/** A step that has happened, told as a whole. */
export interface StepReport extends Omit<StepStart, 'startedAt'>, StepEnd {
  /** Left out: latencyMs before its end where that is told, else not known. */
  startedAt?: Date | undefined;
}

/** A report as it waits: its fields, each written as JSON already. Those that are not known are not there. */
export type Fields = Record<string, string>;

/** UTF-8 bytes of the fields as one JSON object, or somewhat more. */
export function sizeOf(fields: Fields): number {
  let bytes = 2;
  for (const name in fields) bytes += name.length + 4 + byteLength(fields[name] ?? '');
  return bytes;
}

export function writeObject(fields: Fields): string {
  return `{${Object.entries(fields)
    .map(([name, text]) => `"${name}":${text}`)
    .join(',')}}`;
}

const payloads = ['input', 'output', 'attributes'] as const;

/** The same without what makes it large. */
export function withoutPayload(fields: Fields): Fields {
  const { input: _i, output: _o, attributes: _a, ...rest } = fields;
  return rest;
}

/** A text field; what is no text, from callers without types, is written as one. */
export const text = (value: unknown, most: number) => JSON.stringify(clip(asText(value), most));
export const asText = (value: unknown) =>
  typeof value === 'string' ? value : (jsonText(value, 1000)?.text ?? '');
export const time = (ms: number) => `"${new Date(ms).toISOString()}"`;

/** A moment that can be told, as milliseconds since 1970; undefined for any other value. */
export function moment(value: unknown): number | undefined {
  if (!(value instanceof Date)) return undefined;
  const ms = value.getTime();
  return Number.isNaN(ms) ? undefined : ms;
}

const numbers = [
  'inputTokens',
  'cachedInputTokens',
  'cacheWriteTokens',
  'outputTokens',
  'reasoningTokens',
  'costUsd',
] as const;

/** Writes what is known; @returns whether something of it was too large and is left out. */
export function writeFields(
  given: StepFields & { error?: unknown },
  into: Fields,
  mostBytes: number,
): boolean {
  for (const name of ['provider', 'model'] as const) {
    if (given[name] != null) into[name] = text(given[name], 200);
  }
  for (const name of numbers) writeNumber(given[name], name, into);
  if (given.error != null) into.error = writeObject(errorFields(given.error));
  return writePayloads(given, into, mostBytes);
}

/** NaN says nothing. What is no number at all is for the server to name. */
export function writeNumber(value: unknown, name: string, into: Fields): void {
  if (value == null || (typeof value === 'number' && !Number.isFinite(value))) return;
  into[name] = jsonText(value, 200)?.text ?? 'null';
}

export function writePayloads(
  given: { input?: unknown; output?: unknown; attributes?: unknown },
  into: Fields,
  mostBytes: number,
): boolean {
  let isShortened = false;
  for (const name of payloads) {
    const written = jsonText(given[name], mostBytes);
    if (!written) continue;
    into[name] = written.text;
    isShortened ||= written.isShortened;
  }
  return isShortened;
}

/** Whatever was thrown, as the server takes it: also what is no Error, and errors of HTTP clients with their status. */
export function errorFields(thrown: unknown): Fields {
  const fields: Fields = {};
  const error = typeof thrown === 'object' && thrown !== null ? (thrown as Record<string, unknown>) : {};
  fields.message = text(messageOf(thrown), 100_000);
  const type = read(error, 'type') ?? read(error, 'name');
  if (typeof type === 'string' && type !== '') fields.type = text(type, 200);
  const code = read(error, 'code');
  if ((typeof code === 'string' && code !== '') || typeof code === 'number') {
    fields.code = text(code, 200);
  }
  const statuses = ['httpStatus', 'status', 'statusCode'].map((name) => read(error, name));
  const status = statuses.find(
    (each): each is number =>
      typeof each === 'number' && Number.isInteger(each) && each >= 100 && each <= 599,
  );
  if (status !== undefined) fields.httpStatus = `${status}`;
  return fields;
}

function messageOf(thrown: unknown): string {
  const message =
    typeof thrown === 'string'
      ? thrown
      : typeof thrown === 'object' && thrown !== null
        ? read(thrown as Record<string, unknown>, 'message')
        : undefined;
  if (typeof message === 'string' && message.trim() !== '') return message;
  const name = thrown instanceof Error ? thrown.name : undefined;
  return name ?? jsonText(thrown, 1000)?.text ?? 'It failed without saying why.';
}

/** A getter may throw. */
function read(error: Record<string, unknown>, name: string): unknown {
  try {
    return error[name];
  } catch {
    return undefined;
  }
}
