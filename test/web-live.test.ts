import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { chromiumPath } from './support/browser.js';
import { get, makeAgent, makeTask } from './support/client.js';
import { finishTask } from './support/follower.js';
import { createTestDatabase, type TestDatabase } from './support/test-server.js';
import { startWebSession, type WebSession } from './support/web-session.js';
import { Wire } from './support/wire.js';

(chromiumPath ? describe : describe.skip)(
  'What the pages follow, over faults between them and the server',
  () => {
    let database: TestDatabase;
    let wire: Wire;
    let web: WebSession;
    let page: Page;
    let agentId: string;

    beforeAll(async () => {
      database = await createTestDatabase();
      wire = new Wire(new URL(database.url));
      web = await startWebSession('watcher', {}, { ...database, url: await wire.join() });
      agentId = await makeAgent(web.server.url, web.person);
    });
    afterAll(async () => {
      await web?.stop();
      wire?.cut();
      await database?.drop();
    });
    beforeEach(async () => {
      page = await web.openSignedIn();
      page.setDefaultTimeout(120_000);
    });
    afterEach(() => page.context().close());

    const make = (name: string) => makeTask(web.server.url, web.person.token, agentId, { name });
    const end = (id: string) => finishTask(web.server.url, web.person.token, id);
    const live = () => page.getByText('Live', { exact: true });
    const row = (name: string) => page.getByRole('row').filter({ hasText: name });
    /** Holds back what the server answers to an operation. */
    const delay = (operation: string, ms: number) =>
      page.route('**/graphql', async (route) => {
        if (!route.request().postData()?.includes(operation)) return route.continue();
        const response = await route.fetch();
        await sleep(ms);
        await route.fulfill({ response }).catch(() => undefined);
      });

    test('what changes between the reading of a page and the first word of its subscription is shown', async () => {
      const id = await make('Early task');
      await page.routeWebSocket(/graphql/, async (socket) => {
        await sleep(2_000);
        socket.connectToServer();
      });
      await page.goto(`${web.base}/tasks`);
      await row('Early task').waitFor();
      await end(id);
      await make('Task in the gap');
      expect(await live().count()).toBe(0);
      await row('Early task').getByText('Succeeded').waitFor();
      await page.getByRole('button', { name: '1 new task' }).waitFor();
    });

    test('a token that is exchanged while the page opens does not keep it from opening', async () => {
      await delay('query Me', 1_500);
      // The session is old enough to be renewed at once.
      await page.clock.install({ time: Date.now() + 55 * 60_000 });
      const renewed = page.waitForResponse((response) =>
        Boolean(response.request().postData()?.includes('mutation RenewSession')),
      );
      await page.reload();
      await renewed;
      await row('Task in the gap').waitFor();
    });

    test('a page that was opened while the server was away opens by itself when it is back', async () => {
      let isAway = true;
      await page.route('**/graphql', (route) => (isAway ? route.abort() : route.continue()));
      await page.reload();
      await page.getByRole('heading', { name: 'The server does not answer' }).waitFor();
      isAway = false;
      await row('Task in the gap').waitFor();
    });

    test('what could not be read while the database was away is read when it is back', async () => {
      await live().waitFor();
      await page.getByRole('link', { name: 'Queue', exact: true }).click();
      await page.getByRole('heading', { name: 'Queue' }).waitFor();
      wire.cut();
      await page.getByRole('link', { name: 'Tasks', exact: true }).click();
      await page.getByRole('alert').getByText('The database cannot be reached').waitFor();
      await wire.join();
      await row('Task in the gap').waitFor();
    });

    test('a subscription that the server could not begin is begun later', async () => {
      const id = await make('Slow task');
      let refusals = 0;
      await page.routeWebSocket(/graphql/, (socket) => {
        const server = socket.connectToServer();
        socket.onMessage((message) => {
          const { id, type, payload } = JSON.parse(String(message)) as {
            id: string;
            type: string;
            payload?: { query: string };
          };
          if (type !== 'subscribe' || !payload?.query.includes('TaskProgressed') || refusals > 0) {
            return server.send(message);
          }
          refusals += 1;
          const errors = [{ message: 'Not just now.', extensions: { code: 'UNAVAILABLE' } }];
          socket.send(JSON.stringify({ id, type: 'next', payload: { errors } }));
          socket.send(JSON.stringify({ id, type: 'complete' }));
        });
      });
      await page.goto(`${web.base}/tasks/${id}`);
      const notice = page.getByText('This task is not live: Not just now.');
      await notice.waitFor();
      await notice.waitFor({ state: 'detached' });
      await end(id);
      await page.getByRole('main').getByText('Succeeded').first().waitFor();
    });

    test('signing out of a session that has ended already is no fault', async () => {
      await live().waitFor();
      await page.routeWebSocket(/graphql/, () => undefined);
      await page.reload();
      await row('Task in the gap').waitFor();
      const token: string = await page.evaluate(`sessionStorage.getItem('binnacle.token')`);
      await get(web.server.url, token, 'mutation { logout }');
      const answered = page.waitForResponse((response) =>
        Boolean(response.request().postData()?.includes('mutation Logout')),
      );
      await page.getByRole('button', { name: 'Sign out' }).click();
      await answered;
      await sleep(200);
      expect(await page.getByRole('status').allInnerTexts()).toEqual([]);
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    });
  },
);
