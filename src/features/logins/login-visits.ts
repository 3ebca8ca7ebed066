import type { Database } from '../../platform/database.js';
import type { LoginChanger } from './login-change.js';
import type { LoginSession } from './login-session.entity.js';
import type { LoginLease, LoginRepository } from './login.repository.js';

/** The longest time of one visit; shorter than the lease, so that nobody else is there by then. */
const visitMs = 120_000;

/** Visits to sites: one at a time for each session over all processes, and what was found is written only where it still holds. */
export class LoginVisits {
  constructor(
    private readonly database: Database,
    private readonly sessions: LoginRepository,
    private readonly changer: LoginChanger,
    private readonly clock: () => Date,
  ) {}

  /**
   * Runs `work` where nobody else visits for the session.
   * @param work answers what becomes of the session; undefined = nothing
   * @returns false where another visits, or there is no such session
   */
  async visit(
    sessionId: string,
    work: (session: LoginSession, signal: AbortSignal) => Promise<Partial<LoginSession> | undefined>,
  ): Promise<boolean> {
    const lease = await this.sessions.lease(sessionId);
    if (!lease) return false;
    try {
      const patch = await withinTime((signal) => work(lease.session, signal));
      if (patch) await this.#write(lease, patch);
    } finally {
      await this.sessions.release(lease);
    }
    return true;
  }

  /** What was found with secrets that were replaced meanwhile, or past the lease, is let go: the session is probed anew. */
  async #write({ id, session }: LoginLease, patch: Partial<LoginSession>): Promise<void> {
    await this.database.transaction(async (tx) => {
      const current = await this.sessions.locked(tx, session.id);
      if (current?.leaseId !== id) return;
      const isOutdated = current.generation !== session.generation;
      await this.changer.apply(tx, current, isOutdated ? { nextCheckAt: this.clock() } : patch, this.clock());
    });
  }
}

async function withinTime<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const ending = new AbortController();
  const timer = setTimeout(
    () => ending.abort(new Error('A visit for a login session took too long.')),
    visitMs,
  );
  try {
    return await Promise.race([
      work(ending.signal),
      new Promise<never>((_resolve, reject) =>
        ending.signal.addEventListener('abort', () => reject(ending.signal.reason as Error), { once: true }),
      ),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
