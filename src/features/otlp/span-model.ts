import type { SpanReader } from './span-reader.js';

export interface SpanModel {
  provider: string | null;
  model: string | null;
  /** What was asked for; kept where it was told under another name than gen_ai.request.model. */
  requestModel: string | null;
  /** US dollars, as reported. */
  costUsd: number | null;
}

const maxName = 200;
const maxCostUsd = 1e9;

/** The AI SDK names the provider with the sort of its API behind it: openai.responses, groq.chat, google.generative-ai. */
const apiOfProvider =
  /\.(chat|completions?|responses|messages|(text)?embeddings?|image|speech|transcription|generative-ai)$/i;

const requestModelKeys = [
  'gen_ai.request.model',
  'llm.request.model_name',
  'ai.model.id',
  'embedding.model_name',
  'reranker.model_name',
  'llm.request.model',
];
const modelKeys = [
  'gen_ai.response.model',
  'llm.response.model_name',
  'ai.response.model',
  'llm.model_name',
  'llm.response.model',
];
const providerKeys = [
  'gen_ai.provider.name',
  'gen_ai.system',
  'llm.provider',
  'llm.system',
  'ai.model.provider',
];
const costKeys = [
  'llm.cost.total',
  'gen_ai.usage.cost',
  'gen_ai.usage.total_cost',
  'gen_ai.usage.cost.total',
  'gen_ai.usage.cost_usd',
  'gen_ai.cost.total_cost',
  'operation.cost',
];

/** Who answered a call of a model, which model, and what it reported to cost. */
export function modelOf(reader: SpanReader): SpanModel {
  const requestModel = reader.text(maxName, requestModelKeys);
  // The one that answered is what a price is for: an alias that was asked for may stand for another one every day.
  const model = reader.takeText(maxName, modelKeys) ?? requestModel;
  return { provider: providerOf(reader), model, requestModel, costUsd: costOf(reader) };
}

function providerOf(reader: SpanReader): string | null {
  const told = reader.takeText(maxName, providerKeys);
  return told?.replace(apiOfProvider, '') ?? null;
}

function costOf(reader: SpanReader): number | null {
  for (const key of costKeys) {
    const cost = reader.takeNumber(maxCostUsd, key);
    if (cost !== null) return cost;
  }
  const prompt = reader.takeNumber(maxCostUsd, 'llm.cost.prompt');
  const completion = reader.takeNumber(maxCostUsd, 'llm.cost.completion');
  return prompt === null || completion === null ? null : Math.min(maxCostUsd, prompt + completion);
}
