import { Arg, Ctx, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import { Access } from '../../platform/access.js';
import { RequestContext } from '../../platform/request-context.js';
import { DateScalar } from '../../platform/scalars.js';
import { wiredBySchema, type Streams } from '../../platform/streams.js';
import { DailyMetric } from './daily-metric.entity.js';
import type { FollowedMetric } from './metrics-live.js';
import type { MetricsService } from './metrics.service.js';
import { CostDimension, CostSlice, MetricsSummary } from './metrics.types.js';

const firstDay = 'The first UTC day.';
const lastDay = 'The last UTC day, included; at most 1,100 days in all.';
const agentMeaning = 'One agent; all of the project together unless told.';

/** What the subscription below follows. */
export function metricsStreams(metrics: MetricsService): Streams {
  return {
    metricsChanged: (args: { projectId: string; agentId?: string | null }, context) =>
      metrics.follow(context, args.projectId, args.agentId ?? null),
  };
}

@Resolver()
export class MetricsResolver {
  constructor(private readonly metrics: MetricsService) {}

  @Query(() => [DailyMetric], {
    description: 'The KPIs day by day, the oldest first. A day in which no task finished has no row.',
  })
  @Access('read')
  dailyMetrics(
    @Arg('projectId', () => ID) projectId: string,
    @Arg('from', () => DateScalar, { description: firstDay }) from: string,
    @Arg('to', () => DateScalar, { description: lastDay }) to: string,
    @Ctx() context: RequestContext,
    @Arg('agentId', () => ID, { nullable: true, description: agentMeaning }) agentId?: string | null,
    @Arg('perAgent', () => Boolean, {
      nullable: true,
      description:
        'One row for each agent and day, in place of those of all agents together; false unless told.',
    })
    perAgent?: boolean | null,
  ): Promise<DailyMetric[]> {
    return this.metrics.daily(context, projectId, agentId ?? null, perAgent ?? false, { from, to });
  }

  @Query(() => MetricsSummary, { description: 'The KPIs of a range of days as a whole.' })
  @Access('read')
  metricsSummary(
    @Arg('projectId', () => ID) projectId: string,
    @Arg('from', () => DateScalar, { description: firstDay }) from: string,
    @Arg('to', () => DateScalar, { description: lastDay }) to: string,
    @Ctx() context: RequestContext,
    @Arg('agentId', () => ID, { nullable: true, description: agentMeaning }) agentId?: string | null,
  ): Promise<MetricsSummary> {
    return this.metrics.summary(context, projectId, agentId ?? null, { from, to });
  }

  @Query(() => [CostSlice], {
    description:
      'What the tasks that finished in the range cost, the costliest slice first, 1,000 slices at most. By model and by step type it reads their steps.',
  })
  @Access('read')
  costBreakdown(
    @Arg('projectId', () => ID) projectId: string,
    @Arg('by', () => CostDimension) by: CostDimension,
    @Arg('from', () => DateScalar, { description: firstDay }) from: string,
    @Arg('to', () => DateScalar, { description: lastDay }) to: string,
    @Ctx() context: RequestContext,
  ): Promise<CostSlice[]> {
    return this.metrics.costs(context, projectId, by, { from, to });
  }

  @Mutation(() => [DailyMetric], {
    description:
      'Has the days computed again from their tasks, 366 at most, and answers those of all agents together: when that is done, or as they stand after ten seconds (computedAt says which).',
  })
  @Access('manage')
  recomputeMetrics(
    @Arg('projectId', () => ID) projectId: string,
    @Arg('from', () => DateScalar, { description: firstDay }) from: string,
    @Arg('to', () => DateScalar, { description: 'The last UTC day, included.' }) to: string,
    @Ctx() context: RequestContext,
  ): Promise<DailyMetric[]> {
    return this.metrics.recompute(context, projectId, { from, to });
  }

  @Subscription(() => DailyMetric, {
    description:
      'Each day that is computed from now on, of all agents together or of the one that is named; today within a minute of any change.',
    subscribe: wiredBySchema,
  })
  @Access('read')
  metricsChanged(
    @Root() { metric }: FollowedMetric,
    @Arg('projectId', () => ID) _projectId: string,
    @Arg('agentId', () => ID, { nullable: true, description: agentMeaning }) _agentId?: string | null,
  ): DailyMetric {
    return metric;
  }
}
