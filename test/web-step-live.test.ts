import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { chromiumPath } from './support/browser.js';
import { makeAgent, makeTask } from './support/client.js';
import { eventually, finishTask } from './support/follower.js';
import { recordSteps, StepPage } from './support/step-page.js';
import { startWebSession, type WebSession } from './support/web-session.js';

const withChromium = chromiumPath ? describe : describe.skip;

withChromium('Steps that are followed live in Chromium', () => {
  let session: WebSession;
  let page: Page;
  let steps: StepPage;
  let agentId: string;
  let taskId: string;
  let recorded: number;

  /** Tells the task of so many more steps. */
  const tell = async (count: number, more: (seq: number) => object = () => ({})) => {
    const told = Array.from({ length: count }, (_, index) => {
      const seq = recorded + index + 1;
      return { key: `k${seq}`, type: 'TOOL', name: `step ${seq}`, output: { seq }, ...more(seq) };
    });
    await recordSteps(session.server.url, session.person, taskId, told);
    recorded += count;
  };
  const openTask = (query = '') => steps.open(`${session.base}/tasks/${taskId}${query}`);
  const isLive = () => page.getByText('Live', { exact: true }).waitFor();
  const atEnd = (seq = recorded) => steps.waitForSight(seq);
  const newSteps = (text: string) => page.getByRole('button', { name: text, exact: true }).waitFor();
  const noNewSteps = () => steps.newSteps.waitFor({ state: 'detached' });

  beforeAll(async () => {
    session = await startWebSession('follower');
    agentId = await makeAgent(session.server.url, session.person);
    page = await session.openSignedIn();
    steps = new StepPage(page);
  });
  afterAll(() => session.stop());
  beforeEach(async () => {
    const { server, person } = session;
    taskId = await makeTask(server.url, person.token, agentId, { name: 'Counting' });
    recorded = 0;
  });

  describe.each(['log', 'tree', 'timeline'])('as a %s', (look) => {
    test('the end is followed; who scrolls away is told how much is new, and brought to it', async () => {
      await tell(60);
      await openTask(`?view=${look}`);
      await isLive();
      await atEnd();
      await tell(5);
      await atEnd();
      await steps.scrollTo(0);
      await steps.waitForSight(1);
      await tell(1);
      await newSteps('↓ 1 new step');
      await tell(6);
      await newSteps('↓ 7 new steps');
      expect(await steps.isInSight(1)).toBe(true);
      await steps.newSteps.click();
      await atEnd();
      await noNewSteps();
      await tell(1);
      await atEnd();
    });
  });

  test('a task that has no steps yet says so, and shows the first one when it comes', async () => {
    await page.goto(`${session.base}/tasks/${taskId}`);
    await page.getByRole('heading', { name: 'No steps yet' }).waitFor();
    await isLive();
    await tell(1);
    await steps.opener(1).waitFor();
  });

  test('a step that is read stays where it is', async () => {
    await tell(60);
    await openTask();
    await isLive();
    await atEnd();
    await steps.opener(58).click();
    await steps.row(58).getByLabel('Output').waitFor();
    await tell(40);
    await newSteps('↓ 40 new steps');
    expect(await steps.isInSight(58)).toBe(true);
    await page.keyboard.press('G');
    await steps.waitForFocus(100);
    await noNewSteps();
    await tell(3);
    await atEnd();
  });

  test('a running step is closed in its row', async () => {
    await tell(3, () => ({ status: 'RUNNING' }));
    await openTask();
    await isLive();
    await steps.row(2).getByText('Running').waitFor();
    recorded = 1;
    await tell(1, () => ({ error: { message: 'out of beans' } }));
    await steps.row(2).getByText('Failed').waitFor();
    await steps.row(2).getByText('out of beans').waitFor();
    expect(await steps.seqs()).toEqual([1, 2, 3]);
    await steps.opener(2).click();
    await steps.row(2).getByLabel('Error').getByText('out of beans').waitFor();
  });

  test('steps that begin to match a filter appear in their places, also the last ones', async () => {
    await tell(9, (seq) => (seq === 6 ? { error: { message: 'no' } } : { status: 'RUNNING' }));
    await openTask('?status=FAILED');
    await isLive();
    expect(await steps.seqs()).toEqual([6]);
    recorded = 2;
    await tell(1, () => ({ error: { message: 'late' } }));
    await eventually('the late one is found', async () => (await steps.seqs()).join() === '3,6');
    recorded = 9;
    await tell(2, () => ({ error: { message: 'last' } }));
    await finishTask(session.server.url, session.person.token, taskId);
    await eventually('the last ones are found', async () => (await steps.seqs()).join() === '3,6,10,11');
    await steps.bar.getByText('4 matches').waitFor();
  });

  test('a lost connection is shown; then all that was missed is there, once and in order', async () => {
    await tell(30);
    await openTask();
    await isLive();
    await page.evaluate('window.isStillTheSamePage = true');
    const complaints = session.watch.complaints.length;
    for (let cut = 1; cut <= 2; cut += 1) {
      session.way.cut();
      await page.getByText('Reconnecting…').waitFor();
      // More than one batch, and steps that were there before.
      await tell(700, (seq) => (seq % 2 === 0 ? { status: 'RUNNING' } : {}));
      recorded -= 700;
      await tell(700);
      session.way.mend();
      await isLive();
      await eventually('the end is reached', () => steps.isInSight(recorded));
    }
    session.watch.complaints.splice(complaints);
    expect(await page.evaluate('window.isStillTheSamePage')).toBe(true);
    expect(recorded).toBe(1_430);
    const rows = await steps.readThrough();
    const told = rows.map(([number = '', , , name = '', status = '']) => [number, name, status].join(' '));
    const format = new Intl.NumberFormat('en');
    expect(told).toEqual(
      Array.from({ length: recorded }, (_, i) => `${format.format(i + 1)} step ${i + 1} ✓ Done`),
    );
  });

  test('the end of a task is shown with its last steps', async () => {
    await tell(40);
    await openTask();
    await isLive();
    await tell(2);
    await finishTask(session.server.url, session.person.token, taskId);
    await page.getByText('Succeeded').first().waitFor();
    await atEnd(42);
  });

  test('steps may go on for a task that is tried again', async () => {
    await tell(3);
    await finishTask(session.server.url, session.person.token, taskId, 'FAILED');
    await openTask();
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByText('Attempt 2').waitFor();
    await tell(2);
    await steps.opener(5).waitFor();
  });

  test('100 steps a second: few rows in the page, the main thread stays free', async () => {
    await tell(100);
    await openTask();
    await isLive();
    await page.evaluate(`
      window.longTasksMs = [];
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) window.longTasksMs.push(Math.round(duration));
      }).observe({ type: 'longtask' });
    `);
    let mostRows = 0;
    const seconds = 8;
    for (let tick = 0; tick < seconds * 10; tick += 1) {
      const next = sleep(100);
      await tell(10, () => ({
        startedAt: new Date().toISOString(),
        latencyMs: 5,
        inputTokens: 10,
        costUsd: 0.001,
      }));
      mostRows = Math.max(mostRows, (await steps.seqs()).length);
      await next;
    }
    await eventually('the end is followed', () => steps.isInSight(recorded));
    const longTasks = await page.evaluate<number[]>('window.longTasksMs');
    process.stdout.write(
      `While 100 steps/s came for ${seconds} s: ${longTasks.length} tasks over 50 ms on the main thread, the longest ` +
        `${Math.max(0, ...longTasks)} ms; at most ${mostRows} rows in the page\n`,
    );
    expect(mostRows).toBeLessThan(80);
    expect(Math.max(0, ...longTasks)).toBeLessThan(2_000);
  });

  test('nothing complained', () => {
    expect([session.watch.foreign, session.watch.complaints]).toEqual([[], []]);
  });
});
