import type { Intervention, Task, TaskEvents, TasksReads } from '../tasks/index.js';
import type { Database } from '../../platform/database.js';
import type { Logger } from '../../platform/logger.js';
import type { PubSub } from '../../platform/pubsub.js';
import type { ChangeFeed } from '../../platform/change-feed.js';
import { interventionVersion, ProjectFeed } from './project-feed.js';
import type { StepReader } from './step.reader.js';
import { TaskFeed, type StepBatch, type TaskSnapshot } from './task-feed.js';

interface Watch {
  feed: ProjectFeed;
  tasks: Map<string, { feed: TaskFeed; followers: number }>;
  /** Of the project and of its tasks. */
  followers: number;
  listening: Promise<() => void>;
}

/** How far a sweep looks back beyond the one before it: longer than a transaction may take to commit. */
const overlapSeconds = 60;

const changedTasks = {
  name: 'changed-tasks',
  text: `SELECT id, project_id AS "projectId", revision, intervention_count > 0 AS "hasInterventions" FROM tasks
         WHERE project_id = ANY($1) AND updated_at > now() - make_interval(secs => $2)`,
};

interface ChangedTask extends Pick<Task, 'id' | 'projectId' | 'revision'> {
  hasInterventions: boolean;
}

/**
 * Everything that is followed live in this process. One subscription to hints for each project that anybody here watches, and
 * one sweep for all: hints make it fast, the sweep makes it right when they are lost.
 */
export class LiveHub {
  readonly #watches = new Map<string, Watch>();
  #timer: NodeJS.Timeout | undefined;
  /** When the last sweep that succeeded began: while the database is away, none does. */
  #sweptAt = 0;

  constructor(
    private readonly database: Database,
    private readonly steps: StepReader,
    private readonly reads: TasksReads,
    private readonly events: PubSub<TaskEvents>,
    private readonly sweepMs: number,
    private readonly logger: Logger,
  ) {}

  followSteps(task: Task, afterRevision: number): Promise<AsyncIterableIterator<StepBatch>> {
    return this.#followTask(task, (feed, release) => feed.followSteps(afterRevision, release));
  }

  followTask(task: Task): Promise<AsyncIterableIterator<TaskSnapshot>> {
    return this.#followTask(task, (feed, release) => feed.followTask(release));
  }

  followTasks(projectId: string, agentId: string | null): Promise<AsyncIterableIterator<Task>> {
    const isWanted = (task: Task) => agentId === null || task.agentId === agentId;
    return this.#followProject(projectId, ({ tasks }) => tasks, isWanted);
  }

  followInterventions(projectId: string): Promise<AsyncIterableIterator<Intervention>> {
    return this.#followProject(
      projectId,
      ({ interventions }) => interventions,
      () => true,
    );
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
    { id, projectId, revision }: Task,
    follow: (feed: TaskFeed, release: () => void) => F,
  ): Promise<F> {
    const watch = this.#hold(projectId);
    let entry = watch.tasks.get(id);
    if (!entry) {
      const feed = new TaskFeed(id, projectId, this.steps, (taskId) => this.reads.task(taskId));
      watch.tasks.set(id, (entry = { feed, followers: 0 }));
    }
    const watched = entry;
    watched.followers++;
    // Who begins to follow sees at least what the caller has read, even where the hints of it went missing.
    watched.feed.raise(revision);
    await watch.listening;
    return follow(watched.feed, () => {
      if (--watched.followers === 0) watch.tasks.delete(id);
      this.#release(projectId, watch);
    });
  }

  async #followProject<Item extends { id: string }>(
    projectId: string,
    kind: (feed: ProjectFeed) => ChangeFeed<Item>,
    isWanted: (item: Item) => boolean,
  ): Promise<AsyncIterableIterator<Item>> {
    const watch = this.#hold(projectId);
    const feed = kind(watch.feed);
    await watch.listening;
    // What changed before is old news to the first who follows; later ones find it noted.
    if (!feed.isFollowed) {
      await this.#look([projectId], 'know').catch((error: unknown) => this.#fault(error));
    }
    return feed.follow(isWanted, () => this.#release(projectId, watch));
  }

  #hold(projectId: string): Watch {
    let watch = this.#watches.get(projectId);
    if (!watch) {
      const feed = new ProjectFeed(this.reads, (error) => this.#fault(error));
      watch = { feed, tasks: new Map(), followers: 0, listening: Promise.resolve(() => undefined) };
      watch.listening = this.#listen(projectId, watch);
      this.#watches.set(projectId, watch);
      if (!this.#timer) {
        this.#sweptAt = performance.now();
        this.#timer = setTimeout(() => void this.#sweep(), this.sweepMs).unref();
      }
    }
    watch.followers++;
    return watch;
  }

  #release(projectId: string, watch: Watch): void {
    if (--watch.followers > 0) return;
    this.#watches.delete(projectId);
    void watch.listening.then((stop) => stop());
  }

  async #listen(projectId: string, watch: Watch): Promise<() => void> {
    const { tasks, interventions } = watch.feed;
    const stops = await Promise.all([
      this.events.subscribe('taskChanged', projectId, ({ taskId, revision }) => {
        watch.tasks.get(taskId)?.feed.raise(revision);
        tasks.hear(taskId, revision);
      }),
      this.events.subscribe('interventionChanged', projectId, ({ interventionId }) =>
        interventions.hear(interventionId),
      ),
    ]);
    return () => stops.forEach((stop) => stop());
  }

  /**
   * Hears of all that has changed since the sweep before the last, or notes it as known, in the projects given: in one query,
   * and one more where tasks with interventions are among it.
   */
  async #look(projectIds: readonly string[], how: 'hear' | 'know'): Promise<void> {
    const seconds = overlapSeconds + (performance.now() - this.#sweptAt) / 1000;
    const tasks = await this.database.query<ChangedTask>(changedTasks, [projectIds, seconds]);
    for (const { id, projectId, revision } of tasks) {
      this.#watches.get(projectId)?.feed.tasks[how](id, revision);
    }
    const asking = tasks.filter((task) => task.hasInterventions).map(({ id }) => id);
    if (asking.length === 0) return;
    for (const found of await this.reads.interventionsChangedIn(asking, seconds)) {
      this.#watches.get(found.projectId)?.feed.interventions[how](found.id, interventionVersion(found));
    }
  }

  async #sweep(): Promise<void> {
    const begunAt = performance.now();
    try {
      await this.#sweepOnce();
      this.#sweptAt = begunAt;
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
    if (followed.length > 0) await this.#look(followed, 'hear');
  }

  #fault(error: unknown): void {
    this.logger.warn({ err: error }, 'Following live changes met a fault; the next sweep makes up for it.');
  }
}
