import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { chromiumPath } from './support/browser.js';
import { overflowPx, seriousFindings } from './support/web.js';
import { createTestDatabase, type TestDatabase } from './support/test-server.js';
import { startWebSession, takePicture, type WebSession } from './support/web-session.js';
import { Wire } from './support/wire.js';

(chromiumPath ? describe : describe.skip)('The page of the system in Chromium', () => {
  let database: TestDatabase;
  let wire: Wire;
  let web: WebSession;
  let page: Page;
  beforeAll(async () => {
    database = await createTestDatabase();
    wire = new Wire(new URL(database.url));
    web = await startWebSession('operator', {}, { ...database, url: await wire.join() });
    page = await web.openSignedIn();
    await page.getByRole('navigation', { name: 'Project' }).getByRole('link', { name: 'System' }).click();
    await page.waitForURL(`**${web.base}/system`);
  });
  afterAll(async () => {
    await web?.stop();
    wire?.cut();
    await database?.drop();
  });
  const overall = () => page.getByRole('region', { name: 'Over all' }).getByRole('status');
  /** Behind its sign, and not within another word. */
  const health = (word: string) => new RegExp(`^\\W?${word}$`);
  const isToldAs = (word: string) => overall().getByText(health(word)).waitFor();

  test('shows each component as it is, and what the processes take', async () => {
    const parts = page.getByRole('region', { name: 'Components' });
    await parts.getByRole('row', { name: /^database Healthy \d+ ms/ }).waitFor();
    await parts.getByRole('row', { name: /^ingestion Healthy/ }).waitFor();
    await isToldAs('Healthy');
    const figures = page.getByRole('region', { name: 'Over all' });
    expect(await figures.getByText(/^\d+(\.\d)? [MG]B$/).count()).toBe(1);
    await page
      .getByRole('region', { name: 'Workers' })
      .getByRole('rowheader', { name: `Binnacle, process ${process.pid}`, exact: true })
      .waitFor();
    await takePicture(page, 'system');
  });

  test('is without serious faults of access, in light and dark, on a phone as well', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect([colorScheme, await seriousFindings(page)]).toEqual([colorScheme, []]);
    }
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await overflowPx(page)).toBe(0);
    expect(await seriousFindings(page)).toEqual([]);
    expect([web.watch.complaints, web.watch.foreign]).toEqual([[], []]);
  });

  test('tells that the database is away, and that nothing is known of a server that does not answer', async () => {
    wire.cut();
    await isToldAs('Unhealthy');
    const parts = page.getByRole('region', { name: 'Components' });
    await parts.getByRole('row', { name: /^database Unhealthy/ }).waitFor();
    await wire.join();
    await isToldAs('Healthy');
    web.way.cut();
    await page.getByRole('heading', { name: 'The server does not answer' }).waitFor();
    await isToldAs('Unknown');
    expect(await parts.getByText(health('Healthy')).count()).toBe(0);
    web.way.mend();
    await isToldAs('Healthy');
  });
});
