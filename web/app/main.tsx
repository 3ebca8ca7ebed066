import './styles/tokens.css';
import './styles/base.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { ApiContext, createApiAccess } from './api/api-context';
import { App } from './App';
import { ToastProvider } from './components/Toasts';
import { applyTheme } from './shell/theme';

applyTheme();
const access = createApiAccess(new URL('/graphql', location.href));

const page = document.getElementById('page');
if (!page) throw new Error('The page lacks the element with the id "page".');
createRoot(page).render(
  <StrictMode>
    <ApiContext value={access}>
      <QueryClientProvider client={access.queries}>
        <BrowserRouter>
          <ToastProvider>
            <App />
          </ToastProvider>
        </BrowserRouter>
      </QueryClientProvider>
    </ApiContext>
  </StrictMode>,
);
