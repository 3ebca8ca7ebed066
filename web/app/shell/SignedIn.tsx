import { useEffect } from 'react';
import { Navigate, Outlet, useLocation } from 'react-router';
import { useApi, useSession } from '../api/api-context';
import { Button } from '../components/Button';
import { Loading, StatePanel } from '../components/States';
import { readLastProject } from './project-context';

/** What stands within needs a person; who is signed out signs in and comes back to the same address. */
export function SignedIn() {
  const session = useSession();
  const { pathname, search } = useLocation();
  switch (session.state) {
    case 'loading':
      return <Loading what="Opening" />;
    case 'unreachable':
      return <Unreachable message={session.message} />;
    case 'signed-out': {
      const target = pathname + search;
      const query = target === '/' ? '' : `?${new URLSearchParams({ back: target }).toString()}`;
      return <Navigate to={`/sign-in${query}`} replace />;
    }
    case 'signed-in':
      return <Outlet />;
  }
}

/** How often the server is asked whether it is back. */
const ASK_AGAIN_MS = 5_000;

/** Gives way to the page when the server answers again. */
function Unreachable({ message }: { message: string }) {
  const store = useApi().session;
  useEffect(() => {
    const timer = setInterval(() => void store.reload(), ASK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [store]);
  return (
    <StatePanel
      isAlert
      title="The server does not answer"
      action={<Button onPress={() => void store.reload()}>Try again</Button>}
    >
      <p>{message}</p>
      <p>Your session is kept meanwhile; the page opens by itself when the server is back.</p>
    </StatePanel>
  );
}

/** To the tasks of the project that was open last, else of the first one. */
export function HomeRedirect() {
  const session = useSession();
  const store = useApi().session;
  if (session.state !== 'signed-in') return null;
  const slugs = session.person.memberships.map(({ project }) => project.slug);
  const last = readLastProject();
  const slug = last !== null && slugs.includes(last) ? last : slugs[0];
  if (slug !== undefined) return <Navigate to={`/p/${slug}/tasks`} replace />;
  return (
    <StatePanel
      title="You belong to no project"
      action={
        <>
          <Button onPress={() => void store.reload()}>Look again</Button>
          <Button onPress={() => void store.signOut()}>Sign out</Button>
        </>
      }
    >
      <p>Ask an admin of a project to add {session.person.email} to it.</p>
    </StatePanel>
  );
}
