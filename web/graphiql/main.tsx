import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './page.css';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { AccessStore } from './access';
import { AccessBar } from './AccessBar';
import { prepareFirstVisit } from './first-visit';
import { GraphqlClient } from './graphql-client';

prepareFirstVisit(localStorage);
const client = new GraphqlClient(new URL('/graphql', location.href));
const store = new AccessStore(client);

const page = document.getElementById('page');
if (!page) throw new Error('The page lacks the element with the id "page".');
createRoot(page).render(
  <>
    <AccessBar store={store} />
    <main>
      <GraphiQL fetcher={client.fetcher} />
    </main>
  </>,
);
