import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { chromiumPath } from './support/browser.js';
import { get, makeAgent, makeTask } from './support/client.js';
import { seriousFindings } from './support/web.js';
import { startWebSession, type WebSession } from './support/web-session.js';

(chromiumPath ? describe : describe.skip)('The head of a task in Chromium', () => {
  let web: WebSession;
  let page: Page;
  let agentId: string;
  beforeAll(async () => {
    web = await startWebSession('decider');
    agentId = await makeAgent(web.server.url, web.person);
    page = await web.openSignedIn();
  });
  afterAll(() => web.stop());

  const send = <Data>(query: string, input: object) =>
    get<Data>(web.server.url, web.person.token, query, { input });
  const make = (name: string) => makeTask(web.server.url, web.person.token, agentId, { name });
  const ask = (taskId: string, question: unknown) =>
    send('mutation($input: RequestInterventionInput!) { requestIntervention(input: $input) { id } }', {
      taskId,
      kind: 'APPROVAL',
      reason: 'May I?',
      question,
    });

  test('a long question can be read to its end, and copied', async () => {
    const id = await make('Long question');
    await ask(id, { terms: `${'word '.repeat(2_000)}THE END` });
    await page.goto(`${web.base}/tasks/${id}`);
    const question = page.getByRole('region', { name: 'Question' });
    await question.getByRole('button', { name: 'Show the end' }).click();
    await question.getByText('THE END').waitFor();
    expect(await question.getByRole('button', { name: 'Copy' }).count()).toBe(1);
    expect(await seriousFindings(page)).toEqual([]);
  });

  test('an error is shown whole', async () => {
    const id = await make('Long error');
    await send('mutation($input: FinishTaskInput!) { finishTask(input: $input) { task { id } } }', {
      taskId: id,
      status: 'FAILED',
      error: { message: `${'no '.repeat(1_500)}THE END` },
    });
    await page.goto(`${web.base}/tasks/${id}`);
    const error = page.getByRole('group', { name: 'Error' });
    await error.getByRole('button', { name: 'Show more' }).click();
    await error.getByText('THE END').waitFor();
  });

  test('that somebody else tries it again is seen', async () => {
    const id = await make('Tried again');
    await send('mutation($input: FinishTaskInput!) { finishTask(input: $input) { task { id } } }', {
      taskId: id,
      status: 'FAILED',
    });
    await page.goto(`${web.base}/tasks/${id}`);
    await page.getByRole('button', { name: 'Retry' }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await get(web.server.url, web.person.token, 'mutation($id: ID!) { retryTask(id: $id) { id } }', { id });
    await page.getByText('Attempt 2').waitFor();
    await page.getByRole('button', { name: 'Cancel task' }).waitFor();
  });

  test('who answers what another has answered is told so, and keeps the focus', async () => {
    const id = await make('Two answers');
    await ask(id, null);
    // Knows nothing of the other's answer.
    await page.routeWebSocket(/graphql/, () => undefined);
    await page.goto(`${web.base}/tasks/${id}`);
    const reject = page.getByRole('button', { name: 'Reject' });
    await reject.waitFor();
    const { interventions } = await get<{ interventions: { nodes: { id: string; task: { id: string } }[] } }>(
      web.server.url,
      web.person.token,
      'query($id: ID!) { interventions(projectId: $id, status: OPEN) { nodes { id task { id } } } }',
      { id: web.person.projectId },
    );
    await send('mutation($input: ResolveInterventionInput!) { resolveIntervention(input: $input) { id } }', {
      id: interventions.nodes.find(({ task }) => task.id === id)?.id,
      status: 'APPROVED',
    });
    await reject.press('Enter');
    await page.getByText(/^Your answer was not taken/).waitFor();
    await page.getByText('1 intervention answered or expired').waitFor();
    expect(await page.locator(':focus').textContent()).toBe('Two answers');
    const complaints = web.watch.complaints.splice(0);
    expect(complaints.filter((text) => !text.includes('status of 409'))).toEqual([]);
  });

  test('an id is copied whole, also where the browser has no clipboard for pages', async () => {
    const plain = await web.openSignedIn();
    const id = await make('To be copied');
    await plain.addInitScript(`Object.defineProperty(window, 'isSecureContext', { value: false })`);
    await plain.goto(`${web.base}/tasks/${id}`);
    await plain.getByText(`…${id.slice(-8)}`).waitFor();
    const copy = plain.getByRole('button', { name: 'Copy', exact: true });
    await copy.focus();
    await plain.keyboard.press('Enter');
    await plain.getByRole('button', { name: 'Copied ✓' }).waitFor();
    expect(await plain.locator(':focus').textContent()).toBe('Copied ✓');
    const field = plain.getByPlaceholder('Text in the steps');
    await field.focus();
    await plain.keyboard.press('Control+V');
    expect(await field.inputValue()).toBe(id);
    await plain.context().close();
  });

  test('what a person was told is gone when they have signed out', async () => {
    const other = await web.openSignedIn();
    await other.getByText('Live', { exact: true }).waitFor();
    // The subscription is on its way.
    await other.waitForTimeout(1_000);
    await ask(await make('Secret'), null);
    await other.getByText('Secret asks: May I?').waitFor();
    await other.getByRole('button', { name: 'Sign out' }).click();
    await other.getByRole('heading', { name: 'Sign in' }).waitFor();
    await other.waitForTimeout(300);
    expect(await other.getByText('Secret asks: May I?').count()).toBe(0);
    await other.context().close();
  });
});
