import type { Request, Router } from 'express';
import type { Database } from '../../platform/database.js';
import type { Logger } from '../../platform/logger.js';
import type { PubSub } from '../../platform/pubsub.js';
import type { RequestContext } from '../../platform/request-context.js';
import type { AuthEvents } from './auth.events.js';
import { AuthResolver } from './auth.resolver.js';
import { createAuthRoutes } from './auth.routes.js';
import { AuthService } from './auth.service.js';
import { Authenticator } from './authenticator.js';
import { BlockedSession } from './blocked-session.entity.js';
import { CredentialsRepository } from './credentials.repository.js';
import { PasswordHasher } from './password-hasher.js';
import { RegistrationService, type OnRegistered } from './registration.service.js';
import { SessionTokens } from './session-tokens.js';
import { SignInFailures } from './sign-in-failures.entity.js';
import { SignInThrottle } from './sign-in-throttle.js';
import { UserLoader } from './user-loader.js';
import { User } from './user.entity.js';
import { UserRepository } from './user.repository.js';

export { isEmailAddress } from './account-rules.js';
export { isSecretOf, makeApiKey, readApiKey } from './api-key-secret.js';
export { isConcerned, type AuthEvents, type CredentialsEnded } from './auth.events.js';
export type { Authentication, Authenticator, Credentials } from './authenticator.js';
export { ApiKeyScope, isLowerRole, ProjectRole } from './grants.js';
export { personActor, type OnRegistered, type Registered } from './registration.service.js';
export type { Invitation, SessionTokens } from './session-tokens.js';
export type { UserLoader } from './user-loader.js';
export { User } from './user.entity.js';
export type { UserRepository } from './user.repository.js';

export const authEntities = [User, BlockedSession, SignInFailures];

export interface AuthDependencies {
  database: Database;
  events: PubSub<AuthEvents>;
  logger: Logger;
  /** Signs session tokens: JWT_SECRET, 32 characters or more. */
  jwtSecret: string;
  /** Life of a session token: SESSION_SECONDS. */
  sessionSeconds: number;
  registration: 'open' | 'closed';
  /** What a registration brings about elsewhere, in its transaction: projects' `welcome`. */
  onRegistered: OnRegistered;
}

/** People, how they sign in, and who is asking. */
export function createAuth(deps: AuthDependencies) {
  const { database } = deps;
  const users = new UserRepository(database);
  const tokens = new SessionTokens(deps.jwtSecret, deps.sessionSeconds);
  const hasher = new PasswordHasher();
  const throttle = new SignInThrottle(database);
  const service = new AuthService(database, users, tokens, hasher, throttle, deps.events);
  const registrations = new RegistrationService(
    database,
    users,
    tokens,
    hasher,
    deps.registration,
    deps.onRegistered,
  );
  return {
    service,
    registrations,
    authenticator: new Authenticator(new CredentialsRepository(database), tokens, deps.logger),
    users,
    userLoader: new UserLoader(users),
    tokens,
    resolvers: [new AuthResolver(service, registrations)] as object[],
    /** The REST routes; `contextOf` makes a request's context. */
    routes: (contextOf: (request: Request) => Promise<RequestContext>): Router =>
      createAuthRoutes(service, registrations, contextOf),
    /** For the worker, every hour or so. */
    purgeExpiredSessions: () => service.purgeExpiredSessions(),
  };
}
