import { createLogger } from '../../src/platform/logger.js';
import { createBinnacleDataSource } from '../../src/data-source.js';
import { Database } from '../../src/platform/database.js';
import { createErrorReporter } from '../../src/platform/error-format.js';
import { HttpServer } from '../../src/platform/http-server.js';
import { createLocalEventBus } from '../../src/platform/pubsub.js';
import { RequestContext } from '../../src/platform/request-context.js';
import type { Viewer } from '../../src/platform/viewer.js';
import { buildBinnacleSchema } from '../../src/schema.js';
import { createAudit } from '../../src/features/audit/index.js';
import { createAuth, type AuthEvents, type CredentialsEnded } from '../../src/features/auth/index.js';
import { createProjects } from '../../src/features/projects/index.js';
import { graphql, type GraphQLFormattedError } from 'graphql';
import { createTestDatabase } from './test-server.js';

export const goodPassword = 'orchid lantern 7';

export interface Answer {
  data: Record<string, never> | null;
  errors?: readonly GraphQLFormattedError[];
}

/** Audit, auth and projects over a database of their own: the schema, the REST routes, and what they publish. */
export async function startAccess(registration: 'open' | 'closed' = 'open') {
  const testDatabase = await createTestDatabase();
  const dataSource = createBinnacleDataSource({ url: testDatabase.url });
  await dataSource.initialize();
  const database = new Database(dataSource);
  const logger = createLogger('silent');
  const events = createLocalEventBus<AuthEvents>(logger);
  const ended: CredentialsEnded[] = [];
  await events.subscribe('credentialsEnded', '', (event) => ended.push(event));

  const audit = createAudit({ database });
  const makeAuth = (sessionSeconds: number, registration: 'open' | 'closed') =>
    createAuth({
      database,
      events,
      logger,
      jwtSecret: 'a secret of at least thirty-two characters',
      sessionSeconds,
      registration,
      onRegistered: (tx, registered) => projects.welcome(tx, registered),
    });
  const auth = makeAuth(3600, registration);
  const projects = createProjects({
    database,
    events,
    users: auth.users,
    userLoader: auth.userLoader,
    tokens: auth.tokens,
  });
  const schema = await buildBinnacleSchema(
    [...audit.resolvers, ...auth.resolvers, ...projects.resolvers],
    {},
  );
  let ip = '192.0.2.1';

  const contextOf = async (token: string | null | undefined) => {
    const credentials = token ? { authorization: `Bearer ${token}` } : {};
    const { viewer, problem } = await auth.authenticator.authenticate(credentials);
    return new RequestContext(viewer, 'test-request', ip, problem);
  };
  const errors = createErrorReporter(logger);
  const http = new HttpServer({
    settings: { TRUST_PROXY: 0 },
    logger,
    errors,
    mount: (app) => app.use(auth.routes((request) => contextOf(request.get('authorization')?.slice(7)))),
  });
  const address = await http.listen('127.0.0.1', 0);

  /** Runs an operation as whoever holds the token. */
  const run = async (token: string | null, source: string, variableValues: object = {}): Promise<Answer> => {
    const contextValue = await contextOf(token);
    const variables = variableValues as Record<string, unknown>;
    const result = await graphql({ schema, source, variableValues: variables, contextValue });
    return {
      data: (result.data ?? null) as Answer['data'],
      ...(result.errors
        ? { errors: result.errors.map((error) => errors.format(error, 'test-request').toJSON()) }
        : {}),
    };
  };
  /** The data of an operation that must succeed. */
  const ok = async <T>(token: string | null, source: string, variables: object = {}): Promise<T> => {
    const answer = await run(token, source, variables);
    if (answer.errors) throw new Error(JSON.stringify(answer.errors));
    return answer.data as T;
  };
  /** The first error of an operation that must fail. */
  const fault = async (token: string | null, source: string, variables: object = {}) => {
    const answer = await run(token, source, variables);
    const [error] = answer.errors ?? [];
    if (!error) throw new Error(`It succeeded: ${JSON.stringify(answer.data)}`);
    return { message: error.message, ...error.extensions } as {
      message: string;
      code: string;
      fields?: { path: string; message: string }[];
      retryAfterMs?: number;
    };
  };

  return {
    database,
    dataSource,
    audit,
    auth,
    projects,
    makeAuth,
    ended,
    run,
    ok,
    fault,
    setIp: (address: string) => {
      ip = address;
    },
    viewerOf: async (token: string): Promise<Viewer> => {
      const { viewer } = await auth.authenticator.authenticate({ authorization: `Bearer ${token}` });
      if (!viewer) throw new Error('These credentials do not hold.');
      return viewer;
    },
    /** A person with a project of their own. */
    person: async (username: string, email = `${username}@example.com`) => {
      const input = { username, email, password: goodPassword };
      const source = `mutation ($input: RegisterInput!) {
        register(input: $input) { token user { id memberships { project { id slug } } } } }`;
      const { register } = await ok<{
        register: {
          token: string;
          user: { id: string; memberships: { project: { id: string; slug: string } }[] };
        };
      }>(null, source, { input });
      const project = register.user.memberships[0]!.project;
      return {
        token: register.token,
        id: register.user.id,
        username,
        email,
        projectId: project.id,
        slug: project.slug,
      };
    },
    rest: async (
      method: string,
      path: string,
      options: { token?: string; body?: unknown; text?: string } = {},
    ) => {
      const response = await fetch(`${address}${path}`, {
        method,
        headers: {
          ...(options.token ? { authorization: `Bearer ${options.token}` } : {}),
          ...(options.body !== undefined || options.text !== undefined
            ? { 'content-type': 'application/json' }
            : {}),
        },
        body: options.text ?? (options.body === undefined ? null : JSON.stringify(options.body)),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        body: (text ? JSON.parse(text) : null) as Record<string, unknown>,
      };
    },
    stop: async () => {
      await http.drain(0);
      await events.close();
      await database.close();
      await testDatabase.drop();
    },
  };
}

export type Access = Awaited<ReturnType<typeof startAccess>>;
