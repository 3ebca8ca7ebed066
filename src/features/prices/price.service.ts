import { IsNull } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { recordAudit } from '../audit/index.js';
import type { Database, Transaction } from '../../platform/database.js';
import { NotFoundError } from '../../platform/errors.js';
import type { RequestContext } from '../../platform/request-context.js';
import { isId } from '../../platform/validation.js';
import { requirePermission } from '../../platform/viewer.js';
import { ModelPrice } from './model-price.entity.js';
import type { PriceRepository } from './price.repository.js';
import type { SetModelPriceInput } from './prices.inputs.js';

/** The first day that PostgreSQL, JavaScript and people all read the same: for all time. */
const always = '0001-01-01';

/** Has the steps of a model priced again, in the transaction that changed its price. */
export type OnPriceChanged = (
  tx: Transaction,
  projectId: string,
  model: string,
  from: string,
) => Promise<void>;

/** Projects' own prices. */
export class PriceService {
  constructor(
    private readonly database: Database,
    private readonly prices: PriceRepository,
    private readonly onPriceChanged: OnPriceChanged,
  ) {}

  list(context: RequestContext, projectId: string): Promise<ModelPrice[]> {
    requirePermission(context.viewer, projectId, 'read');
    return this.prices.list(projectId);
  }

  /** Sets a price; the steps that it concerns are priced again by a job. */
  async set(context: RequestContext, input: SetModelPriceInput): Promise<ModelPrice> {
    requirePermission(context.viewer, input.projectId, 'manage');
    const { projectId, model } = input;
    const place = {
      projectId,
      model,
      provider: input.provider ?? null,
      validFrom: input.validFrom ?? always,
    };
    return this.database.transaction(async (tx) => {
      const before = await tx.manager.findOneBy(ModelPrice, {
        ...place,
        provider: place.provider ?? IsNull(),
      });
      const price = Object.assign(new ModelPrice(), place, {
        id: before?.id ?? uuid(),
        inputUsd: input.inputUsd,
        cachedInputUsd: input.cachedInputUsd ?? null,
        cacheWriteUsd: input.cacheWriteUsd ?? null,
        outputUsd: input.outputUsd,
        createdAt: before?.createdAt ?? new Date(),
      });
      await tx.manager.upsert(ModelPrice, price, ['projectId', 'model', 'provider', 'validFrom']);
      await this.#changed(tx, context, 'setModelPrice', price, before, price);
      return price;
    });
  }

  /** Takes a price away; the steps that it concerned are priced again by a job. */
  async remove(context: RequestContext, id: string): Promise<boolean> {
    const price = isId(id) ? await this.prices.find(id) : null;
    if (!price) throw new NotFoundError('The price');
    requirePermission(context.viewer, price.projectId, 'manage', 'The price');
    await this.database.transaction(async (tx) => {
      await tx.manager.delete(ModelPrice, { id });
      await this.#changed(tx, context, 'removeModelPrice', price, price, null);
    });
    return true;
  }

  async #changed(
    tx: Transaction,
    context: RequestContext,
    action: string,
    { id, projectId, model, validFrom }: ModelPrice,
    before: ModelPrice | null,
    after: ModelPrice | null,
  ): Promise<void> {
    await this.onPriceChanged(tx, projectId, model, validFrom);
    await recordAudit(tx, {
      context,
      projectId,
      action,
      subjectType: 'ModelPrice',
      subjectId: id,
      before: before && told(before),
      after: after && told(after),
    });
  }
}

const told = ({
  model,
  provider,
  validFrom,
  inputUsd,
  cachedInputUsd,
  cacheWriteUsd,
  outputUsd,
}: ModelPrice) => ({
  model,
  provider,
  validFrom,
  inputUsd,
  cachedInputUsd,
  cacheWriteUsd,
  outputUsd,
});
