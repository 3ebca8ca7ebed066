import {
  createSourceEventStream,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import type { Executor, OperationRequest, PreparedOperation } from './executor.js';
import { RequestContext } from './request-context.js';
import type { Viewer } from './viewer.js';

/**
 * An event that many subscribers get. What is selected of it is computed once for all of them who ask the same with the
 * same rights, so long as they get the same object. `projectId` says by which project's permissions rights are told
 * apart; without it every viewer counts as different.
 */
export interface SharedPayload {
  projectId?: string;
}

/** Thrown by a source of events whose subscriber does not keep up: its socket is closed, and may resume. */
export class TooSlowError extends Error {
  constructor() {
    super('The subscriber does not keep up with the events.');
  }
}

/** The results of one subscription as JSON text, one after the other. */
export interface ResultStream {
  /** The next result; undefined once there are no more. Rejects with what the source of events threw. */
  next(): Promise<string | undefined>;
  /** Lets the source go. A `next` that waits may then wait forever. */
  return(): void;
}

/** What of an operation decides who may share its results. */
interface SharePlan {
  /** Variables used anywhere but in the arguments of the root field. */
  variables: readonly string[];
  /** Whether a field with the extension `perViewer` is selected: its value differs from viewer to viewer. */
  isPerViewer: boolean;
}

/**
 * Subscriptions whose results are computed and written as JSON once for each distinct (query, variables, rights) and
 * event, not once for each subscriber. The arguments of the root field only choose the events: its resolver must make its
 * result from the event alone.
 */
export class SharedSubscriptions {
  readonly #results = new WeakMap<object, Map<string, Promise<string>>>();
  readonly #plans = new WeakMap<PreparedOperation, SharePlan>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly executor: Executor,
  ) {}

  /** Begins to listen. Answers a result with errors, formatted, where the subscription was refused. */
  async subscribe(
    operation: PreparedOperation,
    request: OperationRequest,
  ): Promise<ResultStream | ExecutionResult> {
    try {
      const source = await createSourceEventStream({
        schema: this.schema,
        document: operation.document,
        operationName: operation.definition.name?.value ?? null,
        variableValues: request.variables ?? {},
        contextValue: request.context,
      });
      if (!(Symbol.asyncIterator in source)) return this.executor.refuse(operation, request, source.errors);
      return this.#stream(source[Symbol.asyncIterator](), operation, request);
    } catch (error) {
      return this.executor.refuse(operation, request, [error]);
    }
  }

  #stream(
    source: AsyncIterator<unknown>,
    operation: PreparedOperation,
    request: OperationRequest,
  ): ResultStream {
    const plan = this.#planOf(operation);
    const { viewer } = request.context;
    const variables = request.variables ?? {};
    const asked = JSON.stringify([
      operation.definition.name?.value,
      plan.variables.map((name) => [name, variables[name]]),
      operation.text,
    ]);
    // A subscription sees one project as a rule: its key is made once.
    const keys = new Map<string | undefined, string>();
    const keyFor = (projectId: string | undefined): string => {
      let key = keys.get(projectId);
      if (key === undefined) {
        key = `${rightsOf(viewer, plan.isPerViewer ? undefined : projectId)} ${asked}`;
        keys.set(projectId, key);
      }
      return key;
    };
    return {
      next: async () => {
        const { value, done } = await source.next();
        if (done) return undefined;
        return typeof value === 'object' && value !== null
          ? this.#shared(value, keyFor((value as SharedPayload).projectId), operation, request)
          : this.#execute(value, operation, request);
      },
      return: () => {
        source.return?.()?.catch(() => undefined);
      },
    };
  }

  #shared(
    payload: object,
    key: string,
    operation: PreparedOperation,
    request: OperationRequest,
  ): Promise<string> {
    let results = this.#results.get(payload);
    if (!results) this.#results.set(payload, (results = new Map<string, Promise<string>>()));
    let result = results.get(key);
    if (!result) results.set(key, (result = this.#execute(payload, operation, request)));
    return result;
  }

  async #execute(rootValue: unknown, operation: PreparedOperation, request: OperationRequest) {
    const { viewer, requestId, ip, authProblem } = request.context;
    // A context of its own: its loaders must not answer with what an earlier event has read.
    const context = new RequestContext(viewer, requestId, ip, authProblem);
    return JSON.stringify(await this.executor.run(operation, { ...request, context, rootValue }));
  }

  #planOf(operation: PreparedOperation): SharePlan {
    let plan = this.#plans.get(operation);
    if (!plan) this.#plans.set(operation, (plan = planSharing(this.schema, operation)));
    return plan;
  }
}

/** Viewers with the same rights see the same of a project. Who they are matters where no project is named. */
function rightsOf(viewer: Viewer | null, projectId: string | undefined): string {
  if (!viewer) return 'nobody';
  if (typeof projectId !== 'string') return `${viewer.kind} ${viewer.id}`;
  return `${viewer.kind} ${projectId} ${[...(viewer.grants.get(projectId) ?? [])].sort().join()}`;
}

function planSharing(schema: GraphQLSchema, { document, definition }: PreparedOperation): SharePlan {
  const typeInfo = new TypeInfo(schema);
  const variables = new Set<string>();
  let isPerViewer = false;
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      OperationDefinition: (node) => (node === definition ? undefined : false),
      VariableDefinition: () => false,
      Argument: () =>
        // Those of the root field; a directive's argument has no field argument around it.
        typeInfo.getParentType() === schema.getSubscriptionType() && !typeInfo.getDirective()
          ? false
          : undefined,
      Field: () => {
        if (typeInfo.getFieldDef()?.extensions['perViewer'] === true) isPerViewer = true;
      },
      Variable: (node) => void variables.add(node.name.value),
    }),
  );
  return { variables: [...variables].sort(), isPerViewer };
}
