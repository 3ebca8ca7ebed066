import { ChangeFeed } from '../../platform/change-feed.js';
import type { Logger } from '../../platform/logger.js';
import type { PubSub } from '../../platform/pubsub.js';
import type { LoginSession } from './login-session.entity.js';
import type { LoginEvents } from './login.events.js';
import type { LoginRepository } from './login.repository.js';

/** How far a sweep looks back: longer than a transaction may take to commit. */
const overlapSeconds = 60;

interface Watch {
  feed: ChangeFeed<LoginSession>;
  followers: number;
  listening: Promise<() => void>;
}

/** Login sessions as they change, for those who follow a project here: hints make it fast, the sweep makes it right. */
export class LoginLive {
  readonly #watches = new Map<string, Watch>();
  #timer: NodeJS.Timeout | undefined;
  /** When the last sweep that succeeded began: while the database is away, none does. */
  #sweptAt = 0;

  constructor(
    private readonly sessions: LoginRepository,
    private readonly events: PubSub<LoginEvents>,
    private readonly sweepMs: number,
    private readonly logger: Logger,
  ) {}

  /** What changed before is not told. */
  async follow(projectId: string): Promise<AsyncIterable<LoginSession>> {
    const watch = this.#hold(projectId);
    await watch.listening;
    if (!watch.feed.isFollowed) await this.#look([projectId], 'know').catch((error) => this.#fault(error));
    const release = () => {
      if (--watch.followers > 0) return;
      this.#watches.delete(projectId);
      void watch.listening.then((stop) => stop());
    };
    return watch.feed.follow(() => true, release);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #hold(projectId: string): Watch {
    let watch = this.#watches.get(projectId);
    if (!watch) {
      const feed = new ChangeFeed<LoginSession>({
        read: (ids) => this.sessions.byIds(ids),
        versionOf: ({ revision }) => revision,
        onFault: (error) => this.#fault(error),
      });
      const listening = this.events.subscribe('loginSessionChanged', projectId, ({ sessionId, revision }) =>
        feed.hear(sessionId, revision),
      );
      watch = { feed, followers: 0, listening };
      this.#watches.set(projectId, watch);
      if (!this.#timer) {
        this.#sweptAt = performance.now();
        this.#timer = setTimeout(() => void this.#sweep(), this.sweepMs).unref();
      }
    }
    watch.followers++;
    return watch;
  }

  async #look(projectIds: readonly string[], how: 'hear' | 'know'): Promise<void> {
    const seconds = overlapSeconds + (performance.now() - this.#sweptAt) / 1000;
    for (const { id, projectId, revision } of await this.sessions.changedWithin(projectIds, seconds)) {
      this.#watches.get(projectId)?.feed[how](id, revision);
    }
  }

  async #sweep(): Promise<void> {
    const begunAt = performance.now();
    try {
      await this.#look([...this.#watches.keys()], 'hear');
      this.#sweptAt = begunAt;
    } catch (error) {
      this.#fault(error);
    }
    const goesOn = this.#watches.size > 0 && this.#timer !== undefined;
    this.#timer = goesOn ? setTimeout(() => void this.#sweep(), this.sweepMs).unref() : undefined;
  }

  #fault(error: unknown): void {
    this.logger.warn({ err: error }, 'Following login sessions met a fault; the next look makes up for it.');
  }
}
