import { StepType } from '../tasks/index.js';
import { answerOfAiSdk } from './ai-sdk-answer.js';
import { messagesOfEvents } from './event-messages.js';
import type { FlattenedLists } from './flattened-lists.js';
import type { OtlpSpan } from './otlp-span.js';
import { jsonOf, type SpanReader } from './span-reader.js';
import { fitJson, jsonOfText } from './storable-json.js';

/** What a span took in and gave back, as JSON text; null = not told. */
export interface SpanPayload {
  input: string | null;
  output: string | null;
  /** Whether all that events of the span say is in it, so that they need not be kept besides. */
  isOfEvents: boolean;
}

/**
 * Finds what went in and came out: what is made for the sort of step first, then messages, then values of any kind; the
 * first that there is. The others stay among the attributes.
 */
export function payloadOf(
  span: OtlpSpan,
  type: StepType,
  reader: SpanReader,
  lists: FlattenedLists,
): SpanPayload {
  const input = ownInputs[type]?.(reader, lists) ?? messagesIn(reader, lists) ?? anyInput(reader);
  const output = ownOutputs[type]?.(reader, lists) ?? messagesOut(type, reader, lists) ?? anyOutput(reader);
  const events = input === null || output === null ? messagesOfEvents(span.events) : null;
  const told = { input: input ?? events?.input ?? null, output: output ?? events?.output ?? null };
  return {
    input: told.input && fitJson(told.input),
    output: told.output && fitJson(told.output),
    isOfEvents: events !== null && !(input && events.input) && !(output && events.output),
  };
}

type Finder = (reader: SpanReader, lists: FlattenedLists) => string | null;

/** What is told of a sort of step alone. */
const ownInputs: Partial<Record<StepType, Finder>> = {
  TOOL: (reader) =>
    reader.takeFirstJson([
      'gen_ai.tool.call.arguments',
      'ai.toolCall.args',
      'tool_arguments',
      'mcp.request.argument',
    ]),
  RETRIEVAL: (reader) => reader.takeFirstJson(['gen_ai.retrieval.query.text', 'gen_ai.memory.query.text']),
  RERANK: rerankInput,
};

const ownOutputs: Partial<Record<StepType, Finder>> = {
  TOOL: (reader) =>
    reader.takeFirstJson([
      'gen_ai.tool.call.result',
      'ai.toolCall.result',
      'tool_response',
      'mcp.response.value',
    ]),
  RETRIEVAL: (reader, lists) =>
    lists.take('retrieval.documents.') ??
    reader.takeFirstJson(['gen_ai.retrieval.documents', 'gen_ai.memory.records']),
  RERANK: (_, lists) => lists.take('reranker.output_documents.'),
  EMBEDDING: (_, lists) => lists.take('embedding.embeddings.'),
};

function rerankInput(reader: SpanReader, lists: FlattenedLists): string | null {
  const query = reader.takeJson('reranker.query');
  const documents = lists.take('reranker.input_documents.');
  if (query === null || documents === null) return query ?? documents;
  return `{"query":${query},"documents":${documents}}`;
}

function messagesIn(reader: SpanReader, lists: FlattenedLists): string | null {
  const messages = reader.takeJson('gen_ai.input.messages');
  const system = reader.takeJson('gen_ai.system_instructions');
  if (messages !== null || system !== null) return withSystem(system, messages);
  return (
    lists.take('llm.input_messages.', 'gen_ai.prompt.', 'llm.prompts.') ??
    reader.takeFirstJson(['ai.prompt.messages', 'ai.prompt', 'pydantic_ai.all_messages', 'gen_ai.prompt'])
  );
}

/** System instructions stand apart from the messages before which they were said. */
function withSystem(system: string | null, messages: string | null): string | null {
  if (system === null) return messages;
  const said = `{"role":"system",${system.startsWith('[') ? '"parts"' : '"content"'}:${system}}`;
  if (messages === null) return `[${said}]`;
  const list = /^\s*\[\s*(\])?/.exec(messages);
  if (list === null) return `{"system":${system},"messages":${messages}}`;
  return `[${said}${list[1] === undefined ? ',' : ''}${messages.slice(messages.indexOf('[') + 1)}`;
}

function messagesOut(type: StepType, reader: SpanReader, lists: FlattenedLists): string | null {
  return (
    reader.takeJson('gen_ai.output.messages') ??
    lists.take('llm.output_messages.', 'gen_ai.completion.', 'llm.choices.') ??
    answerOfAiSdk(reader, type === StepType.LLM) ??
    reader.takeFirstJson(['final_result', 'gen_ai.completion'])
  );
}

/** OpenInference says what sort of text it is; where it does not, and in OpenLLMetry, a text that is JSON is taken for it. */
function anyInput(reader: SpanReader): string | null {
  return (
    plainOr(reader, 'input.value', 'input.mime_type') ??
    reader.takeJson('traceloop.entity.input') ??
    listOfJson(reader, 'ai.values') ??
    reader.takeJson('ai.value')
  );
}

function anyOutput(reader: SpanReader): string | null {
  return (
    plainOr(reader, 'output.value', 'output.mime_type') ??
    reader.takeJson('traceloop.entity.output') ??
    listOfJson(reader, 'ai.embeddings') ??
    reader.takeJson('ai.embedding')
  );
}

function plainOr(reader: SpanReader, key: string, typeKey: string): string | null {
  const value = reader.get(key);
  if (typeof value !== 'string' || reader.get(typeKey) !== 'text/plain') {
    const json = reader.takeJson(key);
    if (json !== null) reader.use(typeKey);
    return json;
  }
  reader.use(key);
  reader.use(typeKey);
  return jsonOfText(value);
}

/** A list of texts that are JSON each, as a list of what they hold. */
function listOfJson(reader: SpanReader, key: string): string | null {
  const value = reader.get(key);
  if (!Array.isArray(value)) return null;
  reader.use(key);
  return `[${value.map(jsonOf).join(',')}]`;
}
