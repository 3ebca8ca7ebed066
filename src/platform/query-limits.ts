import {
  Kind,
  Lexer,
  Source,
  TokenKind,
  visit,
  type DocumentNode,
  type FieldNode,
  type SelectionSetNode,
} from 'graphql';
import type { Config } from './config.js';
import { DomainError } from './errors.js';

export type QueryLimits = Pick<
  Config,
  'MAX_QUERY_DEPTH' | 'MAX_QUERY_COMPLEXITY' | 'MAX_QUERY_ALIASES' | 'MAX_QUERY_TOKENS' | 'INTROSPECTION'
>;

const tooComplex = (message: string) => new DomainError('QUERY_TOO_COMPLEX', message);

/** Longest document, in characters; what is longer carries data, and data belongs into variables. */
const maxTextLength = 262_144;
/** Deepest nesting of brackets of any kind: keeps the parser, which calls itself, far from the end of the stack. */
const maxBrackets = 200;

const opening: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const closing: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/**
 * Bounds a document before anything parses it: its length, its tokens, the nesting of its brackets.
 * @throws DomainError QUERY_TOO_COMPLEX; text that is no GraphQL passes, for the parser to say what is wrong with it
 */
export function checkText(text: string, limits: QueryLimits): void {
  if (text.length > maxTextLength) {
    throw tooComplex(
      `The document has ${text.length} characters; ${maxTextLength} are allowed. Send large values as variables.`,
    );
  }
  const { tokens, brackets } = measureText(text, limits.MAX_QUERY_TOKENS * 10);
  if (brackets > maxBrackets) {
    throw tooComplex(`The document nests brackets more than ${maxBrackets} levels deep, the most allowed.`);
  }
  if (tokens > limits.MAX_QUERY_TOKENS) {
    throw tooComplex(
      `The document has ${tokens} tokens${tokens === limits.MAX_QUERY_TOKENS * 10 ? ' or more' : ''}; ` +
        `${limits.MAX_QUERY_TOKENS} are allowed. Ask in several requests.`,
    );
  }
}

function measureText(text: string, mostTokens: number): { tokens: number; brackets: number } {
  const lexer = new Lexer(new Source(text));
  let tokens = 0;
  let open = 0;
  let brackets = 0;
  try {
    for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
      if (opening.has(token.kind)) brackets = Math.max(brackets, ++open);
      if (closing.has(token.kind)) open--;
      if (++tokens >= mostTokens || brackets > maxBrackets) break;
    }
  } catch {
    // Not a token: the parser will name the place.
  }
  return { tokens, brackets };
}

/**
 * Bounds the aliases and the depth of a document that has been parsed but not validated: fragments may run in circles.
 * Introspection counts to neither; GraphQL's own rule bounds it.
 * @throws DomainError QUERY_TOO_COMPLEX
 */
export function checkShape(document: DocumentNode, limits: QueryLimits): void {
  const aliases = countAliases(document);
  if (aliases > limits.MAX_QUERY_ALIASES) {
    throw tooComplex(
      `The document has ${aliases} aliases; ${limits.MAX_QUERY_ALIASES} are allowed. Ask in several requests.`,
    );
  }
  const depth = depthOf(document);
  if (depth > limits.MAX_QUERY_DEPTH) {
    throw tooComplex(`The query is nested ${depth} levels deep; ${limits.MAX_QUERY_DEPTH} are allowed.`);
  }
}

/** Whether the field asks for the schema rather than for data. */
export const isIntrospection = (field: FieldNode) =>
  field.name.value === '__schema' || field.name.value === '__type';

function countAliases(document: DocumentNode): number {
  let aliases = 0;
  visit(document, {
    Field: (field) => {
      if (isIntrospection(field)) return false;
      if (field.alias) aliases++;
      return undefined;
    },
  });
  return aliases;
}

function depthOf(document: DocumentNode): number {
  const fragments = new Map<string, SelectionSetNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition.selectionSet);
    }
  }
  // A fragment is measured once. Within itself it counts as nothing: validation refuses such circles.
  const known = new Map<string, number>();
  const measure = (selectionSet: SelectionSetNode | undefined): number => {
    let deepest = 0;
    for (const selection of selectionSet?.selections ?? []) {
      let depth = 0;
      if (selection.kind === Kind.FIELD) {
        depth = isIntrospection(selection) ? 0 : 1 + measure(selection.selectionSet);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        depth = measure(selection.selectionSet);
      } else {
        const name = selection.name.value;
        if (!known.has(name)) {
          known.set(name, 0);
          known.set(name, measure(fragments.get(name)));
        }
        depth = known.get(name) ?? 0;
      }
      deepest = Math.max(deepest, depth);
    }
    return deepest;
  };
  const depths = document.definitions.map((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? measure(definition.selectionSet) : 0,
  );
  return Math.max(0, ...depths);
}

/** @throws DomainError QUERY_TOO_COMPLEX */
export function checkCost(cost: number, limits: QueryLimits): void {
  if (cost > limits.MAX_QUERY_COMPLEXITY) {
    throw tooComplex(
      `The query costs ${cost}, in fields times rows asked for; ${limits.MAX_QUERY_COMPLEXITY} are allowed. ` +
        'Ask for fewer rows with first or last, or for fewer fields.',
    );
  }
}
