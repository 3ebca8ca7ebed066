import { Field, FieldResolver, Int, ObjectType, Resolver, Root, type ClassType } from 'type-graphql';
import { BadUserInputError } from './errors.js';
import { textProblem } from './scalars.js';
import { isId } from './validation.js';

/** The most rows that one page may hold. */
export const maxPageSize = 500;
const standardPageSize = 50;

@ObjectType({ description: 'Where a page stands within its list.', simpleResolvers: true })
export class PageInfo {
  @Field(() => Boolean)
  hasNextPage: boolean;
  @Field(() => Boolean)
  hasPreviousPage: boolean;
  @Field(() => String, {
    nullable: true,
    description: 'Pass as `before` to read what stands ahead of this page.',
  })
  startCursor: string | null;
  @Field(() => String, { nullable: true, description: 'Pass as `after` to read what follows this page.' })
  endCursor: string | null;
}

export interface Edge<Node> {
  cursor: string;
  node: Node;
}

/** The arguments of every list; `last` and `before` only where the list can be read backwards. */
export interface PageArguments {
  first?: number | null;
  after?: string | null;
  last?: number | null;
  before?: string | null;
}

/** What a repository needs: so many rows, from which place, in which direction. */
export interface PageRequest {
  limit: number;
  isBackwards: boolean;
  /** The parts of the cursor row's sort key; null = from the end of the list. */
  from: string[] | null;
}

/** What a part of a sort key holds: a cursor comes from outside, and only what the list itself writes may reach SQL. */
export type KeyPart = 'text' | 'id' | 'time' | 'number' | 'whole';

const isPart: Record<KeyPart, (part: string) => boolean> = {
  text: (part) => textProblem(part) === undefined,
  id: isId,
  time: (part) => !Number.isNaN(Date.parse(part)) && new Date(part).toISOString() === part,
  number: (part) => Number.isFinite(Number(part)) && String(Number(part)) === part,
  whole: (part) => /^\d{1,9}$/.test(part),
};

/**
 * Checks the arguments of a list and opens its cursor.
 * @param key the parts of the list's sort key
 * @throws BadUserInputError for both directions at once, a size outside of 1 to 500, a cursor that is none of this list's
 */
export function pageRequest(args: PageArguments, key: readonly KeyPart[]): PageRequest {
  const isBackwards = args.last != null || (args.before != null && args.first == null);
  if (args.first != null && args.last != null) {
    throw new BadUserInputError([{ path: 'last', message: 'Use either first or last, not both.' }]);
  }
  if (args.after != null && args.before != null) {
    throw new BadUserInputError([{ path: 'before', message: 'Use either after or before, not both.' }]);
  }
  if ((args.last != null && args.after != null) || (args.first != null && args.before != null)) {
    throw new BadUserInputError([
      {
        path: isBackwards ? 'after' : 'before',
        message: 'first goes with after, and last goes with before.',
      },
    ]);
  }
  const [sizeName, size] = isBackwards ? ['last', args.last] : ['first', args.first];
  if (size != null && (size < 1 || size > maxPageSize)) {
    throw new BadUserInputError([{ path: sizeName, message: `A page holds 1 to ${maxPageSize} rows.` }]);
  }
  const cursor = isBackwards ? args.before : args.after;
  const path = isBackwards ? 'before' : 'after';
  return {
    limit: size ?? standardPageSize,
    isBackwards,
    from: cursor == null ? null : openCursor(cursor, key, path),
  };
}

/** An opaque text that names a row by its sort key. */
export function makeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key.map(String))).toString('base64url');
}

function openCursor(cursor: string, key: readonly KeyPart[], path: string): string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (
      Array.isArray(parts) &&
      parts.length === key.length &&
      key.every((kind, index) => typeof parts[index] === 'string' && isPart[kind](parts[index]))
    ) {
      return parts as string[];
    }
  } catch {
    // told below
  }
  throw new BadUserInputError([
    { path, message: 'This is no cursor of this list; take it from pageInfo or an edge.' },
  ]);
}

type KeyOf<Node> = (row: Node) => readonly (string | number)[];

/** A page of a list. Cursors are made, and rows counted, only for those who ask. */
export class Page<Node> {
  readonly nodes: Node[];
  readonly #hasMore: boolean;

  /**
   * @param rows as read: in the direction asked for, with one row more than asked for where there is one
   * @param keyOf the sort key of a row, in the parts that pageRequest was told
   * @param totalCount counts the whole list
   */
  constructor(
    private readonly request: PageRequest,
    rows: readonly Node[],
    private readonly keyOf: KeyOf<Node>,
    readonly totalCount: () => Promise<number>,
  ) {
    this.#hasMore = rows.length > request.limit;
    this.nodes = this.#hasMore ? rows.slice(0, request.limit) : [...rows];
    if (request.isBackwards) this.nodes.reverse();
  }

  get edges(): Edge<Node>[] {
    return this.nodes.map((node) => ({ cursor: this.#cursor(node), node }));
  }

  get pageInfo(): PageInfo {
    const { isBackwards, from } = this.request;
    const [first, last] = [this.nodes[0], this.nodes.at(-1)];
    return {
      hasNextPage: isBackwards ? from !== null : this.#hasMore,
      hasPreviousPage: isBackwards ? this.#hasMore : from !== null,
      startCursor: first === undefined ? null : this.#cursor(first),
      endCursor: last === undefined ? null : this.#cursor(last),
    };
  }

  #cursor(node: Node): string {
    return makeCursor(this.keyOf(node));
  }
}

/** The Relay connection of a type; its resolver, countOf, answers totalCount. */
export function Connection<Node extends object>(name: string, NodeType: ClassType<Node>) {
  @ObjectType(`${name}Edge`, { simpleResolvers: true })
  class ConnectionEdge implements Edge<Node> {
    @Field(() => String)
    cursor: string;
    @Field(() => NodeType)
    node: Node;
  }
  @ObjectType({ simpleResolvers: true })
  abstract class ConnectionPage {
    @Field(() => [ConnectionEdge])
    edges: ConnectionEdge[];
    @Field(() => [NodeType])
    nodes: Node[];
    @Field(() => PageInfo)
    pageInfo: PageInfo;
  }
  return ConnectionPage;
}

/** The resolver of a connection's totalCount: a field of its own, so that a count is paid for only where it is asked for. */
export function countOf(ConnectionType: ClassType): object {
  @Resolver(() => ConnectionType)
  class CountResolver {
    @FieldResolver(() => Int, { description: 'How many there are in all; counted only when asked for.' })
    totalCount(@Root() page: Page<unknown>): Promise<number> {
      return page.totalCount();
    }
  }
  return new CountResolver();
}

export const pageSizeDescription = `How many rows, 1 to ${maxPageSize}; ${standardPageSize} where neither first nor last is given.`;
