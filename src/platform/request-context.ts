import DataLoader from 'dataloader';
import type { Viewer } from './viewer.js';

/** What one GraphQL operation, or one REST request, carries with it. */
export class RequestContext {
  readonly #loaders = new Map<object, DataLoader<string, unknown>>();

  constructor(
    /** Null where no valid credentials came along. */
    readonly viewer: Viewer | null,
    /** Answered as X-Request-Id, kept in the audit log and in every log line. */
    readonly requestId: string,
    /** The caller's address, null within the process. */
    readonly ip: string | null,
    /** Why the credentials that were sent do not count; null where none were sent, or they do. */
    readonly authProblem: string | null = null,
  ) {}

  /**
   * One loader for each owner and operation: what many fields ask for by id is read in one query.
   * `load` answers in the order of the keys.
   */
  loader<Value>(
    owner: object,
    load: (keys: readonly string[]) => Promise<Value[]>,
  ): DataLoader<string, Value> {
    let loader = this.#loaders.get(owner);
    if (!loader) {
      loader = new DataLoader<string, unknown>(load, { maxBatchSize: 1000 });
      this.#loaders.set(owner, loader);
    }
    return loader as DataLoader<string, Value>;
  }
}
