import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { chromiumPath } from './support/browser.js';
import { makeAgent, makeTask } from './support/client.js';
import { finishTask } from './support/follower.js';
import { startWebSession, type WebSession } from './support/web-session.js';

(chromiumPath ? describe : describe.skip)('The list of tasks in Chromium', () => {
  let web: WebSession;
  let page: Page;
  let agentId: string;
  beforeAll(async () => {
    web = await startWebSession('lister');
    agentId = await makeAgent(web.server.url, web.person);
    for (const name of ['First', 'Second']) {
      await finishTask(web.server.url, web.person.token, await make(name));
    }
    page = await web.openSignedIn();
  }, 60_000);
  afterAll(() => web.stop());

  const make = (name: string) => makeTask(web.server.url, web.person.token, agentId, { name });
  const rows = () => page.locator('[role=row] a');
  const open = async (query: string) => {
    await page.goto(`${web.base}/tasks${query}`);
    await page.getByText('Live', { exact: true }).waitFor();
  };
  const newTasks = () => page.getByRole('button', { name: /new tasks?$/ });

  test('with the oldest first, a new task comes to stand at the end', async () => {
    await open('?order=OLDEST');
    await rows().nth(1).waitFor();
    await make('Third');
    await rows().nth(2).waitFor();
    await make('Fourth');
    await rows().nth(3).waitFor();
    expect(await rows().allInnerTexts()).toEqual(['First', 'Second', 'Third', 'Fourth']);
  });

  test('a late count of new tasks is not shown over another view', async () => {
    await open('');
    await rows().nth(3).waitFor();
    let counts = 0;
    await page.route('**/graphql', async (route) => {
      if (!route.request().postData()?.includes('query NewerTasks')) return route.continue();
      const response = await route.fetch();
      counts += 1;
      await sleep(2_500);
      await route.fulfill({ response }).catch(() => undefined);
    });
    await make('Fifth');
    while (counts === 0) await sleep(50);
    await page.getByLabel('Order').selectOption('SLOWEST');
    await page.waitForURL(/order=SLOWEST/);
    await sleep(3_500);
    expect(await newTasks().count()).toBe(0);
    await page.unroute('**/graphql');
  }, 60_000);

  test('an order in which no task has a place says why', async () => {
    await open('?order=COSTLIEST');
    await page.getByText('Only tasks with a known cost do').waitFor();
    await page.getByRole('button', { name: 'Show the newest first' }).click();
    await rows().nth(4).waitFor();
  });

  test('a time is typed and its year is changed, figure by figure', async () => {
    await open('?finished-after=2026-03-04T05:06:00.000Z');
    await page.getByRole('button', { name: /^More filters/ }).click();
    const field = page.locator('input[type=datetime-local]').first();
    const local = await field.inputValue();
    // The third part of it.
    await field.focus();
    for (const key of ['ArrowRight', 'ArrowRight', '2', '0', '2', '5']) {
      await page.keyboard.press(key);
      await sleep(400);
    }
    await page.waitForURL(/finished-after=2025-/);
    expect(await field.inputValue()).toBe(local.replace('2026', '2025'));
  });

  test('going back while a name is typed leads back', async () => {
    await open('');
    await page.getByRole('link', { name: 'Agents', exact: true }).click();
    await page.getByLabel('Name').pressSequentially('age');
    await page.goBack();
    await sleep(800);
    expect(new URL(page.url()).pathname).toBe(`${web.base}/tasks`);
    await rows().first().waitFor();
  });

  test('the way back from a task leads to the list as it was narrowed', async () => {
    await open('?status=SUCCEEDED&order=OLDEST');
    await page.getByRole('link', { name: 'First', exact: true }).click();
    await page.getByRole('link', { name: 'To the tasks' }).click();
    await page.waitForURL(/tasks\?status=SUCCEEDED&order=OLDEST/);
  });

  test('nothing complained', () => {
    expect(web.watch.complaints).toEqual([]);
  });
});
