import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { GraphqlFault } from '../../../../access/graphql-post';
import { useApi } from '../../../api/api-context';
import { useTaskSteps } from '../../../api/use-task-steps';
import { MatchingStepsDocument, StepScalesDocument, StepWindowDocument } from '../../../generated/graphql';
import { parseTime } from '../../../format/times';
import { hasEnded, type TaskHead } from '../use-task';
import { StepStore } from './step-store';

/** The steps of a task, read where they are needed, and followed while the task goes on. */
export function useStepStore(task: TaskHead): {
  store: StepStore;
  version: number;
  /** Whether more may come. */
  isFollowed: boolean;
  liveFault: GraphqlFault | null;
  /** When the first step began; null = not known. */
  firstMs: number | null;
} {
  const { api } = useApi();
  const taskId = task.id;
  const [store] = useState(
    () =>
      new StepStore(
        {
          window: async (fromSeq, first, signal) =>
            (await api.request(StepWindowDocument, { taskId, fromSeq, first }, signal)).task?.steps.nodes ??
            [],
          seqs: async (seqs, signal) => {
            const variables = { taskId, filter: { seqs }, first: seqs.length };
            return (await api.request(MatchingStepsDocument, variables, signal)).task?.steps.nodes ?? [];
          },
        },
        { count: task.stepCount, revision: task.revision },
      ),
  );
  const version = useSyncExternalStore(store.subscribe, store.version);
  useEffect(() => () => store.stop(), [store]);

  const isRunning = !hasEnded(task);
  // The head may hear of the end before the last steps are here: the subscription itself says when it is done.
  const [isFollowed, setFollowed] = useState(isRunning);
  if (isRunning && !isFollowed) setFollowed(true);
  const liveFault = useTaskSteps({
    taskId: isFollowed ? taskId : null,
    afterRevision: store.revision,
    onBatch: ({ revision, steps }) => store.take(revision, steps),
    onEnd: () => setFollowed(false),
  });
  useEffect(() => {
    if (!isFollowed) store.grow(task.stepCount);
  }, [store, isFollowed, task.stepCount]);

  const { data } = useQuery({
    queryKey: ['step-scales', taskId],
    queryFn: async ({ signal }) => (await api.request(StepScalesDocument, { taskId }, signal)).task,
    enabled: task.stepCount > 0,
  });
  const slowestMs = data?.slowestStep?.latencyMs ?? 0;
  const [last] = data?.lastStep.nodes ?? [];
  const lastMs = parseTime(last?.endedAt ?? last?.startedAt ?? null) ?? 0;
  useEffect(() => store.raiseScales(slowestMs, lastMs), [store, slowestMs, lastMs]);
  const firstMs = parseTime(data?.steps.nodes[0]?.startedAt ?? null);
  return { store, version, isFollowed, liveFault, firstMs };
}
