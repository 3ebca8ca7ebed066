import { lazy, Suspense } from 'react';
import { Navigate, Route, Routes } from 'react-router';
import { AgentPage } from './pages/agent/AgentPage';
import { AgentsPage } from './pages/agents/AgentsPage';
import { Loading } from './components/States';
import { LoginsPage } from './pages/logins/LoginsPage';
import { NotFoundPage } from './pages/not-found/NotFoundPage';
import { QueuePage } from './pages/queue/QueuePage';
import { RegisterPage } from './pages/register/RegisterPage';
import { ScrapingPage } from './pages/scraping/ScrapingPage';
import { SearchPage } from './pages/search/SearchPage';
import { SignInPage } from './pages/sign-in/SignInPage';
import { SystemPage } from './pages/system/SystemPage';
import { TaskPage } from './pages/task/TaskPage';
import { TasksPage } from './pages/tasks/TasksPage';
import { ProjectShell } from './shell/ProjectShell';
import { HomeRedirect, SignedIn } from './shell/SignedIn';

/** Charts are large: they are loaded with the one page that draws them. */
const MetricsPage = lazy(async () => ({
  default: (await import('./pages/metrics/MetricsPage')).MetricsPage,
}));

/** Every address of the page. The server answers the same ones with this page (static-pages.ts). */
export function App() {
  return (
    <Routes>
      <Route path="/sign-in" element={<SignInPage />} />
      <Route path="/register" element={<RegisterPage />} />
      <Route element={<SignedIn />}>
        <Route path="/" element={<HomeRedirect />} />
        <Route path="/p/:slug" element={<ProjectShell />}>
          <Route index element={<Navigate to="tasks" replace />} />
          <Route path="tasks" element={<TasksPage />} />
          <Route path="tasks/:id" element={<TaskPage />} />
          <Route path="agents" element={<AgentsPage />} />
          <Route path="agents/:id" element={<AgentPage />} />
          <Route
            path="metrics"
            element={
              <Suspense fallback={<Loading what="Loading metrics" />}>
                <MetricsPage />
              </Suspense>
            }
          />
          <Route path="search" element={<SearchPage />} />
          <Route path="queue" element={<QueuePage />} />
          <Route path="scraping" element={<ScrapingPage />} />
          <Route path="logins" element={<LoginsPage />} />
          <Route path="system" element={<SystemPage />} />
          <Route path="*" element={<NotFoundPage />} />
        </Route>
      </Route>
      <Route path="*" element={<NotFoundPage />} />
    </Routes>
  );
}
