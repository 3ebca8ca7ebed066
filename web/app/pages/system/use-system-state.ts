import { useQuery } from '@tanstack/react-query';
import { useApi, useLiveState } from '../../api/api-context';
import { useSubscription } from '../../api/use-subscription';
import {
  SystemStateChangedDocument,
  SystemStateDocument,
  type SystemPictureFragment,
} from '../../generated/graphql';

const KEY = ['system-state'];
/** A state that changed comes by itself; load and memory are asked for. */
const REREAD_MS = 5_000;

/**
 * How Binnacle is, kept current. While its database is away the server cannot be asked, but still tells its health. Where it
 * does neither, nothing is known of it, however well it was before.
 */
export function useSystemState() {
  const { api, queries } = useApi();
  const isLive = useLiveState() === 'live';
  const query = useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }) => (await api.request(SystemStateDocument, {}, signal)).systemStatus,
    refetchInterval: REREAD_MS,
  });
  useSubscription('system-state', SystemStateChangedDocument, () => ({}), {
    next: ({ systemStatusChanged }) =>
      queries.setQueryData<SystemPictureFragment>(
        KEY,
        (before) => before && { ...before, ...systemStatusChanged },
      ),
  });
  const isSeen = !query.isError || isLive;
  return { ...query, data: isSeen ? query.data : query.data && unseen(query.data) };
}

function unseen({ components, ...picture }: SystemPictureFragment): SystemPictureFragment {
  const parts = components.map((part) => ({ ...part, health: 'UNKNOWN' as const }));
  return { ...picture, status: 'UNKNOWN', components: parts };
}
