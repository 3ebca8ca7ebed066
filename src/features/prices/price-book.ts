import type { Transaction } from '../../platform/database.js';
import type { ModelPrice } from './model-price.entity.js';
import { costBy, ownPriceOf } from './own-price.js';
import { listPrice, type Price, type TokenUsage } from './price-list.js';
import type { PriceRepository } from './price.repository.js';

/** How long a process goes on with the prices that it read; a change is followed by pricing anew, later than that. */
export const pricesKnownForMs = 5_000;
const mostProjects = 1_000;

/** Prices one call of a model; null where the price is not known. */
export type Pricer = (usage: TokenUsage, at: Date) => Price | null;

/** Prices calls: by the project's own prices, else by the public list. */
export class PriceBook {
  readonly #known = new Map<string, { prices: readonly ModelPrice[]; at: number }>();

  constructor(private readonly repository: PriceRepository) {}

  /** @param isFresh whether to read the project's prices now, whatever is known here */
  async pricer(tx: Transaction, projectId: string, isFresh = false): Promise<Pricer> {
    const known = this.#known.get(projectId);
    const isKnown = known && performance.now() - known.at < pricesKnownForMs;
    const prices = isKnown && !isFresh ? known.prices : await this.#read(tx, projectId);
    return (usage, at) => {
      const own = prices.length > 0 ? ownPriceOf(prices, usage, at) : null;
      return own ? costBy(own, usage) : listPrice(usage, at);
    };
  }

  async #read(tx: Transaction, projectId: string): Promise<readonly ModelPrice[]> {
    const at = performance.now();
    const prices = await this.repository.ofProject(tx.manager, projectId);
    this.#known.delete(projectId);
    this.#known.set(projectId, { prices, at });
    const [oldest] = this.#known.keys();
    if (this.#known.size > mostProjects && oldest !== undefined) this.#known.delete(oldest);
    return prices;
  }
}
