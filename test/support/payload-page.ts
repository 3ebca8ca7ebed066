import type { Browser, Locator, Page } from 'playwright-core';
import { get, makeAgent, makeTask, register, type Person } from './client.js';
import { startTestServer, type TestServer } from './test-server.js';
import { openContext, signIn, Watch } from './web.js';

/** The page of a task in Chromium, signed in, before a server of its own: for suites on what steps hold. */
export class PayloadPage {
  /** What the page asked by window.alert and its like. */
  readonly dialogs: string[] = [];

  private constructor(
    readonly server: TestServer,
    readonly page: Page,
    readonly watch: Watch,
    readonly person: Person,
    readonly agentId: string,
    private readonly base: string,
  ) {
    page.on('dialog', (dialog) => {
      this.dialogs.push(dialog.message());
      void dialog.dismiss();
    });
  }

  static async open(browser: Browser): Promise<PayloadPage> {
    const server = await startTestServer();
    // The clipboard is there on pages of this machine by its name.
    const url = server.url.replace('127.0.0.1', 'localhost');
    const person = await register(server.url, 'reader');
    const agentId = await makeAgent(server.url, person);
    const { project } = await get<{ project: { slug: string } }>(
      server.url,
      person.token,
      'query($id: ID!) { project(id: $id) { slug } }',
      { id: person.projectId },
    );
    const context = await openContext(browser, url);
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await context.addInitScript(`
      window.longTasks = [];
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) window.longTasks.push(Math.round(duration));
      }).observe({ type: 'longtask' });
    `);
    const page = await context.newPage();
    page.setDefaultTimeout(120_000);
    const watch = new Watch(url);
    watch.over(page);
    const base = `/p/${project.slug}`;
    await page.goto(`${base}/agents`);
    await signIn(page, person.username);
    await page
      .getByRole('main')
      .getByText(/agent-/)
      .waitFor();
    return new PayloadPage(server, page, watch, person, agentId, base);
  }

  async close(): Promise<void> {
    await this.page.context().close();
    await this.server.stop();
  }

  /** A finished task with these steps, in this order; keys, types and names are made up where they are missing. */
  async makeSteps(steps: object[]): Promise<string> {
    const { url } = this.server;
    const { token } = this.person;
    const taskId = await makeTask(url, token, this.agentId);
    for (const [index, step] of steps.entries()) {
      const whole = { key: `s${index}`, type: 'LLM', name: `step ${index}`, status: 'SUCCEEDED', ...step };
      const { recordSteps } = await get<{ recordSteps: { rejected: object[] } }>(
        url,
        token,
        'mutation($input: RecordStepsInput!) { recordSteps(input: $input) { rejected { reason } } }',
        { input: { taskId, steps: [whole] } },
      );
      if (recordSteps.rejected.length > 0) throw new Error(JSON.stringify(recordSteps.rejected));
    }
    await get(
      url,
      token,
      'mutation($input: FinishTaskInput!) { finishTask(input: $input) { task { id } } }',
      {
        input: { taskId, status: 'SUCCEEDED' },
      },
    );
    return taskId;
  }

  async goTo(taskId: string): Promise<void> {
    await this.page.goto(`${this.base}/tasks/${taskId}`);
    await this.row(1).locator('[data-open]').waitFor();
  }

  row(seq: number): Locator {
    return this.page.locator(`[role=listitem][data-seq="${seq}"]`);
  }

  /** Opens a step of the task that is shown, and waits for what it holds. */
  async openStep(seq: number): Promise<Locator> {
    await this.row(seq).locator('[data-open]').click();
    await this.row(seq).locator('section').first().waitFor();
    return this.row(seq);
  }

  /** Opens a new task with one step of that kind, and the step. */
  async show(step: object): Promise<Locator> {
    await this.goTo(await this.makeSteps([step]));
    return this.openStep(1);
  }

  /** What the button put on the clipboard. */
  async copyBy(button: Locator): Promise<string> {
    await button.click();
    await button.filter({ hasText: 'Copied' }).waitFor();
    return this.readClipboard();
  }

  readClipboard(): Promise<string> {
    return this.page.evaluate('navigator.clipboard.readText()');
  }

  /**
   * Does something, and prints the longest time for which the page could not answer meanwhile.
   * @returns it in milliseconds; 0 = under 50
   */
  async longestTask(what: string, action: () => Promise<unknown>): Promise<number> {
    await this.page.evaluate('window.longTasks.length = 0');
    const startedMs = performance.now();
    await action();
    const tookMs = Math.round(performance.now() - startedMs);
    // Long tasks are told of when they are over.
    await this.page.waitForTimeout(100);
    const longest: number = await this.page.evaluate('Math.max(0, ...window.longTasks)');
    process.stdout.write(`  ${what}: longest task ${longest || 'under 50'} ms, ${tookMs} ms in all\n`);
    return longest;
  }
}
