import type { IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Request, RequestHandler } from 'express';
import { Gauge, type Registry } from 'prom-client';
import type { App } from './app.js';
import type { Events } from './events.js';
import { isConcerned, type AuthEvents } from './features/auth/index.js';
import type { Config } from './platform/config.js';
import { createErrorReporter } from './platform/error-format.js';
import { UnauthenticatedError } from './platform/errors.js';
import { Executor } from './platform/executor.js';
import { createGraphqlHttp } from './platform/graphql-http.js';
import { HttpMetrics } from './platform/http-metrics.js';
import { addressOf, HttpServer, requestIdOf } from './platform/http-server.js';
import type { Logger } from './platform/logger.js';
import { SocketClose } from './platform/open-socket.js';
import type { EventBus, PubSub } from './platform/pubsub.js';
import { RequestContext } from './platform/request-context.js';
import { APP_ROUTES, staticPages } from './platform/static-pages.js';
import { GraphqlSockets } from './platform/websocket.js';
import type { Readiness } from './readiness.js';

const webDir = fileURLToPath(new URL('../../web', import.meta.url));

export interface ApiOptions {
  app: App;
  config: Config;
  events: EventBus<Events>;
  logger: Logger;
  readiness: Readiness;
}

/** The HTTP face of the app: GraphQL over HTTP and WebSockets, REST, MCP, the pages, health and metrics. */
export async function createApi({ app, config, events, logger, readiness }: ApiOptions) {
  const errors = createErrorReporter(logger);
  const metrics = new HttpMetrics();
  measureLive(metrics.registry, app, events);
  const executor = new Executor({
    schema: app.schema,
    limits: config,
    errors,
    onExecuted: (type, isFaulty) => metrics.operations.inc({ type, outcome: isFaulty ? 'faulty' : 'good' }),
  });

  const contextOf = async (
    credentials: { authorization?: string | undefined; 'x-api-key'?: string | undefined },
    request: IncomingMessage,
  ): Promise<RequestContext> => {
    const { authorization, 'x-api-key': apiKey } = credentials;
    const { viewer, problem } = await app.auth.authenticator.authenticate({ authorization, apiKey });
    return new RequestContext(viewer, requestIdOf(request), addressOf(request, config.TRUST_PROXY), problem);
  };
  const contextOfRequest = (request: Request) =>
    contextOf(
      { authorization: request.get('authorization'), 'x-api-key': request.get('x-api-key') },
      request,
    );

  const graphql = await createGraphqlHttp({
    schema: app.schema,
    executor,
    settings: config,
    errors,
    logger,
    createContext: contextOfRequest,
  });
  const pages = staticPages({ webDir });
  const server = new HttpServer({
    settings: config,
    logger,
    errors,
    metrics,
    mount: (express) => {
      express.get('/healthz', (_request, response) => void response.json({ status: 'ok', pid: process.pid }));
      express.get('/readyz', readyz(readiness));
      express.get('/metrics', metrics.handler);
      express.use('/assets', pages.assets);
      express.use(app.auth.routes(contextOfRequest));
      express.use(app.otlp.routes(contextOfRequest, errors));
      express.use(app.scraping.routes(contextOfRequest));
      express.use(app.mcp.routes(contextOfRequest, errors));
      express.use('/graphql', pages.graphiql, graphql.router);
      express.get(APP_ROUTES, pages.app);
    },
  });
  const sockets = new GraphqlSockets({
    schema: app.schema,
    executor,
    settings: config,
    errors,
    logger,
    metrics,
    // Over HTTP one may sign in with a stale token at hand. A socket is opened for what comes after that.
    authenticate: async (credentials, upgrade) => {
      const context = await contextOf(credentials, upgrade);
      if (context.authProblem !== null) throw new UnauthenticatedError(context.authProblem);
      return context;
    },
  });
  sockets.attach(server.server);
  return { server, sockets, stopGraphql: graphql.stop };
}

function measureLive(registry: Registry, { live }: App, events: EventBus<Events>): void {
  const registers = [registry];
  new Gauge({
    name: 'binnacle_live_watched',
    help: 'Projects and tasks that somebody follows live here.',
    labelNames: ['kind'],
    registers,
    collect() {
      const { projects, tasks } = live.size;
      this.set({ kind: 'project' }, projects);
      this.set({ kind: 'task' }, tasks);
    },
  });
  new Gauge({
    name: 'binnacle_event_channels',
    help: 'Channels of events that are listened to here.',
    registers,
    collect() {
      this.set(events.size);
    },
  });
}

export type Api = Awaited<ReturnType<typeof createApi>>;

const ended = 'Your credentials ended or changed; sign in again, or reconnect.';

/**
 * Closes sockets and ends waiting MCP calls whose credentials have ended: at once where the event arrives, else at the next sweep
 * over all of them.
 * @returns what ends the watch
 */
export async function watchCredentials(
  { sockets }: Api,
  app: App,
  events: PubSub<AuthEvents>,
  sweepMs: number,
  logger: Logger,
): Promise<() => void> {
  const { waits } = app.mcp;
  const close = (predicate: (context: RequestContext) => boolean) => {
    sockets.closeWhere(predicate, SocketClose.forbidden, ended);
    waits.endWhere(predicate, ended);
  };
  const stop = await events.subscribe('credentialsEnded', '', (event) =>
    close(({ viewer }) => viewer !== null && isConcerned(viewer, event)),
  );
  let isSweeping = false;
  const sweep = setInterval(() => {
    const viewers = [...sockets.contexts(), ...waits.contexts()].flatMap(({ viewer }) => viewer ?? []);
    if (viewers.length === 0 || isSweeping) return;
    isSweeping = true;
    app.auth.authenticator
      .findEnded(viewers)
      .then((gone) => gone.size > 0 && close(({ viewer }) => viewer !== null && gone.has(viewer)))
      .catch((error: unknown) =>
        logger.warn({ err: error }, 'Open sockets were not checked against the database.'),
      )
      .finally(() => (isSweeping = false));
  }, sweepMs);
  return () => {
    stop();
    clearInterval(sweep);
  };
}

function readyz(readiness: Readiness): RequestHandler {
  return (_request, response, next) => {
    readiness
      .check()
      .then((report) => response.status(report.isReady ? 200 : 503).json(report))
      .catch(next);
  };
}
