import { setTimeout as sleep } from 'node:timers/promises';
import { recordAudit, systemActor } from '../audit/index.js';
import type { LoginSite, ScrapingLogins, SignedOutOutcome } from '../scraping/index.js';
import type { Database } from '../../platform/database.js';
import type { Logger } from '../../platform/logger.js';
import { SecretBoxError } from '../../platform/secret-box.js';
import { isId } from '../../platform/validation.js';
import type { LoginChanger } from './login-change.js';
import { ProbeFailedError } from './login-probes.js';
import type { LoginSecrets } from './login-secrets.js';
import type { LoginSession, SignInOutcome } from './login-session.entity.js';
import type { LoginSigner } from './login-signer.js';
import type { LoginVisits } from './login-visits.js';
import type { LoginRepository } from './login.repository.js';
import { sessionEnd } from './session-cookies.js';

/** Whoever comes so soon after a sign-in looked at the site before it. */
const freshMs = 30_000;
/** A site that refused us is not asked again so soon: accounts are locked for that. */
const refusedMs = 15 * 60_000;
const lookMs = 250;

export interface SignedOutParts {
  database: Database;
  sessions: LoginRepository;
  changer: LoginChanger;
  visits: LoginVisits;
  signer: LoginSigner;
  secrets: LoginSecrets;
  logger: Logger;
  clock: () => Date;
}

const versionOf = ({ generation, signIns }: LoginSession) => `${generation}.${signIns}`;

/** What becomes of sessions that somebody met signed out: signed in again, once for all who ask, or a human is needed. */
export class SignedOutSessions implements ScrapingLogins {
  constructor(private readonly parts: SignedOutParts) {}

  async find(projectId: string, sessionId: string): Promise<LoginSite | null> {
    const session = isId(sessionId) ? await this.parts.sessions.findSealed(sessionId) : null;
    if (session?.projectId !== projectId) return null;
    return {
      storageState: this.parts.secrets.openState(session),
      loggedOutSelector: session.loggedOutSelector,
      version: versionOf(session),
    };
  }

  async onSignedOut(
    sessionId: string,
    version: string | null,
    signal?: AbortSignal,
  ): Promise<SignedOutOutcome> {
    const met = await this.parts.sessions.findSealed(sessionId);
    if (!met) return 'ASK_HUMAN';
    // Pages wait for their turn: what they were asked for with may be from before a sign-in that is long over.
    const isRenewed = met.signInOutcome === 'SIGNED_IN' || met.signInOutcome === null;
    if (version !== null && version !== versionOf(met) && isRenewed) return 'SIGNED_IN';
    for (
      let current: LoginSession | null = met;
      current;
      current = await this.parts.sessions.findSealed(sessionId)
    ) {
      signal?.throwIfAborted();
      const known = this.#knownOutcome(met, current);
      if (known !== null) return known;
      await this.#mark(met);
      if (current.recipe === null || (await this.parts.signer.unavailableBecause()) !== null)
        return 'ASK_HUMAN';
      // Whoever had the lease before may have signed in: then that outcome counts.
      await this.parts.visits.visit(sessionId, async (session, ending) =>
        this.#knownOutcome(met, session) === null ? this.#signIn(session, ending, signal) : undefined,
      );
      const after = await this.parts.sessions.findSealed(sessionId);
      if (after && this.#knownOutcome(met, after) === null)
        await sleep(lookMs, undefined, signal ? { signal } : {});
    }
    return 'ASK_HUMAN';
  }

  /** Null where it has to be tried. @param met as it was when the caller met it signed out */
  #knownOutcome(met: LoginSession, { signIns, signInOutcome, signInAt, generation }: LoginSession) {
    if (generation !== met.generation) return 'SIGNED_IN';
    if (signInOutcome === null || signInAt === null) return null;
    const agoMs = this.parts.clock().getTime() - signInAt.getTime();
    const isSignedIn = signInOutcome === 'SIGNED_IN';
    const counts =
      signIns !== met.signIns ||
      (isSignedIn && agoMs < freshMs) ||
      (signInOutcome === 'REFUSED' && agoMs < refusedMs);
    if (!counts) return null;
    return isSignedIn ? 'SIGNED_IN' : 'ASK_HUMAN';
  }

  /** Not where somebody has signed in since: what the caller met was before that. */
  async #mark(met: LoginSession): Promise<void> {
    await this.parts.database.transaction(async (tx) => {
      const session = await this.parts.sessions.locked(tx, met.id);
      if (!session || session.seen === 'LOGGED_OUT' || this.#knownOutcome(met, session) !== null) return;
      const now = this.parts.clock();
      const detail = 'A scraping task met a page on which nobody is signed in.';
      await this.parts.changer.apply(tx, session, { seen: 'LOGGED_OUT', checkedAt: now, detail }, now);
    });
  }

  async #signIn(
    session: LoginSession,
    ending: AbortSignal,
    asked?: AbortSignal,
  ): Promise<Partial<LoginSession>> {
    const signal = asked ? AbortSignal.any([ending, asked]) : ending;
    const attempt = (outcome: SignInOutcome, more: Partial<LoginSession>) => ({
      ...more,
      signIns: session.signIns + 1,
      signInOutcome: outcome,
      signInAt: this.parts.clock(),
    });
    let patch: Partial<LoginSession>;
    try {
      const recipe = this.parts.secrets.openRecipe(session);
      if (!recipe) return {};
      const storageState = this.parts.secrets.openState(session);
      const { probeUrl, loggedInSelector, loggedOutSelector } = session;
      const target = { probeUrl, loggedInSelector, loggedOutSelector, storageState };
      const { reading, storageState: gained } = await this.parts.signer.signIn(recipe, target, signal);
      const isIn = reading.evidence === 'LOGGED_IN';
      patch = attempt(isIn ? 'SIGNED_IN' : 'REFUSED', {
        seen: reading.evidence,
        checkedAt: this.parts.clock(),
        detail: `${isIn ? 'It was signed in again.' : 'Signing in again did not succeed.'} ${reading.detail}`,
        failures: 0,
        ...(isIn
          ? {
              storageState: this.parts.secrets.sealState(session.id, gained),
              expiresAt: sessionEnd(gained, probeUrl),
            }
          : {}),
      });
    } catch (error) {
      const isPlain = error instanceof ProbeFailedError || error instanceof SecretBoxError;
      if (!isPlain)
        this.parts.logger.warn(
          { sessionId: session.id, fault: (error as Error).name },
          'Signing in again met a fault.',
        );
      const reason = isPlain ? error.message : 'The browser met a fault.';
      patch = attempt('FAILED', { detail: `Signing in again could not be tried. ${reason}` });
    }
    await this.#audit(session, patch.signInOutcome ?? null);
    return patch;
  }

  async #audit({ id, projectId, site, account }: LoginSession, outcome: SignInOutcome | null): Promise<void> {
    await this.parts.database.transaction((tx) =>
      recordAudit(tx, {
        context: null,
        actor: systemActor('signInAgain'),
        projectId,
        action: 'signInAgain',
        subjectType: 'LoginSession',
        subjectId: id,
        after: { site, account, outcome },
      }),
    );
  }
}
