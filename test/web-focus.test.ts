import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { chromiumPath } from './support/browser.js';
import { makeAgent } from './support/client.js';
import { startWebSession, type WebSession } from './support/web-session.js';

(chromiumPath ? describe : describe.skip)('The focus of the keyboard in Chromium', () => {
  let web: WebSession;
  let page: Page;
  beforeAll(async () => {
    web = await startWebSession('typist');
    page = await web.openSignedIn();
  });
  afterAll(() => web.stop());

  const focused = () => page.locator(':focus').textContent();
  const press = (name: string) => page.getByRole('button', { name, exact: true }).press('Enter');

  test('stays where an agent’s status is changed, and comes back to what opened the form of a version', async () => {
    const agentId = await makeAgent(web.server.url, web.person);
    await page.goto(`${web.base}/agents/${agentId}`);
    const status = page.getByLabel('Status');
    await status.focus();
    await status.selectOption('PAUSED');
    await page
      .locator('select:focus option:checked')
      .filter({ hasText: 'Paused' })
      .waitFor({ state: 'attached' });
    await press('Publish a version');
    await press('Close');
    expect(await focused()).toBe('Publish a version');
    await press('Publish a version');
    await page.getByLabel('Note').fill('Calmer');
    await press('Publish');
    await page.getByText('Version 2 is published; new tasks run it.').waitFor();
    expect(await focused()).toBe('Publish a version');
  });

  test('comes back to what opened the form of a price', async () => {
    await page.goto(`${web.base}/metrics`);
    await press('Add a price');
    await page.getByRole('form', { name: 'Set a price' }).waitFor();
    await press('Close');
    expect(await focused()).toBe('Add a price');
  });
});
