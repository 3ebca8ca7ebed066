import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, FieldResolver, ID, Info, Int, Query, Resolver, Root } from 'type-graphql';
import { Task, TaskStep } from '../tasks/index.js';
import { Access } from '../../platform/access.js';
import { pageSizeDescription } from '../../platform/pagination.js';
import { RequestContext } from '../../platform/request-context.js';
import { JsonScalar } from '../../platform/scalars.js';
import { selectedNames } from './selection.js';
import { StepFilter } from './step-filter.js';
import type { StepPayload, StepRow } from './step.reader.js';
import { maxParentWindow, type StepHitRow, type TraceService } from './trace.service.js';
import { StepHit, StepHitConnection, StepParents, TaskStepConnection } from './trace.types.js';

@Resolver(() => Task)
export class TaskStepsResolver {
  constructor(private readonly traces: TraceService) {}

  @FieldResolver(() => TaskStepConnection, { description: 'The steps by seq; both ways.' })
  steps(
    @Root() task: Task,
    @Info() info: GraphQLResolveInfo,
    @Arg('filter', () => StepFilter, { nullable: true }) filter?: StepFilter | null,
    @Arg('first', () => Int, { nullable: true, description: pageSizeDescription }) first?: number | null,
    @Arg('after', () => String, { nullable: true }) after?: string | null,
    @Arg('last', () => Int, { nullable: true }) last?: number | null,
    @Arg('before', () => String, { nullable: true }) before?: string | null,
    @Arg('fromSeq', () => Int, {
      nullable: true,
      description: 'The number that the page starts at, 1 or more: a place to go to without a cursor.',
    })
    fromSeq?: number | null,
  ): Promise<object> {
    const names = selectedNames(info);
    const withPayload = names.has('input') || names.has('output') || names.has('attributes');
    return this.traces.page(task.id, filter ?? {}, { first, after, last, before, fromSeq }, withPayload);
  }

  @FieldResolver(() => StepParents, {
    description:
      'The parents of consecutive steps: what a tree of any size is made of, without reading its steps.',
  })
  stepParents(
    @Root() task: Task,
    @Arg('fromSeq', () => Int, {
      nullable: true,
      description: 'The number of the first step, 1 or more; 1 unless told.',
    })
    fromSeq?: number | null,
    @Arg('first', () => Int, {
      nullable: true,
      description: `Of how many steps, 1 to ${maxParentWindow}; 10000 unless told, and fewer where the task ends.`,
    })
    first?: number | null,
  ): Promise<StepParents> {
    return this.traces.parents(task.id, fromSeq ?? 1, first ?? 10_000);
  }

  @FieldResolver(() => TaskStep, {
    nullable: true,
    description: 'One step by its number; null where there is none.',
  })
  step(@Root() task: Task, @Arg('seq', () => Int) seq: number): Promise<StepRow | null> {
    return this.traces.step(task.id, seq);
  }

  @FieldResolver(() => TaskStep, {
    nullable: true,
    description: 'The first of those that took longest; null where no latency is known.',
  })
  slowestStep(@Root() task: Task): Promise<StepRow | null> {
    return this.traces.extreme(task.id, 'slowest');
  }

  @FieldResolver(() => TaskStep, {
    nullable: true,
    description: 'The first of those that cost most; null where no cost is known.',
  })
  costliestStep(@Root() task: Task): Promise<StepRow | null> {
    return this.traces.extreme(task.id, 'costliest');
  }

  @Query(() => StepHitConnection, {
    description:
      'Steps of a project whose name, error or payloads hold the text, without regard to case; newest task first.',
  })
  @Access('read')
  searchSteps(
    @Arg('projectId', () => ID) projectId: string,
    @Arg('text', () => String, { description: '1 to 500 characters.' }) text: string,
    @Ctx() context: RequestContext,
    @Arg('filter', () => StepFilter, { nullable: true }) filter?: StepFilter | null,
    @Arg('first', () => Int, { nullable: true, description: pageSizeDescription }) first?: number | null,
    @Arg('after', () => String, { nullable: true }) after?: string | null,
  ): Promise<object> {
    return this.traces.searchProject(context, projectId, text, filter ?? {}, { first, after });
  }
}

/** Payloads may be large: those that did not come with the page are read for all steps of the answer at once. */
@Resolver(() => TaskStep)
export class TaskStepResolver {
  constructor(private readonly traces: TraceService) {}

  @FieldResolver(() => JsonScalar, { nullable: true })
  input(@Root() step: StepRow, @Ctx() context: RequestContext): unknown {
    return this.#payload(step, context, 'input');
  }

  @FieldResolver(() => JsonScalar, { nullable: true })
  output(@Root() step: StepRow, @Ctx() context: RequestContext): unknown {
    return this.#payload(step, context, 'output');
  }

  @FieldResolver(() => JsonScalar, { nullable: true, description: 'Whatever else the reporter told.' })
  attributes(@Root() step: StepRow, @Ctx() context: RequestContext): unknown {
    return this.#payload(step, context, 'attributes');
  }

  #payload(step: StepRow, context: RequestContext, part: keyof StepPayload): unknown {
    if (step[part] !== undefined) return step[part];
    return this.traces
      .payloadLoader(context)
      .load(step.id)
      .then((payload) => payload[part]);
  }
}

@Resolver(() => StepHit)
export class StepHitResolver {
  constructor(private readonly traces: TraceService) {}

  @FieldResolver(() => Task)
  task(@Root() hit: StepHitRow, @Ctx() context: RequestContext): Promise<Task> {
    return this.traces.task(context, hit.step.taskId);
  }
}
