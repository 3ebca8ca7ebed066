import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { chromiumPath } from './support/browser.js';
import { overflowPx, seriousFindings } from './support/web.js';
import { startWebSession, takePicture, type WebSession } from './support/web-session.js';

(chromiumPath ? describe : describe.skip)('The page of the system in Chromium', () => {
  let web: WebSession;
  let page: Page;
  beforeAll(async () => {
    web = await startWebSession('operator');
    page = await web.openSignedIn();
    await page.getByRole('navigation', { name: 'Project' }).getByRole('link', { name: 'System' }).click();
    await page.waitForURL(`**${web.base}/system`);
  }, 60_000);
  afterAll(() => web?.stop());

  test('shows each component as it is, and what the processes take', async () => {
    const parts = page.getByRole('region', { name: 'Components' });
    await parts.getByRole('row', { name: /^database Healthy \d+ ms/ }).waitFor();
    await parts.getByRole('row', { name: /^ingestion Healthy/ }).waitFor();
    const overall = page.getByRole('region', { name: 'Over all' });
    await overall.getByRole('status').getByText('Healthy').waitFor({ timeout: 60_000 });
    expect(await overall.getByText(/^\d+(\.\d)? [MG]B$/).count()).toBe(1);
    await takePicture(page, 'system');
  }, 90_000);

  test('is without serious faults of access, in light and dark, on a phone as well', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect([colorScheme, await seriousFindings(page)]).toEqual([colorScheme, []]);
    }
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await overflowPx(page)).toBe(0);
    expect([web.watch.complaints, web.watch.foreign]).toEqual([[], []]);
  }, 60_000);
});
