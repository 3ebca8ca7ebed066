import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { chromiumPath } from './support/browser.js';
import { get, makeAgent, makeTask, register } from './support/client.js';
import { productCount, ScrapingSite } from './support/scraping-site.js';
import { overflowPx, seriousFindings } from './support/web.js';
import { startWebSession, takePicture, type WebSession } from './support/web-session.js';

(chromiumPath ? describe : describe.skip)('The pages of tasks and resources in Chromium', () => {
  let site: ScrapingSite;
  let web: WebSession;
  let page: Page;
  beforeAll(async () => {
    site = await ScrapingSite.start();
    web = await startWebSession('scraper', { EGRESS_ALLOW: '127.0.0.1', SCRAPER_DELAY_MS: '0' });
    page = await web.openSignedIn();
  });
  afterAll(async () => {
    await web?.stop();
    await site.stop();
  });
  const go = (to: string) =>
    page.getByRole('navigation', { name: 'Project' }).getByRole('link', { name: to, exact: true }).click();
  /** The words of what the keyboard is at. */
  const focused = () => page.locator(':focus').textContent();
  /** Nothing that keeps people out, in light and dark, and on a phone. */
  async function isFitForAll(): Promise<void> {
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      expect([colorScheme, await seriousFindings(page)]).toEqual([colorScheme, []]);
    }
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await overflowPx(page)).toBe(0);
    expect(await seriousFindings(page)).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 800 });
  }

  test('a list is looked at, what is wrong is said at its field, and the task runs to its end', async () => {
    await go('Scraping');
    await page.getByLabel('What to read').selectOption('LIST');
    await page.getByLabel('Address').fill(`${site.url}/list`);
    await page.getByLabel('Items', { exact: true }).fill('li.card');
    await page.getByLabel('Next page').fill('a.next');
    const field = page.getByRole('group', { name: 'Field 1' });
    await field.getByLabel('Name').fill('name');
    await field.getByLabel('Selector').fill('h2 a[');
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByRole('alert').waitFor();
    expect(await field.getByLabel('Selector').getAttribute('aria-invalid')).toBe('true');
    expect(await page.getByRole('alert').innerText()).toBe('What has to be changed stands at its field.');
    await field.getByLabel('Selector').fill('h2 a');
    await page.getByRole('button', { name: 'Preview' }).click();
    const preview = page.getByRole('region', { name: 'Preview' });
    await preview.getByText('5 items; there is a next page').waitFor();
    expect(await preview.getByRole('cell').first().textContent()).toBe('Lamp № 1 — "größte" & <best>');
    await takePicture(page, 'scraping');
    await isFitForAll();
    await page.getByLabel('Items', { exact: true }).fill('li');
    await page.getByText('The form has changed since the preview.').waitFor();
    expect(await preview.count()).toBe(0);
    await page.getByLabel('Items', { exact: true }).fill('li.card');
    await page.getByRole('button', { name: 'Create the task' }).click();
    await page.waitForURL(`**${web.base}/tasks/*`);
    await page.getByText('Succeeded').first().waitFor();
    const [row] = await web.server.database.query<{ items: number }>(
      `SELECT json_array_length((output->'items')::json) AS items FROM tasks WHERE status = 'SUCCEEDED'`,
    );
    expect(row?.items).toBe(productCount);
  });

  test('a page that scripts fill is previewed by a browser where the plain one lacks what is wanted', async () => {
    await go('Scraping');
    await page.getByLabel('What to read').selectOption('LIST');
    await page.getByLabel('Address').fill(`${site.url}/scripted`);
    await page.getByLabel('Items', { exact: true }).fill('#list li');
    await page.getByRole('button', { name: 'Preview' }).click();
    const preview = page.getByRole('region', { name: 'Preview' });
    await preview.getByText(/by a browser, status 200/).waitFor();
    await preview.getByText(`${productCount} items`).waitFor();
  });

  test('what cannot be is said before it is sent, and what was wrong with a field goes with it', async () => {
    await go('Scraping');
    await page.getByLabel('What to read').selectOption('CRAWL');
    const create = page.getByRole('button', { name: 'Create the task' });
    await page.getByLabel('Most pages').fill('ten');
    await page.getByText('A whole number is needed here.').waitFor();
    expect(await create.isDisabled()).toBe(true);
    await page.getByLabel('Most pages').fill('10');
    expect(await create.isDisabled()).toBe(false);

    await page.getByRole('button', { name: 'Add a field' }).click();
    for (const [place, selector] of ['h2 a[', 'h2'].entries()) {
      const field = page.getByRole('group', { name: `Field ${place + 1}` });
      await field.getByLabel('Name').fill(`part ${place}`);
      await field.getByLabel('Selector').fill(selector);
    }
    await page.getByLabel('Address').fill(`${site.url}/list`);
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByRole('alert').waitFor();
    const first = page.getByRole('group', { name: 'Field 1' }).getByLabel('Selector');
    expect(await first.getAttribute('aria-invalid')).toBe('true');
    await page.getByRole('button', { name: 'Remove field 1' }).press('Enter');
    expect(await focused()).toBe('Add a field');
    expect([await first.inputValue(), await first.getAttribute('aria-invalid')]).toEqual(['h2', null]);
  });

  test('the queue tells that nothing waits', async () => {
    await go('Queue');
    await page.getByRole('heading', { name: 'Nothing waits' }).waitFor();
    await page.getByRole('region', { name: 'All your projects' }).getByText('Finished in 24 hours').waitFor();
    await isFitForAll();
  });

  test('the queue shows what waits, and whose agent is paused', async () => {
    const { url } = web.server;
    const { token } = web.person;
    const agentId = await makeAgent(url, web.person, 'collector');
    const name = `Waits ${'x'.repeat(300)}`;
    await makeTask(url, token, agentId, { start: false, name, priority: 7 });
    const row = page
      .getByRole('region', { name: 'Waiting in this project' })
      .getByRole('row', { name: /^Waits/ });
    await row.getByRole('cell', { name: /^collector-\d+$/ }).waitFor();
    await get(url, token, 'mutation($input: UpdateAgentInput!) { updateAgent(input: $input) { id } }', {
      input: { id: agentId, status: 'PAUSED' },
    });
    await row.getByRole('cell', { name: /^collector-\d+ Paused$/ }).waitFor();
    await page.setViewportSize({ width: 360, height: 740 });
    // A long name leaves room for what stands beside it.
    expect((await row.getByRole('rowheader').boundingBox())?.width).toBeLessThan(200);
    await isFitForAll();
  });

  test('operators make tasks and logins, viewers are told that they may not', async () => {
    const { url } = web.server;
    const { token, projectId } = web.person;
    for (const role of ['OPERATOR', 'VIEWER']) {
      const member = await register(url, role.toLowerCase());
      const input = { projectId, email: `${member.username}@example.com`, role };
      await get(url, token, 'mutation($input: SetMemberInput!) { setMember(input: $input) { role } }', {
        input,
      });
      const theirs = await web.openSignedIn(member);
      const isOperator = role === 'OPERATOR';
      await theirs.goto(`${web.base}/scraping`);
      const form = theirs.getByRole('form', { name: 'New scraping task' });
      const refusal = theirs.getByRole('heading', { name: 'You may not make tasks' });
      await (isOperator ? form : refusal).waitFor();
      await theirs.goto(`${web.base}/logins`);
      await theirs.getByRole('heading', { name: 'No logins yet' }).waitFor();
      expect(await theirs.getByRole('button', { name: 'Add a login' }).count()).toBe(isOperator ? 1 : 0);
      await theirs.close();
    }
  });

  test('a login is added, looked after, and removed', async () => {
    await go('Logins');
    await page.getByRole('button', { name: 'Add a login' }).click();
    await page.getByLabel('Site', { exact: true }).fill('lamps.example');
    await page.getByLabel('Account').fill('ann');
    await page.getByLabel('Address to look at').fill(`${site.url}/list`);
    await page.getByLabel('There when signed in').fill('li.card');
    await isFitForAll();
    await page.getByRole('button', { name: 'Save the login' }).click();
    await page.getByRole('button', { name: 'Add a login' }).waitFor();
    expect(await focused()).toBe('Add a login');
    const login = page.getByRole('region', { name: 'ann at lamps.example' });
    await login.getByRole('button', { name: 'Check now' }).click();
    await login.getByText('Signed in').first().waitFor();
    await isFitForAll();
    await takePicture(page, 'logins');
    await login.getByRole('button', { name: 'Remove' }).click();
    await login.getByRole('button', { name: 'Keep it' }).press('Enter');
    expect(await focused()).toBe('Remove');
    await login.getByRole('button', { name: 'Remove' }).click();
    await isFitForAll();
    await login.getByRole('button', { name: 'Remove it' }).click();
    await page.getByRole('heading', { name: 'No logins yet' }).waitFor();
  });
});
