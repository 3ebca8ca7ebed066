import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { chromiumPath } from './support/browser.js';
import { get, makeTask, type Person } from './support/client.js';
import type { TestServer } from './support/test-server.js';
import {
  makeExampleAgent,
  overflowPx,
  PASSWORD,
  seriousFindings,
  signIn,
  type CuttableWay,
  type ExampleAgent,
  type Watch,
} from './support/web.js';
import { startWebSession, takePicture, type WebSession } from './support/web-session.js';

const withChromium = chromiumPath ? describe : describe.skip;

withChromium('The Trace Explorer in Chromium', () => {
  let session: WebSession;
  let server: TestServer;
  let way: CuttableWay;
  let watch: Watch;
  /** Signed in as the person, from the first test on. */
  let page: Page;
  let person: Person;
  let base: string;
  let desk: ExampleAgent;

  const send = <Data>(query: string, input: object, token = person.token) =>
    get<Data>(server.url, token, query, { input });
  const report = (taskId: string, progress: number) =>
    send('mutation($input: ReportProgressInput!) { reportProgress(input: $input) { id } }', {
      taskId,
      progress,
    });
  const taskOf = (name: string) => desk.tasks[name] ?? '';
  const rows = (of: Page) => of.locator('[role=row] a');

  beforeAll(async () => {
    session = await startWebSession('reader');
    ({ server, way, watch, person, base } = session);
    await makeExampleAgent(
      server.url,
      person,
      {
        name: 'price-scout',
        kind: 'SCRAPER',
        model: 'gpt-4o-mini',
        config: { pages: 40 },
        description: 'Reads the prices of other shops every night',
      },
      { 'Prices of kettles': 'SUCCEEDED', 'Prices of toasters': 'FAILED' },
    );
    desk = await makeExampleAgent(
      server.url,
      person,
      {
        name: 'refund-desk',
        kind: 'LLM',
        model: 'gpt-4o',
        config: { temperature: 0.7, limits: { steps: 30 }, prompt: 'You refund what arrived broken.' },
        description: 'Answers customers who want their money back',
      },
      {
        'Refund order 17': 'SUCCEEDED',
        'Refund order 18': 'FAILED',
        'Refund order 19': 'SUCCEEDED',
        'Refund order 20': 'RUNNING',
      },
    );
    page = await session.openPage();
  });
  afterAll(() => session.stop());

  test('a wrong password is told; the right one leads to the address one came for', async () => {
    await page.goto(`${base}/tasks?status=SUCCEEDED`);
    await signIn(page, person.username, 'wrong horse battery');
    await page
      .getByRole('alert')
      .filter({ hasText: /password/i })
      .waitFor();
    await signIn(page, person.username);
    await rows(page).first().waitFor();
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe(`${base}/tasks?status=SUCCEEDED`);
    expect(await rows(page).allInnerTexts()).toEqual([
      'Refund order 19',
      'Refund order 17',
      'Prices of kettles',
    ]);
  });

  test('a new account is told how to send the first step, and sees the list when it has come', async () => {
    const fresh = await session.openPage();
    await fresh.goto('/register');
    await fresh.getByLabel('Username').fill('newcomer');
    await fresh.getByLabel('Email').fill('newcomer@example.com');
    await fresh.getByLabel('Password').fill(PASSWORD);
    await fresh.getByRole('button', { name: 'Register' }).click();
    await fresh.getByRole('heading', { name: 'Send the first step' }).waitFor();
    expect(await seriousFindings(fresh)).toEqual([]);
    await fresh.getByRole('button', { name: 'Make a key' }).click();
    const secret = await fresh.getByRole('status').locator('code').innerText();
    const code = await fresh.locator('pre').innerText();
    expect(code).toContain(secret);
    const projectId = /"projectId": "([^"]+)"/.exec(code)?.[1];
    await fresh.evaluate('window.isStillTheSamePage = true');
    const { createAgent } = await send<{ createAgent: { id: string } }>(
      'mutation($input: CreateAgentInput!) { createAgent(input: $input) { id } }',
      { projectId, name: 'first-agent' },
      secret,
    );
    await makeTask(server.url, secret, createAgent.id, { name: 'My first task' });
    await rows(fresh).filter({ hasText: 'My first task' }).waitFor();
    expect(await fresh.evaluate('window.isStillTheSamePage')).toBe(true);
    await fresh.context().close();
  });

  test('filters stand in the address, and show another person the same', async () => {
    await page.goto(`${base}/tasks`);
    await page.getByRole('button', { name: /^Status/ }).click();
    await page.getByRole('dialog').getByText('Failed', { exact: true }).click();
    await page.waitForURL(/status=FAILED/);
    await page.keyboard.press('Escape');
    await page.getByText('Refund order 19').waitFor({ state: 'detached' });
    await rows(page).first().waitFor();
    const shown = await rows(page).allInnerTexts();
    expect(shown).toEqual(['Refund order 18', 'Prices of toasters']);
    const other = await session.openPage();
    await other.goto(page.url());
    await signIn(other, person.username);
    await rows(other).first().waitFor();
    expect(await rows(other).allInnerTexts()).toEqual(shown);
    await other.context().close();
  });

  test('a new task announces itself, and moves no row until it is asked for', async () => {
    await page.goto(`${base}/tasks`);
    await page.getByText('Live', { exact: true }).waitFor();
    await rows(page).first().waitFor();
    const before = await rows(page).allInnerTexts();
    await makeTask(server.url, person.token, desk.id, { name: 'Refund order 21' });
    const button = page.getByRole('button', { name: '1 new task' });
    await button.waitFor();
    expect(await rows(page).allInnerTexts()).toEqual(before);
    await button.click();
    await rows(page).filter({ hasText: 'Refund order 21' }).waitFor();
    expect(await rows(page).allInnerTexts()).toEqual(['Refund order 21', ...before]);
    await takePicture(page, 'tasks');
  });

  test('the head of a task is live, also after the connection was lost', async () => {
    const taskId = taskOf('Refund order 20');
    await page.goto(`${base}/tasks/${taskId}`);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.evaluate('window.isStillTheSamePage = true');
    await report(taskId, 0.25);
    await page.getByText('25%').waitFor();
    const complaints = watch.complaints.length;
    way.cut();
    await page.getByText('Reconnecting…').waitFor();
    await report(taskId, 0.5);
    way.mend();
    await page.getByText('50%').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await page.evaluate('window.isStillTheSamePage')).toBe(true);
    // The browser itself writes of each connection that failed.
    const said = watch.complaints.splice(complaints);
    expect(said.filter((text) => !/ERR_|WebSocket connection to/.test(text))).toEqual([]);
  });

  test('what a task asks a human is answered on its page', async () => {
    const taskId = taskOf('Refund order 20');
    await page.goto(`${base}/tasks/${taskId}`);
    await page.getByText('Live', { exact: true }).waitFor();
    await send('mutation($input: RequestInterventionInput!) { requestIntervention(input: $input) { id } }', {
      taskId,
      kind: 'APPROVAL',
      reason: 'Refund <b>$142.17</b>?',
      question: { order_id: '#W2611340', amount: 142.17 },
    });
    const main = page.getByRole('main');
    await main.getByText('Refund <b>$142.17</b>?').waitFor();
    await page.getByText('1 waiting for you').waitFor();
    await main.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('1 waiting for you').waitFor({ state: 'detached' });
    const { task } = await get<{ task: { interventions: { status: string }[] } }>(
      server.url,
      person.token,
      'query($id: ID!) { task(id: $id) { interventions { status } } }',
      { id: taskId },
    );
    expect(task.interventions).toEqual([{ status: 'APPROVED' }]);
  });

  test('an agent’s versions stand side by side; a new one is published and the agent paused', async () => {
    await page.goto(`${base}/agents`);
    await page.getByRole('link', { name: 'refund-desk' }).click();
    await page.getByRole('heading', { name: 'refund-desk' }).waitFor();
    await page.getByRole('link', { name: 'Refund order 19' }).waitFor();
    await page.getByRole('button', { name: 'Publish a version' }).click();
    await page.getByLabel('Note').fill('Calmer answers');
    const config = page.getByLabel('Configuration (JSON)');
    await config.fill('{"temperature": ');
    await page.getByText('This is no JSON object').waitFor();
    await config.fill(
      '{"temperature": 0.2, "limits": {"steps": 30}, "prompt": "You refund what arrived broken."}',
    );
    await page.getByRole('button', { name: 'Publish', exact: true }).click();
    await page.getByText('1 of 5 settings differ.').waitFor();
    const changed = page.getByRole('row').filter({ hasText: 'differs' });
    expect(await changed.getByRole('cell').allInnerTexts()).toEqual(['0.7', '0.2']);
    await page.getByLabel('Status').selectOption('PAUSED');
    await page.getByRole('main').locator('header span').filter({ hasText: 'Paused' }).first().waitFor();
    await page.getByRole('button', { name: 'Close the message' }).click();
    await takePicture(page, 'agents');
    const { agent } = await get<{ agent: object }>(
      server.url,
      person.token,
      'query($id: ID!) { agent(id: $id) { status currentVersion { number note config } } }',
      { id: desk.id },
    );
    expect(agent).toMatchObject({
      status: 'PAUSED',
      currentVersion: { number: 2, note: 'Calmer answers', config: { temperature: 0.2 } },
    });
  });

  test('a search over the project marks what it found, and a hit opens its task at the step', async () => {
    await page.goto(`${base}/search`);
    await page.getByLabel('Text').fill('REFUND_pay');
    const hits = page.getByRole('main').getByRole('listitem');
    await page.waitForURL(/q=REFUND_pay/);
    await hits.first().waitFor();
    expect(await hits.count()).toBe(6);
    expect(await hits.first().locator('mark').first().innerText()).toBe('refund_pay');
    await page.getByRole('button', { name: /^Status/ }).click();
    await page.getByRole('dialog').getByText('Failed', { exact: true }).click();
    await page.keyboard.press('Escape');
    await page.getByText('2 steps').waitFor();
    await hits.first().getByRole('link').click();
    await page.waitForURL(`**${base}/tasks/${taskOf('Refund order 18')}?mark=REFUND_pay&step=3`);
    await page.goBack();
    expect(page.url()).toContain('q=REFUND_pay&status=FAILED');
    await page.goto(`${base}/search?q=nowhere-to-be-found`);
    await page.getByText('No step matches').waitFor();
  });

  test('a viewer is shown an agent, and nothing to change it with', async () => {
    const setRole = (role: string) =>
      server.database.query('UPDATE memberships SET role = $1 WHERE user_id = $2', [role, person.userId]);
    await setRole('VIEWER');
    await page.goto(`${base}/agents/${desk.id}`);
    await page.getByText('config.limits.steps').waitFor();
    expect(await page.getByRole('button', { name: 'Publish a version' }).count()).toBe(0);
    expect(await page.getByLabel('Status').count()).toBe(0);
    await setRole('ADMIN');
    await page.reload();
    await page.getByRole('button', { name: 'Publish a version' }).waitFor();
  });

  test('markup and controls in what agents report are shown as text', async () => {
    const hostile = await makeExampleAgent(
      server.url,
      person,
      {
        name: '<img src=x onerror=alert(1)>\u202e',
        kind: 'CUSTOM',
        model: '</td><script>alert(2)</script>',
        config: { '<b>key</b>\u001b[31m': '<i>value</i>', a: null },
        description: '<h1>description</h1>',
      },
      {},
    );
    await page.goto(`${base}/agents/${hostile.id}`);
    await page.getByRole('heading', { name: '<img src=x onerror=alert(1)>[U+202E]' }).waitFor();
    await page.getByRole('rowheader', { name: 'config.<b>key</b>[U+001B][31m' }).waitFor();
    expect(await page.getByRole('cell').allInnerTexts()).toEqual([
      'openai',
      '</td><script>alert(2)</script>',
      '<i>value</i>',
      'null',
    ]);
    await page.goto(`${base}/search?q=%3Cb%3E(`);
    await page.getByText('No step matches').waitFor();
  });

  test('from signing in to an open task by the keyboard alone', async () => {
    const blind = await session.openPage();
    await blind.goto('/sign-in');
    await blind.getByLabel('Username or email').waitFor();
    await blind.keyboard.type(person.username);
    await blind.keyboard.press('Tab');
    await blind.keyboard.type(PASSWORD);
    await blind.keyboard.press('Enter');
    await rows(blind).first().waitFor();
    const isInList = () => blind.evaluate('document.activeElement.closest("[role=row]") !== null');
    for (let presses = 0; presses < 40 && !(await isInList()); presses += 1) {
      await blind.keyboard.press('Tab');
    }
    expect(await isInList()).toBe(true);
    await blind.keyboard.press('ArrowDown');
    const second = await rows(blind).nth(1).innerText();
    await blind.waitForFunction(`document.activeElement.textContent === ${JSON.stringify(second)}`);
    await blind.keyboard.press('Enter');
    await blind.getByRole('heading', { level: 1, name: second }).waitFor();
    await blind.context().close();
  });

  test('the pages before signing in are accessible and narrow enough', async () => {
    const stranger = await session.openPage();
    await stranger.setViewportSize({ width: 360, height: 740 });
    for (const [address, title] of [
      ['/sign-in', 'Sign in'],
      ['/register', 'Register'],
    ] as const) {
      await stranger.goto(address);
      await stranger.getByRole('heading', { name: title }).waitFor();
      expect([address, await seriousFindings(stranger), await overflowPx(stranger)]).toEqual([
        address,
        [],
        0,
      ]);
    }
    await stranger.context().close();
  });

  test('an invitation is for a new account: who is signed in is told so, and can sign out first', async () => {
    const invited = await session.openSignedIn();
    await invited.goto('/register?invitation=inv_1');
    await invited.getByRole('heading', { name: /^You are signed in as / }).waitFor();
    expect(await seriousFindings(invited)).toEqual([]);
    await invited.getByRole('button', { name: 'Sign out and register' }).click();
    await invited.getByLabel('Email').waitFor();
    expect(new URL(invited.url()).search).toBe('?invitation=inv_1');
    await invited.context().close();
  });

  describe('on every page', () => {
    /** Each with what it shows when it is there. */
    const everyPage = (): [address: string, shown: string][] => [
      [`${base}/tasks`, 'Refund order 19'],
      [`${base}/tasks?q=nothing-is-called-this`, 'No task matches'],
      [`${base}/tasks/${taskOf('Refund order 18')}`, 'HTTP 429: too many requests'],
      [`${base}/agents`, 'price-scout'],
      [`${base}/agents/${desk.id}`, 'config.limits.steps'],
      [`${base}/search?q=kettle`, 'steps, newest task first'],
      [`${base}/no-such-page`, 'not'],
    ];
    const visit = async ([address, shown]: [string, string]) => {
      await page.goto(address);
      await page.getByRole('main').getByText(shown).first().waitFor();
    };

    test.each(['light', 'dark'] as const)('axe finds nothing serious (%s)', async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      const findings: string[] = [];
      for (const each of everyPage()) {
        await visit(each);
        for (const finding of await seriousFindings(page)) findings.push(`${each[0]}: ${finding}`);
      }
      await page.emulateMedia({ colorScheme: 'light' });
      expect(findings).toEqual([]);
    });

    test.each([360, 2_560])('nothing is wider than a window of %i px', async (width) => {
      await page.setViewportSize({ width, height: 740 });
      const wider: string[] = [];
      for (const each of everyPage()) {
        await visit(each);
        const px = await overflowPx(page);
        if (px > 0) wider.push(`${each[0]} by ${px} px`);
      }
      await page.setViewportSize({ width: 1280, height: 800 });
      expect(wider).toEqual([]);
    });
  });

  test('everything came from the server itself, and nothing complained', () => {
    expect(watch.foreign).toEqual([]);
    expect(watch.complaints).toEqual([]);
  });
});
