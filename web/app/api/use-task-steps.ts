import { useEffect, useRef } from 'react';
import type { GraphqlFault } from '../../access/graphql-post';
import { TaskStepsDocument, type TaskStepsSubscription } from '../generated/graphql';
import { useSubscription } from './use-subscription';

export type StepBatch = TaskStepsSubscription['taskSteps'];

/**
 * Follows the steps of a task from a revision on. It counts what has come, and after a lost connection goes on from
 * there: nothing is lost and nothing comes twice.
 * @param options.taskId null = nothing is followed
 * @param options.afterRevision what the caller has already; read once for each task
 */
export function useTaskSteps(options: {
  taskId: string | null;
  afterRevision: number;
  onBatch: (batch: StepBatch) => void;
  onEnd?: () => void;
}): GraphqlFault | null {
  const { taskId, afterRevision, onBatch, onEnd } = options;
  const seen = useRef({ taskId, revision: afterRevision });
  useEffect(() => {
    if (seen.current.taskId !== taskId) seen.current = { taskId, revision: afterRevision };
  }, [taskId, afterRevision]);
  return useSubscription(
    taskId,
    TaskStepsDocument,
    () => ({ taskId: taskId ?? '', afterRevision: seen.current.revision }),
    {
      next: ({ taskSteps }) => {
        seen.current.revision = Math.max(seen.current.revision, taskSteps.revision);
        onBatch(taskSteps);
      },
      completed: () => onEnd?.(),
    },
  );
}
