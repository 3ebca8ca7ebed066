import { Between } from 'typeorm';
import type { Database } from '../../platform/database.js';
import { allAgents, DailyMetric, type TaskCounts } from './daily-metric.entity.js';
import type { LatencyHistogram } from './latency-histogram.js';
import { CostDimension, type CostSlice } from './metrics.types.js';

/** UTC days, both included. */
export interface DayRange {
  from: string;
  to: string;
}

export type SummedCounts = TaskCounts & { cancelled: number };

/** The finished tasks of the range; $1 project, $2 and $3 the days. */
const finishedTasks = `
  t.project_id = $1 AND t.status <> 'CANCELLED'
  AND t.finished_at >= $2::date::timestamp AT TIME ZONE 'UTC'
  AND t.finished_at < ($3::date + 1)::timestamp AT TIME ZONE 'UTC'`;

const asInt = (sum: string) => `LEAST(${sum}, 2147483647)::int`;

/** What a dimension of whole tasks groups by. */
const taskKeys = {
  [CostDimension.AGENT]: 't.agent_id',
  [CostDimension.AGENT_VERSION]: 't.agent_version_id',
  [CostDimension.TASK_TYPE]: 't.type',
  [CostDimension.DAY]: `(t.finished_at AT TIME ZONE 'UTC')::date`,
};
/** What a dimension of steps groups by. */
const stepKeys = {
  [CostDimension.MODEL]: `COALESCE(s.model, '')`,
  [CostDimension.STEP_TYPE]: 's.type',
};

/** The names of the slices of a grouped CTE `g`. */
const labels: Record<CostDimension, string> = {
  [CostDimension.AGENT]: '(SELECT name FROM agents WHERE id = g.key::uuid)',
  [CostDimension.AGENT_VERSION]: `(SELECT a.name || ' v' || v.number FROM agent_versions v
     JOIN agents a ON a.id = v.agent_id WHERE v.id = g.key::uuid)`,
  [CostDimension.MODEL]: `CASE g.key WHEN '' THEN 'no model' ELSE g.key END`,
  [CostDimension.TASK_TYPE]: 'g.key',
  [CostDimension.STEP_TYPE]: 'g.key',
  [CostDimension.DAY]: 'g.key',
};

const groupTasks = (key: string) => `
  SELECT ${key}::text AS key, count(*)::int AS tasks, ${asInt('sum(t.step_count)')} AS steps,
    sum(t.input_tokens)::float8 AS "inputTokens", sum(t.output_tokens)::float8 AS "outputTokens",
    sum(t.cost_usd) AS "costUsd", ${asInt('sum(t.unpriced_steps)')} AS "unpricedSteps"
  FROM tasks t WHERE ${finishedTasks} GROUP BY 1`;

/** First by task, so that counting tasks needs no sorting of all steps. */
const groupSteps = (key: string) => `
  SELECT key, count(*)::int AS tasks, ${asInt('sum(steps)')} AS steps, sum(input_tokens)::float8 AS "inputTokens",
    sum(output_tokens)::float8 AS "outputTokens", sum(cost_usd) AS "costUsd", ${asInt('sum(unpriced)')} AS "unpricedSteps"
  FROM (
    SELECT ${key} AS key, count(*) AS steps, COALESCE(sum(s.input_tokens), 0) AS input_tokens,
      COALESCE(sum(s.output_tokens), 0) AS output_tokens, sum(s.cost_usd) AS cost_usd,
      count(*) FILTER (WHERE s.model IS NOT NULL AND s.cost_usd IS NULL) AS unpriced
    FROM tasks t JOIN task_steps s ON s.task_id = t.id WHERE ${finishedTasks} GROUP BY t.id, 1
  ) of_task GROUP BY key`;

/** Most slices of a breakdown; those that cost least are left out. */
const mostSlices = 1_000;

/** Reading metrics. */
export class MetricsRepository {
  constructor(private readonly database: Database) {}

