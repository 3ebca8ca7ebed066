import { useQuery } from '@tanstack/react-query';
import { useLayoutEffect, useRef } from 'react';
import { NavLink, useLocation, useNavigate } from 'react-router';
import { useApi, useSession } from '../api/api-context';
import type { Person } from '../api/session';
import { useSubscription } from '../api/use-subscription';
import { Button } from '../components/Button';
import { Choice } from '../components/Field';
import { useToasts } from '../components/Toasts';
import { showName } from '../format/hostile-text';
import { InterventionChangedDocument, OpenInterventionsDocument } from '../generated/graphql';
import { ConnectionState } from './ConnectionState';
import { useCanOperate, useProject } from './project-context';
import { ThemeToggle } from './ThemeToggle';
import styles from './ShellHeader.module.css';

export function ShellHeader({ memberships }: { memberships: Person['memberships'] }) {
  const project = useProject();
  const navigate = useNavigate();
  const store = useApi().session;
  const session = useSession();
  const base = `/p/${project.slug}`;
  const nav = useActiveInSight();
  return (
    <header className={styles.header}>
      <NavLink to={base} className={styles.brand} end aria-label="Binnacle">
        <Mark />
        <span className={styles.brandName}>Binnacle</span>
      </NavLink>
      <Choice
        label="Project"
        isLabelHidden
        className={styles.project}
        value={project.slug}
        options={memberships.map(({ project: { slug, name } }) => ({
          value: slug,
          label: showName(name, 60),
        }))}
        onChoose={(slug) => void navigate(`/p/${slug}/tasks`)}
      />
      <nav ref={nav} aria-label="Project" className={styles.nav}>
        <NavLink to={`${base}/tasks`}>Tasks</NavLink>
        <NavLink to={`${base}/agents`}>Agents</NavLink>
        <NavLink to={`${base}/metrics`}>Metrics</NavLink>
        <NavLink to={`${base}/search`}>Search</NavLink>
        <NavLink to={`${base}/queue`}>Queue</NavLink>
        <NavLink to={`${base}/scraping`}>Scraping</NavLink>
        <NavLink to={`${base}/logins`}>Logins</NavLink>
        <NavLink to={`${base}/system`}>System</NavLink>
        <WaitingLink />
      </nav>
      <div className={styles.tools}>
        <ConnectionState />
        {/* Another page of the same host, so no route of this one. */}
        <a href="/graphql">GraphiQL</a>
        <ThemeToggle />
        {session.state === 'signed-in' && (
          <Button
            look="quiet"
            aria-label={`Sign out ${session.person.username}`}
            onPress={() => void store.signOut()}
          >
            Sign out
          </Button>
        )}
      </div>
    </header>
  );
}

/** Where the menu is wider than the window, it shows the entry of the page that is open. */
function useActiveInSight() {
  const nav = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  useLayoutEffect(() => {
    const active = nav.current?.querySelector('[aria-current=page]');
    if (!nav.current || !active) return;
    const { left, right } = active.getBoundingClientRect();
    const bounds = nav.current.getBoundingClientRect();
    if (left < bounds.left) nav.current.scrollLeft -= bounds.left - left;
    else if (right > bounds.right) nav.current.scrollLeft += right - bounds.right;
  }, [pathname]);
  return nav;
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
      <circle cx="16" cy="16" r="14" fill="#12324f" stroke="#e0a83a" strokeWidth="3" />
      <path d="M16 5 L20 16 L16 27 L12 16 Z" fill="#f5f1e6" />
      <path d="M16 5 L20 16 L12 16 Z" fill="#d6453d" />
    </svg>
  );
}

/** How many questions wait for a human, kept current; nothing while there are none. */
function WaitingLink() {
  const project = useProject();
  const { api, queries } = useApi();
  const canOperate = useCanOperate();
  const navigate = useNavigate();
  const toasts = useToasts();
  const queryKey = ['open-interventions', project.id];
  const { data } = useQuery({
    queryKey,
    queryFn: ({ signal }) => api.request(OpenInterventionsDocument, { projectId: project.id }, signal),
  });
  const countAnew = () => void queries.invalidateQueries({ queryKey });
  useSubscription(project.id, InterventionChangedDocument, () => ({ projectId: project.id }), {
    begun: countAnew,
    next: ({ interventionChanged: { status, reason, task } }) => {
      countAnew();
      if (status !== 'OPEN') return;
      toasts.show({
        tone: 'plain',
        text: `${task.name} asks: ${reason}`,
        action: {
          label: canOperate ? 'Answer' : 'Show',
          onPress: () => void navigate(`/p/${project.slug}/tasks/${task.id}`),
        },
      });
    },
  });
  const count = data?.interventions.totalCount ?? 0;
  if (count === 0) return null;
  return (
    <NavLink to={`/p/${project.slug}/tasks?status=WAITING_FOR_HUMAN`} className={() => styles.waiting ?? ''}>
      {count} waiting for you
    </NavLink>
  );
}
