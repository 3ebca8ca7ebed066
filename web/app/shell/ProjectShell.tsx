import { useEffect, useRef } from 'react';
import { Outlet, useLocation, useParams } from 'react-router';
import { useApi, useSession } from '../api/api-context';
import { ButtonLink } from '../components/Button';
import { ErrorBoundary } from '../components/ErrorBoundary';
import { StatePanel } from '../components/States';
import { ProjectContext, rememberProject } from './project-context';
import { ShellHeader } from './ShellHeader';
import styles from './ProjectShell.module.css';

/** The frame of every page of a project: header, navigation, and the project for all that stands within. */
export function ProjectShell() {
  const { slug = '' } = useParams();
  const { pathname } = useLocation();
  const session = useSession();
  const store = useApi().session;
  const memberships = session.state === 'signed-in' ? session.person.memberships : [];
  const membership = memberships.find(({ project }) => project.slug === slug);
  const isKnown = membership !== undefined;
  const lookedFor = useRef('');

  useEffect(() => {
    if (isKnown) return rememberProject(slug);
    // Somebody may have been added to it since the page was opened.
    if (lookedFor.current === slug) return;
    lookedFor.current = slug;
    void store.reload();
  }, [isKnown, slug, store]);

  if (!membership) {
    return (
      <main>
        <StatePanel
          title="No such project"
          action={
            <ButtonLink look="primary" to="/">
              To your projects
            </ButtonLink>
          }
        >
          <p>There is no project named “{slug}”, or you are not a member of it.</p>
        </StatePanel>
      </main>
    );
  }
  const { project, role } = membership;
  return (
    <ProjectContext value={{ ...project, role }}>
      <a className={styles.skip} href="#content">
        To the content
      </a>
      <ShellHeader memberships={memberships} />
      <main id="content" tabIndex={-1} className={styles.main}>
        <ErrorBoundary resetKey={pathname}>
          <Outlet key={project.id} />
        </ErrorBoundary>
      </main>
    </ProjectContext>
  );
}
