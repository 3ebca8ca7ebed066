import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateScalar } from '../../platform/scalars.js';
import { finishedOf, kpis, meanings, type TaskCounts } from './daily-metric.entity.js';

export enum CostDimension {
  AGENT = 'AGENT',
  AGENT_VERSION = 'AGENT_VERSION',
  MODEL = 'MODEL',
  TASK_TYPE = 'TASK_TYPE',
  STEP_TYPE = 'STEP_TYPE',
  DAY = 'DAY',
}
registerEnumType(CostDimension, { name: 'CostDimension', description: 'What costs are broken down by.' });

const latencyMeaning = (share: string) =>
  `Milliseconds: ${share} of the finished tasks with a known latency took at most so long; read from histograms, within 1% of the exact figure.`;

/** The KPIs of a range of days. */
@ObjectType({
  simpleResolvers: true,
  description: 'The KPIs of the tasks that finished in a range of UTC days.',
})
export class MetricsSummary {
  @Field(() => DateScalar, { description: 'The first day.' })
  from: string;

  @Field(() => DateScalar, { description: 'The last day, included.' })
  to: string;

  readonly counts: TaskCounts & { cancelled: number };

  @Field(() => Float, { nullable: true, description: latencyMeaning('half') })
  latencyP50Ms: number | null;

  @Field(() => Float, { nullable: true, description: latencyMeaning('95%') })
  latencyP95Ms: number | null;

  @Field(() => Float, { nullable: true, description: latencyMeaning('99%') })
  latencyP99Ms: number | null;

  @Field(() => Int, { description: meanings.tasks })
  get tasks(): number {
    return finishedOf(this.counts);
  }

  @Field(() => Int)
  get succeeded(): number {
    return this.counts.succeeded;
  }

  @Field(() => Int, { description: 'Tasks that were cancelled; they are in no other figure.' })
  get cancelled(): number {
    return this.counts.cancelled;
  }

  @Field(() => Float, { nullable: true, description: meanings.successRate })
  get successRate(): number | null {
    return kpis.successRate(this.counts);
  }

  @Field(() => Float, { nullable: true, description: meanings.interventionRate })
  get interventionRate(): number | null {
    return kpis.interventionRate(this.counts);
  }

  @Field(() => Float, { nullable: true, description: meanings.costUsd })
  get costUsd(): number | null {
    return kpis.costUsd(this.counts);
  }

  @Field(() => Float, { nullable: true, description: meanings.costPerTaskUsd })
  get costPerTaskUsd(): number | null {
    return kpis.costPerTaskUsd(this.counts);
  }

  @Field(() => Float, { nullable: true, description: meanings.costPerSuccessUsd })
  get costPerSuccessUsd(): number | null {
    return kpis.costPerSuccessUsd(this.counts);
  }

  @Field(() => Int, { description: meanings.unpricedTasks })
  get unpricedTasks(): number {
    return kpis.unpricedTasks(this.counts);
  }
}

@ObjectType({ simpleResolvers: true, description: 'What one agent, model, type or day cost.' })
export class CostSlice {
  @Field(() => String, {
    description:
      'The id of the agent or version, the model, the type or the day; empty for steps that name no model.',
  })
  key: string;

  @Field(() => String, { description: 'The key in words: an agent by its name.' })
  label: string;

  @Field(() => Int, { description: 'Finished tasks that have a part in it.' })
  tasks: number;

  @Field(() => Int, { description: 'Their steps that have a part in it.' })
  steps: number;

  @Field(() => Float, { description: 'As far as it is known; includes cached tokens.' })
  inputTokens: number;

  @Field(() => Float, { description: 'As far as it is known; includes reasoning tokens.' })
  outputTokens: number;

  @Field(() => Float, { nullable: true, description: 'US dollars; null = none is known.' })
  costUsd: number | null;

  @Field(() => Int, { description: 'Those of the steps that name a model and whose cost is not known.' })
  unpricedSteps: number;
}
