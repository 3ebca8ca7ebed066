import { StepType } from '../tasks/index.js';
import type { SpanReader } from './span-reader.js';

const byOperation: ReadonlyMap<string, StepType> = new Map([
  ['chat', StepType.LLM],
  ['generate_content', StepType.LLM],
  ['text_completion', StepType.LLM],
  ['completion', StepType.LLM],
  ['responses', StepType.LLM],
  ['image_generation', StepType.LLM],
  ['speech', StepType.LLM],
  ['transcription', StepType.LLM],
  ['embeddings', StepType.EMBEDDING],
  ['embedding', StepType.EMBEDDING],
  ['retrieval', StepType.RETRIEVAL],
  ['search_memory', StepType.RETRIEVAL],
  ['rerank', StepType.RERANK],
  ['create_agent', StepType.AGENT],
  ['invoke_agent', StepType.AGENT],
  ['invoke_workflow', StepType.AGENT],
  ['plan', StepType.AGENT],
  ['execute_tool', StepType.TOOL],
  ['apply_guardrail', StepType.GUARDRAIL],
  ['evaluate', StepType.EVALUATION],
  // The AI SDK's, from version 7: a round of an agent, and a call of a model that decides.
  ['agent_step', StepType.SYSTEM],
  ['decide', StepType.LLM],
  // What works on the memory, or fetches an answer given before, calls no model.
  ['fetch_response', StepType.SYSTEM],
  ['create_memory', StepType.SYSTEM],
  ['update_memory', StepType.SYSTEM],
  ['upsert_memory', StepType.SYSTEM],
  ['delete_memory', StepType.SYSTEM],
  ['create_memory_store', StepType.SYSTEM],
  ['delete_memory_store', StepType.SYSTEM],
]);

const byOpenInference: ReadonlyMap<string, StepType> = new Map([
  ['LLM', StepType.LLM],
  ['EMBEDDING', StepType.EMBEDDING],
  ['RETRIEVER', StepType.RETRIEVAL],
  ['RERANKER', StepType.RERANK],
  ['TOOL', StepType.TOOL],
  ['AGENT', StepType.AGENT],
  ['GUARDRAIL', StepType.GUARDRAIL],
  ['EVALUATOR', StepType.EVALUATION],
  ['CHAIN', StepType.SYSTEM],
  ['PROMPT', StepType.SYSTEM],
]);

const byTraceloop: ReadonlyMap<string, StepType> = new Map([
  ['workflow', StepType.AGENT],
  ['agent', StepType.AGENT],
  ['tool', StepType.TOOL],
  ['task', StepType.SYSTEM],
]);

/** What OpenLLMetry told before it had the operation's name. */
const byRequestType: ReadonlyMap<string, StepType> = new Map([
  ['chat', StepType.LLM],
  ['completion', StepType.LLM],
  ['embedding', StepType.EMBEDDING],
  ['rerank', StepType.RERANK],
]);

/** The AI SDK's: the outer span holds the calls, and each call of a model is one of its own. */
function byAiOperation(operation: string): StepType | undefined {
  if (operation === 'ai.toolCall') return StepType.TOOL;
  if (!operation.startsWith('ai.')) return undefined;
  if (/\.do(Generate|Stream)$/.test(operation)) return StepType.LLM;
  if (operation.endsWith('.doEmbed')) return StepType.EMBEDDING;
  if (operation.endsWith('.doRerank')) return StepType.RERANK;
  // What is around one call alone is no agent.
  return /^ai\.(generate|stream)/.test(operation) ? StepType.AGENT : StepType.SYSTEM;
}

/** Calls of models: what they used and cost counts. Of the spans around them it is the sum of theirs. */
export function isModelCall(type: StepType): boolean {
  return type === StepType.LLM || type === StepType.EMBEDDING || type === StepType.RERANK;
}

/**
 * What sort of step a span is: by gen_ai.operation.name, else openinference.span.kind, else traceloop.span.kind, else the
 * AI SDK's ai.operationId, else llm.request.type; else LLM where it tells a model and the tokens it used, TOOL where it
 * tells a tool's call, HUMAN where it tells what a human did; else SYSTEM. A value that is not known is passed over.
 * @param isHuman whether the span tells what a human did
 */
export function stepTypeOf(reader: SpanReader, isHuman: boolean): StepType {
  const told = (key: string) => {
    const value = reader.get(key);
    return typeof value === 'string' ? value : '';
  };
  return (
    byOperation.get(told('gen_ai.operation.name')) ??
    byOpenInference.get(told('openinference.span.kind').toUpperCase()) ??
    byTraceloop.get(told('traceloop.span.kind').toLowerCase()) ??
    byAiOperation(told('ai.operationId')) ??
    byRequestType.get(told('llm.request.type')) ??
    guessed(reader, isHuman)
  );
}

const modelKeys = ['gen_ai.request.model', 'gen_ai.response.model', 'llm.model_name'];
const tokenKeys = [
  'gen_ai.usage.input_tokens',
  'gen_ai.usage.output_tokens',
  'gen_ai.usage.prompt_tokens',
  'gen_ai.usage.completion_tokens',
  'llm.token_count.prompt',
  'llm.token_count.completion',
];

function guessed(reader: SpanReader, isHuman: boolean): StepType {
  const has = (key: string) => reader.has(key);
  if (modelKeys.some(has) && tokenKeys.some(has)) return StepType.LLM;
  if (has('gen_ai.tool.call.id') || has('gen_ai.tool.call.arguments')) return StepType.TOOL;
  return isHuman ? StepType.HUMAN : StepType.SYSTEM;
}
