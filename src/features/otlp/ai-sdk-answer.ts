import type { SpanReader } from './span-reader.js';
import { jsonOfParsed, jsonOfText, parseJson } from './storable-json.js';

/**
 * What a model answered through the AI SDK, which tells text, reasoning and calls each in an attribute of its own: one
 * message of the assistant. An answer that is nothing but a text, or an object, is that where no message is wanted.
 * @returns JSON; null where nothing was answered
 */
export function answerOfAiSdk(reader: SpanReader, isMessage: boolean): string | null {
  const object = reader.takeJson('ai.response.object');
  const text = said(reader, 'ai.response.text');
  const reasoning = said(reader, 'ai.response.reasoning');
  const calls = callsOf(reader);
  if (object !== null && text === null && calls.length === 0) return object;
  if (!isMessage && text !== null && reasoning === null && calls.length === 0) return text;
  const parts = [
    ...(reasoning === null ? [] : [`{"type":"reasoning","text":${reasoning}}`]),
    ...(text === null ? [] : [`{"type":"text","text":${text}}`]),
    ...calls,
  ];
  return parts.length === 0 ? null : `[{"role":"assistant","content":[${parts.join(',')}]}]`;
}

function said(reader: SpanReader, key: string): string | null {
  const value = reader.get(key);
  if (typeof value !== 'string' || value === '') return null;
  reader.use(key);
  return jsonOfText(value);
}

/** The calls as parts of a message, their input as what it is instead of a text of it. */
function callsOf(reader: SpanReader): string[] {
  const value = reader.get('ai.response.toolCalls');
  const calls = typeof value === 'string' ? parseJson(value) : undefined;
  if (!Array.isArray(calls)) return [];
  reader.use('ai.response.toolCalls');
  return calls.map((call: unknown) => {
    if (typeof call !== 'object' || call === null) return jsonOfParsed(call);
    const { input, ...rest } = call as Record<string, unknown>;
    const read = typeof input === 'string' ? (parseJson(input) ?? input) : input;
    return jsonOfParsed({ type: 'tool-call', ...rest, input: read });
  });
}
