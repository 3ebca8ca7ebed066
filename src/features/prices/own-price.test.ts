import { expect, test } from '@jest/globals';
import { ModelPrice } from './model-price.entity.js';
import { costBy, ownPriceOf } from './own-price.js';
import { listPrice, priceListVersion, type TokenUsage } from './price-list.js';

const price = (more: Partial<ModelPrice>) =>
  Object.assign(new ModelPrice(), {
    provider: null,
    model: 'm',
    validFrom: '2026-01-01',
    inputUsd: 10,
    cachedInputUsd: null,
    cacheWriteUsd: null,
    outputUsd: 20,
    ...more,
  });
const usage = (more: Partial<TokenUsage> = {}): TokenUsage => ({
  provider: 'openai',
  model: 'gpt-4o',
  inputTokens: 1_000_000,
  cachedInputTokens: null,
  cacheWriteTokens: null,
  outputTokens: 1_000_000,
  ...more,
});
const at = (time: string) => new Date(time);

test('the price of a day is the latest that has begun', () => {
  const [early, late] = [price({}), price({ validFrom: '2026-06-01' })];
  const find = (time: string) => ownPriceOf([late, early], { provider: null, model: 'm' }, at(time));
  expect(find('2025-12-31T23:59:59.999Z')).toBeNull();
  expect(find('2026-01-01T00:00:00.000Z')).toBe(early);
  expect(find('2026-05-31T23:59:59.999Z')).toBe(early);
  expect(find('2026-06-01T00:00:00.000Z')).toBe(late);
});

test('a price that names the provider goes before one for any, whichever is later', () => {
  const [any, named] = [price({ validFrom: '2026-06-01' }), price({ provider: 'p' })];
  const find = (provider: string | null) =>
    ownPriceOf([any, named], { provider, model: 'm' }, at('2026-07-01'));
  expect(find('p')).toBe(named);
  expect(find('q')).toBe(any);
  expect(find(null)).toBe(any);
});

test('cached and written tokens have prices of their own, or that of other input', () => {
  const told = usage({
    inputTokens: 10_000,
    cachedInputTokens: 4_000,
    cacheWriteTokens: 1_000,
    outputTokens: 500,
  });
  const cached = costBy(price({ cachedInputUsd: 1, cacheWriteUsd: 12 }), told);
  expect(cached?.costUsd).toBeCloseTo((5_000 * 10 + 4_000 * 1 + 1_000 * 12 + 500 * 20) / 1e6, 12);
  expect(costBy(price({}), told)?.costUsd).toBeCloseTo((10_000 * 10 + 500 * 20) / 1e6, 12);
  expect(costBy(price({}), usage({ inputTokens: 1, cachedInputTokens: 2 }))).toBeNull();
});

test('the public list knows models by their providers, at the prices of their time, with its version', () => {
  expect(listPrice(usage(), at('2026-01-01'))).toEqual({ costUsd: 12.5, priceDataVersion: priceListVersion });
  expect(priceListVersion).toMatch(/^genai-prices \d+\.\d+\.\d+$/);
  // o3 became cheaper on 2025-06-10.
  const o3 = (time: string) => listPrice(usage({ model: 'o3' }), at(time))?.costUsd;
  expect([o3('2025-06-09T12:00:00Z'), o3('2025-06-11T12:00:00Z')]).toEqual([50, 10]);
  // As OpenTelemetry names them.
  for (const [provider, model] of [
    ['anthropic', 'claude-sonnet-4-5-20250929'],
    ['gcp.gen_ai', 'gemini-2.5-pro'],
    ['x_ai', 'grok-4'],
  ] as const) {
    expect(listPrice(usage({ provider, model }), at('2026-01-01'))?.costUsd).toBeGreaterThan(0);
  }
  expect(listPrice(usage({ provider: null }), at('2026-01-01'))?.costUsd).toBe(12.5);
});

test('the public list does not guess', () => {
  expect(listPrice(usage({ model: 'nobody-knows-it' }), at('2026-01-01'))).toBeNull();
  expect(listPrice(usage({ provider: 'ollama' }), at('2026-01-01'))).toBeNull();
  expect(listPrice(usage({ inputTokens: 1, cachedInputTokens: 2 }), at('2026-01-01'))).toBeNull();
});
