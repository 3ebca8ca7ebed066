/** One piece of a message. What a piece holds besides, and pieces of unknown kinds, are kept as data. */
export type ChatBlock =
  | { kind: 'text'; text: string }
  | { kind: 'thinking'; text: string }
  | { kind: 'call'; name: string; input: unknown }
  | { kind: 'result'; name: string; isError: boolean; output: unknown }
  | { kind: 'data'; data: unknown };

export interface ChatMessage {
  role: string;
  blocks: ChatBlock[];
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a message as agents send them: those of OpenAI (chat and responses), Anthropic, Gemini, the AI SDK, LangChain and
 * OpenTelemetry.
 * @returns null where the value is no message
 */
export function readMessage(value: unknown): ChatMessage | null {
  if (!isFields(value)) return null;
  const role = roleOf(value);
  if (role === null) return readItem(value) ?? readWrapped(value) ?? readSerialized(value);
  const { type, content, parts, tool_calls: calls, name } = value;
  if (content === undefined && parts === undefined && calls === undefined) return null;
  const isResult = role === 'tool' && typeof content === 'string';
  const known = ['role', 'content', 'parts', 'tool_calls', ...(isResult ? ['name'] : [])];
  if (type === role || type === 'message') known.push('type');
  const said = isResult ? [resultBlock(name, content)] : readBlocks(content);
  return { role, blocks: [...said, ...readBlocks(parts), ...readBlocks(calls), ...besides(value, ...known)] };
}

const LANGCHAIN_ROLES = new Set(['human', 'ai', 'system', 'tool', 'function', 'chat']);
const ITEM_TYPES = new Set(['function_call', 'function_call_output', 'reasoning']);

function roleOf({ role, type }: Fields): string | null {
  if (typeof role === 'string') return role;
  return typeof type === 'string' && LANGCHAIN_ROLES.has(type) ? type : null;
}

/** What OpenAI's responses list beside messages. */
function readItem(value: Fields): ChatMessage | null {
  const { type } = value;
  if (typeof type !== 'string' || !ITEM_TYPES.has(type)) return null;
  return { role: type === 'function_call_output' ? 'tool' : 'assistant', blocks: readBlock(value) };
}

/** One of the choices of OpenAI's chat. */
function readWrapped(value: Fields): ChatMessage | null {
  const { message } = value;
  if (!isFields(message) || roleOf(message) === null) return null;
  const inner = readMessage(message);
  return inner && { role: inner.role, blocks: [...inner.blocks, ...besides(value, 'message')] };
}

/** As LangChain writes a message down: { lc: 1, type: "constructor", id: […, "HumanMessage"], kwargs: { … } }. */
function readSerialized({ lc, id, kwargs }: Fields): ChatMessage | null {
  if (lc !== 1 || !Array.isArray(id) || !isFields(kwargs)) return null;
  const [, type] = /^([A-Z][a-zA-Z]*)Message(?:Chunk)?$/.exec(textOf(id.at(-1))) ?? [];
  return type === undefined ? null : readMessage({ ...kwargs, type: type.toLowerCase() });
}

function readBlocks(content: unknown): ChatBlock[] {
  if (content === null || content === undefined || content === '') return [];
  return Array.isArray(content) ? content.flatMap(readBlock) : readBlock(content);
}

function readBlock(part: unknown): ChatBlock[] {
  if (typeof part === 'string') return [{ kind: 'text', text: part }];
  if (!isFields(part)) return [{ kind: 'data', data: part }];
  const type = textOf(part['type']);
  const reader = READERS.get(type) ?? (type.startsWith('tool-') ? readUiTool : readUntyped);
  return reader(part) ?? [{ kind: 'data', data: part }];
}

/** Null where the part is not what its type promises. */
type Reader = (part: Fields) => ChatBlock[] | null;

/** @param keys where the text may stand */
const readText =
  (kind: 'text' | 'thinking', ...keys: string[]): Reader =>
  (part) => {
    const key = keys.find((key) => typeof part[key] === 'string');
    return key === undefined ? null : [{ kind, text: textOf(part[key]) }, ...besides(part, 'type', key)];
  };

/** @param keys where the input may stand */
const readCall =
  (nameKey: string, ...keys: string[]): Reader =>
  (part) => {
    const key = keys.find((key) => key in part);
    const name = part[nameKey];
    if (key === undefined || typeof name !== 'string') return null;
    return [{ kind: 'call', name, input: part[key] }, ...besides(part, 'type', nameKey, key)];
  };

/** @param keys where the output may stand */
const readResult =
  (nameKey: string, ...keys: string[]): Reader =>
  (part) => {
    const key = keys.find((key) => key in part);
    if (key === undefined) return null;
    const result = resultBlock(part[nameKey], plainOutput(part[key]), part['is_error'] === true);
    return [result, ...besides(part, 'type', nameKey, key, 'is_error')];
  };

function resultBlock(name: unknown, output: unknown, isError = false): ChatBlock {
  return { kind: 'result', name: textOf(name), isError, output };
}

/** A list of nothing but texts is one text; the AI SDK writes the kind of the output around it. */
function plainOutput(output: unknown): unknown {
  if (Array.isArray(output) && output.length > 0) {
    const blocks = output.flatMap(readBlock);
    if (blocks.every((block) => block.kind === 'text')) return blocks.map(({ text }) => text).join('\n');
  }
  if (isFields(output) && Object.keys(output).length === 2 && 'value' in output) {
    if (output['type'] === 'json' || output['type'] === 'text') return output['value'];
  }
  return output;
}

/** A call in OpenAI's chat: { id, type: "function", function: { name, arguments } }. */
const readFunction: Reader = (part) => {
  const inner = part['function'];
  const call = isFields(inner) ? readCall('name', 'arguments')(inner) : null;
  return call && [...call, ...besides(part, 'type', 'function')];
};

/** The AI SDK's pages: the call and what came of it in one part, whose type names the tool. */
const readUiTool: Reader = (part) => {
  if (!('input' in part) && !('output' in part)) return null;
  const { toolName, input, output, errorText } = part;
  const name = textOf(toolName) || textOf(part['type']).replace(/^tool-/, '');
  const blocks: ChatBlock[] = [{ kind: 'call', name, input }];
  if (output != null) blocks.push(resultBlock(name, output));
  if (errorText != null) blocks.push(resultBlock(name, errorText, true));
  return [...blocks, ...besides(part, 'type', 'toolName', 'input', 'output', 'errorText')];
};

/** Gemini's parts have no type; OpenAI's calls have not always one. */
const readUntyped: Reader = (part) => {
  if (part['type'] !== undefined) return null;
  if ('function' in part) return readFunction(part);
  const { functionCall, functionResponse } = part;
  if (isFields(functionCall)) {
    const call = readCall('name', 'args')(functionCall);
    return call && [...call, ...besides(part, 'functionCall')];
  }
  if (isFields(functionResponse)) {
    const result = readResult('name', 'response')(functionResponse);
    return result && [...result, ...besides(part, 'functionResponse')];
  }
  return readText(part['thought'] === true ? 'thinking' : 'text', 'text')(part);
};

const READERS: ReadonlyMap<string, Reader> = new Map([
  ['text', readText('text', 'text', 'content')],
  ['input_text', readText('text', 'text')],
  ['output_text', readText('text', 'text')],
  ['thinking', readText('thinking', 'thinking')],
  ['reasoning', readText('thinking', 'text', 'content')],
  ['function', readFunction],
  ['tool_use', readCall('name', 'input')],
  ['tool-call', readCall('toolName', 'input', 'args')],
  ['tool_call', readCall('name', 'arguments', 'args')],
  ['function_call', readCall('name', 'arguments')],
  ['tool_result', readResult('name', 'content')],
  ['tool-result', readResult('toolName', 'output', 'result')],
  ['tool_call_response', readResult('name', 'response', 'result')],
  ['function_call_output', readResult('name', 'output')],
  ['dynamic-tool', readUiTool],
]);

/** What else stands in an object: nothing where that is empty. */
function besides(value: Fields, ...known: string[]): ChatBlock[] {
  const others = Object.entries(value).filter(([key, field]) => field !== null && !known.includes(key));
  return others.length === 0 ? [] : [{ kind: 'data', data: Object.fromEntries(others) }];
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
