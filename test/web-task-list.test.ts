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
  });
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
  });

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

  describe('the way back from a task', () => {
    const ids: string[] = [];
    beforeAll(async () => {
      for (let row = 0; row < 160; row += 1) ids.push(await make(`Row ${row}`));
    });

    test.each([
      ['link', 129],
      ['browser', 128],
    ])('by the %s leads to where the list was read', async (way, changed) => {
      await open('?q=Row&order=OLDEST');
      const list = page.getByRole('table', { name: 'Tasks' });
      const link = (row: number) => list.getByRole('link', { name: `Row ${row}`, exact: true });
      await link(0).focus();
      for (let down = 0; down < 130; down += 1) await page.keyboard.press('ArrowDown');
      await link(130).and(page.locator(':focus')).waitFor();
      const topPx = async () => Math.round((await link(130).boundingBox())?.y ?? -1);
      const before = await topPx();
      await link(130).press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Row 130' }).waitFor();
      await finishTask(web.server.url, web.person.token, ids[changed] ?? '');
      if (way === 'link') await page.getByRole('link', { name: 'To the tasks' }).click();
      else await page.goBack();
      await link(130).waitFor();
      expect(await topPx()).toBe(before);
      // What has changed meanwhile is shown as it is now.
      const named = page.getByRole('link', { name: `Row ${changed}`, exact: true });
      await list.locator('[role=row]', { has: named }).getByText('Succeeded').waitFor();
      // The keyboard goes on from there, too.
      await page.keyboard.press('Tab');
      expect(await list.locator('a[tabindex="0"]').innerText()).toBe('Row 130');
    });

    test('is not taken for the list itself, which begins at its top', async () => {
      await page.getByRole('link', { name: 'Agents', exact: true }).click();
      await page.getByRole('link', { name: 'Tasks', exact: true }).click();
      await page.getByRole('link', { name: 'Row 159', exact: true }).waitFor();
      await page.getByLabel('Order').selectOption('OLDEST');
      await page.getByRole('link', { name: 'First', exact: true }).waitFor();
    });
  });

  test('what is wrong with a filter of the address is told in the words of the page', async () => {
    await page.goto(`${web.base}/tasks?agent=nobody`);
    await page.getByRole('heading', { name: 'The server did not accept this' }).waitFor();
    expect(await page.getByRole('alert').innerText()).toMatch(/^agent id: /m);
    web.watch.complaints.splice(0);
  });

  test('on a phone the menu shows the page that is open', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto(`${web.base}/system`);
    const entry = page.getByRole('link', { name: 'System', exact: true });
    await entry.waitFor();
    const { x = -1, width = 0 } = (await entry.boundingBox()) ?? {};
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x + width).toBeLessThanOrEqual(360);
  });

  test('nothing complained', () => {
    expect(web.watch.complaints).toEqual([]);
  });
});
