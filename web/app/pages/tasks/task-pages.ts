import type { InfiniteData } from '@tanstack/react-query';
import type { TaskPageQuery, TaskRowFragment } from '../../generated/graphql';

export type TaskRow = TaskRowFragment;

/** A page of the list, and where it stands in it: rows that scrolled far away are dropped, and come back by `before`. */
export interface TaskListPage {
  startIndex: number;
  rows: TaskRow[];
  info: TaskPageQuery['tasks']['pageInfo'];
}

export type TaskListParam = { after: string | null; before: string | null; startIndex: number };

export type TaskListData = InfiniteData<TaskListPage, TaskListParam>;

export const PAGE_ROWS = 100;

/** Pages kept at once, at each of 100 rows. */
export const MAX_PAGES = 20;

export function nextPageParam(page: TaskListPage): TaskListParam | undefined {
  if (!page.info.hasNextPage || !page.info.endCursor) return undefined;
  return { after: page.info.endCursor, before: null, startIndex: page.startIndex + page.rows.length };
}

/** Only for rows that had been shown: what is newer than the first row announces itself instead. */
export function previousPageParam(page: TaskListPage): TaskListParam | undefined {
  if (page.startIndex === 0 || !page.info.startCursor) return undefined;
  return { after: null, before: page.info.startCursor, startIndex: Math.max(page.startIndex - PAGE_ROWS, 0) };
}

/** The same list with the newest state of the rows it has. Pages in which nothing changed stay the same objects. */
export function withChanges(data: TaskListData, changes: ReadonlyMap<string, TaskRow>): TaskListData {
  let isChanged = false;
  const pages = data.pages.map((page) => {
    const rows = page.rows.map((row) => {
      const change = changes.get(row.id);
      return change && change.revision > row.revision ? change : row;
    });
    if (rows.every((row, index) => row === page.rows[index])) return page;
    isChanged = true;
    return { ...page, rows };
  });
  return isChanged ? { ...data, pages } : data;
}

/** The same list, where more has come to stand behind its last row. */
export function withMore(data: TaskListData): TaskListData {
  const last = data.pages.at(-1);
  if (!last) return data;
  const info = { ...last.info, hasNextPage: true };
  return { ...data, pages: [...data.pages.slice(0, -1), { ...last, info }] };
}

/** How to read the rows of a page anew, without those that came before the first one since. */
export function rereadParam(data: TaskListData, index: number): TaskListParam | undefined {
  const page = data.pages[index];
  if (!page) return undefined;
  const following = data.pages[index + 1];
  const before = following?.info.startCursor ?? null;
  return { after: data.pages[index - 1]?.info.endCursor ?? null, before, startIndex: page.startIndex };
}
