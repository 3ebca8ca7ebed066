import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { chromiumPath } from './support/browser.js';
import { get, makeAgent } from './support/client.js';
import { makeTrip } from './support/example-trip.js';
import { eventually } from './support/follower.js';
import { StepPage } from './support/step-page.js';
import { airline, hasAirline, makeImporter } from './support/tau-bench.js';
import { startWebSession, takePicture, type WebSession } from './support/web-session.js';

const withChromium = chromiumPath ? describe : describe.skip;
const withAirline = hasAirline ? test : test.skip;

withChromium('The steps of a task in Chromium', () => {
  let session: WebSession;
  let page: Page;
  let steps: StepPage;
  let trip: string;
  /** The numbers of the steps whose content the page has read. */
  const opened: number[] = [];

  const openTrip = (query = '') => steps.open(`${session.base}/tasks/${trip}${query}`);
  const matches = async (text: string) => steps.bar.getByText(text, { exact: true }).waitFor();
  const message = (text: string | RegExp) =>
    page.getByRole('region', { name: 'Messages' }).getByText(text).last().waitFor();

  beforeAll(async () => {
    session = await startWebSession('tracer');
    const { server, person } = session;
    trip = await makeTrip(server.url, person, await makeAgent(server.url, person), 'Ten days in Lisbon');
    page = await session.openSignedIn();
    steps = new StepPage(page);
    page.on('request', (request) => {
      const body = (request.postDataJSON() ?? {}) as { query?: string; variables?: { seq?: number } };
      if (body.query?.includes('query StepContent')) opened.push(body.variables?.seq ?? 0);
    });
  });
  afterAll(() => session.stop());

  describe('as a log', () => {
    test('rows stand in order, and say number, offset, type, name, status, latency, tokens and cost', async () => {
      await openTrip();
      const seqs = await steps.seqs();
      expect(seqs).toEqual(seqs.map((_, index) => index + 1));
      expect(await steps.cells(1)).toEqual(['1', '+0 ms', '◆ Agent', 'plan the trip', '✓ Done', '', '', '']);
      expect(await steps.cells(13)).toEqual([
        ...['13', '+22.3 s', '⚙ Tool', 'book_hotel HTTP 503: no hotel answers on day 4', '✕ Failed'],
        ...['900 ms', '', ''],
      ]);
      await steps.opener(24).scrollIntoViewIfNeeded();
      const cells = ['17', '+30.1 s', '✦ LLM', 'decide on day 6', '✓ Done', '2.0 s', '1.2K', '$0.0900'];
      expect(await steps.cells(17)).toEqual(cells);
      // The bars are measured by the slowest step.
      expect((await steps.barOf(24)).width).toBeCloseTo(1, 2);
      expect((await steps.barOf(17)).width).toBeCloseTo(2_000 / 3_200, 2);
    });

    test('a row opens to what it was given and what came of it, which is read only then', async () => {
      await openTrip();
      opened.length = 0;
      await steps.opener(2).click();
      const row = steps.row(2);
      await row.getByText('What shall we do on day 1?').waitFor();
      await takePicture(page, 'task');
      expect(await row.getByRole('heading').allInnerTexts()).toEqual(['Input', 'Output']);
      expect(await steps.opener(2).getAttribute('aria-expanded')).toBe('true');
      await steps.opener(13).click();
      await steps.row(13).getByLabel('Error').getByText('HTTP 503: no hotel answers on day 4').waitFor();
      await steps.opener(2).click();
      await row.getByRole('heading').first().waitFor({ state: 'detached' });
      expect(opened).toEqual([2, 13]);
      await steps.waitForOrder();
    });
  });

  describe('as a tree and a timeline', () => {
    const day = (number: number) => [`·decide on day ${number}`, '··search_flights', '··book_hotel'];

    test('steps stand below those that they happened within, and fold', async () => {
      await openTrip('?view=tree');
      expect((await steps.tree()).slice(0, 7)).toEqual(['plan the trip', ...day(1), ...day(2)]);
      const fold = steps.row(2).getByRole('button', { name: /^Steps within/ });
      await fold.click();
      expect(await fold.getAttribute('aria-expanded')).toBe('false');
      expect((await steps.tree()).slice(0, 5)).toEqual(['plan the trip', '·decide on day 1', ...day(2)]);
      await steps
        .row(1)
        .getByRole('button', { name: /^Steps within/ })
        .click();
      expect(await steps.tree()).toEqual(['plan the trip', 'say goodbye']);
    });

    test('keys fold and unfold all steps, and one; the focus goes to the step that stays', async () => {
      await openTrip('?view=tree&step=4');
      await steps.opener(4).focus();
      const treeIs = (...rows: string[]) =>
        eventually(
          rows.join(),
          async () => (await steps.tree()).slice(0, rows.length).join() === rows.join(),
        );
      await page.keyboard.press('-');
      await treeIs('plan the trip', 'say goodbye');
      await steps.waitForFocus(1);
      await page.keyboard.press('ArrowRight');
      await treeIs('plan the trip', '·decide on day 1', '·decide on day 2');
      await page.keyboard.press('+');
      await treeIs('plan the trip', ...day(1), ...day(2));
      await page.keyboard.press('ArrowLeft');
      await treeIs('plan the trip', 'say goodbye');
      await steps.waitForFocus(1);
    });

    test('a jump unfolds what the step lies in, and nothing else', async () => {
      await openTrip('?view=tree');
      for (const seq of [2, 11])
        await steps
          .row(seq)
          .getByRole('button', { name: /^Steps within/ })
          .click();
      await page.keyboard.press('f');
      await steps.waitForFocus(13);
      expect((await steps.tree()).slice(0, 3)).toEqual([
        'plan the trip',
        '·decide on day 1',
        '·decide on day 2',
      ]);
    });

    test('bars of the timeline stand where their steps began, as long as they took', async () => {
      await openTrip('?view=timeline');
      await takePicture(page, 'timeline');
      const bar = await steps.barOf(8);
      expect(bar.left).toBeCloseTo(12_100 / 64_000, 2);
      expect(bar.width).toBeCloseTo(1_700 / 64_000, 2);
    });

    test('an open row stays open and whole in all views; the focus stays at its step', async () => {
      await openTrip();
      await steps.opener(5).click();
      await steps.row(5).getByText('What shall we do on day 2?').waitFor();
      await steps.opener(5).focus();
      for (const [key, view] of ['2tree', '3timeline', '2tree', '1log'].map((told) => [
        told[0] ?? '',
        told.slice(1),
      ])) {
        await page.keyboard.press(key ?? '');
        await page.waitForURL(view === 'log' ? /\?step=5$/ : new RegExp(`view=${view}`));
        await steps.row(5).getByText('What shall we do on day 2?').waitFor();
        await steps.waitForFocus(5);
        await steps.waitForOrder();
      }
    });

    test('the address shows another person the same', async () => {
      await openTrip('?view=timeline&type=TOOL&step=24');
      const other = await session.openSignedIn();
      const theirs = new StepPage(other);
      await theirs.open(page.url());
      await theirs.row(24).getByText('LH 1166').waitFor();
      await other.getByRole('button', { name: 'Timeline', pressed: true }).waitFor();
      // How many rows stand ready above and below differs by how the page came to be there.
      await steps.waitForSight(24);
      await theirs.waitForSight(24);
      const matching = await steps.bar.getByText(/ match(es)?$/).innerText();
      await theirs.bar.getByText(matching, { exact: true }).waitFor();
      const [mine, their] = [await steps.seqs(), await theirs.seqs()];
      const both = mine.filter((seq) => their.includes(seq));
      expect(both).toContain(24);
      // Where the one ends the other goes on: no step of the other kinds in between.
      for (const seqs of [mine, their]) {
        expect(seqs.filter((seq) => seq >= both[0]! && seq <= both.at(-1)!)).toEqual(both);
      }
      await other.context().close();
    });
  });

  describe('filters', () => {
    const llm = Array.from({ length: 10 }, (_, turn) => 2 + turn * 3);

    test.each<[query: string, seqs: number[]]>([
      ['type=LLM', llm],
      ['type=AGENT&type=MESSAGE', [1, 32]],
      ['status=FAILED', [13, 28]],
      ['model=claude-sonnet-4', llm.filter((_, turn) => turn % 2 === 1)],
      ['min-ms=2300', [24, 26, 29]],
      ['min-cost=0.01', [17, 29]],
      ['q=night+HERON', [15]],
      ['type=TOOL&min-ms=1550&q=flights', [24, 27, 30]],
    ])('%s', async (query, seqs) => {
      await openTrip(`?${query}`);
      await matches(seqs.length === 1 ? '1 match' : `${seqs.length} matches`);
      expect(await steps.seqs()).toEqual(seqs);
    });

    test('are set in the bar, stand in the address, and are cleared', async () => {
      await openTrip();
      await steps.tick('Type', 'LLM', 'Tool');
      await steps.tick('Status', 'Failed');
      await matches('2 matches');
      await steps.bar.getByRole('button', { name: /^More/ }).click();
      const panel = page.getByRole('dialog');
      await panel.getByLabel('Latency, ms, at least').fill('1 000');
      await panel.getByLabel('Latency, ms, at least').fill('100');
      await panel.getByLabel('Cost, US dollars, at least').fill('0.001');
      await panel.getByLabel('Models').fill('gpt-4o, claude-sonnet-4');
      await page.keyboard.press('Escape');
      await page.getByRole('heading', { name: 'No step matches' }).waitFor();
      await page.waitForURL(
        /type=LLM&type=TOOL&status=FAILED&model=gpt-4o&model=claude-sonnet-4&min-ms=100&min-cost=0.001$/,
      );
      await page.getByRole('button', { name: 'Show all steps' }).click();
      await steps.row(1).waitFor();
      expect(new URL(page.url()).search).toBe('');
    });

    test('hits are marked, in rows and in what they open to; next and previous go from one to the other', async () => {
      await openTrip();
      await page.keyboard.press('/');
      await page.keyboard.type('HOTEL ANSWERS');
      await matches('2 matches');
      expect(await steps.rows.locator('mark').allInnerTexts()).toEqual(['hotel answers', 'hotel answers']);
      await page.keyboard.press('Enter');
      await steps.waitForFocus(13);
      await steps.bar.getByRole('button', { name: 'Next match' }).click();
      await steps.waitForFocus(28);
      await steps.bar.getByRole('button', { name: 'Previous match' }).click();
      await steps.waitForFocus(13);
      await page.keyboard.press('Enter');
      const error = steps.row(13).getByLabel('Error');
      expect(await error.locator('mark').innerText()).toBe('hotel answers');
      await steps.bar.getByRole('button', { name: 'Clear' }).click();
      await steps.row(12).waitFor();
      await steps.waitForSight(13);
    });
  });

  test('a hit of the search over the project opens at its step, with the words marked', async () => {
    await page.goto(`${session.base}/search?q=night+heron`);
    const hit = page.getByRole('main').getByRole('listitem');
    expect(await hit.locator('mark').first().innerText()).toBe('Night Heron');
    await hit.getByRole('link').click();
    await steps.row(15).locator('mark').first().waitFor();
    expect(await steps.row(15).locator('mark').allInnerTexts()).toEqual(['Night Heron']);
    await steps.waitForSight(15);
    expect((await steps.seqs()).length).toBeGreaterThan(20);
    await page.getByRole('button', { name: 'Only steps with “night heron”' }).click();
    await matches('1 match');
    expect(await steps.seqs()).toEqual([15]);
  });

  describe('of a real run', () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'binnacle-runs-'));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    withAirline('stand as they were told; a model’s call opens to its conversation', async () => {
      const { server, person, base } = session;
      // One that reached its goal, and met an error on the way.
      const run = (
        JSON.parse(await readFile(airline, 'utf8')) as {
          traj: { role: string; content: string }[];
        }[]
      )[11];
      const file = join(folder, 'gpt-4o-airline.json');
      await writeFile(file, JSON.stringify([run]));
      const runImport = await makeImporter(server.url, person);
      expect((await runImport(['tau-bench', file])).code).toBe(0);
      const { tasks } = await get<{ tasks: { nodes: { id: string; stepCount: number }[] } }>(
        server.url,
        person.token,
        'query($p: ID!) { tasks(projectId: $p, first: 1) { nodes { id stepCount } } }',
        { p: person.projectId },
      );
      const [task] = tasks.nodes;
      await steps.open(`${base}/tasks/${task?.id}`);
      const told = run?.traj.filter(({ role }) => role !== 'system') ?? [];
      expect(task?.stepCount).toBe(told.length);
      await page.keyboard.press('f');
      const failed =
        told.findIndex(({ role, content }) => role === 'tool' && content.startsWith('Error')) + 1;
      await steps.waitForFocus(failed);
      await page.keyboard.press('Enter');
      await steps
        .row(failed)
        .getByLabel('Error')
        .getByText(told[failed - 1]?.content ?? '')
        .waitFor();
      await page.keyboard.press('g');
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      const words = (told[1]?.content ?? '').split('\n')[0] ?? '';
      await steps.row(2).getByLabel('Output').getByText(words).waitFor();
      await steps
        .row(2)
        .getByLabel('Input')
        .getByText(told[0]?.content ?? '')
        .waitFor();
      // There are no times in these runs, and none are made up.
      expect((await steps.cells(2)).map((cell) => cell.trim())).toEqual([
        ...['2', '', '✦ LLM', 'chat gpt-4o', '✓ Done', '', '', ''],
      ]);
      await page.keyboard.press('t');
      await page.keyboard.type('0:10');
      await page.keyboard.press('Enter');
      await message(/not known when the task began|No step is known to have begun/);
    });
  });

  test('everything came from the server itself, and nothing complained', () => {
    expect([session.watch.foreign, session.watch.complaints]).toEqual([[], []]);
  });
});
