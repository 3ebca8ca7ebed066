import type { BrowserPool } from '../browsers/index.js';
import type { ProjectLoader } from '../projects/index.js';
import type { ScrapingLogins } from '../scraping/index.js';
import type { Database } from '../../platform/database.js';
import type { EgressGuard } from '../../platform/egress-guard.js';
import type { JobQueue } from '../../platform/jobs.js';
import type { Logger } from '../../platform/logger.js';
import type { PubSub } from '../../platform/pubsub.js';
import { SecretBox } from '../../platform/secret-box.js';
import { LoginBrowser } from './login-browser.js';
import { LoginChanger } from './login-change.js';
import { LoginLive } from './login-live.js';
import { LoginProbes } from './login-probes.js';
import { LoginSecrets } from './login-secrets.js';
import { LoginSession, LoginTransition } from './login-session.entity.js';
import { LoginSigner } from './login-signer.js';
import { LoginStateMonitor, type MonitorTime } from './login-state-monitor.js';
import { LoginVisits } from './login-visits.js';
import { ProbeReader } from './probe-reader.js';
import type { LoginEvents } from './login.events.js';
import type { LoginJobs } from './login.jobs.js';
import { LoginRepository } from './login.repository.js';
import { LoginResolver, loginStreams, SystemLoginsResolver } from './login.resolver.js';
import { LoginService } from './login.service.js';
import { SignedOutSessions } from './signed-out-sessions.js';

export type { LoginEvents } from './login.events.js';
export type { LoginJobs } from './login.jobs.js';
export { LoginState } from './login-session.entity.js';
export type { LoginService } from './login.service.js';

export const loginEntities = [LoginSession, LoginTransition];

export interface LoginDependencies {
  database: Database;
  events: PubSub<LoginEvents>;
  jobs: JobQueue<LoginJobs>;
  projects: ProjectLoader;
  guard: EgressGuard;
  /** Null where this process has none: then sites are probed by HTTP alone, and nobody is signed in again. */
  browsers: BrowserPool | null;
  /** What secrets are sealed with; undefined = this process may see none. */
  encryptionKey: string | undefined;
  userAgent: string;
  /** How often followed projects are looked at. */
  sweepMs: number;
  logger: Logger;
  /** Of the machine unless told. */
  time?: MonitorTime;
}

/** Accounts at sites: stored, watched by the LoginStateMonitor, signed in again. */
export function createLogins(deps: LoginDependencies) {
  const { database, events, jobs, guard, userAgent, logger } = deps;
  const browser = deps.browsers && new LoginBrowser(deps.browsers, userAgent);
  const time = deps.time ?? { clock: () => new Date(), random: Math.random };
  const { clock } = time;
  const secrets = new LoginSecrets(new SecretBox(deps.encryptionKey));
  const sessions = new LoginRepository(database);
  const changer = new LoginChanger(events);
  const visits = new LoginVisits(database, sessions, changer, clock);
  const reader = new ProbeReader();
  const probes = new LoginProbes(guard, browser, reader, userAgent, clock);
  const monitor = new LoginStateMonitor({
    database,
    sessions,
    changer,
    visits,
    probes,
    secrets,
    jobs,
    logger,
    time,
  });
  const signer = new LoginSigner(browser, reader);
  const forScraping: ScrapingLogins = new SignedOutSessions({
    database,
    sessions,
    changer,
    visits,
    signer,
    secrets,
    logger,
    clock,
  });
  const live = new LoginLive(sessions, events, deps.sweepMs, logger);
  const service = new LoginService({ database, sessions, changer, secrets, monitor, live, clock });
  return {
    service,
    monitor,
    live,
    forScraping,
    handlers: monitor.handlers,
    resolvers: [new LoginResolver(service, deps.projects), new SystemLoginsResolver(service)] as object[],
    streams: loginStreams(service),
  };
}
