import { useQuery } from '@tanstack/react-query';
import { useApi } from '../../api/api-context';
import { useSubscription } from '../../api/use-subscription';
import { SystemStateChangedDocument, SystemStateDocument } from '../../generated/graphql';

const KEY = ['system-state'];
/** A state that changed comes by itself; load and memory are asked for. */
const REREAD_MS = 5_000;

/** How Binnacle is, kept current. */
export function useSystemState() {
  const { api, queries } = useApi();
  const query = useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }) => (await api.request(SystemStateDocument, {}, signal)).systemStatus,
    refetchInterval: REREAD_MS,
  });
  useSubscription('system-state', SystemStateChangedDocument, () => ({}), {
    next: ({ systemStatusChanged }) => queries.setQueryData(KEY, systemStatusChanged),
  });
  return query;
}
