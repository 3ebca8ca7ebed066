import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef } from 'react';
import { useApi } from '../../api/api-context';
import { useSubscription } from '../../api/use-subscription';
import {
  TaskByIdDocument,
  TaskOfAgentChangedDocument,
  TaskProgressedDocument,
  type TaskByIdQuery,
} from '../../generated/graphql';

export type TaskHead = NonNullable<TaskByIdQuery['task']>;

const ENDS = new Set(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'CANCELLED']);

export function hasEnded({ status }: Pick<TaskHead, 'status'>): boolean {
  return ENDS.has(status);
}

/** How often, at most, what taskProgress does not tell is read anew: tokens, interventions, times. */
const REREAD_MS = 2_000;

/** One task's head, kept current. */
export function useTask(id: string) {
  const { api, queries } = useApi();
  const queryKey = useMemo(() => ['task', id], [id]);
  const query = useQuery({
    queryKey,
    queryFn: async ({ signal }) => (await api.request(TaskByIdDocument, { id }, signal)).task,
  });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [id],
  );
  const rereadSoon = (delayMs: number) => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void queries.invalidateQueries({ queryKey });
    }, delayMs);
  };
  const task = query.data ?? null;
  const attempt = task && `${id} ${task.attempt}`;
  // taskProgress ends with the task; a retry begins another attempt, and with it another subscription.
  const progressFault = useSubscription(
    task && !hasEnded(task) ? attempt : null,
    TaskProgressedDocument,
    () => ({ taskId: id }),
    {
      next: ({ taskProgress }) => {
        const before = queries.getQueryData<TaskHead>(queryKey);
        if (!before || taskProgress.revision <= before.revision) return;
        const { message, ...now } = taskProgress;
        queries.setQueryData<TaskHead>(queryKey, { ...before, ...now, progressMessage: message });
        rereadSoon(now.status === before.status ? REREAD_MS : 0);
      },
      completed: () => rereadSoon(0),
    },
  );
  // Somebody may try again what has ended.
  const agentFault = useSubscription(
    task && hasEnded(task) ? attempt : null,
    TaskOfAgentChangedDocument,
    () => ({ projectId: task?.project.id ?? '', agentId: task?.agent.id ?? '' }),
    {
      begun: () => rereadSoon(0),
      next: ({ tasksChanged: { id: changed, revision } }) => {
        if (changed === id && revision > (task?.revision ?? 0)) rereadSoon(0);
      },
    },
  );
  return { query, task, liveFault: progressFault ?? agentFault };
}
