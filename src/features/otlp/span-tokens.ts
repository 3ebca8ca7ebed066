import type { AttributeValue } from './otlp-span.js';
import type { SpanReader } from './span-reader.js';
import { parseJson } from './storable-json.js';

/** Input includes what was read from and written to a cache, output includes reasoning; null = not told. */
export interface SpanTokens {
  inputTokens: number | null;
  cachedInputTokens: number | null;
  cacheWriteTokens: number | null;
  outputTokens: number | null;
  reasoningTokens: number | null;
}

export const noTokens: SpanTokens = {
  inputTokens: null,
  cachedInputTokens: null,
  cacheWriteTokens: null,
  outputTokens: null,
  reasoningTokens: null,
};

const maxTokens = 2_147_483_647;

/** The names that the conventions have for one count, the current ones first. */
const inputKeys = [
  'gen_ai.usage.input_tokens',
  'gen_ai.usage.prompt_tokens',
  'llm.token_count.prompt',
  'llm.usage.prompt_tokens',
  'ai.usage.inputTokens',
  'ai.usage.promptTokens',
  'ai.usage.tokens',
];
const outputKeys = [
  'gen_ai.usage.output_tokens',
  'gen_ai.usage.completion_tokens',
  'llm.token_count.completion',
  'llm.usage.completion_tokens',
  'ai.usage.outputTokens',
  'ai.usage.completionTokens',
];
const cachedKeys = [
  'gen_ai.usage.cache_read.input_tokens',
  'gen_ai.usage.cache_read_input_tokens',
  'gen_ai.usage.input_tokens.cached',
  'gen_ai.usage.cached_tokens',
  'gen_ai.usage.details.cache_read_tokens',
  'llm.token_count.prompt_details.cache_read',
  'ai.usage.inputTokenDetails.cacheReadTokens',
  'ai.usage.cachedInputTokens',
];
const cacheWriteKeys = [
  'gen_ai.usage.cache_creation.input_tokens',
  'gen_ai.usage.cache_creation_input_tokens',
  'gen_ai.usage.input_tokens.cache_write',
  'gen_ai.usage.details.cache_write_tokens',
  'llm.token_count.prompt_details.cache_write',
  'ai.usage.inputTokenDetails.cacheWriteTokens',
];
const reasoningKeys = [
  'gen_ai.usage.reasoning.output_tokens',
  'gen_ai.usage.reasoning_tokens',
  'gen_ai.usage.output_tokens.reasoning',
  'gen_ai.usage.details.reasoning_tokens',
  'llm.token_count.completion_details.reasoning',
  'ai.usage.outputTokenDetails.reasoningTokens',
  'ai.usage.reasoningTokens',
];
const totalKeys = [
  'gen_ai.usage.total_tokens',
  'llm.token_count.total',
  'llm.usage.total_tokens',
  'ai.usage.totalTokens',
];

/** What a call of a model used, whichever convention tells it. */
export function tokensOf(reader: SpanReader): SpanTokens {
  const told: SpanTokens = {
    inputTokens: reader.takeCount(inputKeys),
    cachedInputTokens: reader.takeCount(cachedKeys),
    cacheWriteTokens: reader.takeCount(cacheWriteKeys),
    outputTokens: reader.takeCount(outputKeys),
    reasoningTokens: reader.takeCount(reasoningKeys),
  };
  if (reader.has('ai.response.providerMetadata')) addOfProvider(reader, told);
  const total = firstCount(reader, totalKeys);
  const inputTokens = wholeInput(told, total);
  told.outputTokens = wholeOutput(told, total);
  told.inputTokens = inputTokens;
  return told;
}

function firstCount(reader: SpanReader, keys: readonly string[]): number | null {
  for (const key of keys) {
    const count = reader.count(key);
    if (count !== null) return count;
  }
  return null;
}

const sum = (...counts: number[]) =>
  Math.min(
    maxTokens,
    counts.reduce((a, b) => a + b, 0),
  );

/**
 * The input with what came from or went to a cache. Who counts these apart (Anthropic's own way) is known by counts that
 * cannot be otherwise: more cached than there is input, or a total that only adds up with them.
 */
function wholeInput(told: SpanTokens, total: number | null): number | null {
  const { inputTokens, outputTokens } = told;
  const cached = (told.cachedInputTokens ?? 0) + (told.cacheWriteTokens ?? 0);
  if (inputTokens === null) {
    return total !== null && outputTokens !== null && total >= outputTokens ? total - outputTokens : null;
  }
  if (cached === 0) return inputTokens;
  const isApart = cached > inputTokens || total === inputTokens + (outputTokens ?? 0) + cached;
  return isApart ? sum(inputTokens, cached) : inputTokens;
}

/** The output with its reasoning: counted apart, as Gemini does, where there is more of it than output, or by the total. */
function wholeOutput({ inputTokens, outputTokens, reasoningTokens }: SpanTokens, total: number | null) {
  if (outputTokens === null) {
    return total !== null && inputTokens !== null && total > inputTokens ? total - inputTokens : null;
  }
  if (!reasoningTokens) return outputTokens;
  const isApart =
    reasoningTokens > outputTokens || total === (inputTokens ?? 0) + outputTokens + reasoningTokens;
  return isApart ? sum(outputTokens, reasoningTokens) : outputTokens;
}

/**
 * The AI SDK up to version 5 passed on what Anthropic and Google count, without caches and reasoning, and these only stand
 * in the provider's own words: they are added where its count is the one that was passed on.
 */
function addOfProvider(reader: SpanReader, told: SpanTokens): void {
  const text = reader.get('ai.response.providerMetadata');
  const metadata = typeof text === 'string' && text.includes('sage') ? parseJson(text) : undefined;
  const anthropic = member(metadata, 'anthropic', 'usage');
  if (anthropic !== undefined && told.inputTokens !== null) {
    const cached = countOf(member(anthropic, 'cache_read_input_tokens'));
    const written = countOf(member(anthropic, 'cache_creation_input_tokens'));
    told.cachedInputTokens ??= cached;
    told.cacheWriteTokens ??= written;
    if (countOf(member(anthropic, 'input_tokens')) === told.inputTokens) {
      told.inputTokens = sum(told.inputTokens, cached ?? 0, written ?? 0);
    }
  }
  const google = member(metadata, 'google', 'usageMetadata');
  if (google !== undefined && told.outputTokens !== null) {
    const thoughts = countOf(member(google, 'thoughtsTokenCount'));
    told.cachedInputTokens ??= countOf(member(google, 'cachedContentTokenCount'));
    told.reasoningTokens ??= thoughts;
    if (countOf(member(google, 'candidatesTokenCount')) === told.outputTokens) {
      told.outputTokens = sum(told.outputTokens, thoughts ?? 0);
    }
  }
}

function member(value: unknown, ...path: string[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, AttributeValue>)[key];
  }
  return at;
}

function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maxTokens
    ? value
    : null;
}
