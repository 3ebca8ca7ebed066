import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import { BrowserPoolStatus } from './browser-status.types.js';
import { Health } from './health.js';

@ObjectType({
  simpleResolvers: true,
  description: 'A part that Binnacle is made of, as all processes together see it.',
})
export class ComponentStatus {
  @Field(() => String, {
    description:
      'database, redis (where configured), jobs, ingestion; api and worker are the processes that answer requests and that run jobs.',
  })
  name: string;

  @Field(() => Health, { description: 'The worst that any process sees.' })
  health: Health;

  @Field(() => String, { nullable: true, description: 'What was seen, in a sentence.' })
  detail: string | null;

  @Field(() => Date, { nullable: true, description: 'When it was last looked at; null = not yet.' })
  observedAt: Date | null;

  @Field(() => Float, {
    nullable: true,
    description: 'The longest that it took to answer, milliseconds; null = not measured.',
  })
  latencyMs: number | null;
}

@ObjectType({ simpleResolvers: true, description: 'How tasks stand; at most some seconds old.' })
export class QueueStatus {
  @Field(() => Int, { description: 'Tasks that wait for a worker.' })
  queued: number;

  @Field(() => Int, { description: 'Tasks that run, with a worker or without one.' })
  running: number;

  @Field(() => Int)
  waitingForHuman: number;

  @Field(() => Float, {
    nullable: true,
    description: 'For how long the oldest queued task has been queued, milliseconds; null where none is.',
  })
  oldestQueuedMs: number | null;

  @Field(() => Int, { description: 'Tasks that ended in the last 24 hours, however they did.' })
  finishedLast24h: number;

  @Field(() => Int, { description: 'Those of them that FAILED or TIMED_OUT.' })
  failedLast24h: number;
}

@ObjectType({ simpleResolvers: true, description: 'Who runs tasks from the queue.' })
export class WorkerStatus {
  @Field(() => ID)
  id: string;

  @Field(() => String, { description: 'As it names itself in its claims.' })
  name: string;

  @Field(() => String, { description: 'As it told it with its claims, else the address that it calls from.' })
  hostname: string;

  @Field(() => String, { description: 'As it told it with its claims; "unknown" where it did not.' })
  version: string;

  @Field(() => Date, { description: 'When it started, or was first heard of.' })
  startedAt: Date;

  @Field(() => Date, { description: 'When it was last heard of, to within some seconds.' })
  lastSeenAt: Date;

  @Field(() => Int, { description: 'Tasks of the queue that it has a lease of.' })
  runningTasks: number;

  @Field(() => Int, { description: 'How many of them it runs at a time.' })
  capacity: number;
}

@ObjectType({ simpleResolvers: true, description: 'One picture over all processes of Binnacle.' })
export class SystemStatus {
  @Field(() => Health, {
    description:
      'UNHEALTHY when the database or ingestion fails, UNKNOWN when nobody sees them, DEGRADED when anything else is not well, UNKNOWN when any part is.',
  })
  status: Health;

  @Field(() => String, { description: 'The version of the process that answers.' })
  version: string;

  @Field(() => Date, { description: 'When the oldest process that is there now started.' })
  startedAt: Date;

  @Field(() => Float, { description: 'Seconds since startedAt.' })
  uptimeSeconds: number;

  @Field(() => Date, { description: 'When this picture was made.' })
  observedAt: Date;

  @Field(() => [ComponentStatus], { description: 'They are the same for every viewer.' })
  components: ComponentStatus[];

  @Field(() => BrowserPoolStatus)
  browserInstances: BrowserPoolStatus;

  @Field(() => Float, {
    description: 'Cores that all processes together kept busy over the last seconds; 1 = one core, fully.',
  })
  cpuLoad: number;

  @Field(() => Float, { description: 'Resident memory of all processes together, bytes.' })
  memoryRssBytes: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'How late the event loop ran at the 99th percentile over the last seconds, in the process where that was worst, milliseconds; null = not measured yet.',
  })
  eventLoopDelayP99Ms: number | null;
}
