import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { chromiumPath } from './support/browser.js';
import { makeAgent } from './support/client.js';
import { makeTrip } from './support/example-trip.js';
import { eventually } from './support/follower.js';
import { StepPage } from './support/step-page.js';
import { startWebSession, type WebSession } from './support/web-session.js';

const withChromium = chromiumPath ? describe : describe.skip;

withChromium('Jumps and keys among the steps of a task in Chromium', () => {
  let session: WebSession;
  let page: Page;
  let steps: StepPage;
  let trip: string;

  const openTrip = (query = '') => steps.open(`${session.base}/tasks/${trip}${query}`);

  beforeAll(async () => {
    session = await startWebSession('jumper');
    const { server, person } = session;
    trip = await makeTrip(server.url, person, await makeAgent(server.url, person), 'Ten days in Lisbon');
    page = await session.openSignedIn();
    steps = new StepPage(page);
  });
  afterAll(() => session.stop());

  describe('jumps', () => {
    const message = (text: string | RegExp) =>
      page.getByRole('region', { name: 'Messages' }).getByText(text).last().waitFor();
    const jumpTo = async (name: string) => page.getByRole('button', { name, exact: true }).click();
    const fill = async (label: RegExp, text: string) => {
      await page.getByLabel(label).fill(text);
      await page.keyboard.press('Enter');
    };

    test('lead to the first error and the next, to the slowest and the costliest', async () => {
      await openTrip();
      for (const [name, seq] of [
        ['First error', 13],
        ['Next error', 28],
        ['Slowest', 24],
        ['Costliest', 17],
      ] as const) {
        await jumpTo(name);
        await steps.waitForFocus(seq);
        await steps.waitForSight(seq);
      }
      await jumpTo('Next error');
      await steps.waitForFocus(28);
      await jumpTo('Next error');
      await message('No step after this one failed.');
    });

    test('lead to a step again that was scrolled away since', async () => {
      await openTrip();
      await jumpTo('Slowest');
      await steps.waitForFocus(24);
      await steps.scrollTo(0);
      await steps.waitForSight(1);
      await jumpTo('Slowest');
      await steps.waitForSight(24);
      await steps.waitForFocus(24);
    });

    test('lead out of a filter that leaves the step out', async () => {
      await openTrip('?type=LLM');
      await page.keyboard.press('f');
      await steps.waitForFocus(13);
      await steps.waitForSight(13);
      await page.waitForURL(/\?step=13$/);
    });

    test('lead to a step by its number, or say how many there are', async () => {
      await openTrip();
      await page.keyboard.press('#');
      await page.keyboard.type('31');
      await page.keyboard.press('Enter');
      await steps.waitForFocus(31);
      await fill(/^Step number/, '33');
      await message('There is no step 33: the last is 32.');
      await fill(/^Step number/, 'second');
      await message('“second” is no step number: they count from 1.');
    });

    test('lead to a time, or say that nothing began then', async () => {
      await openTrip();
      const date = new Date('2026-03-01T12:00:45.000Z');
      const clock = date.toTimeString().slice(0, 8);
      for (const [text, seq] of [
        ['0:30', 17],
        ['30.2 s', 18],
        ['0', 1],
        ['+51.1 s', 28],
        [clock, 25],
        ['2026-03-01T12:00:57Z', 31],
        [date.toString().slice(0, 24), 25],
      ] as const) {
        await page.keyboard.press('t');
        await page.keyboard.press('ControlOrMeta+a');
        await page.keyboard.type(text);
        await page.keyboard.press('Enter');
        await steps.waitForFocus(seq);
        await steps.waitForSight(seq);
      }
      await fill(/^Time/, '59 s');
      await message(/^No step is known to have begun at .+ or later\.$/);
      await fill(/^Time/, 'tea time');
      await message(/^“tea time” is no time\. Write 1:30 or 90 s from the beginning/);
    });
  });

  test('all of it goes by keys, and they are listed', async () => {
    await openTrip();
    const press = async (key: string, seq: number) => {
      await page.keyboard.press(key);
      await steps.waitForFocus(seq);
    };
    await press('j', 1);
    await press('j', 2);
    await press('ArrowDown', 3);
    await press('k', 2);
    await press('ArrowUp', 1);
    await press('G', 32);
    await press('g', 1);
    await press('End', 32);
    await press('Home', 1);
    await page.keyboard.press('PageDown');
    await eventually('a page on', async () => ((await steps.focused()) ?? 0) > 5);
    await press('PageUp', 1);
    await press('s', 24);
    await press('c', 17);
    await press('f', 13);
    await press('e', 28);
    await page.keyboard.press('Enter');
    await steps.row(28).getByLabel('Error').waitFor();
    await page.keyboard.press('Enter');
    await steps.row(28).getByLabel('Error').waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog', { name: 'Keys' });
    const keys = [
      'j',
      '↓',
      'k',
      '↑',
      'Enter',
      '←',
      '→',
      '-',
      '+',
      'g',
      'G',
      'Page ↓',
      'Page ↑',
      '/',
      'f',
      'e',
      's',
      'c',
      '#',
      't',
    ];
    expect(await dialog.locator('kbd').allInnerTexts()).toEqual([...keys, '1', '2', '3', '?']);
    await page.keyboard.press('f');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(await steps.focused()).toBe(28);
  });

  test('nothing complained', () => {
    expect(session.watch.complaints).toEqual([]);
  });
});
