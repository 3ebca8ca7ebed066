import { StepType } from '../tasks/index.js';
import { PageFault } from './page-fault.js';
import type { LoginSite, ScrapingLogins } from './signed-out.js';
import type { StepTrail } from './step-trail.js';
import type { StorageState } from './storage-state.js';

/** Asks a human, and waits for the answer. @returns whether the human has done what was asked for */
export type AskHuman = (key: string, reason: string, signal: AbortSignal) => Promise<boolean>;

export interface RunLoginParts {
  /** Undefined where this process has none. */
  logins?: ScrapingLogins | undefined;
  projectId: string;
  sessionId: string;
  trail: StepTrail;
  askHuman: AskHuman;
  signal: AbortSignal;
}

/** The login session of a run: its cookies, and what happens where a page shows that it has ended. */
export class RunLogin {
  private constructor(
    private readonly parts: RunLoginParts | null,
    private site: LoginSite | null,
  ) {}

  /** Of a run that signs in nowhere. */
  static readonly none = new RunLogin(null, null);

  /** @throws PageFault where the project has no such session */
  static async open(parts: RunLoginParts): Promise<RunLogin> {
    const site = await parts.logins?.find(parts.projectId, parts.sessionId);
    if (!site) {
      throw new PageFault('NO_LOGIN_SESSION', 'The login session of this task is not there any more.');
    }
    return new RunLogin(parts, site);
  }

  get storageState(): StorageState | undefined {
    return this.site?.storageState ?? undefined;
  }

  /** What shows on a page that nobody is signed in; null = pages are not looked at. */
  get sign(): string | null {
    return this.site?.loggedOutSelector ?? null;
  }

  isSignedOut(isSignThere: boolean): boolean {
    return this.sign !== null && isSignThere;
  }

  /** Whether an answer with that status says so. */
  meansSignedOut(status: number | undefined): boolean {
    return this.parts !== null && status === 401;
  }

  /** @throws PageFault where neither Binnacle nor a human signed in */
  async signIn(pageKey: string, url: URL): Promise<void> {
    if (!this.parts?.logins) throw new PageFault('SIGNED_OUT', `${url.href} wants a login.`);
    const { logins, projectId, sessionId, trail, askHuman, signal } = this.parts;
    const step = trail.begin(pageKey, `${pageKey}:sign-in`, StepType.SYSTEM, 'sign in again', {
      url: url.href,
      loginSessionId: sessionId,
    });
    await trail.flush();
    const outcome = await logins.onSignedOut(sessionId, this.site?.version ?? null, signal);
    step.end({ outcome });
    if (outcome === 'ASK_HUMAN') {
      await trail.flush();
      const reason = `${url.href} shows that nobody is signed in, and Binnacle cannot sign in itself. Please sign in and put the login session's new state in place, then answer here.`;
      if (!(await askHuman(`login:${sessionId}`, reason, signal))) {
        throw new PageFault('SIGNED_OUT', `${url.href} needs a login, and no human signed in.`);
      }
    }
    this.site = await logins.find(projectId, sessionId);
    if (!this.site) {
      throw new PageFault('NO_LOGIN_SESSION', 'The login session of this task is not there any more.');
    }
  }
}
