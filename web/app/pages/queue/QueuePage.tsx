import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { useApi } from '../../api/api-context';
import { Age } from '../../components/Age';
import { Button, ButtonLink } from '../../components/Button';
import { DataTable, Figures } from '../../components/DataTable';
import panel from '../../components/Panel.module.css';
import { FaultPanel, Loading, StatePanel } from '../../components/States';
import { showName } from '../../format/hostile-text';
import { formatCount, formatDuration } from '../../format/numbers';
import {
  QueuedTasksDocument,
  type QueuedTasksQuery,
  type SystemPictureFragment,
} from '../../generated/graphql';
import { useProject } from '../../shell/project-context';
import { usePageTitle } from '../../shell/use-page-title';
import { AgentStatusBadge } from '../agents/AgentStatusBadge';
import { useSystemState } from '../system/use-system-state';

const PAGE_ROWS = 100;
const REREAD_MS = 5_000;

/** What waits for a worker, the oldest first. */
export function QueuePage() {
  const project = useProject();
  const { api } = useApi();
  usePageTitle(`Queue of ${project.name}`);
  const state = useSystemState();
  const query = useInfiniteQuery({
    queryKey: ['queued-tasks', project.id],
    queryFn: async ({ pageParam, signal }) => {
      const variables = { projectId: project.id, first: PAGE_ROWS, after: pageParam };
      return (await api.request(QueuedTasksDocument, variables, signal)).tasks;
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ pageInfo }) => (pageInfo.hasNextPage ? pageInfo.endCursor : null),
    refetchInterval: REREAD_MS,
  });
  const tasks = query.data?.pages.flatMap(({ nodes }) => nodes) ?? [];
  const base = `/p/${project.slug}`;
  return (
    <div className={`${panel.page} ${panel.wide}`}>
      <h1>Queue</h1>
      {state.data && <QueueFigures queue={state.data.queue} workers={state.data.workers.length} />}
      {query.isPending && <Loading what="Loading the queue" />}
      {query.isError && tasks.length === 0 && (
        <FaultPanel fault={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.isSuccess && tasks.length === 0 && (
        <StatePanel
          title="Nothing waits"
          action={<ButtonLink to={`${base}/scraping`}>New scraping task</ButtonLink>}
        >
          <p>Tasks that wait for a worker appear here: scraping tasks, and those made with start: false.</p>
        </StatePanel>
      )}
      {tasks.length > 0 && (
        <Waiting tasks={tasks} total={query.data?.pages[0]?.totalCount ?? null} base={base} />
      )}
      {query.hasNextPage && (
        <div>
          <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
            Show more tasks
          </Button>
        </div>
      )}
    </div>
  );
}

interface FiguresProps {
  queue: SystemPictureFragment['queue'];
  workers: number;
}

function QueueFigures({ queue, workers }: FiguresProps) {
  const figures = [
    { label: 'Queued', value: formatCount(queue.queued) },
    { label: 'The oldest waits for', value: formatDuration(queue.oldestQueuedMs) },
    { label: 'Running', value: formatCount(queue.running) },
    { label: 'Waiting for a human', value: formatCount(queue.waitingForHuman) },
    { label: 'Finished in 24 hours', value: formatCount(queue.finishedLast24h) },
    { label: 'Failed of these', value: formatCount(queue.failedLast24h) },
    { label: 'Workers', value: formatCount(workers) },
  ];
  return (
    <section className={panel.card} aria-label="All your projects">
      <p className={panel.muted}>All your projects together</p>
      <Figures figures={figures} />
    </section>
  );
}

interface WaitingProps {
  tasks: QueuedTasksQuery['tasks']['nodes'];
  total: number | null;
  base: string;
}

function Waiting({ tasks, total, base }: WaitingProps) {
  return (
    <section className={panel.card} aria-labelledby="waiting">
      <h2 id="waiting">Waiting in this project{total !== null && `: ${formatCount(total)}`}</h2>
      <DataTable label="Waiting tasks" heads={['Task', 'Agent', 'Type', 'Priority', 'Attempt', 'Waits for']}>
        {tasks.map(({ id, name, agent, type, priority, attempt, maxAttempts, queuedAt }) => (
          <tr key={id}>
            <th scope="row">
              <Link to={`${base}/tasks/${id}`}>
                <bdi>{showName(name, 120)}</bdi>
              </Link>
            </th>
            <td>
              <bdi>{showName(agent.name, 60)}</bdi>{' '}
              {/* Nobody is given the tasks of an agent that takes none. */}
              {agent.status !== 'ACTIVE' && <AgentStatusBadge status={agent.status} />}
            </td>
            <td>{showName(type, 60)}</td>
            <td>{priority}</td>
            <td>
              {attempt} of {maxAttempts}
            </td>
            <td>
              <Age at={queuedAt} />
            </td>
          </tr>
        ))}
      </DataTable>
    </section>
  );
}
