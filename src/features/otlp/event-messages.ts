import type { OtlpEvent } from './otlp-span.js';
import { jsonOf } from './span-reader.js';
import { jsonOfParsed, jsonOfText, parseJson } from './storable-json.js';

/** Messages that older conventions tell as events of the span, one each. */
const roles: ReadonlyMap<string, string> = new Map([
  ['gen_ai.system.message', 'system'],
  ['gen_ai.user.message', 'user'],
  ['gen_ai.assistant.message', 'assistant'],
  ['gen_ai.tool.message', 'tool'],
]);

export function isMessageEvent(name: string): boolean {
  return roles.has(name) || name === 'gen_ai.choice' || whole.has(name);
}

/** Events that tell all that was said at once. */
const whole = new Set([
  'gen_ai.client.inference.operation.details',
  'gen_ai.content.prompt',
  'gen_ai.content.completion',
]);

const inputKeys = ['gen_ai.input.messages', 'gen_ai.prompt'];
const outputKeys = ['gen_ai.output.messages', 'gen_ai.completion'];

export interface EventMessages {
  input: string | null;
  output: string | null;
}

/** What was said, as JSON; null where no event tells it. */
export function messagesOfEvents(events: readonly OtlpEvent[]): EventMessages | null {
  const input: string[] = [];
  const output: string[] = [];
  let all: EventMessages | null = null;
  for (const event of events) {
    const role = roles.get(event.name);
    if (role !== undefined) input.push(messageOf(event, role));
    else if (event.name === 'gen_ai.choice') output.push(messageOf(event, 'assistant'));
    else if (whole.has(event.name)) all = wholeOf(event, all);
  }
  if (input.length === 0 && output.length === 0) return all;
  return {
    input: input.length > 0 ? `[${input.join(',')}]` : (all?.input ?? null),
    output: output.length > 0 ? `[${output.join(',')}]` : (all?.output ?? null),
  };
}

function wholeOf(event: OtlpEvent, before: EventMessages | null): EventMessages {
  return {
    input: firstOf(event, inputKeys) ?? before?.input ?? null,
    output: firstOf(event, outputKeys) ?? before?.output ?? null,
  };
}

function firstOf({ attributes }: OtlpEvent, keys: readonly string[]): string | null {
  for (const key of keys) {
    const value = attributes.get(key);
    if (value != null && value !== '') return jsonOf(value);
  }
  return null;
}

/** The message: its whole body in gen_ai.event.content, or its fields as attributes. */
function messageOf({ attributes }: OtlpEvent, role: string): string {
  const content = attributes.get('gen_ai.event.content');
  const body = content === undefined ? undefined : parseJson(jsonOf(content));
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) {
    // It is the message, or one of the choices with the message in it.
    const isWhole = Object.hasOwn(body, 'role') || Object.hasOwn(body, 'message');
    return jsonOfParsed(isWhole ? body : { role, ...body });
  }
  const fields: string[] = [];
  if (content != null) fields.push(`"content":${jsonOf(content)}`);
  for (const [key, value] of attributes) {
    // Names of the conventions say what the event is; the message's own fields have plain ones.
    if (key.includes('.')) continue;
    fields.push(`${jsonOfText(key === 'message' ? 'content' : key)}:${jsonOf(value)}`);
  }
  return `{${[...(attributes.has('role') ? [] : [`"role":"${role}"`]), ...fields].join(',')}}`;
}
