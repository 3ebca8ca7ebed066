import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { calcPrice, findProvider, type Usage } from '@pydantic/genai-prices';

/** What one call of a model used; null = not told. Input includes cached tokens, output includes reasoning tokens. */
export interface TokenUsage {
  provider: string | null;
  model: string;
  inputTokens: number | null;
  cachedInputTokens: number | null;
  cacheWriteTokens: number | null;
  outputTokens: number | null;
}

export interface Price {
  /** US dollars. */
  costUsd: number;
  /** The price list that it is from, with its version. */
  priceDataVersion: string;
}

const manifest = new URL('../package.json', import.meta.resolve('@pydantic/genai-prices'));
const { version } = JSON.parse(readFileSync(fileURLToPath(manifest), 'utf8')) as { version: string };

/** The public price list that comes with Binnacle: nothing is fetched, so the same step always costs the same. */
export const priceListVersion = `genai-prices ${version}`;

/** Names of OpenTelemetry's that the list does not find by itself. */
const aliases: Record<string, string> = {
  x_ai: 'x-ai',
  'gcp.gen_ai': 'google',
  'azure.ai.inference': 'azure',
};

/**
 * What a call cost by the public price list, at the prices of its own time.
 * @returns null for a model that the list does not know, and for counts that contradict each other
 */
export function listPrice(usage: TokenUsage, at: Date): Price | null {
  const { provider, model, inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens } = usage;
  const tokens: Usage = {
    input_tokens: inputTokens ?? 0,
    cache_read_tokens: cachedInputTokens ?? 0,
    cache_write_tokens: cacheWriteTokens ?? 0,
    output_tokens: outputTokens ?? 0,
  };
  // A provider that the list does not know, as one's own machine, may ask any price for a model of that name.
  const found = provider === null ? undefined : findProvider({ providerId: aliases[provider] ?? provider });
  if (provider !== null && !found) return null;
  try {
    const price = calcPrice(tokens, model, { timestamp: at, ...(found ? { providerId: found.id } : {}) });
    return price && { costUsd: price.total_price, priceDataVersion: priceListVersion };
  } catch {
    // The list's rules refuse the counts, such as more cached tokens than there are.
    return null;
  }
}
