// Express 5 hands the rejections of handlers on to the error handler.
/* oxlint-disable oxc/no-async-endpoint-handlers */
import { createMcpHandler, type AuthInfo } from '@modelcontextprotocol/server';
import { json, Router, type ErrorRequestHandler, type Request, type Response } from 'express';
import { requireSignedIn } from '../../platform/access.js';
import type { ErrorReporter } from '../../platform/error-format.js';
import { BadUserInputError, ForbiddenError, httpStatusOf } from '../../platform/errors.js';
import { bodyProblem } from '../../platform/http-server.js';
import type { Logger } from '../../platform/logger.js';
import type { RequestContext } from '../../platform/request-context.js';
import { createMcpServer, type Caller } from './mcp-server.js';
import { rebindingProblem } from './rebinding.js';
import type { Tool } from './tool.js';
import { sendWebResponse, webRequest } from './web-exchange.js';

export interface McpRoutesOptions {
  tools: readonly Tool[];
  /** Of Binnacle. */
  version: string;
  maxBodyBytes: number;
  /** Most calls in one request of a client of the 2025 era. */
  maxBatch: number;
  /** Names that the server is called by: MCP_ALLOWED_HOSTS. */
  allowedHosts: readonly string[];
  contextOf: (request: Request) => Promise<RequestContext>;
  errors: ErrorReporter;
  logger: Logger;
}

/** Codes of JSON-RPC for the statuses answered here; all others are the server's own. */
const rpcCodes: Record<number, number> = { 400: -32_600, 413: -32_600, 500: -32_603 };

/**
 * POST /mcp: the Model Context Protocol over Streamable HTTP, for an API key as bearer token. Each request stands for itself, so any
 * process may answer it; clients of 2026 and of 2025 find the same tools.
 */
export function createMcpRoutes(options: McpRoutesOptions): Router {
  const { maxBodyBytes, maxBatch, allowedHosts, contextOf, errors, logger } = options;
  const handler = createMcpHandler(({ authInfo }) => createMcpServer(options, callerOf(authInfo)), {
    maxRequestBodySize: maxBodyBytes,
    onerror: (error) => logger.debug({ err: error }, 'An MCP request was refused.'),
  });
  const router = Router();
  router.all(
    '/mcp',
    ({ headers }, _response, next) => {
      const problem = rebindingProblem(headers, { allowed: allowedHosts });
      next(problem === undefined ? undefined : new ForbiddenError(problem));
    },
    async (request, response, next) => {
      response.locals['caller'] = requireKey(await contextOf(request));
      next();
    },
    json({ limit: maxBodyBytes }),
    async (request, response) => {
      const body: unknown = request.body;
      if (Array.isArray(body) && body.length > maxBatch) {
        const message = `The request holds ${body.length} messages; ${maxBatch} are allowed (MAX_BATCH).`;
        throw new BadUserInputError([{ path: 'batch', message }]);
      }
      const authInfo = authInfoOf(response.locals['caller'] as Caller);
      const answer = await handler.fetch(webRequest(request, response), {
        authInfo,
        ...(body === undefined ? {} : { parsedBody: body }),
      });
      await sendWebResponse(answer, response);
    },
  );
  router.use('/mcp', refusalHandler(errors));
  return router;
}

/** @throws UnauthenticatedError, ForbiddenError for a person's token */
function requireKey(context: RequestContext): Caller {
  const viewer = requireSignedIn(context);
  const [projectId] = viewer.grants.keys();
  if (viewer.kind !== 'API_KEY' || projectId === undefined) {
    throw new ForbiddenError(
      'MCP is spoken with an API key, which says of which project; make one in the project.',
    );
  }
  return { context, projectId };
}

/** The library hands on who calls in the form that it has for OAuth; the key itself goes no further. */
function authInfoOf(caller: Caller): AuthInfo {
  const id = caller.context.viewer?.id ?? '';
  return { token: '', clientId: id, scopes: [], extra: { caller } };
}

function callerOf(authInfo: AuthInfo | undefined): Caller {
  return authInfo?.extra?.['caller'] as Caller;
}

/** Tells what was refused before the protocol had its say, in the protocol's form. */
function refusalHandler(errors: ErrorReporter): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const refused = bodyProblem(error);
    const explanation = refused ?? errors.explain(error, String(response.getHeader('X-Request-Id')));
    const status = refused?.status ?? httpStatusOf(explanation.code);
    const isUnreadable = error instanceof SyntaxError && refused?.status === 400;
    const { message, ...data } = explanation;
    if (data.retryAfterMs !== undefined)
      response.setHeader('Retry-After', Math.ceil(data.retryAfterMs / 1000));
    if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    // What was not read of the body is not waited for: the connection ends with the answer.
    if (!request.complete) response.setHeader('Connection', 'close');
    send(response, status, isUnreadable ? -32_700 : (rpcCodes[status] ?? -32_000), message, {
      code: data.code,
    });
  };
}

function send(response: Response, status: number, code: number, message: string, data: object): void {
  response.status(status).json({ jsonrpc: '2.0', id: null, error: { code, message, data } });
}
