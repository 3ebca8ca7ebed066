import {
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type CallToolResult,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { ErrorReporter } from '../../platform/error-format.js';
import { ForbiddenError } from '../../platform/errors.js';
import { RequestContext } from '../../platform/request-context.js';
import { isAllowed, requirePermission } from '../../platform/viewer.js';
import { toolError } from './tool-error.js';
import type { Tool, ToolCall } from './tool.js';

/** Who calls: an API key, and its project. */
export interface Caller {
  context: RequestContext;
  projectId: string;
}

export interface McpServerParts {
  tools: readonly Tool[];
  /** Of Binnacle. */
  version: string;
  errors: ErrorReporter;
}

const instructions = `Binnacle shows what AI agents do: their tasks, step by step, what they cost and how often they work. \
Everything here is of the one project that the API key belongs to. Find tasks with list_tasks or search_steps, read one with \
get_task_status and get_trace (a window of its steps at a time; go on with next_from_step), and sums with get_metrics. Unknown \
figures are null. Long payloads are cut, and say so.`;

/** The server of one request: it offers what the caller's key may use, and keeps nothing. */
export function createMcpServer({ tools, version, errors }: McpServerParts, caller: Caller): Server {
  const { viewer } = caller.context;
  const server = new Server(
    { name: 'binnacle', title: 'Binnacle', version },
    { capabilities: { tools: {} }, instructions },
  );
  server.setRequestHandler('tools/list', () => ({
    tools: tools
      .filter(({ permission }) => viewer !== null && isAllowed(viewer, caller.projectId, permission))
      .map(({ name, title, description, annotations, inputSchema, outputSchema }) => ({
        name,
        title,
        description,
        annotations: { title, ...annotations },
        inputSchema,
        outputSchema,
      })),
  }));
  server.setRequestHandler('tools/call', async ({ params }, protocol): Promise<CallToolResult> => {
    const tool = tools.find(({ name }) => name === params.name);
    if (!tool) {
      const message = `There is no tool "${params.name.slice(0, 100)}"; tools/list names those there are.`;
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, message);
    }
    const call = callOf(caller, protocol);
    try {
      requireScope(call, tool);
      return await tool.call(params.arguments, call);
    } catch (error) {
      return toolError(errors.explain(error, call.context.requestId), tool.argumentNames);
    }
  });
  return server;
}

function callOf({ context, projectId }: Caller, { mcpReq, http }: ServerContext): ToolCall {
  const { viewer, requestId, ip } = context;
  const signals = [mcpReq.signal, ...(http?.req ? [http.req.signal] : [])];
  const { _meta: meta } = mcpReq;
  const progressToken = meta?.progressToken;
  let told = -1;
  return {
    // What one call has loaded is old for the next call of the same request.
    context: new RequestContext(viewer, requestId, ip),
    projectId,
    signal: AbortSignal.any(signals),
    tellProgress: (progress, message) => {
      if (progressToken === undefined || progress <= told) return;
      told = progress;
      const params = { progressToken, progress, total: 1, ...(message === null ? {} : { message }) };
      // Who is gone is told nothing more; the signal says so too.
      mcpReq.notify({ method: 'notifications/progress', params }).catch(() => undefined);
    },
  };
}

/** @throws ForbiddenError that says which scope the tool wants */
function requireScope({ context, projectId }: ToolCall, { name, permission }: Tool): void {
  try {
    requirePermission(context.viewer, projectId, permission);
  } catch (error) {
    if (!(error instanceof ForbiddenError)) throw error;
    throw new ForbiddenError(`${error.message} The tool ${name} wants it; use a key that has it.`);
  }
}
