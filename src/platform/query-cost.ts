import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { maxPageSize } from './pagination.js';
import { isIntrospection } from './query-limits.js';

/** Rows of a page where neither first nor last is given. */
const standardPage = 50;
/** Rows that a list without pages is taken to have. */
const unpagedList = 10;

type Variables = Readonly<Record<string, unknown>>;

/** The number of rows; or the names of the variables that say it, and what is taken where they are not given. */
type Rows = number | { variables: string[]; otherwise: number };

/** A field's share of the cost: its own, and its children's once for each row. */
interface CostNode {
  own: number;
  rows: Rows;
  children: CostNode[];
}

/**
 * Prepares the cost of an operation: fields times the rows asked for. A field costs 1, or what its `complexity` extension
 * says; lists multiply what is selected below them by `first` or `last`. Introspection is free.
 * @param document a valid one
 * @returns the cost for the variables of one request
 */
export function prepareCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): (variables: Variables) => number {
  const { root, fragments } = costTree(schema, document, operation);
  const defaults: Record<string, unknown> = {};
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    if (defaultValue?.kind === Kind.INT) defaults[variable.name.value] = Number(defaultValue.value);
  }
  const evaluate = (variables: Variables): number => {
    // A fragment may stand in many places: it is computed once, or nested ones would take exponential time.
    const known = new Map<CostNode, number>();
    const costOf = (node: CostNode): number => {
      const before = known.get(node);
      if (before !== undefined) return before;
      let below = 0;
      for (const child of node.children) below += costOf(child);
      const cost = node.own + rowsOf(node.rows, variables, defaults) * below;
      if (fragments.has(node)) known.set(node, cost);
      return cost;
    };
    return costOf(root);
  };
  if (dependsOnVariables(root, new Set())) return evaluate;
  const cost = evaluate({});
  return () => cost;
}

function dependsOnVariables(node: CostNode, seen: Set<CostNode>): boolean {
  if (seen.has(node)) return false;
  seen.add(node);
  return typeof node.rows === 'object' || node.children.some((child) => dependsOnVariables(child, seen));
}

function rowsOf(rows: Rows, variables: Variables, defaults: Variables): number {
  if (typeof rows === 'number') return rows;
  // What is no number is refused later, and costs nothing until then.
  const given = rows.variables
    .map((name) => variables[name] ?? defaults[name])
    .filter((size) => typeof size === 'number');
  return given.length > 0 ? pageRows(Math.max(...given)) : rows.otherwise;
}

/** A page larger than allowed is refused by its resolver, which says so better. */
const pageRows = (size: number) => Math.min(Math.max(size, 0), maxPageSize);

function costTree(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): { root: CostNode; fragments: ReadonlySet<CostNode> } {
  const fragments = new Map<string, CostNode>();
  const fragment = (name: string): CostNode => {
    const node = fragments.get(name) ?? { own: 0, rows: 1, children: [] };
    fragments.set(name, node);
    return node;
  };
  const root: CostNode = { own: 0, rows: 1, children: [] };
  const open: CostNode[] = [];
  const typeInfo = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      OperationDefinition: (node) => {
        if (node !== operation) return false;
        open.push(root);
        return undefined;
      },
      FragmentDefinition: {
        enter: (node) => void open.push(fragment(node.name.value)),
        leave: () => void open.pop(),
      },
      FragmentSpread: (node) => void open.at(-1)?.children.push(fragment(node.name.value)),
      Field: {
        enter: (field) => {
          if (isIntrospection(field)) return false;
          const definition = typeInfo.getFieldDef();
          const own = definition?.extensions['complexity'];
          const node: CostNode = {
            own: typeof own === 'number' ? own : 1,
            rows: definition ? rowsAskedFor(field, definition, isConnection(typeInfo)) : 1,
            children: [],
          };
          open.at(-1)?.children.push(node);
          open.push(node);
          return undefined;
        },
        leave: () => void open.pop(),
      },
    }),
  );
  return { root, fragments: new Set(fragments.values()) };
}

/** The lists within a connection are one page, which the field of the connection has counted. */
function isConnection(typeInfo: TypeInfo): boolean {
  const parent = typeInfo.getParentType();
  return isObjectType(parent) && 'pageInfo' in parent.getFields();
}

const isPageSize = (name: string) => name === 'first' || name === 'last';

function rowsAskedFor(
  field: FieldNode,
  definition: GraphQLField<unknown, unknown>,
  isWithinConnection: boolean,
): Rows {
  if (!definition.args.some((arg) => isPageSize(arg.name))) {
    const isList = isListType(getNullableType(definition.type));
    return isList && !isWithinConnection && isCompositeType(getNamedType(definition.type)) ? unpagedList : 1;
  }
  const variables: string[] = [];
  const sizes: number[] = [];
  for (const { name, value } of field.arguments ?? []) {
    if (!isPageSize(name.value)) continue;
    if (value.kind === Kind.VARIABLE) variables.push(value.name.value);
    if (value.kind === Kind.INT) sizes.push(pageRows(Number(value.value)));
  }
  const otherwise = sizes.length > 0 ? Math.max(...sizes) : standardPage;
  return variables.length > 0 ? { variables, otherwise } : otherwise;
}
