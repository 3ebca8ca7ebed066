import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import { Column, Entity, ForeignKey, Index, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import { DateScalar } from '../../platform/scalars.js';

/** Stands in `agentId` for all agents of the project together: a primary key holds no null. */
export const allAgents = '00000000-0000-0000-0000-000000000000';

/** What is counted of one or more days; all the rates follow from it. */
export interface TaskCounts {
  succeeded: number;
  failed: number;
  timedOut: number;
  intervened: number;
  pricedTasks: number;
  knownCostUsd: number;
}

/** Succeeded, failed or timed out: cancelled tasks are counted apart. */
export const finishedOf = (counts: TaskCounts) => counts.succeeded + counts.failed + counts.timedOut;

/** Without anything to divide by, a rate is not known. */
const ratio = (part: number, whole: number) => (whole === 0 ? null : part / whole);

/** The KPIs of counts, each as it is defined once and for all. */
export const kpis = {
  successRate: (counts: TaskCounts) => ratio(counts.succeeded, finishedOf(counts)),
  interventionRate: (counts: TaskCounts) => ratio(counts.intervened, finishedOf(counts)),
  costUsd: (counts: TaskCounts) => (counts.pricedTasks === 0 ? null : counts.knownCostUsd),
  costPerTaskUsd: (counts: TaskCounts) => ratio(counts.knownCostUsd, counts.pricedTasks),
  costPerSuccessUsd: (counts: TaskCounts) =>
    counts.pricedTasks === 0 ? null : ratio(counts.knownCostUsd, counts.succeeded),
  unpricedTasks: (counts: TaskCounts) => finishedOf(counts) - counts.pricedTasks,
};

/** What the fields of DailyMetric and MetricsSummary mean; both say the same. */
export const meanings = {
  tasks:
    'Finished tasks: succeeded, failed or timed out. Cancelled tasks are counted apart and enter no rate.',
  successRate: 'TSR, 0 to 1: succeeded / finished; null without finished tasks.',
  interventionRate:
    'HIR, 0 to 1: finished tasks that needed at least one human intervention / finished; null without finished tasks.',
  costUsd: 'US dollars: the known cost of the finished tasks; null = none is known.',
  costPerTaskUsd:
    'US dollars: known cost of the finished tasks / those of them whose cost is known; null where none is.',
  costPerSuccessUsd:
    'US dollars: known cost of all finished tasks / successes among them; null without a success or a known cost.',
  unpricedTasks: 'Finished tasks without any known cost; they are in no figure of cost.',
};

const latencyMeaning = (share: string) =>
  `Milliseconds: ${share} of the finished tasks took at most so long, from startedAt to finishedAt where both are known; by linear interpolation, exact.`;

/** A day of one agent, or of all agents of a project together. Recomputed whole whenever a task of the day changes. */
@Entity('daily_metrics')
@Index('daily_metrics_unsealed', ['day'], { where: 'sealed_at IS NULL' })
@Index('daily_metrics_computed', ['projectId', 'computedAt'])
@ObjectType({
  simpleResolvers: true,
  description:
    'The KPIs of the tasks that finished in one UTC day. Kept true when late or corrected data comes in, within a minute.',
})
export class DailyMetric implements TaskCounts {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'daily_metrics_pkey' })
  @ForeignKey('Project', { name: 'daily_metrics_project_fk', onDelete: 'CASCADE' })
  @Field(() => ID)
  projectId: string;

  @PrimaryColumn({ type: 'date', primaryKeyConstraintName: 'daily_metrics_pkey' })
  @Field(() => DateScalar, { description: 'The UTC day in which the tasks finished.' })
  day: string;

  @PrimaryColumn({ type: 'uuid', name: 'agent_id', primaryKeyConstraintName: 'daily_metrics_pkey' })
  agentKey: string;

  @Column({ type: 'int' })
  @Field(() => Int)
  succeeded: number;

  @Column({ type: 'int' })
  @Field(() => Int)
  failed: number;

  @Column({ type: 'int' })
  @Field(() => Int)
  timedOut: number;

  @Column({ type: 'int' })
  @Field(() => Int, { description: 'Tasks that were cancelled in this day; they are in no other figure.' })
  cancelled: number;

  /** Finished tasks with at least one intervention. */
  @Column({ type: 'int' })
  intervened: number;

  @Column({ type: 'double precision', nullable: true })
  @Field(() => Float, { nullable: true, description: latencyMeaning('half') })
  latencyP50Ms: number | null;

  @Column({ type: 'double precision', nullable: true })
  @Field(() => Float, { nullable: true, description: latencyMeaning('95%') })
  latencyP95Ms: number | null;

  @Column({ type: 'double precision', nullable: true })
  @Field(() => Float, { nullable: true, description: latencyMeaning('99%') })
  latencyP99Ms: number | null;

  /** A LatencyHistogram of the finished tasks whose latency is known; long, and read only where days are added up. */
  @Column({ type: 'int', array: true, select: false })
  latencyBuckets: number[];

  @Column({ type: 'int', array: true, select: false })
  latencyCounts: number[];

  /** Finished tasks with a known cost, and their cost in US dollars. */
  @Column({ type: 'int' })
  pricedTasks: number;

  @Column({ type: 'numeric', precision: 38, scale: 10 })
  knownCostUsd: number;

  @Column({ type: 'double precision' })
  @Field(() => Float, {
    description: 'Of the finished tasks, as far as it is known; includes cached tokens.',
  })
  inputTokens: number;

  @Column({ type: 'double precision' })
  @Field(() => Float, {
    description: 'Of the finished tasks, as far as it is known; includes reasoning tokens.',
  })
  outputTokens: number;

  @Column({ type: 'timestamptz', precision: 3 })
  @Field(() => Date, { description: 'Everything committed before this moment is counted.' })
  computedAt: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  @Field(() => Date, {
    nullable: true,
    description:
      'When the day was first computed as a whole, after its end; null = it goes on, or is about to be. Late data still changes it.',
  })
  sealedAt: Date | null;

  /** Retention has taken tasks of the day: its figures stay as they were while all were there. */
  @Column({ type: 'boolean', default: false })
  isFrozen: boolean;

  @Field(() => ID, { nullable: true, description: 'Null = all agents of the project together.' })
  get agentId(): string | null {
    return this.agentKey === allAgents ? null : this.agentKey;
  }

  @Field(() => Int, { description: meanings.tasks })
  get tasks(): number {
    return finishedOf(this);
  }

  @Field(() => Float, { nullable: true, description: meanings.successRate })
  get successRate(): number | null {
    return kpis.successRate(this);
  }

  @Field(() => Float, { nullable: true, description: meanings.interventionRate })
  get interventionRate(): number | null {
    return kpis.interventionRate(this);
  }

  @Field(() => Float, { nullable: true, description: meanings.costUsd })
  get costUsd(): number | null {
    return kpis.costUsd(this);
  }

  @Field(() => Float, { nullable: true, description: meanings.costPerTaskUsd })
  get costPerTaskUsd(): number | null {
    return kpis.costPerTaskUsd(this);
  }

  @Field(() => Float, { nullable: true, description: meanings.costPerSuccessUsd })
  get costPerSuccessUsd(): number | null {
    return kpis.costPerSuccessUsd(this);
  }

  @Field(() => Int, { description: meanings.unpricedTasks })
  get unpricedTasks(): number {
    return kpis.unpricedTasks(this);
  }
}

/** A finished task changed: its day is to be computed again. Rows are only added and removed, so marking waits for nobody. */
@Entity('dirty_days')
export class DirtyDay {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'dirty_days_pkey',
  })
  id: number;

  @Column({ type: 'uuid' })
  @ForeignKey('Project', { name: 'dirty_days_project_fk', onDelete: 'CASCADE' })
  projectId: string;

  @Column({ type: 'uuid' })
  agentId: string;

  @Column({ type: 'date' })
  day: string;
}
