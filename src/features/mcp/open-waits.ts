import { UnauthenticatedError, UnavailableError } from '../../platform/errors.js';
import type { RequestContext } from '../../platform/request-context.js';

/** So many calls may wait at a time in one process: each holds a connection. */
const mostOpen = 1_000;

/** Calls that wait for a task, until it is time, the caller is gone, its key has ended, or the server stops. */
export class OpenWaits {
  readonly #open = new Map<AbortController, RequestContext>();
  #isStopping = false;

  /**
   * @param work gets a signal on which it must return
   * @throws UnauthenticatedError where the key ended meanwhile, UnavailableError where too many wait
   */
  async run<T>(
    context: RequestContext,
    callerSignal: AbortSignal,
    mostMs: number,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (this.#open.size >= mostOpen) {
      throw new UnavailableError(
        'Too many calls wait just now; ask without wait_seconds, or a little later.',
      );
    }
    const end = new AbortController();
    const stop = () => end.abort();
    if (this.#isStopping || callerSignal.aborted) stop();
    callerSignal.addEventListener('abort', stop, { once: true });
    const timer = setTimeout(stop, mostMs);
    this.#open.set(end, context);
    try {
      const result = await work(end.signal);
      if (end.signal.reason instanceof UnauthenticatedError) throw end.signal.reason;
      return result;
    } finally {
      this.#open.delete(end);
      clearTimeout(timer);
      callerSignal.removeEventListener('abort', stop);
    }
  }

  contexts(): Iterable<RequestContext> {
    return this.#open.values();
  }

  /** For keys that have ended: what they wait for is not told. */
  endWhere(predicate: (context: RequestContext) => boolean, message: string): void {
    for (const [end, context] of this.#open)
      if (predicate(context)) end.abort(new UnauthenticatedError(message));
  }

  /** Those that wait answer how the task stands now; later ones do not wait. */
  stop(): void {
    this.#isStopping = true;
    for (const end of this.#open.keys()) end.abort();
  }
}
