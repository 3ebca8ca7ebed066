import type { Database } from '../../platform/database.js';
import { ModelPrice } from './model-price.entity.js';
import { PriceBook } from './price-book.js';
import { PriceRepository } from './price.repository.js';
import { PriceResolver } from './price.resolver.js';
import { PriceService, type OnPriceChanged } from './price.service.js';

export { pricesKnownForMs, type PriceBook, type Pricer } from './price-book.js';
export type { Price, TokenUsage } from './price-list.js';

export const priceEntities = [ModelPrice];

/** What calls of models cost: by the project's own prices, else by the public list. */
export function createPrices(deps: { database: Database; onPriceChanged: OnPriceChanged }) {
  const repository = new PriceRepository(deps.database);
  const service = new PriceService(deps.database, repository, deps.onPriceChanged);
  return { book: new PriceBook(repository), resolvers: [new PriceResolver(service)] as object[] };
}
