import type { Price, Pricer, TokenUsage } from '../prices/index.js';
import { CostSource, StepType } from './task-enums.js';

/** What of a step decides its price; times as text. */
export interface PricedFields extends Omit<TokenUsage, 'model'> {
  type: StepType;
  model: string | null;
  startedAt: string | null;
  endedAt: string | null;
}

/** A step's price as it is to be stored; null = it has none. */
export interface StepPrice {
  seq: number;
  price: Price | null;
}

/** Models that answer no tokens. */
const withoutOutput: readonly StepType[] = [StepType.EMBEDDING, StepType.RERANK];

/** What a call cost, at the prices of its own time; null where the price, the model or the tokens are not known. */
export function priceOfStep(step: PricedFields, pricer: Pricer): Price | null {
  const { model, inputTokens, outputTokens } = step;
  if (model === null || inputTokens === null) return null;
  if (outputTokens === null && !withoutOutput.includes(step.type)) return null;
  const at = step.startedAt ?? step.endedAt;
  return pricer({ ...step, model }, at === null ? new Date() : new Date(at));
}

/** Prices records whose cost was not reported. */
export function priceRecords(
  records: readonly (PricedFields & {
    costUsd: number | null;
    costSource: CostSource;
    priceDataVersion: string | null;
  })[],
  pricer: Pricer,
): void {
  for (const record of records) {
    if (record.costSource === CostSource.REPORTED) continue;
    const price = priceOfStep(record, pricer);
    if (!price) continue;
    record.costUsd = price.costUsd;
    record.costSource = CostSource.PRICED;
    record.priceDataVersion = price.priceDataVersion;
  }
}
