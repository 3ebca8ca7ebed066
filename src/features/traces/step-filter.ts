import { Field, Float, InputType, Int } from 'type-graphql';
import { StepStatus, StepType } from '../tasks/index.js';
import { Range, Text, Texts, Wholes } from '../../platform/validation.js';

@InputType({ description: 'All that is given must hold.' })
export class StepFilter {
  @Field(() => [StepType], { nullable: true })
  types?: StepType[] | null;

  @Field(() => [StepStatus], { nullable: true })
  statuses?: StepStatus[] | null;

  @Field(() => [String], { nullable: true })
  @Texts({ max: 200, most: 100 })
  models?: string[] | null;

  @Field(() => Float, { nullable: true, description: 'Milliseconds; steps of unknown latency do not match.' })
  @Range(0, 1e15)
  minLatencyMs?: number | null;

  @Field(() => Float, { nullable: true, description: 'US dollars; steps of unknown cost do not match.' })
  @Range(0, 1e9)
  minCostUsd?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Part of the name, the error, or the input, output or attributes as JSON, the escapes within its texts undone; without regard to case.',
  })
  @Text({ max: 500 })
  search?: string | null;

  @Field(() => String, { nullable: true })
  @Text({ max: 200 })
  parentKey?: string | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Steps of these keys, at most 100: the parents of steps, say, or what may have begun to match.',
  })
  @Texts({ max: 200, most: 100 })
  keys?: string[] | null;

  @Field(() => [Int], {
    nullable: true,
    description: 'Steps of these numbers, at most 100, wherever in the task they stand.',
  })
  @Wholes({ min: 1, max: 2_147_483_647, most: 100 })
  seqs?: number[] | null;

  @Field(() => Date, { nullable: true, description: 'At this moment or later.' })
  startedAfter?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Before this moment.' })
  startedBefore?: Date | null;
}

/** The conditions of a filter over the alias s, each value appended to `values`; its `search` is the business of StepSearch. */
export function stepConditions(filter: StepFilter, values: unknown[]): string[] {
  const conditions: string[] = [];
  const add = (value: unknown, condition: (parameter: string) => string) => {
    if (value != null) conditions.push(condition(`$${values.push(value)}`));
  };
  add(filter.types, (p) => `s.type = ANY(${p})`);
  add(filter.statuses, (p) => `s.status = ANY(${p})`);
  add(filter.models, (p) => `s.model = ANY(${p})`);
  add(filter.minLatencyMs, (p) => `s.latency_ms >= ${p}`);
  add(filter.minCostUsd, (p) => `s.cost_usd >= ${p}`);
  add(filter.parentKey, (p) => `s.parent_key = ${p}`);
  add(filter.keys, (p) => `s.key = ANY(${p})`);
  add(filter.seqs, (p) => `s.seq = ANY(${p}::int[])`);
  add(filter.startedAfter, (p) => `s.started_at >= ${p}`);
  add(filter.startedBefore, (p) => `s.started_at < ${p}`);
  return conditions;
}
