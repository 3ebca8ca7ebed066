import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef } from 'react';
import { Link } from 'react-router';
import { useApi } from '../../api/api-context';
import { useSubscription } from '../../api/use-subscription';
import { Age } from '../../components/Age';
import { RunningTime } from '../../components/RunningTime';
import { FaultPanel, Loading } from '../../components/States';
import { StatusBadge } from '../../components/StatusBadge';
import { showName } from '../../format/hostile-text';
import { formatCost } from '../../format/numbers';
import { LatestTasksOfAgentDocument, TasksChangedDocument, type TaskStatus } from '../../generated/graphql';
import { useProject } from '../../shell/project-context';
import styles from './AgentPage.module.css';

const SHOWN = 10;
/** How often, at most, the list is read anew while tasks change. */
const REREAD_MS = 1_500;
const RUNNING = new Set<TaskStatus>(['RUNNING', 'WAITING_FOR_HUMAN']);

/** What the agent did last, kept current. */
export function LatestTasks({ agentId }: { agentId: string }) {
  const project = useProject();
  const { api, queries } = useApi();
  const queryKey = useMemo(() => ['latest-tasks', agentId], [agentId]);
  const query = useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      const variables = { projectId: project.id, agentId, first: SHOWN };
      return (await api.request(LatestTasksOfAgentDocument, variables, signal)).tasks.nodes;
    },
  });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [queryKey],
  );
  const rereadSoon = () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void queries.invalidateQueries({ queryKey });
    }, REREAD_MS);
  };
  const liveFault = useSubscription(
    agentId,
    TasksChangedDocument,
    () => ({ projectId: project.id, agentId }),
    {
      begun: rereadSoon,
      next: rereadSoon,
    },
  );
  const base = `/p/${project.slug}/tasks`;
  return (
    <section className={styles.section} aria-labelledby="latest-tasks">
      <div className={styles.bar}>
        <h2 id="latest-tasks">Latest tasks</h2>
        <Link to={`${base}?agent=${agentId}`}>All its tasks</Link>
      </div>
      {liveFault && (
        <p className={styles.problem} role="alert">
          The list is not live: {liveFault.message}
        </p>
      )}
      {query.isPending && <Loading what="Loading its tasks" />}
      {query.isError && !query.data && (
        <FaultPanel fault={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.data?.length === 0 && <p className={styles.muted}>It has had no task yet.</p>}
      <ul className={styles.tasks}>
        {query.data?.map((task) => (
          <li key={task.id} className={styles.task}>
            <span className={styles.taskStatus}>
              <StatusBadge status={task.status} />
            </span>
            <Link to={`${base}/${task.id}`} className={styles.taskName}>
              <bdi>{showName(task.name)}</bdi>
            </Link>
            <span className={styles.muted}>
              <RunningTime task={task} isRunning={RUNNING.has(task.status)} /> · {formatCost(task.costUsd)} ·{' '}
              <Age at={task.queuedAt} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
