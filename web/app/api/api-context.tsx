import { QueryClient } from '@tanstack/react-query';
import { createContext, use, useSyncExternalStore } from 'react';
import { GraphqlFault } from '../../access/graphql-post';
import { GraphqlApi } from './graphql-api';
import { LiveConnection, type LiveState } from './live-connection';
import { SessionStore, type Session } from './session';

export interface ApiAccess {
  session: SessionStore;
  api: GraphqlApi;
  live: LiveConnection;
  queries: QueryClient;
}

const ATTEMPTS = 3;

export function createApiAccess(url: URL): ApiAccess {
  const session = new SessionStore(url);
  const queries = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        refetchOnWindowFocus: false,
        retry: (failures, error) =>
          failures < ATTEMPTS - 1 && !(error instanceof GraphqlFault && error.isFinal),
      },
    },
  });
  // What one person was shown is not kept for the next.
  session.subscribe(() => {
    if (session.snapshot().state === 'signed-out') queries.clear();
  });
  return { session, api: new GraphqlApi(url, session), live: new LiveConnection(url, session), queries };
}

export const ApiContext = createContext<ApiAccess | null>(null);

/** The ways to the server. */
export function useApi(): ApiAccess {
  const access = use(ApiContext);
  if (!access) throw new Error('useApi needs an ApiContext around it.');
  return access;
}

export function useSession(): Session {
  const { session } = useApi();
  return useSyncExternalStore(session.subscribe, session.snapshot);
}

export function useLiveState(): LiveState {
  const { live } = useApi();
  return useSyncExternalStore(live.subscribe, live.snapshot);
}
