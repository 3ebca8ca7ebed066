import type { Database } from '../../../platform/database.js';
import type { Logger } from '../../../platform/logger.js';

/** What a worker tells of itself with its claims. */
export interface WorkerFacts {
  hostname: string;
  version: string;
  capacity: number;
}

/** So often at most is written that a worker was heard of. */
const writeEveryMs = 2_000;

const introduce = {
  name: 'introduce-worker',
  text: `INSERT INTO workers (project_id, name, hostname, version, capacity, started_at, seen_at)
         VALUES ($1, $2, $3, $4, $5, now(), now())
         ON CONFLICT (project_id, name) DO UPDATE SET seen_at = now(), hostname = EXCLUDED.hostname,
           version = EXCLUDED.version, capacity = EXCLUDED.capacity`,
};
const beat = {
  name: 'beat-worker',
  text: 'UPDATE workers SET seen_at = now() WHERE project_id = $1 AND name = $2',
};
const forget = `DELETE FROM workers w WHERE seen_at < now() - interval '1 hour'
  AND NOT EXISTS (SELECT 1 FROM task_queue q WHERE q.project_id = w.project_id AND q.leased_by = w.name)`;

/** Notes when each worker was last heard of, whatever it called for. */
export class WorkerBeats {
  readonly #notedAt = new Map<string, number>();

  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
  ) {}

  /** Without waiting for it. @param facts where the worker told them */
  note(projectId: string, name: string, facts?: WorkerFacts): void {
    const key = JSON.stringify([projectId, name, facts ?? null]);
    const now = performance.now();
    if (now - (this.#notedAt.get(key) ?? -Infinity) < writeEveryMs) return;
    if (this.#notedAt.size > 10_000) this.#notedAt.clear();
    this.#notedAt.set(key, now);
    const written = facts
      ? this.database.query(introduce, [projectId, name, facts.hostname, facts.version, facts.capacity])
      : this.database.query(beat, [projectId, name]);
    written.catch((error: unknown) =>
      this.logger.debug({ err: error }, 'That a worker was heard of was not written.'),
    );
  }

  /** Clears away workers that have been gone for an hour. */
  async forgetGone(): Promise<void> {
    await this.database.query(forget);
  }
}
