import { afterAll, beforeAll, expect, describe, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { chromiumPath } from './support/browser.js';
import { get, makeAgent, makeTask, register } from './support/client.js';
import { makeTrip } from './support/example-trip.js';
import { eventually, finishTask } from './support/follower.js';
import { recordSteps, StepPage } from './support/step-page.js';
import { overflowPx, seriousFindings } from './support/web.js';
import { startWebSession, type WebSession } from './support/web-session.js';

const withChromium = chromiumPath ? describe : describe.skip;

withChromium('Every state of the step views in Chromium', () => {
  let session: WebSession;
  let page: Page;
  let steps: StepPage;
  let trip: string;
  let empty: string;
  let odd: string;
  let long: string;

  const addressOf = (taskId: string, query = '') => `${session.base}/tasks/${taskId}${query}`;

  beforeAll(async () => {
    session = await startWebSession('beholder');
    const { server, person } = session;
    const agentId = await makeAgent(server.url, person);
    trip = await makeTrip(server.url, person, agentId, 'Ten days in Lisbon');
    empty = await makeTask(server.url, person.token, agentId, { name: 'Nothing done' });
    await finishTask(server.url, person.token, empty, 'CANCELLED');
    odd = await makeTask(server.url, person.token, agentId, { name: '<b>odd</b>\u202e', startedAt: null });
    await recordSteps(server.url, person, odd, [
      { key: '<i>', parentKey: '<i>', type: 'TOOL', name: '<img src=x onerror=alert(1)>\u202egnp.exe' },
      { key: 'b', parentKey: 'c', type: 'LLM', name: 'a\n\tb', output: '\u001b[31m</script>' },
      { key: 'c', parentKey: 'b', type: 'LLM', name: 'x'.repeat(500), error: { message: 'y'.repeat(3_000) } },
      { key: 'd', parentKey: 'nobody', type: 'LLM', name: 'ﷺ 🧭', latencyMs: 1e12, costUsd: 1e9 },
    ]);
    long = await makeTask(server.url, person.token, agentId, { name: 'Long' });
    const many = Array.from({ length: 1_000 }, (_, i) => ({
      key: `${i}`,
      type: 'TOOL',
      name: `step ${i + 1}`,
    }));
    await recordSteps(server.url, person, long, many);
    await finishTask(server.url, person.token, long);
    page = await session.openSignedIn();
    steps = new StepPage(page);
  });
  afterAll(() => session.stop());

  test('a task without steps says so; a task that is none, or of others, is not found', async () => {
    await page.goto(addressOf(empty));
    await page.getByRole('heading', { name: 'No steps yet' }).waitFor();
    const { server } = session;
    const stranger = await register(server.url, 'stranger');
    const theirs = await makeTask(server.url, stranger.token, await makeAgent(server.url, stranger));
    for (const taskId of [theirs, '01890000-0000-7000-8000-000000000000', 'nonsense']) {
      await page.goto(addressOf(taskId));
      await page.getByRole('heading', { name: 'No such task' }).waitFor();
      await page.getByRole('link', { name: 'To the tasks' }).waitFor();
    }
  });

  test('who is no member of the project sees none of it', async () => {
    const stranger = await register(session.server.url, 'stranger');
    const other = await session.openSignedIn(stranger);
    await other.goto(addressOf(trip));
    await other.getByRole('heading', { name: 'No such project' }).waitFor();
    await other.context().close();
  });

  test('who only views is shown the steps and what is asked, and nothing to answer or cancel with', async () => {
    const { server, person } = session;
    const setRole = (role: string) =>
      server.database.query('UPDATE memberships SET role = $1 WHERE user_id = $2', [role, person.userId]);
    const asking = await makeTask(server.url, person.token, await makeAgent(server.url, person));
    await recordSteps(server.url, person, asking, [{ key: 'a', type: 'LLM', name: 'think' }]);
    await get(
      server.url,
      person.token,
      'mutation($input: RequestInterventionInput!) { requestIntervention(input: $input) { id } }',
      { input: { taskId: asking, kind: 'APPROVAL', reason: 'May I?' } },
    );
    await setRole('VIEWER');
    await steps.open(addressOf(asking));
    await page.getByRole('main').getByText('May I?').waitFor();
    await page.getByText('An operator of the project can answer it.').waitFor();
    expect(await page.getByRole('button', { name: /Approve|Reject|Cancel task/ }).count()).toBe(0);
    await setRole('ADMIN');
  });

  test('rows that are being read are shown as such; where they cannot be read, why, and a way to try again', async () => {
    const complaints = session.watch.complaints.length;
    await steps.open(addressOf(long, '?step=1'));
    session.way.cut();
    await steps.scrollTo(0.9);
    await page.locator('[aria-busy=true]').first().waitFor();
    const alert = page.getByRole('alert').filter({ hasText: 'Steps could not be read' });
    await alert.waitFor();
    session.way.mend();
    await alert.getByRole('button', { name: 'Try again' }).click();
    await steps.waitForRows();
    expect(await alert.count()).toBe(0);
    session.way.cut();
    await steps.bar.getByLabel('Text in the steps').fill('999');
    await page.getByRole('heading', { name: 'The server does not answer' }).waitFor();
    session.way.mend();
    await page.getByRole('main').getByRole('alert').getByRole('button', { name: 'Try again' }).click();
    await steps.opener(999).waitFor();
    await steps.opener(999).focus();
    session.way.cut();
    await page.keyboard.press('Enter');
    await steps.row(999).getByText('This step could not be read').waitFor();
    session.way.mend();
    await steps.row(999).getByRole('button', { name: 'Try again' }).click();
    await steps.row(999).getByText('The agent reported no input, output or attributes.').waitFor();
    session.watch.complaints.splice(complaints);
  });

  test('markup, controls, circles and sizes in what agents report harm nothing', async () => {
    await steps.open(addressOf(odd, '?view=tree'));
    expect((await steps.tree()).map((row) => row.slice(0, 40))).toEqual([
      '<img src=x onerror=alert(1)>[U+202E]gnp.',
      'a b',
      `·${'x'.repeat(39)}`,
      'ﷺ 🧭',
    ]);
    await steps.opener(2).click();
    await steps.row(2).getByText('[U+001B][31m</script>').waitFor();
    await steps.opener(3).click();
    await steps.row(3).getByLabel('Error').getByText('yyy').waitFor();
    await steps.waitForOrder();
    expect((await steps.cells(4)).slice(5)).toEqual(['11574d 01h', '', '$1,000,000,000.00']);
  });

  describe('for everybody', () => {
    /** Each with what makes it so. */
    const everyState = (): [state: string, reach: () => Promise<unknown>][] => [
      ['log', () => steps.open(addressOf(trip))],
      [
        'an open row',
        async () => {
          await steps.opener(2).click();
          await steps.row(2).getByLabel('Output').waitFor();
          await page.keyboard.press('f');
          await steps.waitForFocus(13);
          await page.keyboard.press('Enter');
          await steps.row(13).getByLabel('Error').waitFor();
        },
      ],
      ['tree', () => steps.open(addressOf(trip, '?view=tree&step=5'))],
      ['timeline', () => steps.open(addressOf(trip, '?view=timeline'))],
      ['marks', () => steps.open(addressOf(trip, '?q=hotel'))],
      [
        'no match',
        async () => {
          await page.goto(addressOf(trip, '?q=unheard-of'));
          await page.getByRole('heading', { name: 'No step matches' }).waitFor();
        },
      ],
      [
        'a menu',
        async () => {
          await steps.open(addressOf(trip));
          await steps.bar.getByRole('button', { name: /^More/ }).click();
          await page.getByRole('dialog').getByLabel('Models').waitFor();
        },
      ],
      [
        'a message',
        async () => {
          await steps.open(addressOf(trip));
          await page.getByLabel('Step number').fill('99');
          await page.keyboard.press('Enter');
          await page.getByText('There is no step 99').waitFor();
        },
      ],
      [
        'keys',
        async () => {
          await steps.open(addressOf(trip));
          await page.keyboard.press('?');
          await page.getByRole('dialog', { name: 'Keys' }).waitFor();
        },
      ],
      ['odd texts', () => steps.open(addressOf(odd, '?view=tree'))],
      [
        'no steps',
        async () => {
          await page.goto(addressOf(empty));
          await page.getByRole('heading', { name: 'No steps yet' }).waitFor();
        },
      ],
    ];

    test.each(['light', 'dark'] as const)('axe finds nothing serious (%s)', async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      const findings: string[] = [];
      for (const [state, reach] of everyState()) {
        await reach();
        for (const finding of await seriousFindings(page)) findings.push(`${state}: ${finding}`);
      }
      await page.emulateMedia({ colorScheme: 'light' });
      expect(findings).toEqual([]);
    });

    test.each([360, 2_560])('all of it fits into a window of %i px', async (width) => {
      await page.setViewportSize({ width, height: 740 });
      const wider: string[] = [];
      for (const [state, reach] of everyState()) {
        await reach();
        const px = await overflowPx(page);
        if (px > 0) wider.push(`${state} by ${px} px`);
      }
      expect(wider).toEqual([]);
      await steps.open(addressOf(trip, '?step=13'));
      await eventually('the step is in sight', () => steps.isInSight(13));
      for (const part of [/^book_hotel$/, /Failed$/, /^900 ms$/]) {
        const box = await steps.row(13).getByText(part).first().boundingBox();
        expect([part, (box?.x ?? -1) >= 0 && (box?.x ?? 0) + (box?.width ?? 0) <= width]).toEqual([
          part,
          true,
        ]);
      }
      await page.setViewportSize({ width: 1280, height: 800 });
    });

    test('rows tell a screen reader which they are, of how many, and whether they are open', async () => {
      await steps.open(addressOf(trip, '?view=tree'));
      const list = page.getByRole('list', { name: 'Steps' });
      expect(await list.getByRole('listitem').first().getAttribute('aria-setsize')).toBe('32');
      expect(await list.getByRole('listitem').first().getAttribute('aria-posinset')).toBe('1');
      await list.getByRole('button', { name: 'decide on day 1', expanded: false }).click();
      await list.getByRole('button', { name: 'decide on day 1', exact: true, expanded: true }).waitFor();
      await list.getByRole('button', { name: 'Steps within plan the trip', expanded: true }).waitFor();
      // By Tab alone: one stop for the list, at the step that was last at.
      await page.getByRole('button', { name: 'Keys' }).focus();
      await page.keyboard.press('Tab');
      expect(await steps.focused()).toBe(2);
    });
  });

  test('everything came from the server itself, and nothing complained', () => {
    expect([session.watch.foreign, session.watch.complaints]).toEqual([[], []]);
  });
});
