import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useApi } from '../../api/api-context';
import { useSubscription } from '../../api/use-subscription';
import { NewerTasksDocument, TaskPageDocument, TasksChangedDocument } from '../../generated/graphql';
import { leaveList, useLeftList, type ListPlace } from './left-list';
import {
  MAX_PAGES,
  nextPageParam,
  PAGE_ROWS,
  previousPageParam,
  rereadParam,
  withChanges,
  withMore,
  type TaskListData,
  type TaskListPage,
  type TaskListParam,
  type TaskRow,
} from './task-pages';
import type { TaskView } from './task-view';

/** Changes are gathered this long before they are shown: many tasks change many times a second. */
const GATHER_MS = 200;
/** How often, at most, the server is asked how many tasks are new. */
const COUNT_MS = 1_500;
/** More new tasks than this are not counted. */
export const MOST_COUNTED = 99;

/**
 * The task list of a project under a view: read by pages in both directions, its rows kept current.
 * @param address the query of the view's address
 */
export function useTaskList(projectId: string, view: TaskView, address: string) {
  const { api, queries } = useApi();
  const left = useLeftList(queries, projectId, address);
  const queryKey = useMemo(() => ['tasks', projectId, view], [projectId, view]);
  const [newerCount, setNewerCount] = useState(0);
  /** Ends what is asked about a view that is no longer shown. */
  const viewEnds = useRef(new AbortController());

  const readPage = useCallback(
    async ({ after, before, startIndex }: TaskListParam, signal?: AbortSignal): Promise<TaskListPage> => {
      const direction =
        before !== null && after === null ? { last: PAGE_ROWS, before } : { first: PAGE_ROWS, after };
      const { tasks } = await api.request(TaskPageDocument, { projectId, ...view, ...direction }, signal);
      return { startIndex, rows: tasks.nodes, info: tasks.pageInfo };
    },
    [api, projectId, view],
  );

  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => readPage(pageParam, signal),
    initialPageParam: { after: null, before: null, startIndex: 0 } as TaskListParam,
    getNextPageParam: nextPageParam,
    getPreviousPageParam: previousPageParam,
    maxPages: MAX_PAGES,
    initialData: left?.data,
    // Rows are kept current one by one; reading all pages anew would move them.
    staleTime: Infinity,
    gcTime: 0,
  });

  const change = useCallback(
    (changes: ReadonlyMap<string, TaskRow>) =>
      queries.setQueryData<TaskListData>(queryKey, (data) => data && withChanges(data, changes)),
    [queries, queryKey],
  );

  const showNewest = useCallback(async () => {
    const page = await readPage({ after: null, before: null, startIndex: 0 });
    queries.setQueryData<TaskListData>(queryKey, {
      pages: [page],
      pageParams: [{ after: null, before: null, startIndex: 0 }],
    });
    setNewerCount(0);
  }, [queries, queryKey, readPage]);

  const leave = (place: ListPlace) => {
    const data = queries.getQueryData<TaskListData>(queryKey);
    if (data) leaveList(queries, projectId, address, { place, data });
  };

  const countNewer = useCallback(async () => {
    const pages = queries.getQueryData<TaskListData>(queryKey)?.pages ?? [];
    const [first] = pages;
    if (!first) return;
    const { signal } = viewEnds.current;
    // An empty list has no row that could move.
    if (first.rows.length === 0) return void (await showNewest());
    if (view.orderBy === 'OLDEST') {
      // What is newer comes behind all rows and moves none: it is read as any next page.
      const { hasNextPage, endCursor: after } = pages.at(-1)?.info ?? first.info;
      if (hasNextPage || !after) return;
      const { tasks } = await api.request(
        NewerTasksDocument,
        { projectId, ...view, first: 1, after },
        signal,
      );
      if (tasks.nodes.length > 0) {
        queries.setQueryData<TaskListData>(queryKey, (data) => data && withMore(data));
      }
      return;
    }
    if (first.startIndex > 0 || !first.info.startCursor) return;
    const range = { last: MOST_COUNTED + 1, before: first.info.startCursor };
    const { tasks } = await api.request(NewerTasksDocument, { projectId, ...view, ...range }, signal);
    const known = new Set(first.rows.map(({ id }) => id));
    setNewerCount(tasks.nodes.filter(({ id }) => !known.has(id)).length);
  }, [api, projectId, view, queries, queryKey, showNewest]);

  /** After a gap in the connection: what the rows have become meanwhile. */
  const reread = useCallback(async () => {
    const data = queries.getQueryData<TaskListData>(queryKey);
    for (let index = 0; index < (data?.pages.length ?? 0); index += 1) {
      const param = data && rereadParam(data, index);
      if (!param) return;
      const { rows } = await readPage(param);
      change(new Map(rows.map((row) => [row.id, row])));
    }
  }, [queries, queryKey, readPage, change]);

  const gathered = useRef(new Map<string, TaskRow>());
  const changeTimer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const countTimer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    setNewerCount(0);
    viewEnds.current = new AbortController();
    return () => {
      viewEnds.current.abort();
      clearTimeout(changeTimer.current);
      clearTimeout(countTimer.current);
      changeTimer.current = undefined;
      countTimer.current = undefined;
    };
  }, [queryKey]);

  const planCount = useCallback(() => {
    countTimer.current ??= setTimeout(() => {
      countTimer.current = undefined;
      // The next change, or the reconnection, asks again.
      countNewer().catch(() => undefined);
    }, COUNT_MS);
  }, [countNewer]);

  const fault = useSubscription(projectId, TasksChangedDocument, () => ({ projectId }), {
    begun: () => {
      reread().catch(() => undefined);
      planCount();
    },
    next: ({ tasksChanged: task }) => {
      gathered.current.set(task.id, task);
      changeTimer.current ??= setTimeout(() => {
        changeTimer.current = undefined;
        const changes = gathered.current;
        gathered.current = new Map();
        const pages = queries.getQueryData<TaskListData>(queryKey)?.pages ?? [];
        const known = new Set(pages.flatMap(({ rows }) => rows.map(({ id }) => id)));
        change(changes);
        if ([...changes.keys()].some((id) => !known.has(id))) planCount();
      }, GATHER_MS);
    },
  });

  return { query, place: left?.place, newerCount, showNewest, leave, liveFault: fault };
}
