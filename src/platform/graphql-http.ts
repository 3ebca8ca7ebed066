import { ApolloServer, HeaderMap, type ApolloServerOptions, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { expressMiddleware } from '@as-integrations/express5';
import express, { type ErrorRequestHandler, type Request, type Router } from 'express';
import type { GraphQLError, GraphQLFormattedError, GraphQLSchema } from 'graphql';
import { v7 as uuidv7 } from 'uuid';
import type { Config } from './config.js';
import type { ErrorReporter } from './error-format.js';
import { BadUserInputError, httpStatusOf, type ErrorCode } from './errors.js';
import type { Executor } from './executor.js';
import { bodyProblem, requestIdOf } from './http-server.js';
import type { Logger } from './logger.js';
import { checkText, type QueryLimits } from './query-limits.js';
import { RequestContext } from './request-context.js';

export interface GraphqlHttpOptions {
  schema: GraphQLSchema;
  executor: Executor;
  settings: QueryLimits & Pick<Config, 'MAX_BATCH' | 'MAX_BODY_BYTES'>;
  errors: ErrorReporter;
  logger: Logger;
  /** Who is asking. What it throws refuses the whole request, with the HTTP status of its code. */
  createContext: (request: Request) => Promise<RequestContext>;
}

/** Apollo copies its context for each operation, which private fields do not survive: so ours travels within it. */
interface HttpContext {
  caller: RequestContext;
}

/**
 * GraphQL over HTTP by Apollo Server, with our executor in the place that it keeps for gateways. Parsing and protocol are
 * Apollo's; validation, limits and execution are the executor's, the same as for sockets.
 * @returns the router for /graphql, and what ends the server
 */
export async function createGraphqlHttp(
  options: GraphqlHttpOptions,
): Promise<{ router: Router; stop: () => Promise<void> }> {
  const { settings, errors, createContext } = options;
  const apollo = new ApolloServer<HttpContext>({
    gateway: gatewayTo(options),
    // The executor validates, by the same rules and under the same limits as for sockets.
    dangerouslyDisableValidation: true,
    introspection: settings.INTROSPECTION,
    allowBatchedHttpRequests: true,
    // Browsers send credentials by themselves only as cookies, and none are taken here: there is nothing to forge.
    csrfPrevention: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    stringifyResult: (result) => JSON.stringify(result),
    formatError: (formatted, error) => formatLeftover(errors, formatted, error),
    logger: plainLogger(options.logger),
    plugins: [
      lenientStatus,
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
  await apollo.start();

  const router = express.Router();
  router.use((_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  router.use(express.json({ limit: settings.MAX_BODY_BYTES }));
  router.use(
    expressMiddleware(apollo, {
      context: async ({ req }) => {
        try {
          checkRequest(req, settings);
          return { caller: await createContext(req) };
        } catch (error) {
          throw withStatus(errors.format(error, requestIdOf(req)));
        }
      },
    }),
  );
  router.use(unreadableBody);
  return { router, stop: () => apollo.stop() };
}

/**
 * GraphQL over HTTP recommends 200 for documents and variables that are refused, to clients that know application/json
 * only: what lies between might not pass the body of a 4xx on. Requests that are none of GraphQL keep their status.
 */
const lenientStatus: ApolloServerPlugin<HttpContext> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ request, response: { http }, source }) => {
      const accept = request.http?.headers.get('accept') ?? '';
      if (
        source !== undefined &&
        http.status === 400 &&
        !accept.includes('application/graphql-response+json')
      ) {
        http.status = 200;
      }
    },
  }),
};

type Gateway = NonNullable<ApolloServerOptions<HttpContext>['gateway']>;

function gatewayTo({ schema, executor }: GraphqlHttpOptions): Gateway {
  return {
    onSchemaLoadOrUpdate: (callback) => {
      callback({ apiSchema: schema, coreSupergraphSdl: '' });
      return () => undefined;
    },
    load: async () => ({
      executor: async ({ source, request, context }) => {
        const { viewer, requestId, ip, authProblem } = (context as HttpContext).caller;
        return executor.execute(source, {
          operationName: request.operationName,
          variables: request.variables,
          // Operations of a batch have nothing in common but the caller: each has its own loaders.
          context: new RequestContext(viewer, requestId, ip, authProblem),
        });
      },
    }),
    stop: () => Promise.resolve(),
  };
}

/** What must hold before Apollo parses anything. */
function checkRequest(request: Request, settings: GraphqlHttpOptions['settings']): void {
  const body: unknown = request.body;
  if (Array.isArray(body) && body.length > settings.MAX_BATCH) {
    const message = `The request has ${body.length} operations; ${settings.MAX_BATCH} are allowed. Send several requests.`;
    throw new BadUserInputError([{ path: 'body', message }]);
  }
  const operations: unknown[] = Array.isArray(body) ? body : [body, request.query];
  for (const operation of operations) {
    const text = (operation as { query?: unknown } | null | undefined)?.query;
    if (typeof text === 'string') checkText(text, settings);
  }
}

/** Apollo reads the HTTP status and headers for the whole answer from the error, and takes them out of it. */
function withStatus(error: GraphQLError): GraphQLError {
  const { code, retryAfterMs } = error.extensions as { code: ErrorCode; retryAfterMs?: number };
  const headers = new HeaderMap();
  if (code === 'UNAUTHENTICATED') headers.set('www-authenticate', 'Bearer');
  if (retryAfterMs !== undefined) headers.set('retry-after', String(Math.ceil(retryAfterMs / 1000)));
  error.extensions['http'] = { status: httpStatusOf(code), headers };
  return error;
}

/** The executor has formatted its errors; left are Apollo's own, of requests that did not come so far. */
function formatLeftover(
  errors: ErrorReporter,
  formatted: GraphQLFormattedError,
  error: unknown,
): GraphQLFormattedError {
  const ours = errors.format(error, uuidv7());
  if (ours === error) return formatted;
  const { http: _http, ...extensions } = ours.extensions;
  return { ...ours.toJSON(), extensions };
}

/** A body that is no JSON is answered as GraphQL clients expect; one that is too large, as any HTTP client would. */
const unreadableBody: ErrorRequestHandler = (error: unknown, request, response, next) => {
  const problem = bodyProblem(error);
  if (!problem || problem.status === 413 || response.headersSent) return next(error);
  const { status, code, message } = problem;
  const type = request.accepts(['application/json', 'application/graphql-response+json']);
  response
    .status(status)
    .type(type || 'application/json')
    .send(JSON.stringify({ errors: [{ message, extensions: { code } }] }));
};

function plainLogger(logger: Logger): ApolloServerOptions<HttpContext>['logger'] {
  return {
    debug: (message: unknown) => logger.debug(String(message)),
    info: (message: unknown) => logger.info(String(message)),
    warn: (message: unknown) => logger.warn(String(message)),
    error: (message: unknown) => logger.error(String(message)),
  };
}
