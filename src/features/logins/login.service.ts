import { load } from 'cheerio';
import { v7 as uuid } from 'uuid';
import { recordAudit } from '../audit/index.js';
import type { Database, Transaction } from '../../platform/database.js';
import {
  BadUserInputError,
  ConflictError,
  NotFoundError,
  UnavailableError,
  type FieldProblem,
} from '../../platform/errors.js';
import type { RequestContext } from '../../platform/request-context.js';
import { isId } from '../../platform/validation.js';
import { isAllowed, requirePermission } from '../../platform/viewer.js';
import type { StorageState } from '../scraping/index.js';
import type { LoginChanger } from './login-change.js';
import type { LoginLive } from './login-live.js';
import { readStorageState, type LoginSecrets } from './login-secrets.js';
import { LoginSession, LoginState, type LoginTransition } from './login-session.entity.js';
import type { LoginStateMonitor } from './login-state-monitor.js';
import { asRead } from './login-state.js';
import type { PutLoginSessionInput } from './login.inputs.js';
import type { LoginRepository } from './login.repository.js';
import { sessionEnd } from './session-cookies.js';

const mostSessions = 500;
const standardInterval = 600;
const checkWaitMs = 10_000;
const checkLookMs = 100;

export interface LoginServiceParts {
  database: Database;
  sessions: LoginRepository;
  changer: LoginChanger;
  secrets: LoginSecrets;
  monitor: LoginStateMonitor;
  live: LoginLive;
  clock: () => Date;
}

/** Login sessions, for those who may see and put them. */
export class LoginService {
  constructor(private readonly parts: LoginServiceParts) {}

  /** As they are now. */
  async list(context: RequestContext, projectId: string): Promise<LoginSession[]> {
    requirePermission(context.viewer, projectId, 'read');
    return this.#asRead(await this.parts.sessions.ofProjects([projectId]));
  }

  /** Those of all projects that the viewer may read. */
  async ofViewer({ viewer }: RequestContext): Promise<LoginSession[]> {
    const projectIds = viewer ? [...viewer.grants.keys()].filter((id) => isAllowed(viewer, id, 'read')) : [];
    return this.#asRead(await this.parts.sessions.ofProjects(projectIds));
  }

  /** Of sessions that the viewer may already see. */
  async history(context: RequestContext, sessionId: string, first: number): Promise<LoginTransition[]> {
    if (first < 0 || first > 100)
      throw new BadUserInputError([{ path: 'first', message: 'The number must be between 0 and 100.' }]);
    const { sessions } = this.parts;
    return context.loader(this.#historyOf(first), (ids) => sessions.histories(ids, first)).load(sessionId);
  }

  asRead(session: LoginSession): LoginSession {
    return asRead(session, this.parts.clock());
  }

  async follow(context: RequestContext, projectId: string): Promise<AsyncIterable<LoginSession>> {
    requirePermission(context.viewer, projectId, 'read');
    return this.parts.live.follow(projectId);
  }

  /** Makes the session, or puts another in its place; it is probed at once. */
  async put(context: RequestContext, input: PutLoginSessionInput): Promise<LoginSession> {
    const { projectId } = input;
    requirePermission(context.viewer, projectId, 'operate');
    const state = this.#requireGood(input);
    const { database, changer, monitor, clock } = this.parts;
    return database.transaction(async (tx) => {
      const existing = await this.#findForPut(tx, input);
      const session = existing ?? (await this.#make(tx, input));
      const now = clock();
      const { checkEverySeconds } = session;
      await changer.apply(
        tx,
        session,
        {
          probeUrl: input.probeUrl,
          loggedInSelector: input.loggedInSelector ?? null,
          loggedOutSelector: input.loggedOutSelector ?? null,
          checkEverySeconds: input.checkEverySeconds ?? checkEverySeconds,
          ...this.#sealed(session.id, input, state),
          ...(state === undefined ? {} : { expiresAt: sessionEnd(state, input.probeUrl) }),
          // What was seen before was seen with something else.
          seen: null,
          detail: 'It has not been checked yet.',
          checkedAt: null,
          nextCheckAt: now,
          failures: 0,
          signInOutcome: null,
          signInAt: null,
          generation: session.generation + 1,
        },
        now,
      );
      await monitor.enqueue(tx, session.id, true);
      await recordAudit(tx, {
        context,
        projectId,
        action: 'putLoginSession',
        subjectType: 'LoginSession',
        subjectId: session.id,
        after: {
          site: input.site,
          account: input.account,
          isNew: existing === null,
          storageState: changeOf(input.storageState),
          recipe: changeOf(input.recipe),
        },
      });
      return session;
    });
  }

  /** With its secrets and its history. Tasks that use it fail at their next page that needs it. */
  async remove(context: RequestContext, id: string): Promise<void> {
    const { database, sessions } = this.parts;
    await database.transaction(async (tx) => {
      const session = isId(id) ? await sessions.locked(tx, id) : null;
      if (!session) throw new NotFoundError('The login session');
      const { projectId, site, account } = session;
      requirePermission(context.viewer, projectId, 'operate', 'The login session');
      await tx.manager.delete(LoginSession, { id });
      await recordAudit(tx, {
        context,
        projectId,
        action: 'removeLoginSession',
        subjectType: 'LoginSession',
        subjectId: id,
        before: { site, account },
      });
    });
  }

  /** Has it probed now, and answers once it was, or as it stands after ten seconds. */
  async check(context: RequestContext, id: string): Promise<LoginSession> {
    const { database, sessions, monitor } = this.parts;
    const session = isId(id) ? await sessions.find(id) : null;
    if (!session) throw new NotFoundError('The login session');
    requirePermission(context.viewer, session.projectId, 'operate', 'The login session');
    await database.transaction(async (tx) => {
      await monitor.enqueue(tx, id, true);
      await recordAudit(tx, {
        context,
        projectId: session.projectId,
        action: 'checkLoginSession',
        subjectType: 'LoginSession',
        subjectId: id,
      });
    });
    let current: LoginSession | null = session;
    for (const until = Date.now() + checkWaitMs; Date.now() < until && current?.probes === session.probes;) {
      await new Promise((resolve) => setTimeout(resolve, checkLookMs));
      current = await sessions.find(id);
    }
    if (!current) throw new NotFoundError('The login session');
    return this.asRead(current);
  }

  readonly #histories = new Map<number, object>();

  /** One loader for each length that is asked for. */
  #historyOf(first: number): object {
    let owner = this.#histories.get(first);
    if (!owner) this.#histories.set(first, (owner = {}));
    return owner;
  }

  #asRead(sessions: LoginSession[]): LoginSession[] {
    return sessions.map((session) => this.asRead(session));
  }

