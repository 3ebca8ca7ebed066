import {
  BREAK,
  coerceInputValue,
  isInputType,
  isNonNullType,
  Kind,
  typeFromAST,
  visit,
  type ArgumentNode,
  type ASTNode,
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  type ObjectFieldNode,
  type OperationDefinitionNode,
} from 'graphql';
import { shorten } from './error-format.js';
import type { FieldProblem } from './errors.js';

/** A caller who got so many wrong mends these first. */
const maxProblems = 50;

/** Everything that is wrong with the variables of an operation, each with its path: `input.steps[3].startedAt`. */
export function variableProblems(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const definition of operation.variableDefinitions ?? []) {
    const name = definition.variable.name.value;
    const type = typeFromAST(schema, definition.type);
    if (!isInputType(type)) continue;
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (value == null) {
      if (isNonNullType(type) && (value === null || !definition.defaultValue)) {
        problems.push({ path: name, message: `A value of type "${String(type)}" is needed here.` });
      }
      continue;
    }
    coerceInputValue(value, type, (path, _invalid, error) => {
      if (problems.length >= maxProblems) return;
      const field = /^Field "([_A-Za-z]\w*)" /.exec(error.message)?.[1];
      problems.push({
        path: writePath([name, ...path, ...(field === undefined ? [] : [field])]),
        message: shorten(error.message),
      });
    });
  }
  return problems;
}

/** `input`, `steps`, 3, `key` as `input.steps[3].key`. */
const writePath = (path: readonly (string | number)[]) =>
  path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');

/** What GraphQL says of a field of an input, or of an argument, that is needed: it points at what should hold it. */
const leftOut = /^Field "(?:\w+\.(\w+)" of required type|\w+" argument "(\w+)" of type)/;

/** Where in the arguments of its field a value stands that validation refused; undefined for errors of other kinds. */
export function literalPath(document: DocumentNode, error: GraphQLError): string | undefined {
  let found: string | undefined;
  visit(document, {
    enter: (node, _key, parent, keys, ancestors) => {
      if (node !== error.nodes?.[0]) return undefined;
      const parts: (string | number)[] = [];
      const trail = [...ancestors, ...(parent ? [parent] : []), node];
      for (const [depth, ancestor] of trail.entries()) {
        if (isNamedInput(ancestor)) parts.push(ancestor.name.value);
        // An array of the syntax tree: only that of a list value is one of the caller's.
        else if (Array.isArray(ancestor) && keys[depth - 1] === 'values') parts.push(keys[depth] as number);
      }
      const left = leftOut.exec(error.message);
      const name = left?.[1] ?? left?.[2];
      if (name !== undefined) parts.push(name);
      if (parts.length > 0) found = writePath(parts);
      return BREAK;
    },
  });
  return found;
}

const isNamedInput = (node: ASTNode | readonly ASTNode[]): node is ArgumentNode | ObjectFieldNode =>
  'kind' in node && (node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD);
