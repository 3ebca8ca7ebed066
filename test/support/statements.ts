import pg from 'pg';

/** A statement as this process sent it to the database. */
export interface Statement {
  text: string;
  values: unknown[];
  /** How many rows it answered. */
  rows: number;
}

/** The statements that something causes in this process, on whatever connection, in their order. */
export async function statementsOf(work: () => Promise<unknown>): Promise<Statement[]> {
  const statements: Statement[] = [];
  const original = pg.Client.prototype.query as (this: pg.Client, ...args: unknown[]) => unknown;
  pg.Client.prototype.query = function record(this: pg.Client, ...args: unknown[]) {
    const [config, ...others] = args as [string | { text?: string; values?: unknown[] }, ...unknown[]];
    const isText = typeof config === 'string';
    const values = isText ? others[0] : config.values;
    const statement: Statement = {
      text: isText ? config : (config.text ?? ''),
      values: Array.isArray(values) ? values : [],
      rows: 0,
    };
    statements.push(statement);
    const note = (result?: { rows?: unknown[] }) => (statement.rows = result?.rows?.length ?? 0);
    // The pool hands on a callback, others take a promise.
    const callback = others.at(-1);
    if (typeof callback === 'function') {
      const noted = (error: unknown, result?: pg.QueryResult) => {
        note(result);
        (callback as (...all: unknown[]) => void)(error, result);
      };
      return original.call(this, config, ...others.slice(0, -1), noted);
    }
    const answer = original.apply(this, args);
    if (!(answer instanceof Promise)) return answer;
    return (answer as Promise<pg.QueryResult>).then((result) => {
      note(result);
      return result;
    });
  } as typeof pg.Client.prototype.query;
  try {
    await work();
  } finally {
    pg.Client.prototype.query = original as typeof pg.Client.prototype.query;
  }
  return statements;
}

/** A node of a plan, as EXPLAIN tells it in JSON. */
export interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  /** In each of the loops. */
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  Plans?: PlanNode[];
}

/** All nodes of the plan that EXPLAIN (FORMAT JSON) answered. */
export function planNodes([row]: { 'QUERY PLAN': { Plan: PlanNode }[] }[]): PlanNode[] {
  const nodes: PlanNode[] = [];
  const walk = (node: PlanNode) => {
    nodes.push(node);
    node.Plans?.forEach(walk);
  };
  walk(row!['QUERY PLAN'][0]!.Plan);
  return nodes;
}
