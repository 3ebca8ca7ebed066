import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { Access } from '../../platform/access.js';
import { RequestContext } from '../../platform/request-context.js';
import { ModelPrice } from './model-price.entity.js';
import type { PriceService } from './price.service.js';
import { SetModelPriceInput } from './prices.inputs.js';

@Resolver()
export class PriceResolver {
  constructor(private readonly prices: PriceService) {}

  @Query(() => [ModelPrice], { description: "A project's own prices, by model and first day." })
  @Access('read')
  modelPrices(
    @Arg('projectId', () => ID) projectId: string,
    @Ctx() context: RequestContext,
  ): Promise<ModelPrice[]> {
    return this.prices.list(context, projectId);
  }

  @Mutation(() => ModelPrice, {
    description:
      "Gives a model a price of the project's own. A job prices the steps that it concerns again, but never those whose cost was reported.",
  })
  @Access('manage')
  setModelPrice(
    @Arg('input', () => SetModelPriceInput) input: SetModelPriceInput,
    @Ctx() context: RequestContext,
  ): Promise<ModelPrice> {
    return this.prices.set(context, input);
  }

  @Mutation(() => Boolean, {
    description: 'Takes a price of the project away. A job prices the steps that it concerned again.',
  })
  @Access('manage')
  removeModelPrice(@Arg('id', () => ID) id: string, @Ctx() context: RequestContext): Promise<boolean> {
    return this.prices.remove(context, id);
  }
}
