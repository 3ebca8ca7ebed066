import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useApi } from '../../api/api-context';
import { Button } from '../../components/Button';
import { Notice } from '../../components/Notice';
import { FaultPanel, Loading, StatePanel } from '../../components/States';
import { HasTasksDocument, type TaskOrder } from '../../generated/graphql';
import { useProject } from '../../shell/project-context';
import { useAddressView } from '../../shell/use-address-view';
import { usePageTitle } from '../../shell/use-page-title';
import { FirstRun } from '../first-run/FirstRun';
import { rememberList } from './left-list';
import { TaskFilters } from './TaskFilters';
import { TaskTable } from './TaskTable';
import { countFilters, readTaskView, writeTaskView, type TaskView } from './task-view';
import { MOST_COUNTED, useTaskList } from './use-task-list';

/** What a task needs for a place in an order. */
const LACKS: Partial<Record<TaskOrder, string>> = { SLOWEST: 'duration', COSTLIEST: 'cost' };
const EVERYTHING: TaskView = { filter: {}, orderBy: 'NEWEST' };

export function TasksPage() {
  const project = useProject();
  const [view, changeView] = useAddressView(readTaskView, writeTaskView);
  usePageTitle(`Tasks of ${project.name}`);
  const address = writeTaskView(view).toString();
  useEffect(() => rememberList(project.slug, address === '' ? '' : `?${address}`), [project.slug, address]);
  return (
    <div className="filling-column">
      <h1 className="visually-hidden">Tasks</h1>
      <TaskList view={view} address={address} onView={changeView} />
    </div>
  );
}

interface TaskListProps {
  view: TaskView;
  /** The query of the view's address. */
  address: string;
  onView: (change: (view: TaskView) => TaskView) => void;
}

function TaskList({ view, address, onView }: TaskListProps) {
  const project = useProject();
  const { query, place, newerCount, showNewest, leave, liveFault } = useTaskList(project.id, view, address);
  const [newestFault, setNewestFault] = useState<{ view: TaskView; message: string } | null>(null);
  const isFiltered = countFilters(view.filter) > 0;
  const pages = query.data?.pages ?? [];
  const isEmpty = query.isSuccess && pages.every(({ rows }) => rows.length === 0);
  const hasTasks = useHasTasks(project.id, isEmpty && (isFiltered || view.orderBy !== 'NEWEST'));

  if (isEmpty && !isFiltered && view.orderBy === 'NEWEST') return <FirstRun />;

  const filters = <TaskFilters view={view} onView={onView} />;
  if (query.isPending) {
    return (
      <>
        {filters}
        <Loading what="Loading tasks" />
      </>
    );
  }
  if (query.isError && pages.length === 0) {
    return (
      <>
        {filters}
        <FaultPanel fault={query.error} onRetry={() => void query.refetch()} />
      </>
    );
  }
  const lacks = LACKS[view.orderBy];
  if (isEmpty && lacks !== undefined && !isFiltered) {
    return (
      <>
        {filters}
        <StatePanel
          title="No task stands in this order"
          action={<Button onPress={() => onView(() => EVERYTHING)}>Show the newest first</Button>}
        >
          <p>Only tasks with a known {lacks} do; they appear here by themselves.</p>
        </StatePanel>
      </>
    );
  }
  if (isEmpty) {
    return (
      <>
        {filters}
        <StatePanel
          title="No task matches"
          action={<Button onPress={() => onView(() => EVERYTHING)}>Show all tasks</Button>}
        >
          <p>
            {hasTasks === false
              ? 'The project has no tasks yet.'
              : 'Widen the filters. Tasks that match later appear here by themselves.'}
          </p>
        </StatePanel>
      </>
    );
  }
  return (
    <>
      {filters}
      {liveFault && <Notice role="alert">The list is not live: {liveFault.message}</Notice>}
      {newestFault?.view === view && (
        <Notice role="alert">The newest tasks could not be read: {newestFault.message}</Notice>
      )}
      <TaskTable
        key={address}
        pages={pages}
        place={place}
        onLeave={leave}
        base={`/p/${project.slug}/tasks`}
        newer={newerCount > MOST_COUNTED ? `${MOST_COUNTED}+` : newerCount > 0 ? String(newerCount) : null}
        onShowNewest={async () => {
          setNewestFault(null);
          await showNewest().catch(({ message }: Error) => setNewestFault({ view, message }));
        }}
        more={
          query.hasNextPage
            ? {
                isLoading: query.isFetchingNextPage,
                hasFailed: query.isFetchNextPageError,
                load: () => void query.fetchNextPage(),
              }
            : null
        }
        onMissingBefore={() => {
          if (query.hasPreviousPage && !query.isFetching) void query.fetchPreviousPage();
        }}
      />
    </>
  );
}

/** Whether the project has any task at all; undefined while that is not known. */
function useHasTasks(projectId: string, isWanted: boolean): boolean | undefined {
  const { api } = useApi();
  const { data } = useQuery({
    queryKey: ['has-tasks', projectId],
    queryFn: ({ signal }) => api.request(HasTasksDocument, { projectId }, signal),
    enabled: isWanted,
  });
  return data && data.tasks.nodes.length > 0;
}
