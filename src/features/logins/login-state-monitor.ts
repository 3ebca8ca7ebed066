import type { Database, Transaction } from '../../platform/database.js';
import type { JobHandlers, JobQueue } from '../../platform/jobs.js';
import type { Logger } from '../../platform/logger.js';
import { SecretBoxError } from '../../platform/secret-box.js';
import type { LoginChanger } from './login-change.js';
import { ProbeFailedError, type LoginProbes } from './login-probes.js';
import type { LoginSecrets } from './login-secrets.js';
import type { LoginSession } from './login-session.entity.js';
import { asRead, stateOf } from './login-state.js';
import type { LoginVisits } from './login-visits.js';
import type { LoginJobs } from './login.jobs.js';
import type { LoginRepository } from './login.repository.js';
import { sessionEnd } from './session-cookies.js';

const nothing = '00000000-0000-0000-0000-000000000000';
const page = 500;
/** A site that could not be seen is tried again after a minute, then after twice as long each time, up to its usual interval. */
const firstRetryMs = 60_000;

export interface MonitorTime {
  /** The monitor's clock. */
  clock: () => Date;
  /** 0 to 1: spreads the probes, so that many sessions of a site do not come at once. */
  random: () => number;
}

export interface MonitorParts {
  database: Database;
  sessions: LoginRepository;
  changer: LoginChanger;
  visits: LoginVisits;
  probes: LoginProbes;
  secrets: LoginSecrets;
  jobs: JobQueue<LoginJobs>;
  logger: Logger;
  time: MonitorTime;
}

/** Finds out whether the sessions are signed in: by probes as they are due, and by what time alone brings about. */
export class LoginStateMonitor {
  readonly handlers: JobHandlers<LoginJobs> = {
    probeDueLogins: () => this.tick(),
    probeLogin: (job) => this.probe(job),
  };

  constructor(private readonly parts: MonitorParts) {}

  /** The job probeDueLogins. */
  async tick(): Promise<void> {
    await this.#settle();
    const due = await this.parts.sessions.due(this.parts.time.clock(), page);
    if (due.length === 0) return;
    await this.parts.database.transaction(async (tx) => {
      for (const sessionId of due) await this.enqueue(tx, sessionId, false);
    });
  }

  /** One waiting job for each session, however often it is asked for. */
  async enqueue(tx: Transaction, sessionId: string, isAsked: boolean): Promise<void> {
    const key = `probeLogin ${sessionId}`;
    await this.parts.jobs.add(tx, 'probeLogin', { sessionId, isAsked }, { key, keepsRunAt: !isAsked });
  }

  /** The job probeLogin. Where another visits for the session, what that one finds counts. */
  async probe({ sessionId, isAsked }: LoginJobs['probeLogin']): Promise<void> {
    await this.parts.visits.visit(sessionId, async (session, signal) => {
      if (!isAsked && session.nextCheckAt > this.parts.time.clock()) return undefined;
      return this.#look(session, signal);
    });
  }

  /** What has changed without anybody looking: cookies come to their end, and looks grow old. */
  async #settle(): Promise<void> {
    for (let after = nothing; ;) {
      const sessions = await this.parts.sessions.all(after, page);
      for (const session of sessions) {
        if (asRead(session, this.parts.time.clock()) === session) continue;
        await this.parts.database.transaction(async (tx) => {
          const current = await this.parts.sessions.locked(tx, session.id);
          const now = this.parts.time.clock();
          if (current && stateOf(current, now) !== current.state)
            await this.parts.changer.apply(tx, current, {}, now);
        });
      }
      const last = sessions.at(-1);
      if (!last || sessions.length < page) return;
      after = last.id;
    }
  }

  async #look(session: LoginSession, signal: AbortSignal): Promise<Partial<LoginSession>> {
    const probes = session.probes + 1;
    try {
      const storageState = this.parts.secrets.openState(session);
      const { probeUrl, loggedInSelector, loggedOutSelector } = session;
      const found = await this.parts.probes.probe(
        { probeUrl, loggedInSelector, loggedOutSelector, storageState },
        signal,
      );
      const checkedAt = this.parts.time.clock();
      // What a site sets for somebody who is not signed in must not take the place of what was stored.
      const renewed = found.evidence === 'LOGGED_IN' && storageState ? found.storageState : null;
      return {
        seen: found.evidence,
        detail: found.detail,
        checkedAt,
        nextCheckAt: this.#later(session.checkEverySeconds * 1000),
        failures: 0,
        probes,
        ...(renewed
          ? {
              storageState: this.parts.secrets.sealState(session.id, renewed),
              expiresAt: sessionEnd(renewed, probeUrl),
            }
          : {}),
      };
    } catch (error) {
      // A fault on the way says nothing of the session: it stays what it was, until that was too long ago.
      const waitMs = Math.min(
        firstRetryMs * 2 ** Math.min(session.failures, 20),
        session.checkEverySeconds * 1000,
      );
      return {
        detail: `The last probe failed. ${this.#reasonOf(error, session.id)}`,
        nextCheckAt: this.#later(waitMs),
        failures: session.failures + 1,
        probes,
      };
    }
  }

  #reasonOf(error: unknown, sessionId: string): string {
    if (error instanceof ProbeFailedError || error instanceof SecretBoxError) return error.message;
    // What a browser or a parser says may hold addresses and parts of pages.
    this.parts.logger.warn(
      { sessionId, fault: (error as Error).name },
      'A login session could not be probed.',
    );
    return 'The page could not be looked at.';
  }

  /** A tenth earlier or later, at random. */
  #later(ms: number): Date {
    return new Date(this.parts.time.clock().getTime() + ms * (0.9 + 0.2 * this.parts.time.random()));
  }
}
