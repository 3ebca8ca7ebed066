import type { ModelPrice } from './model-price.entity.js';
import type { Price, TokenUsage } from './price-list.js';

/** The price of that day: of those that name the provider if there are any, the latest that has begun. */
export function ownPriceOf(
  prices: readonly ModelPrice[],
  { provider, model }: Pick<TokenUsage, 'provider' | 'model'>,
  at: Date,
): ModelPrice | null {
  const day = at.toISOString().slice(0, 10);
  const latest = (named: string | null) =>
    prices
      .filter((p) => p.model === model && p.provider === named && p.validFrom <= day)
      .reduce<ModelPrice | null>((a, b) => (a && a.validFrom > b.validFrom ? a : b), null);
  return (provider ? latest(provider) : null) ?? latest(null);
}

/** What a call cost by it. @returns null for counts that contradict each other */
export function costBy(price: ModelPrice, usage: TokenUsage): Price | null {
  const { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens } = usage;
  const [input, cached, written] = [inputTokens ?? 0, cachedInputTokens ?? 0, cacheWriteTokens ?? 0];
  const plain = input - cached - written;
  if (plain < 0) return null;
  const micros =
    plain * price.inputUsd +
    cached * (price.cachedInputUsd ?? price.inputUsd) +
    written * (price.cacheWriteUsd ?? price.inputUsd) +
    (outputTokens ?? 0) * price.outputUsd;
  return { costUsd: micros / 1e6, priceDataVersion: `own price of ${price.validFrom}` };
}
