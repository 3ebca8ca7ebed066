import { useMutation } from '@tanstack/react-query';
import { useApi } from '../../api/api-context';
import { Button } from '../../components/Button';
import { useToasts } from '../../components/Toasts';
import { CancelTaskDocument, RetryTaskDocument } from '../../generated/graphql';
import { useCanOperate } from '../../shell/project-context';
import { hasEnded, type TaskHead } from './use-task';

/** Cancel what runs; retry what failed. */
export function TaskActions({ task }: { task: TaskHead }) {
  const { api, queries } = useApi();
  const canOperate = useCanOperate();
  const toasts = useToasts();
  const action = useMutation({
    mutationFn: async () => {
      if (hasEnded(task)) await api.request(RetryTaskDocument, { id: task.id });
      else await api.request(CancelTaskDocument, { id: task.id });
    },
    onError: ({ message }) => toasts.show({ tone: 'bad', text: message }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['task', task.id] }),
  });
  if (!canOperate || task.status === 'SUCCEEDED') return null;
  return hasEnded(task) ? (
    <Button isPending={action.isPending} onPress={() => action.mutate()}>
      Retry
    </Button>
  ) : (
    <Button look="danger" isPending={action.isPending} onPress={() => action.mutate()}>
      Cancel task
    </Button>
  );
}
