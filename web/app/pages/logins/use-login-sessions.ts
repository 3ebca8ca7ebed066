import { useQuery } from '@tanstack/react-query';
import { useApi } from '../../api/api-context';
import { useSubscription } from '../../api/use-subscription';
import {
  LoginSessionChangedDocument,
  LoginSessionsDocument,
  type LoginDetailFragment,
} from '../../generated/graphql';
import { useProject } from '../../shell/project-context';

/** A login that nobody looked at for long turns UNKNOWN by the clock alone. */
const REREAD_MS = 30_000;

/** The login sessions of the project, kept current; `put` notes one that an answer brought, `drop` that one is gone. */
export function useLoginSessions() {
  const project = useProject();
  const { api, queries } = useApi();
  const queryKey = ['login-sessions', project.id];
  const query = useQuery({
    queryKey,
    queryFn: async ({ signal }) =>
      (await api.request(LoginSessionsDocument, { projectId: project.id }, signal)).loginSessions,
    refetchInterval: REREAD_MS,
  });
  const put = (session: LoginDetailFragment) =>
    queries.setQueryData<LoginDetailFragment[]>(queryKey, (before = []) => {
      const isKnown = before.some(({ id }) => id === session.id);
      return isKnown ? before.map((each) => (each.id === session.id ? session : each)) : [...before, session];
    });
  const drop = (gone: string) =>
    queries.setQueryData<LoginDetailFragment[]>(queryKey, (before = []) =>
      before.filter(({ id }) => id !== gone),
    );
  useSubscription(project.id, LoginSessionChangedDocument, () => ({ projectId: project.id }), {
    begun: () => void queries.invalidateQueries({ queryKey }),
    next: ({ loginSessionChanged }) => put(loginSessionChanged),
  });
  return { ...query, put, drop };
}