  /** @returns the state to store; null to remove it, undefined to leave it */
  #requireGood(input: PutLoginSessionInput): StorageState | null | undefined {
    const problems: FieldProblem[] = [];
    const { loggedInSelector, loggedOutSelector, recipe } = input;
    if (!loggedInSelector && !loggedOutSelector) {
      const message = 'A selector is needed that proves signed in, or one that proves signed out.';
      problems.push({ path: 'input.loggedInSelector', message });
    }
    for (const name of ['loggedInSelector', 'loggedOutSelector'] as const) {
      if (input[name] && !isSelector(input[name]))
        problems.push({ path: `input.${name}`, message: 'This is no CSS selector.' });
    }
    if (!URL.canParse(input.probeUrl))
      problems.push({ path: 'input.probeUrl', message: 'This is no address.' });
    if (recipe && !URL.canParse(recipe.url))
      problems.push({ path: 'input.recipe.url', message: 'This is no address.' });
    const given = input.storageState;
    const read = given === undefined || given === null ? null : readStorageState(given);
    if (read && 'problems' in read) problems.push(...read.problems);
    if (problems.length > 0) throw new BadUserInputError(problems);
    if ((given || recipe) && !this.parts.secrets.canSeal) {
      throw new UnavailableError(
        'This process has no key to store secrets with: an administrator has to give all processes the same ENCRYPTION_KEY.',
      );
    }
    if (given === undefined) return undefined;
    return read && 'state' in read ? read.state : null;
  }

  #sealed(id: string, { recipe }: PutLoginSessionInput, state: StorageState | null | undefined) {
    const { secrets } = this.parts;
    return {
      ...(state === undefined ? {} : { storageState: state && secrets.sealState(id, state) }),
      ...(recipe === undefined ? {} : { recipe: recipe && secrets.sealRecipe(id, recipe) }),
    };
  }

  async #findForPut(tx: Transaction, { projectId, site, account }: PutLoginSessionInput) {
    // One put of a project after the other: they count the sessions, and shall not make the same one twice.
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('login sessions ' || $1, 0))`, [projectId]);
    return tx.manager.findOne(LoginSession, {
      where: { projectId, site, account },
      lock: { mode: 'pessimistic_write' },
    });
  }

  async #make(tx: Transaction, input: PutLoginSessionInput): Promise<LoginSession> {
    const { projectId, site, account, probeUrl } = input;
    if ((await tx.manager.countBy(LoginSession, { projectId })) >= mostSessions)
      throw new ConflictError(`The project has ${mostSessions} login sessions, the most that are allowed.`);
    const now = this.parts.clock();
    const session = Object.assign(new LoginSession(), {
      id: uuid(),
      projectId,
      site,
      account,
      probeUrl,
      loggedInSelector: null,
      loggedOutSelector: null,
      storageState: null,
      recipe: null,
      checkEverySeconds: standardInterval,
      state: LoginState.UNKNOWN,
      seen: null,
      detail: null,
      checkedAt: null,
      nextCheckAt: now,
      expiresAt: null,
      failures: 0,
      probes: 0,
      generation: 0,
      revision: 0,
      leaseId: null,
      leaseUntil: null,
      signIns: 0,
      signInOutcome: null,
      signInAt: null,
      createdAt: new Date(),
      updatedAt: new Date(),
    });
    await tx.insert(LoginSession, session);
    return session;
  }
}

function isSelector(selector: string): boolean {
  try {
    load('<p>')(selector);
    return true;
  } catch {
    return false;
  }
}

/** For the audit log, which says what was done with a secret and nothing of it. */
function changeOf(secret: unknown): boolean | null {
  return secret === undefined ? null : secret !== null;
}
