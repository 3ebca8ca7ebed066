import { readMessage } from './chat-messages';
import { JsonText } from './json-text';
import { MOST_PARSED } from './json-within';

/** So many of a list are looked at to see whether it is a conversation. */
const LOOKED_AT = 20;
/** Requests to models and their answers have fewer fields. */
const MOST_FIELDS = 50;
/** What Anthropic, OpenAI and Gemini call what is said before all else. */
const SYSTEM_NAMES = new Set(['system', 'instructions', 'systemInstruction', 'system_instruction']);

interface Found {
  /** Each an array of messages, with the name of the field that it stood in. */
  conversations: (readonly [name: string, messages: JsonText])[];
  /** The other fields; null = none. */
  rest: JsonText | null;
}

/** The conversations in a payload; null where it holds none. */
export function conversationsIn(value: JsonText): Found | null {
  const whole = asMessages(value);
  if (whole) return { conversations: [['', whole]], rest: null };
  if (value.kind !== 'object' || value.count > MOST_FIELDS) return null;
  const conversations: Found['conversations'] = [];
  const others: Found['conversations'] = [];
  for (const [name, field] of value.entries()) {
    const messages = asMessages(field);
    if (messages) conversations.push([name, messages]);
    else others.push([name, field]);
  }
  if (conversations.length === 0) return null;
  const system = others.findIndex(([name, { kind }]) => SYSTEM_NAMES.has(name) && kind !== 'null');
  if (system >= 0) {
    const [[name, said] = ['', value]] = others.splice(system, 1);
    const key = said.kind === 'object' ? 'parts' : 'content';
    conversations.unshift([name, JsonText.of(`[{"role":"system","${key}":${said.raw}}]`)]);
  }
  const fields = others.map(([name, field]) => `${JSON.stringify(name)}:${field.raw}`);
  return { conversations, rest: fields.length === 0 ? null : JsonText.of(`{${fields.join(',')}}`) };
}

/** An array of messages, or a message alone as an array of one; null where it is neither. */
function asMessages(value: JsonText): JsonText | null {
  if (isMessage(value)) return JsonText.of(`[${value.raw}]`);
  if (value.kind !== 'array' || value.count === 0) return null;
  const first = value.entries(0, LOOKED_AT).map(([, entry]) => entry);
  const areMessages = first.some(isMessage) && first.every((entry) => isTooLarge(entry) || isMessage(entry));
  return areMessages ? value : null;
}

/** Whether it is taken for a message where the others are. */
function isTooLarge({ kind, size }: JsonText): boolean {
  return kind === 'object' && size > MOST_PARSED;
}

function isMessage(value: JsonText): boolean {
  return value.kind === 'object' && value.size <= MOST_PARSED && readMessage(value.parse()) !== null;
}
