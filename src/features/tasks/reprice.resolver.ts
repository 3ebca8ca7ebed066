import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { Access } from '../../platform/access.js';
import { RequestContext } from '../../platform/request-context.js';
import { DateScalar } from '../../platform/scalars.js';
import { PriceRun } from './price-run.entity.js';
import type { RepriceService } from './reprice.service.js';

@Resolver()
export class RepriceResolver {
  constructor(private readonly reprice: RepriceService) {}

  @Query(() => PriceRun, { description: 'How far a job that prices steps again is.' })
  @Access('read')
  priceRun(@Arg('id', () => ID) id: string, @Ctx() context: RequestContext): Promise<PriceRun> {
    return this.reprice.find(context, id);
  }

  @Mutation(() => PriceRun, {
    description:
      'Starts a job that prices again, at the prices of their own time, the steps without a reported cost of all tasks that finished in the range, and of those that go on.',
  })
  @Access('manage')
  repriceSteps(
    @Arg('projectId', () => ID) projectId: string,
    @Arg('from', () => DateScalar, { description: 'The first UTC day.' }) from: string,
    @Arg('to', () => DateScalar, { description: 'The last UTC day, included.' }) to: string,
    @Ctx() context: RequestContext,
  ): Promise<PriceRun> {
    return this.reprice.start(context, projectId, from, to);
  }
}
