import type { Usage } from './plan.js';

interface Model {
  provider: string;
  /** Until the first token, milliseconds. */
  firstTokenMs: number;
  tokensPerSecond: number;
  /** Whether it thinks before it speaks, in tokens of its own. */
  reasons?: boolean;
  /** US dollars per million tokens; a model without prices has costs that nobody knows. */
  prices?: { input: number; cachedInput: number; cacheWrite?: number; output: number };
}

/** The models of the demo. Speeds and prices are for show: what a real provider asks stands on its own page. */
const models: Readonly<Record<string, Model>> = {
  'gpt-4o': {
    provider: 'openai',
    firstTokenMs: 520,
    tokensPerSecond: 78,
    prices: { input: 2.5, cachedInput: 1.25, output: 10 },
  },
  'gpt-4o-mini': {
    provider: 'openai',
    firstTokenMs: 380,
    tokensPerSecond: 102,
    prices: { input: 0.15, cachedInput: 0.075, output: 0.6 },
  },
  'o4-mini': {
    provider: 'openai',
    firstTokenMs: 700,
    tokensPerSecond: 128,
    reasons: true,
    prices: { input: 1.1, cachedInput: 0.275, output: 4.4 },
  },
  'claude-sonnet-4-5': {
    provider: 'anthropic',
    firstTokenMs: 930,
    tokensPerSecond: 64,
    prices: { input: 3, cachedInput: 0.3, cacheWrite: 3.75, output: 15 },
  },
  'claude-haiku-4-5': {
    provider: 'anthropic',
    firstTokenMs: 450,
    tokensPerSecond: 125,
    prices: { input: 1, cachedInput: 0.1, cacheWrite: 1.25, output: 5 },
  },
  'qwen2.5-7b-instruct': { provider: 'vllm', firstTokenMs: 210, tokensPerSecond: 58 },
};

/** A model that a person put in by publishing a version: it works like most, and its price is unknown. */
const unknownModel: Model = { provider: 'unknown', firstTokenMs: 600, tokensPerSecond: 70 };

export function modelNamed(name: string): Model {
  return models[name] ?? unknownModel;
}

/** Milliseconds that a call takes whose luck is average. */
export function typicalLatencyMs(model: Model, outputTokens: number): number {
  return model.firstTokenMs + (outputTokens / model.tokensPerSecond) * 1000;
}

/** The tokens of a call with their cost; without one where the model has no price. */
export function priced(
  { prices }: Model,
  usage: Usage & { inputTokens: number; outputTokens: number },
): Usage {
  if (!prices) return usage;
  const { inputTokens, cachedInputTokens = 0, cacheWriteTokens = 0, outputTokens } = usage;
  const plainTokens = inputTokens - cachedInputTokens - cacheWriteTokens;
  const perMillion =
    plainTokens * prices.input +
    cachedInputTokens * prices.cachedInput +
    cacheWriteTokens * (prices.cacheWrite ?? prices.input) +
    outputTokens * prices.output;
  return { ...usage, costUsd: dollars(perMillion / 1e6) };
}

/** A cost with the digits that a provider's bill has. */
export function dollars(amount: number): number {
  return Number(amount.toFixed(8));
}
