import {
  execute,
  GraphQLError,
  Kind,
  MaxIntrospectionDepthRule,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import {
  compileOperation,
  conditionVariables,
  type CompiledOperation,
  type Variables,
} from './compiled-operation.js';
import type { ErrorReporter } from './error-format.js';
import { BadUserInputError } from './errors.js';
import { prepareCost } from './query-cost.js';
import { checkCost, checkShape, checkText, type QueryLimits } from './query-limits.js';
import type { RequestContext } from './request-context.js';
import { literalPath, variableProblems } from './variable-problems.js';

export interface ExecutorOptions {
  schema: GraphQLSchema;
  limits: QueryLimits;
  errors: ErrorReporter;
  /** After how many executions an operation is compiled. The default, 1, spares those that come only once. */
  compileAfter?: number;
  /** Told of each query, mutation or event of a subscription that has been carried out. */
  onExecuted?: (type: OperationDefinitionNode['operation'], isFaulty: boolean) => void;
}

/** What a client asks for, beside the document. */
export interface OperationRequest {
  operationName?: string | null | undefined;
  variables?: Variables | null | undefined;
  context: RequestContext;
  /** The event, for a subscription. */
  rootValue?: unknown;
}

/** An operation of a document that may be carried out. */
export interface PreparedOperation {
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  readonly text: string;
  readonly cost: (variables: Variables) => number;
  /** Variables that @skip and @include ask; each combination of their values is compiled by itself. */
  readonly conditions: readonly string[];
  readonly compiled: Map<string, CompiledOperation | undefined>;
  runs: number;
}

/** A document that was read once and is remembered by its text. */
export interface PreparedDocument {
  readonly operations: readonly PreparedOperation[];
  /** What validation refused; the operations are empty then. */
  readonly errors: readonly Error[];
}

/** Texts remembered, in characters over all: a hundred or more of the documents that clients really send. */
const maxRemembered = 500_000;
const maxVariants = 8;

/**
 * Carries out GraphQL operations for every transport: limits, validation, compiled execution, errors as the contract has
 * them. Whatever happens within an operation is in its result; nothing is thrown.
 */
export class Executor {
  readonly #documents = new Map<string, PreparedDocument>();
  readonly #compileAfter: number;
  #remembered = 0;

  constructor(private readonly options: ExecutorOptions) {
    this.#compileAfter = options.compileAfter ?? 1;
  }

  /**
   * Reads a document, or remembers it.
   * @throws DomainError QUERY_TOO_COMPLEX; GraphQLError for what is no GraphQL
   */
  prepare(text: string): PreparedDocument {
    const known = this.#documents.get(text);
    if (known) {
      // Moved to the end: what stands first has not been asked for the longest.
      this.#documents.delete(text);
      this.#documents.set(text, known);
      return known;
    }
    const prepared = this.#read(text);
    if (text.length * 4 > maxRemembered) return prepared;
    this.#documents.set(text, prepared);
    this.#remembered += text.length;
    for (const oldest of this.#documents.keys()) {
      if (this.#remembered <= maxRemembered) break;
      this.#documents.delete(oldest);
      this.#remembered -= oldest.length;
    }
    return prepared;
  }

  /** The result of the operation wanted, its errors formatted; without `data` where the request itself is at fault. */
  async execute(text: string, request: OperationRequest): Promise<ExecutionResult> {
    try {
      const operation = this.select(text, request);
      if (operation.definition.operation === 'subscription') {
        throw new GraphQLError(
          'Subscriptions are answered over a WebSocket only: connect with graphql-transport-ws.',
        );
      }
      return await this.run(operation, request);
    } catch (error) {
      return this.#refusal(request, error instanceof RefusedDocument ? error.errors : [error]);
    }
  }

  /**
   * The operation wanted, once everything that can be checked beforehand has been.
   * @throws DomainError, GraphQLError, and RefusedDocument with several of them
   */
  select(text: string, request: OperationRequest): PreparedOperation {
    const { operations, errors } = this.prepare(text);
    if (errors.length > 0) throw new RefusedDocument(errors);
    const name = request.operationName;
    const operation = name
      ? operations.find(({ definition }) => definition.name?.value === name)
      : operations[0];
    if (!operation) {
      throw new GraphQLError(
        name ? `The document has no operation named "${name}".` : 'The document has no operation.',
      );
    }
    if (!name && operations.length > 1) {
      throw new GraphQLError('The document has several operations: name the one wanted in operationName.');
    }
    checkCost(operation.cost(request.variables ?? {}), this.options.limits);
    return operation;
  }

  /** Carries out an operation that was selected. For a subscription this is one event, the root value. */
  async run(operation: PreparedOperation, request: OperationRequest): Promise<ExecutionResult> {
    const { schema, errors, onExecuted } = this.options;
    const { context, rootValue } = request;
    const variables = request.variables ?? {};
    let result: ExecutionResult;
    try {
      const compiled = this.#compiled(operation, variables);
      const attempt = await compiled?.(rootValue, context, variables);
      // The interpreter has the last word on variables: the compiled code is a little stricter here and there.
      result =
        attempt && 'data' in attempt
          ? attempt
          : await execute({
              schema,
              document: operation.document,
              operationName: operation.definition.name?.value ?? null,
              rootValue,
              contextValue: context,
              variableValues: variables,
            });
      if (!('data' in result)) result = this.refuse(operation, request, result.errors ?? []);
    } catch (error) {
      result = this.#refusal(request, [error]);
    }
    if (result.errors) {
      const formatted = result.errors.map((error) => errors.format(error, context.requestId));
      result = 'data' in result ? { errors: formatted, data: result.data } : { errors: formatted };
    }
    onExecuted?.(operation.definition.operation, result.errors !== undefined);
    return result;
  }

  /** The answer to an operation that could not begin; what is wrong with its variables is named by its path. */
  refuse(
    operation: PreparedOperation,
    request: OperationRequest,
    errors: readonly unknown[] = [],
  ): ExecutionResult {
    const fields = variableProblems(this.options.schema, operation.definition, request.variables ?? {});
    return this.#refusal(request, fields.length > 0 ? [new BadUserInputError(fields)] : errors);
  }

  #refusal({ context }: OperationRequest, errors: readonly unknown[]): ExecutionResult {
    return { errors: errors.map((error) => this.options.errors.format(error, context.requestId)) };
  }

  #read(text: string): PreparedDocument {
    const { schema, limits } = this.options;
    checkText(text, limits);
    const document = parse(text);
    checkShape(document, limits);
    const rules = limits.INTROSPECTION
      ? [...specifiedRules, MaxIntrospectionDepthRule]
      : [...specifiedRules, NoSchemaIntrospectionCustomRule];
    const errors = validate(schema, document, rules, { maxErrors: 20 });
    if (errors.length > 0) {
      return { operations: [], errors: errors.map((error) => withPath(document, error)) };
    }
    const conditions = conditionVariables(document);
    const operations = document.definitions
      .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
      .map((definition) => ({
        document,
        definition,
        text,
        cost: prepareCost(schema, document, definition),
        conditions,
        compiled: new Map<string, CompiledOperation | undefined>(),
        runs: 0,
      }));
    return { operations, errors: [] };
  }

  /** Undefined for what the interpreter does: what came for the first time, and what must not be compiled. */
  #compiled(operation: PreparedOperation, variables: Variables): CompiledOperation | undefined {
    if (operation.runs < this.#compileAfter) {
      operation.runs++;
      return undefined;
    }
    const values = new Map<string, boolean>();
    for (const name of operation.conditions) {
      const value = Object.hasOwn(variables, name) ? variables[name] : defaultOf(operation.definition, name);
      if (typeof value !== 'boolean') return undefined;
      values.set(name, value);
    }
    const variant = [...values.values()].join();
    const { compiled } = operation;
    if (!compiled.has(variant)) {
      if (compiled.size >= maxVariants) return undefined;
      const { document, definition } = operation;
      compiled.set(
        variant,
        compileOperation(this.options.schema, document, definition, (name) => values.get(name) ?? false),
      );
    }
    return compiled.get(variant);
  }
}

/** A document with one or more faults, each told to the caller by itself. */
export class RefusedDocument extends Error {
  constructor(readonly errors: readonly Error[]) {
    super('The document is not valid.');
  }
}

function defaultOf(operation: OperationDefinitionNode, variable: string): boolean | undefined {
  const value = operation.variableDefinitions?.find(
    (definition) => definition.variable.name.value === variable,
  )?.defaultValue;
  return value?.kind === Kind.BOOLEAN ? value.value : undefined;
}

/** A refused value is named by its path, as one in a variable is. */
function withPath(document: DocumentNode, error: GraphQLError): GraphQLError {
  const path = literalPath(document, error);
  if (path === undefined) return error;
  return new GraphQLError(error.message, {
    nodes: error.nodes,
    extensions: { code: 'BAD_USER_INPUT', fields: [{ path, message: error.message }] },
  });
}
