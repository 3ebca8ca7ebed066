import type { SearchedStep } from './searchable-text.js';

/** A step as far as it is searched. */
export interface BatchStep extends SearchedStep {
  taskId: string;
  seq: number;
  revision: number;
  /** The place, counted from 1, in the list that the steps were asked for by. */
  place: number;
  /** There are more than could be read at once. */
  isCut: boolean;
}

/** The bytes that the searched parts of a step s take as they are stored, large ones packed. */
export const storedSize = ['name', 'error_message', 'input', 'output', 'attributes']
  .map((column) => `COALESCE(pg_column_size(s.${column}), 0)`)
  .join(' + ');
const mostBytes = 1_000_000;

/**
 * SQL that reads the searched parts of steps: at most so many, and of large ones so few that they fit into memory, but one in
 * any case.
 * @param from a FROM clause that gives the steps as s, and the place of each as k.place
 * @param order by columns of s, within a place
 */
export function stepBatch(from: string, order: string, most: number): string {
  return `
    SELECT b.task_id AS "taskId", b.seq, b.revision, b.place::int, b.name, b.error_message AS "errorMessage",
      b.input::text, b.output::text, b.attributes::text, b.found = ${most} OR b.bytes > ${mostBytes} AS "isCut"
    FROM (
      SELECT s.*, row_number() OVER sequence AS number, sum(s.size) OVER sequence - s.size AS before,
        sum(s.size) OVER () AS bytes, count(*) OVER () AS found
      FROM (SELECT s.*, k.place, ${storedSize} AS size ${from} ORDER BY k.place, ${order} LIMIT ${most}) s
      WINDOW sequence AS (ORDER BY s.place, ${order})
    ) b WHERE b.before < ${mostBytes} ORDER BY b.number`;
}
