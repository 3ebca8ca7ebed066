import { ChangeFeed } from '../../platform/change-feed.js';
import type { Logger } from '../../platform/logger.js';
import { allAgents, type DailyMetric } from './daily-metric.entity.js';
import type { MetricsRepository } from './metrics.repository.js';

/** How long a row may be under way from its computedAt to its commit: a large day takes its time. */
const overlapSeconds = 660;

/** A row of a followed project; `id` is its place. */
export interface FollowedMetric {
  id: string;
  metric: DailyMetric;
}

interface Watch {
  feed: ChangeFeed<FollowedMetric>;
  followers: number;
}

/**
 * Days as they are computed, for those who follow a project here. They change at most a few times a minute, so asking the
 * database every few seconds, once for all, is as good as being told, and cannot be lost.
 */
export class MetricsLive {
  readonly #watches = new Map<string, Watch>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly metrics: MetricsRepository,
    private readonly sweepMs: number,
    private readonly logger: Logger,
  ) {}

  /** The rows of one agent, or those of all agents together. What was computed before is not told. */
  async follow(projectId: string, agentId: string | null): Promise<AsyncIterable<FollowedMetric>> {
    const watch = this.#hold(projectId);
    if (!watch.feed.isFollowed) await this.#look([projectId], 'know').catch((error) => this.#fault(error));
    const agentKey = agentId ?? allAgents;
    const release = () => {
      if (--watch.followers === 0) this.#watches.delete(projectId);
    };
    return watch.feed.follow(({ metric }) => metric.agentKey === agentKey, release);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#watches.clear();
  }

  #hold(projectId: string): Watch {
    let watch = this.#watches.get(projectId);
    if (!watch) {
      const feed = new ChangeFeed<FollowedMetric>({
        read: (places) => this.#read(projectId, places),
        versionOf: ({ metric }) => metric.computedAt.getTime(),
        onFault: (error) => this.#fault(error),
      });
      watch = { feed, followers: 0 };
      this.#watches.set(projectId, watch);
      this.#timer ??= setTimeout(() => void this.#sweep(), this.sweepMs).unref();
    }
    watch.followers++;
    return watch;
  }

  async #read(projectId: string, places: readonly string[]): Promise<FollowedMetric[]> {
    const rows = await this.metrics.at(
      projectId,
      places.map((place) => place.split(' ') as [string, string]),
    );
    return rows.map((metric) => ({ id: placeOf(metric), metric }));
  }

  async #look(projectIds: readonly string[], how: 'hear' | 'know'): Promise<void> {
    for (const row of await this.metrics.computedWithin(projectIds, overlapSeconds)) {
      this.#watches.get(row.projectId)?.feed[how](placeOf(row), row.computedAt.getTime());
    }
  }

  async #sweep(): Promise<void> {
    await this.#look([...this.#watches.keys()], 'hear').catch((error) => this.#fault(error));
    const goesOn = this.#watches.size > 0 && this.#timer !== undefined;
    this.#timer = goesOn ? setTimeout(() => void this.#sweep(), this.sweepMs).unref() : undefined;
  }

  #fault(error: unknown): void {
    this.logger.warn({ err: error }, 'Following metrics met a fault; the next look makes up for it.');
  }
}

const placeOf = ({ day, agentKey }: Pick<DailyMetric, 'day' | 'agentKey'>) => `${day} ${agentKey}`;
