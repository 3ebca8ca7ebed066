import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';
import { chromiumPath, launchBrowser } from './support/browser.js';
import { get, register, type Person } from './support/client.js';
import { dayFromToday, dayLasts, makeFinishedTask, makeFleet, recompute } from './support/metric-fleet.js';
import { startTestServer, type TestServer } from './support/test-server.js';
import {
  openContext,
  openCuttableWay,
  overflowPx,
  seriousFindings,
  signIn,
  Watch,
  type CuttableWay,
} from './support/web.js';

/** `PICTURES=1 npm test -- web-metrics` takes the picture of the README anew. */
const pictures = fileURLToPath(new URL('../../../docs/pictures/', import.meta.url));

const HOSTILE = '=1+1,"quoted"';
const LONG = `fifth-${'x'.repeat(120)}`;
const HOUSE_MODEL = 'house-llm-1';

interface Summary {
  tasks: number;
  successRate: number;
  interventionRate: number;
  latencyP50Ms: number;
  latencyP95Ms: number;
  costUsd: number;
  costPerSuccessUsd: number;
}

const withChromium = chromiumPath ? describe : describe.skip;

withChromium('The page of metrics in Chromium', () => {
  let server: TestServer;
  let way: CuttableWay;
  let browser: Browser;
  let watch: Watch;
  let person: Person;
  /** Signed in as the person. */
  let page: Page;
  let address: string;
  const agents: Record<string, string> = {};

  const run = <Data>(query: string, variables: object = {}) =>
    get<Data>(server.url, person.token, query, { p: person.projectId, ...variables });
  const makeAgent = async (name: string) => {
    const { createAgent } = await run<{ createAgent: { id: string } }>(
      'mutation ($input: CreateAgentInput!) { createAgent(input: $input) { id } }',
      { input: { projectId: person.projectId, name } },
    );
    agents[name] = createAgent.id;
    return createAgent.id;
  };
  const finish = (agent: string, day: number, more: object = {}) =>
    makeFinishedTask(server.url, person, { agentId: agents[agent] ?? '', day, ...more });
  const summaryOf = async (from: number, to: number, agent?: string) =>
    (
      await run<{ metricsSummary: Summary }>(
        `query ($p: ID!, $a: ID, $from: Date!, $to: Date!) { metricsSummary(projectId: $p, agentId: $a, from: $from, to: $to) {
          tasks successRate interventionRate latencyP50Ms latencyP95Ms costUsd costPerSuccessUsd } }`,
        { from: dayFromToday(from), to: dayFromToday(to), a: agent && agents[agent] },
      )
    ).metricsSummary;
  const percent = (rate: number) =>
    rate === 0 || rate === 1 ? `${rate * 100}%` : `${(rate * 100).toFixed(1)}%`;
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  const dollars = (usd: number) => `$${usd.toFixed(2)}`;
  /** One of the large figures. */
  const figure = (key: string, of = page) => of.locator(`[data-measure=${key}]`);
  const chart = (title: string) => page.getByRole('region', { name: `${title} by day`, exact: true });
  const openPage = async () => {
    const opened = await (await openContext(browser, way.url)).newPage();
    opened.setDefaultTimeout(120_000);
    watch.over(opened);
    return opened;
  };
  const open = async (query = '', of = page) => {
    await of.goto(`${address}${query}`);
    await of.getByRole('heading', { name: 'Cost by agent' }).waitFor();
  };
  const showTables = async () => {
    const buttons = page.getByRole('button', { name: /^Table of/ });
    while ((await buttons.count()) > 0) await buttons.first().click();
  };
  const save = async (button: Locator) => {
    const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
    return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
  };

  /** All tests here together take less. */
  const mostMs = 360_000;

  beforeAll(async () => {
    await dayLasts(mostMs);
    server = await startTestServer();
    way = await openCuttableWay(server.url);
    watch = new Watch(way.url);
    person = await register(server.url, 'counter');
    const { project } = await run<{ project: { slug: string } }>(
      'query ($p: ID!) { project(id: $p) { slug } }',
    );
    address = `/p/${project.slug}/metrics`;
    for (const name of ['refund-desk', HOSTILE, 'third', 'fourth', LONG, 'sixth']) await makeAgent(name);
    // The seven days before those that are looked at.
    await finish('refund-desk', -8, { latencyMs: 20_000, steps: [{ model: 'gpt-4o', costUsd: 1 }] });
    await finish('refund-desk', -9, { status: 'FAILED', latencyMs: 40_000, isIntervened: true });
    // Nothing finishes on the third day before today; of the fifth one no cost is known.
    await finish('refund-desk', -5, { name: 'Costs nothing that is known', latencyMs: 3_000 });
    await finish('refund-desk', -4, { latencyMs: 5_000, steps: [{ model: 'gpt-4o', costUsd: 0.25 }] });
    await finish('refund-desk', -2, {
      name: 'The slow one',
      latencyMs: 55_000,
      isIntervened: true,
      steps: [{ model: 'gpt-4o', costUsd: 0.5 }],
    });
    await finish('refund-desk', -1, {
      name: 'The dear one',
      status: 'FAILED',
      steps: [{ model: 'gpt-4o-mini', costUsd: 2 }],
    });
    await finish('refund-desk', 0, { steps: [{ model: 'gpt-4o', costUsd: 0.25 }] });
    await finish('refund-desk', -2, { name: 'Cancelled', status: 'CANCELLED', latencyMs: 59_000 });
    for (const name of [HOSTILE, 'third', 'fourth', LONG]) {
      for (const day of [-4, -1]) await finish(name, day, { latencyMs: 8_000 });
    }
    // One task: the sixth agent is not among the busiest five.
    await finish('sixth', -2, {
      steps: [{ model: HOUSE_MODEL, inputTokens: 1_000_000, outputTokens: 500_000 }],
    });
    await recompute(server.url, person, -14, 0);
    browser = await launchBrowser();
    page = await openPage();
    await page.goto(`${address}?range=7d`);
    await signIn(page, person.username);
    await page.getByRole('heading', { name: 'Cost by agent' }).waitFor();
  }, 120_000 + mostMs);
  afterAll(async () => {
    await browser.close();
    await way.close();
    await server.stop();
  });

  test('the figures are those of the API, each against the period before', async () => {
    await open('?range=7d');
    const [now, before] = [await summaryOf(-6, 0), await summaryOf(-13, -7)];
    expect([now.tasks, before.tasks]).toEqual([14, 2]);
    const texts = async (key: string) => (await figure(key).innerText()).replaceAll('\n', ' ');
    const points = ((now.successRate - before.successRate) * 100).toFixed(1);
    expect(await texts('successRate')).toBe(
      `${percent(now.successRate)} ▲${points} points more, better was ${percent(before.successRate)}`,
    );
    expect(await texts('interventionRate')).toMatch(
      new RegExp(`^${percent(now.interventionRate)} ▼[\\d.]+ points less, better was 50.0%$`),
    );
    expect(await texts('latencyP50Ms')).toContain(`${seconds(now.latencyP50Ms)} ▼`);
    expect(await texts('latencyP95Ms')).toMatch(
      new RegExp(`${seconds(now.latencyP95Ms)} ▼\\d+% less, better was ${seconds(before.latencyP95Ms)}`),
    );
    expect(await texts('costUsd')).toBe(`Cost ${dollars(now.costUsd)} ▲200% more was $1.00`);
    expect(await texts('costPerSuccessUsd')).toContain(dollars(now.costPerSuccessUsd));
    await page.getByText('14 finished tasks; 1 cancelled, in no figure; 10 without a known cost').waitFor();
  });

  test('one agent alone has all the figures', async () => {
    await open('?range=7d');
    await page.getByRole('button', { name: 'Agents' }).click();
    await page.getByRole('dialog').getByText('sixth · 1 task').click();
    await page.waitForURL(`**?range=7d&agent=${agents['sixth']}`);
    await page.keyboard.press('Escape');
    await page.getByText('1 finished task;').waitFor();
    expect(await figure('successRate').innerText()).toContain('100%');
    expect(await figure('costUsd').innerText()).toContain('–');
    expect(await chart('Cost').getByRole('listitem').allInnerTexts()).toEqual(['sixth\nno figure']);
  });

  test('the range stands in the address: it survives a reload, and shows another person the same', async () => {
    await open();
    expect(await page.getByLabel('Days', { exact: true }).inputValue()).toBe('30d');
    await page.getByLabel('Days', { exact: true }).selectOption('Last 7 days');
    await page.waitForURL('**?range=7d');
    await page.getByLabel('From (UTC)').fill(dayFromToday(-9));
    await page.getByLabel('To (UTC)').fill(dayFromToday(-8));
    const query = `?from=${dayFromToday(-9)}&to=${dayFromToday(-8)}`;
    await page.waitForURL(`**${query}`);
    await page.getByText('1 of 2 finished tasks succeeded').waitFor();
    const shown = await figure('successRate').innerText();
    expect(shown).toContain('no figure before');
    await page.reload();
    await page.getByText('1 of 2 finished tasks succeeded').waitFor();
    expect(await page.getByLabel('Days', { exact: true }).inputValue()).toBe('custom');
    const other = await openPage();
    await other.goto(page.url());
    await signIn(other, person.username);
    await other.getByText('1 of 2 finished tasks succeeded').waitFor();
    expect(await figure('successRate', other).innerText()).toBe(shown);
    await other.context().close();
    await page.getByLabel('To (UTC)').fill(dayFromToday(-12));
    await page.getByText('The last day lies before the first.').waitFor();
    expect(page.url()).toContain(query);
  });

  test('days without a figure are gaps, never zero; today is marked as running', async () => {
    await open('?range=7d');
    const cost = chart('Cost');
    // Gaps on the third day before today and on the fifth: two lines, and no point where nothing is known.
    const line = cost.locator('path.recharts-line-curve').first();
    await line.waitFor();
    expect((await line.getAttribute('d'))?.match(/M/g)).toHaveLength(2);
    const dots = cost.locator('.recharts-line-dots').first().locator('circle');
    expect(await Promise.all((await dots.all()).map((dot) => dot.getAttribute('data-day')))).toEqual(
      [-4, -2, -1, 0].map(dayFromToday),
    );
    expect(await cost.getByText('today, running', { exact: true }).count()).toBe(1);
    await cost.getByRole('button', { name: 'Table' }).press('Enter');
    const rows = await cost.getByRole('row').allInnerTexts();
    const cells = rows.map((row) =>
      row
        .split('\t')
        .slice(0, 2)
        .map((cell) => cell.replace(/\s+/g, ' ')),
    );
    expect(cells.map(([, all]) => all)).toEqual([
      'All agents',
      '–',
      '–',
      '$0.25',
      '–',
      '$0.50',
      '$2.00',
      '$0.25',
    ]);
    expect(cells.filter(([day]) => day?.includes('running'))).toHaveLength(1);
    expect(cells.at(-1)?.[0]).toMatch(/running$/);
    await cost.getByRole('button', { name: 'Chart' }).press('Enter');
    await line.waitFor();
  });

  test('the busiest agents are lines; others can be chosen, and stand in the address', async () => {
    await open('?range=7d');
    const legend = () => chart('Latency').getByRole('listitem').allInnerTexts();
    expect((await legend()).toSorted()).toEqual(
      ['All agents', HOSTILE, `${LONG.slice(0, 60)}…`, 'fourth', 'refund-desk', 'third'].toSorted(),
    );
    await page.getByRole('button', { name: 'Agents' }).click();
    await page.getByRole('dialog').getByText('sixth · 1 task').click();
    await page.getByRole('dialog').getByText('third · 2 tasks').click();
    await page.keyboard.press('Escape');
    await page.reload();
    await chart('Latency').getByText('sixth', { exact: true }).waitFor();
    expect(await legend()).toEqual(['All agents', 'sixth', 'third']);
  });

  test('a chart says in words what it shows, and is walked through by arrow keys', async () => {
    await open('?range=7d');
    const cost = chart('Cost');
    const words = await cost.locator('p.visually-hidden').textContent();
    expect(words).toMatch(
      /^Cost by day\. All agents: lowest \$0\.25 on .+, highest \$2\.00 on .+, latest \$0\.25 on .+ \(today, running\); 3 of 7 days without a figure\./,
    );
    await cost.getByRole('application').focus();
    for (let presses = 0; presses < 6; presses += 1) await page.keyboard.press('ArrowRight');
    const told = cost.getByRole('status');
    await told.filter({ hasText: 'today, running' }).waitFor();
    expect(await told.innerText()).toContain('$0.25');
  });

  test('each figure is explained in the words of the API', async () => {
    await open('?range=7d');
    const { __schema } = await run<{
      __schema: { types: { name: string; fields: { description: string | null }[] | null }[] };
    }>('{ __schema { types { name fields { description } } } }');
    const wordsOf = (type: string) =>
      new Set(
        __schema.types.find(({ name }) => name === type)?.fields?.map(({ description }) => description),
      );
    const known = { tile: wordsOf('MetricsSummary'), day: wordsOf('DailyMetric') };
    const hints = page.getByRole('button', { name: /^What is meant by/ });
    expect(await hints.count()).toBe(8);
    for (let index = 0; index < 8; index += 1) {
      await hints.nth(index).click();
      const dialog = page.getByRole('dialog');
      const texts = await dialog.getByRole('definition').allInnerTexts();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      expect(texts.length).toBeGreaterThan(1);
      const words = index < 4 ? known.tile : known.day;
      expect(texts.filter((text) => !words.has(text))).toEqual([]);
    }
  });

  test('what a chart shows is saved as CSV, and no agent’s name is run as a formula', async () => {
    await open('?range=7d');
    const { name, text } = await save(page.getByRole('button', { name: 'Download Cost by day as CSV' }));
    expect(name).toBe(`binnacle-costUsd-${dayFromToday(-6)}-${dayFromToday(0)}.csv`);
    const [head = '', ...rows] = text.replace('\ufeff', '').trimEnd().split('\r\n');
    expect(head).toMatch(/^day \(UTC\),state,All agents \[USD\],/);
    expect(head).toContain(`,"'=1+1,""quoted"" [USD]"`);
    expect(rows.map((row) => row.split(',').slice(0, 3))).toEqual([
      [dayFromToday(-6), '', ''],
      [dayFromToday(-5), '', ''],
      [dayFromToday(-4), '', '0.25'],
      [dayFromToday(-3), '', ''],
      [dayFromToday(-2), '', '0.5'],
      [dayFromToday(-1), '', '2'],
      [dayFromToday(0), 'running', '0.25'],
    ]);
    const costs = await save(page.getByRole('button', { name: 'Download Cost by agent as CSV' }));
    expect(costs.text).toContain(`\r\n"'=1+1,""quoted""",,2,`);
    expect(costs.text).toContain('\r\nrefund-desk,3,5,');
  });

  test('the slowest and the costliest tasks of the range are one press away', async () => {
    await open('?range=7d');
    await page.getByRole('link', { name: 'Slowest tasks' }).click();
    const rows = page.locator('[role=row] a');
    await rows.first().waitFor();
    // Neither the cancelled task, which is in no figure, nor those of the days before.
    expect((await rows.allInnerTexts())[0]).toBe('The slow one');
    expect(await rows.allInnerTexts()).not.toContain('Cancelled');
    await page.goBack();
    await page.getByRole('link', { name: 'Costliest tasks' }).click();
    await page.waitForURL(/order=COSTLIEST/);
    await rows.filter({ hasText: 'The dear one' }).waitFor();
    expect(await rows.count()).toBe(4);
    expect((await rows.allInnerTexts())[0]).toBe('The dear one');
  });

  test('costs by model and by agent are those of the API', async () => {
    await open('?range=7d');
    const rowsOf = async (of: string) =>
      (
        await page
          .getByRole('region', { name: `Cost by ${of}` })
          .getByRole('row')
          .allInnerTexts()
      )
        .slice(1)
        .map((row) => row.replaceAll(/\s+/g, ' '));
    expect(await rowsOf('model')).toEqual([
      expect.stringMatching(/^gpt-4o-mini \$2\.00 66\.7% 1 /),
      expect.stringMatching(/^gpt-4o \$1\.00 33\.3% 3 /),
      expect.stringMatching(/^no model – – 1 /),
      expect.stringMatching(/^house-llm-1 1 step unpriced – – 1 1M \/ 500K/),
    ]);
    expect((await rowsOf('agent'))[0]).toMatch(/^refund-desk \$3\.00 100% 5 /);
  });

  test('a task that ends changes the figures without a reload', async () => {
    await open('?range=7d');
    await page.getByText('Live', { exact: true }).waitFor();
    await page.evaluate('window.isStillTheSamePage = true');
    await finish('refund-desk', 0, { status: 'FAILED', steps: [{ model: 'gpt-4o', costUsd: 1 }] });
    await figure('costUsd').getByText('$4.00').waitFor();
    await page.getByText('13 of 15 finished tasks succeeded').waitFor();
    await chart('Cost').getByRole('button', { name: 'Table' }).click();
    await chart('Cost').getByRole('row').last().getByText('$1.25').first().waitFor();
    // The line of the agent follows.
    await chart('Cost')
      .getByRole('row')
      .last()
      .getByRole('cell')
      .nth(1)
      .filter({ hasText: '$1.25' })
      .waitFor();
    expect(await page.evaluate('window.isStillTheSamePage')).toBe(true);
  });

  test('only an admin is offered to change prices', async () => {
    const setRole = (role: string) =>
      server.database.query('UPDATE memberships SET role = $1 WHERE user_id = $2', [role, person.userId]);
    await setRole('VIEWER');
    await open('?range=7d');
    const prices = page.getByRole('region', { name: 'Prices of models' });
    await prices.getByText(HOUSE_MODEL).waitFor();
    await prices.getByText('Only admins of the project change prices').waitFor();
    expect(await prices.getByRole('button').count()).toBe(0);
    expect(await page.getByText('When a figure looks wrong').count()).toBe(0);
    await setRole('ADMIN');
  });

  test('an unpriced model is given a price, and its steps cost something then', async () => {
    await open('?range=7d');
    const prices = page.getByRole('region', { name: 'Prices of models' });
    const form = page.getByRole('form', { name: 'Set a price' });
    await prices.getByRole('button', { name: `Set a price for ${HOUSE_MODEL}` }).click();
    expect(await form.getByLabel('Model').inputValue()).toBe(HOUSE_MODEL);
    await form.getByLabel('Input').fill('-1');
    await form.getByRole('button', { name: 'Save the price' }).click();
    await form.getByText('A number from 0 on, such as 2.5.').waitFor();
    await form.getByText('A number from 0 on is needed, such as 2.5.').waitFor();
    await form.getByLabel('Input').fill('4');
    await form.getByLabel('Output').fill('12');
    await form.getByLabel('First day (UTC)').fill(dayFromToday(-5));
    await form.getByRole('button', { name: 'Save the price' }).click();
    const own = prices.getByRole('table').getByRole('row');
    await own.nth(1).waitFor();
    expect((await own.nth(1).innerText()).split('\t').slice(3, 7)).toEqual([
      '$4.00',
      '$4.00',
      '$4.00',
      '$12.00',
    ]);
    // 1,000,000 tokens in and 500,000 out: 4 + 6 dollars, beside the four that were.
    await figure('costUsd').getByText('$14.00').waitFor();
    await page
      .getByRole('region', { name: 'Cost by model' })
      .getByRole('row', { name: /house-llm-1 .*\$10\.00/ })
      .waitFor();
    await page.getByRole('list', { name: 'Unpriced models' }).waitFor({ state: 'detached' });
  });

  test('a price is removed once one says so twice, and what it priced is unpriced again', async () => {
    await open('?range=7d');
    const prices = page.getByRole('region', { name: 'Prices of models' });
    await prices.getByRole('button', { name: `Remove the price of ${HOUSE_MODEL}` }).click();
    await prices.getByRole('button', { name: `Really remove the price of ${HOUSE_MODEL}` }).click();
    await prices.getByText('None: the public price list holds.').waitFor();
    await figure('costUsd').getByText('$4.00').waitFor();
    await page.getByRole('list', { name: 'Unpriced models' }).getByText(HOUSE_MODEL).waitFor();
  });

  test('an admin has days counted and priced again, and sees how far that is', async () => {
    await open('?range=7d');
    await page.getByText('When a figure looks wrong').click();
    await page.getByRole('button', { name: 'Count these days again' }).click();
    await page.getByText(/: counted again\./).waitFor();
    await page.getByRole('button', { name: 'Price the steps of these days again' }).click();
    await page
      .getByText(/^Priced again: \d+ tasks? looked through, 0 steps have another cost now\.$/)
      .waitFor();
  });

  test('days without tasks, addresses that make no sense, and a server that is gone', async () => {
    await open('?from=2001-01-01&to=2001-01-02');
    await page.getByText('No task finished in these days').first().waitFor();
    expect(await page.locator('[data-measure]').count()).toBe(0);
    await page.getByRole('button', { name: 'Show the last 90 days' }).click();
    await page.waitForURL('**?range=90d');
    await figure('successRate').waitFor();
    await open('?range=8y&from=2026-13-01&to=x&cost=love&latency=p51');
    expect(await page.getByLabel('Days', { exact: true }).inputValue()).toBe('30d');
    const complaints = watch.complaints.length;
    way.cut();
    await page.getByLabel('Days', { exact: true }).selectOption('Last 90 days');
    await page.getByRole('alert').filter({ hasText: 'The server does not answer' }).first().waitFor();
    way.mend();
    await page.getByRole('button', { name: 'Try again' }).first().click();
    await figure('successRate').waitFor();
    // The browser itself writes of each connection that failed.
    const said = watch.complaints.splice(complaints);
    expect(said.filter((text) => !/ERR_|WebSocket connection to/.test(text))).toEqual([]);
  });

  test.each(['light', 'dark'] as const)('axe finds nothing serious (%s)', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await open('?range=7d');
    const findings = await seriousFindings(page);
    await showTables();
    await page.getByRole('button', { name: `Set a price for ${HOUSE_MODEL}` }).click();
    await page.getByText('When a figure looks wrong').click();
    findings.push(...(await seriousFindings(page)));
    await page.getByRole('button', { name: 'Agents' }).click();
    findings.push(...(await seriousFindings(page)));
    await page.emulateMedia({ colorScheme: 'light' });
    expect(findings).toEqual([]);
  });

  test.each([360, 2_560])('nothing is wider than a window of %i px', async (width) => {
    await page.setViewportSize({ width, height: 740 });
    await open('?range=90d');
    const wider = [await overflowPx(page)];
    await showTables();
    await page.getByRole('button', { name: `Set a price for ${HOUSE_MODEL}` }).click();
    wider.push(await overflowPx(page));
    await page.setViewportSize({ width: 1280, height: 800 });
    expect(wider).toEqual([0, 0]);
  });

  test('everything came from the server itself, and nothing complained', () => {
    expect(watch.foreign).toEqual([]);
    expect(watch.complaints).toEqual([]);
  });

  const withPictures = process.env.PICTURES ? test : test.skip;
  withPictures(
    'a picture of a fleet over 30 days',
    async () => {
      const manager = await register(server.url, 'manager');
      await get(
        server.url,
        manager.token,
        'mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { id } }',
        { input: { id: manager.projectId, name: 'Shop floor' } },
      );
      await makeFleet(server.url, manager);
      const other = await openPage();
      await other.goto('/');
      await signIn(other, manager.username);
      await other.getByRole('link', { name: 'Metrics' }).click();
      await other.getByRole('heading', { name: 'Cost by agent' }).waitFor();
      await other.setViewportSize({ width: 1280, height: 860 });
      await other.locator('circle').first().waitFor();
      await other.screenshot({ path: `${pictures}metrics.png` });
      await other.context().close();
    },
    300_000,
  );
});
