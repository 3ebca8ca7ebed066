import type { CallToolResult, ToolAnnotations } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { RequestContext } from '../../platform/request-context.js';
import type { Permission } from '../../platform/viewer.js';
import { readArguments } from './tool-arguments.js';

/** One call of a tool. */
export interface ToolCall {
  /** Of this call alone, with the key that makes it. */
  context: RequestContext;
  /** The key's project. */
  projectId: string;
  /** Aborted when the caller is gone or has cancelled the call. */
  signal: AbortSignal;
  /** Tells the caller how far the work is, 0 to 1, where it asked for that. What is not more than before is not told. */
  tellProgress: (progress: number, message: string | null) => void;
}

interface ToolDescription {
  name: string;
  title: string;
  description: string;
  /** What the key must be allowed to do in its project, as for the same thing over GraphQL; the services check it too. */
  permission: Permission;
  annotations: ToolAnnotations;
  /** What arguments are called here that the services know by another name. */
  argumentNames?: Readonly<Record<string, string>>;
}

interface ToolDefinition<In extends z.ZodObject, Out extends z.ZodObject> extends ToolDescription {
  /** The form of the arguments; which values they may hold, the rules on the inputs of the services say too. */
  input: In;
  output: Out;
  run: (args: z.output<In>, call: ToolCall) => Promise<z.input<Out>>;
}

/** A tool as it is listed and called. */
export interface Tool extends ToolDescription {
  inputSchema: { type: 'object' };
  outputSchema: { type: 'object' };
  /** @throws BadUserInputError for wrong arguments, and whatever a service throws */
  call: (args: unknown, call: ToolCall) => Promise<CallToolResult>;
}

export function defineTool<In extends z.ZodObject, Out extends z.ZodObject>({
  input,
  output,
  run,
  ...described
}: ToolDefinition<In, Out>): Tool {
  return {
    ...described,
    inputSchema: jsonSchema(input, 'input'),
    outputSchema: jsonSchema(output, 'output'),
    call: async (args, call) => {
      const structuredContent = await run(readArguments(input, args), call);
      // Clients that read no structured content find the same as text.
      return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
    },
  };
}

function jsonSchema(schema: z.ZodObject, io: 'input' | 'output'): { type: 'object' } {
  // Without $schema it is of the protocol's own dialect, whose name clients of the 2025 era do not know.
  const { $schema: _, ...written } = z.toJSONSchema(schema, { io });
  return written as { type: 'object' };
}
