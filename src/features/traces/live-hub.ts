import type { Intervention, Task, TaskEvents, TasksReads } from '../tasks/index.js';
import type { Database } from '../../platform/database.js';
import type { Logger } from '../../platform/logger.js';
import type { PubSub } from '../../platform/pubsub.js';
import { ProjectFeed } from './project-feed.js';
import type { StepReader } from './step.reader.js';
import { TaskFeed, type StepBatch, type TaskSnapshot } from './task-feed.js';

interface Watch {
  feed: ProjectFeed;
  tasks: Map<string, { feed: TaskFeed; followers: number }>;
  listening: Promise<() => void>;
}

/** How far back a sweep looks for changed tasks: longer than any statement may take to commit. */
const sweepWindow = "interval '60 seconds'";

const recentlyChanged = {
  name: 'recently-changed-tasks',
  text: `SELECT id, project_id AS "projectId", revision FROM tasks
         WHERE project_id = ANY($1) AND updated_at > now() - ${sweepWindow}`,
};

/**
 * Everything that is followed live in this process. One subscription to hints for each project that anybody here watches, and
 * one sweep for all: hints make it fast, the sweep makes it right when they are lost.
 */
export class LiveHub {
  readonly #watches = new Map<string, Watch>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly steps: StepReader,
    private readonly reads: TasksReads,
    private readonly events: PubSub<TaskEvents>,
    private readonly sweepMs: number,
    private readonly logger: Logger,
  ) {}

  followSteps(
    projectId: string,
    taskId: string,
    afterRevision: number,
  ): Promise<AsyncIterableIterator<StepBatch>> {
    return this.#followTask(projectId, taskId, (feed, release) => feed.followSteps(afterRevision, release));
  }

  followTask(projectId: string, taskId: string): Promise<AsyncIterableIterator<TaskSnapshot>> {
    return this.#followTask(projectId, taskId, (feed, release) => feed.followTask(release));
  }

  async followTasks(projectId: string, agentId: string | null): Promise<AsyncIterableIterator<Task>> {
    const watch = this.#watch(projectId);
    const follower = watch.feed.followTasks(agentId, () => this.#release(projectId));
    await watch.listening;
    return follower;
  }

  async followInterventions(projectId: string): Promise<AsyncIterableIterator<Intervention>> {
    const watch = this.#watch(projectId);
    const follower = watch.feed.followInterventions(() => this.#release(projectId));
    await watch.listening;
    return follower;
  }

  /** How many projects and tasks are watched here; both are 0 when nobody follows anything. */
  get size(): { projects: number; tasks: number } {
    const watches = [...this.#watches.values()];
    return { projects: watches.length, tasks: watches.reduce((sum, watch) => sum + watch.tasks.size, 0) };
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Listens first, so that nothing falls between what is read and what is told. */
  async #followTask<F>(
    projectId: string,
    taskId: string,
    follow: (feed: TaskFeed, release: () => void) => F,
  ): Promise<F> {
    const watch = this.#watch(projectId);
    let entry = watch.tasks.get(taskId);
    if (!entry) {
      const feed = new TaskFeed(taskId, projectId, this.steps, (id) => this.reads.task(id));
      watch.tasks.set(taskId, (entry = { feed, followers: 0 }));
    }
    const watched = entry;
    watched.followers++;
    const follower = follow(watched.feed, () => {
      if (--watched.followers === 0 && watch.tasks.get(taskId) === watched) watch.tasks.delete(taskId);
      this.#release(projectId);
    });
    await watch.listening;
    return follower;
  }

  #watch(projectId: string): Watch {
    const known = this.#watches.get(projectId);
    if (known) return known;
    const feed = new ProjectFeed(projectId, this.reads, (error) => this.#fault(error));
    const watch: Watch = { feed, tasks: new Map(), listening: Promise.resolve(() => undefined) };
    watch.listening = this.#listen(watch);
    this.#watches.set(projectId, watch);
    this.#timer ??= setTimeout(() => void this.#sweep(), this.sweepMs).unref();
    return watch;
  }

  async #listen(watch: Watch): Promise<() => void> {
    const { projectId } = watch.feed;
    // What changed shortly before is old news to those who begin to follow now. Read ahead of listening: what falls between the
    // two is found by the sweep.
    await this.#changed([projectId])
      .then((rows) => rows.forEach(({ id, revision }) => watch.feed.prime(id, revision)))
      .catch((error: unknown) => this.#fault(error));
    const stops = await Promise.all([
      this.events.subscribe('taskChanged', projectId, ({ taskId, revision }) => {
        watch.tasks.get(taskId)?.feed.raise(revision);
        watch.feed.taskChanged(taskId, revision);
      }),
      this.events.subscribe('interventionChanged', projectId, ({ interventionId }) =>
        watch.feed.interventionChanged(interventionId),
      ),
    ]);
    return () => stops.forEach((stop) => stop());
  }

  #release(projectId: string): void {
    const watch = this.#watches.get(projectId);
    if (!watch || watch.tasks.size > 0 || watch.feed.isFollowed) return;
    this.#watches.delete(projectId);
    watch.listening.then((stop) => stop()).catch((error: unknown) => this.#fault(error));
  }

  #changed(projectIds: readonly string[]) {
    return this.database.query<{ id: string; projectId: string; revision: number }>(recentlyChanged, [
      projectIds,
    ]);
  }

  async #sweep(): Promise<void> {
    try {
      await this.#sweepOnce();
    } catch (error) {
      this.#fault(error);
    }
    if (this.#watches.size === 0 || !this.#timer) this.#timer = undefined;
    else
      this.#timer = setTimeout(() => void this.#sweep(), this.sweepMs * (0.8 + Math.random() * 0.4)).unref();
  }

  async #sweepOnce(): Promise<void> {
    const feeds = new Map<string, TaskFeed>();
    const followed: string[] = [];
    for (const [projectId, watch] of this.#watches) {
      for (const [taskId, { feed }] of watch.tasks) feeds.set(taskId, feed);
      if (watch.feed.isFollowed) followed.push(projectId);
    }
    const revisions = feeds.size > 0 ? await this.steps.revisions([...feeds.keys()]) : [];
    for (const { id, revision } of revisions) feeds.get(id)?.raise(revision);
    if (followed.length === 0) return;
    const missed = (await this.#changed(followed)).filter(({ id, projectId, revision }) =>
      this.#watches.get(projectId)?.feed.taskChanged(id, revision),
    );
    if (missed.length === 0) return;
    for (const { projectId, id } of await this.reads.interventionsChangedIn(missed.map(({ id }) => id))) {
      this.#watches.get(projectId)?.feed.interventionChanged(id);
    }
  }

  #fault(error: unknown): void {
    this.logger.warn({ err: error }, 'Following live changes met a fault; the next sweep makes up for it.');
  }
}
