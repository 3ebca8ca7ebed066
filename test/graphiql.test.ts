import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { get, makeAgent, makeTask, register, type Person } from './support/client.js';
import { chromiumPath, launchBrowser } from './support/browser.js';
import { startTestServer, type TestServer } from './support/test-server.js';

/** `PICTURES=1 npm test -- graphiql` takes the picture of the README anew. */
const picture = fileURLToPath(new URL('../../../docs/pictures/graphiql.png', import.meta.url));

const withChromium = chromiumPath ? describe : describe.skip;

withChromium('GraphiQL in Chromium', () => {
  let server: TestServer;
  let browser: Browser;
  let page: Page;
  let person: Person;
  const complaints: string[] = [];
  const foreign: string[] = [];

  beforeAll(async () => {
    server = await startTestServer();
    person = await register(server.url, 'reader');
    browser = await launchBrowser();
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    page = await context.newPage();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url) && !request.url().startsWith('data:'))
        foreign.push(request.url());
    });
    await page.goto(`${server.url}/graphql`);
    await page.waitForSelector('.graphiql-query-editor .view-line');
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  const shown = (text: string) => page.locator('.graphiql-response .view-lines', { hasText: text }).waitFor();

  async function run(operation: string): Promise<void> {
    await page.locator('.graphiql-execute-button').click();
    await page.getByRole('menuitem', { name: operation }).click();
  }

  test('a person signs in at the top of the page, and a query runs as that person', async () => {
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Username or email').fill(person.username);
    await page.getByLabel('Password').fill('correct horse battery');
    await page.locator('dialog').getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('Signed in as').waitFor();
    await run('Me');
    await shown(person.username);
  });

  test('a subscription streams the steps of a task while they are recorded', async () => {
    const taskId = await makeTask(server.url, person.token, await makeAgent(server.url, person), {
      name: 'Refund order 17',
    });
    const record = (key: string, type: string, name: string) =>
      get(
        server.url,
        person.token,
        'mutation($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }',
        {
          input: { taskId, steps: [{ key, type, name }] },
        },
      );
    await record('1', 'LLM', 'triage');
    const variables = page.locator('section[aria-label="Variables"] .monaco-editor').first();
    await variables.click();
    await page.keyboard.press('Control+a');
    // The editor closes quotes and brackets by itself.
    await page.keyboard.insertText(`{"taskId": "${taskId}`);
    await run('FollowSteps');
    await shown('triage');
    await record('2', 'TOOL', 'refund');
    await shown('refund');
    if (process.env.PICTURES) await page.screenshot({ path: picture });
  });

  test('everything came from the server itself, and nothing complained', () => {
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