  /** The rows of the project, of one of its agents, or of each of them; by day. */
  days(
    projectId: string,
    which: { agentId: string | null } | 'each agent',
    { from, to }: DayRange,
  ): Promise<DailyMetric[]> {
    const query = this.database.manager
      .createQueryBuilder(DailyMetric, 'metric')
      .where({ projectId, day: Between(from, to) });
    if (which === 'each agent') query.andWhere('metric.agent_id <> :allAgents', { allAgents });
    else query.andWhere('metric.agent_id = :agent', { agent: which.agentId ?? allAgents });
    return query.orderBy('metric.day').addOrderBy('metric.agentKey').getMany();
  }

  /** The rows of those days and agents. */
  async at(
    projectId: string,
    places: readonly (readonly [day: string, agentKey: string])[],
  ): Promise<DailyMetric[]> {
    return this.database.manager.findBy(
      DailyMetric,
      places.map(([day, agentKey]) => ({ projectId, day, agentKey })),
    );
  }

  /** What was computed within so many seconds. */
  computedWithin(
    projectIds: readonly string[],
    seconds: number,
  ): Promise<Pick<DailyMetric, 'projectId' | 'day' | 'agentKey' | 'computedAt'>[]> {
    return this.database.query(
      {
        name: 'metrics-computed',
        text: `SELECT project_id AS "projectId", day, agent_id AS "agentKey", computed_at AS "computedAt"
               FROM daily_metrics WHERE project_id = ANY($1) AND computed_at > now() - make_interval(secs => $2)`,
      },
      [projectIds, seconds],
    );
  }

  /** The counts of a range added up, and so the histograms of its days. */
  async sum(
    projectId: string,
    agentId: string | null,
    { from, to }: DayRange,
  ): Promise<{ counts: SummedCounts; histogram: LatencyHistogram }> {
    const values = [projectId, agentId ?? allAgents, from, to];
    const where = 'project_id = $1 AND agent_id = $2 AND day BETWEEN $3 AND $4';
    const sum = (column: string) => `COALESCE(sum(${column}), 0)::float8`;
    const [[counts], [histogram]] = await Promise.all([
      this.database.query<SummedCounts>(
        `SELECT ${sum('succeeded')} AS succeeded, ${sum('failed')} AS failed, ${sum('timed_out')} AS "timedOut",
           ${sum('cancelled')} AS cancelled, ${sum('intervened')} AS intervened,
           ${sum('priced_tasks')} AS "pricedTasks", ${sum('known_cost_usd')} AS "knownCostUsd"
         FROM daily_metrics WHERE ${where}`,
        values,
      ),
      this.database.query<LatencyHistogram>(
        `SELECT COALESCE(array_agg(bucket ORDER BY bucket), '{}') AS buckets,
           COALESCE(array_agg(count ORDER BY bucket), '{}') AS counts
         FROM (
           SELECT bucket, sum(count)::float8 AS count
           FROM daily_metrics, unnest(latency_buckets, latency_counts) AS h(bucket, count) WHERE ${where} GROUP BY bucket
         ) AS added`,
        values,
      ),
    ]);
    if (!counts || !histogram) throw new Error('Summing metrics up answered nothing.');
    return { counts, histogram };
  }

  /** The costliest slices first, those of unknown cost last. */
  breakdown(projectId: string, by: CostDimension, { from, to }: DayRange): Promise<CostSlice[]> {
    const grouped =
      by === CostDimension.MODEL || by === CostDimension.STEP_TYPE
        ? groupSteps(stepKeys[by])
        : groupTasks(taskKeys[by]);
    return this.database.query<CostSlice>(
      `WITH g AS (${grouped} ORDER BY "costUsd" DESC NULLS LAST, key LIMIT ${mostSlices})
       SELECT g.*, COALESCE(${labels[by]}, g.key) AS label FROM g ORDER BY "costUsd" DESC NULLS LAST, key`,
      [projectId, from, to],
    );
  }
}
