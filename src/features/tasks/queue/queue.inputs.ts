import { Field, ID, InputType, Int } from 'type-graphql';
import { Range, Text, Texts } from '../../../platform/validation.js';

/** Seconds that a lease may last. */
export const longestLease = 86_400;
export const standardLease = 60;

@InputType({ description: 'Which tasks a worker takes: those that meet all that is given.' })
export class ClaimTasksInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => String, {
    description:
      "The worker's name, 1 to 200 characters: another one for each process, and a new one after each start.",
  })
  @Text({ max: 200 })
  worker: string;

  @Field(() => [ID], { nullable: true, description: 'At most 100; tasks of any agent unless told.' })
  @Texts({ max: 100, most: 100 })
  agentIds?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'At most 100; tasks of any type unless told.' })
  @Texts({ max: 200, most: 100 })
  types?: string[] | null;

  @Field(() => Int, { description: 'How many tasks at most: 1 to 100.' })
  @Range(1, 100)
  limit: number;

  @Field(() => Int, {
    nullable: true,
    description:
      'How long the tasks are yours unless you extend it, 1 to 86,400; 60 unless told. Then they are given to others.',
  })
  @Range(1, longestLease)
  leaseSeconds?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Where the worker runs, for the list of workers; the address that it calls from unless told.',
  })
  @Text({ max: 200 })
  hostname?: string | null;

  @Field(() => String, { nullable: true, description: "The worker's own version, for the list of workers." })
  @Text({ max: 200 })
  version?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'How many tasks the worker runs at a time, for the list of workers; `limit` unless told.',
  })
  @Range(1, 100_000)
  capacity?: number | null;
}
