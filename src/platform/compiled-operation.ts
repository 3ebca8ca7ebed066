import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  Kind,
  parseType,
  typeFromAST,
  TypeInfo,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
  type DirectiveNode,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  type GraphQLType,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
} from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import type { RequestContext } from './request-context.js';

export type Variables = Readonly<Record<string, unknown>>;

/** An operation as JavaScript. Errors of resolvers are in the result; it has no `data` where the variables were refused. */
export type CompiledOperation = (
  rootValue: unknown,
  context: RequestContext,
  variables: Variables,
) => ExecutionResult | Promise<ExecutionResult>;

/**
 * Compiles one operation of a valid document with graphql-jit, or answers undefined for what is left to the interpreter.
 *
 * graphql-jit 0.8 writes source code out of the document, and some documents it gets wrong; a text literal can even carry
 * code into it. So it is given less than it takes: an operation whose @skip and @include have been carried out already,
 * without text literals and without default values (both become variables), without introspection, interfaces, unions,
 * literals of JSON objects, variables of input types that hold themselves (it would write code without end), and names
 * that its generated names could clash with.
 * @param isTrue answers the conditions of @skip and @include that are variables
 */
export function compileOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  isTrue: (variable: string) => boolean,
): CompiledOperation | undefined {
  const plain = orUndefined(() => simplify(schema, document, operation, isTrue));
  if (!plain) return undefined;
  const compiled = compileQuery(schema, plain.document, operation.name?.value, {
    disablingCapturingStackErrors: true,
  });
  if (!isCompiledQuery(compiled)) return undefined;
  const { defaults, literals } = plain;
  return (rootValue, context, variables) =>
    compiled.query(rootValue, context, { ...defaults, ...variables, ...literals });
}

/** The variables that decide what @skip and @include leave of an operation. */
export function conditionVariables(document: DocumentNode): string[] {
  const names = new Set<string>();
  visit(document, {
    Directive: (directive) => {
      const condition = conditionOf(directive);
      if (condition?.kind === Kind.VARIABLE) names.add(condition.name.value);
    },
  });
  return [...names];
}

const conditionOf = (directive: DirectiveNode) =>
  directive.arguments?.find((argument) => argument.name.value === 'if')?.value;

class Unsupported extends Error {}

function orUndefined<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Unsupported) return undefined;
    throw error;
  }
}

interface Simplified {
  /** The one operation, and the fragments. */
  document: DocumentNode;
  /** What the text literals said, by the variable that took their place. */
  literals: Variables;
  /** The default values of variables. */
  defaults: Variables;
}

const literalPrefix = '_literal';

/** @throws Unsupported */
function simplify(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  isTrue: (variable: string) => boolean,
): Simplified {
  const typeInfo = new TypeInfo(schema);
  const literals: Record<string, unknown> = {};
  const added: VariableDefinitionNode[] = [];

  const isLeftOut = (node: { readonly directives?: readonly DirectiveNode[] }): boolean =>
    (node.directives ?? []).some((directive) => {
      const condition = conditionOf(directive);
      const value =
        condition?.kind === Kind.VARIABLE
          ? isTrue(condition.name.value)
          : condition?.kind === Kind.BOOLEAN && condition.value;
      return directive.name.value === 'skip' ? value : directive.name.value === 'include' && !value;
    });
  const leaveOut = (node: { readonly directives?: readonly DirectiveNode[] }) =>
    isLeftOut(node) ? null : undefined;

  const visitor = visitWithTypeInfo(typeInfo, {
    OperationDefinition: (node) => (node === start ? undefined : null),
    // Done with before; their default values are given at each call.
    VariableDefinition: () => false,
    Directive: () => null,
    InlineFragment: leaveOut,
    FragmentSpread: leaveOut,
    Field: (node) => {
      if (isLeftOut(node)) return null;
      const type = getNamedType(typeInfo.getType());
      if (node.alias?.value.includes('_') || isAbstractType(type) || type?.name.startsWith('__')) {
        throw new Unsupported();
      }
      return undefined;
    },
    Variable: (node) => {
      if (node.name.value.startsWith('_')) throw new Unsupported();
    },
    ListValue: () => {
      // Here the type is the items'; the parent's is the list's.
      if (isLeafType(getNullableType(typeInfo.getParentInputType()))) throw new Unsupported();
    },
    ObjectValue: () => {
      if (isLeafType(getNamedType(typeInfo.getInputType()))) throw new Unsupported();
    },
    EnumValue: () => {
      if (!isEnumType(getNamedType(typeInfo.getInputType()))) throw new Unsupported();
    },
    StringValue: (node) => {
      const type = typeInfo.getInputType();
      if (!type) throw new Unsupported();
      const name = `${literalPrefix}${added.length}`;
      const variable = { kind: Kind.VARIABLE as const, name: { kind: Kind.NAME as const, value: name } };
      literals[name] = node.value;
      added.push({ kind: Kind.VARIABLE_DEFINITION, variable, type: parseType(String(type)) });
      return variable;
    },
  });

  const defaults: Record<string, unknown> = {};
  const definitions = (operation.variableDefinitions ?? []).map(({ defaultValue, ...definition }) => {
    const type = typeFromAST(schema, definition.type as NamedTypeNode);
    if (definition.variable.name.value.startsWith('_') || holdsItself(type, [])) throw new Unsupported();
    if (defaultValue) defaults[definition.variable.name.value] = valueFromASTUntyped(defaultValue);
    return definition;
  });
  const start: OperationDefinitionNode = { ...operation, variableDefinitions: definitions };
  const plain: DocumentNode = visit(
    { ...document, definitions: document.definitions.map((node) => (node === operation ? start : node)) },
    visitor,
  );
  return {
    document: {
      ...plain,
      definitions: plain.definitions.map((node) =>
        node.kind === Kind.OPERATION_DEFINITION
          ? { ...node, variableDefinitions: [...definitions, ...added] }
          : node,
      ),
    },
    literals,
    defaults,
  };
}

function holdsItself(type: GraphQLType | undefined, within: readonly GraphQLType[]): boolean {
  const named = getNamedType(type);
  if (!isInputObjectType(named)) return false;
  if (within.includes(named)) return true;
  return Object.values(named.getFields()).some((field) => holdsItself(field.type, [...within, named]));
}
