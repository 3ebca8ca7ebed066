import type { Browser } from 'playwright-core';
import { chromiumPath, launchBrowser } from '../test/support/browser.js';
import { get, makeAgent, makeTask, register, type Person } from '../test/support/client.js';
import type { Database } from '../src/platform/database.js';
import { openBenchDatabase } from './support/bench-database.js';
import { startChild } from './support/child.js';
import { indexProject } from './support/index-project.js';
import { fillTask, LAST_WORD, RARE_WORD } from './support/large-tasks.js';
import { isQuick, median } from './support/load.js';
import { ProbedPage } from './support/probed-page.js';

// The Trace Explorer in Chromium, before a server in a process of its own: opening tasks, searching, following, jumping.
const sizes = isQuick ? [100, 10_000] : [100, 10_000, 100_000, 1_000_000];
const opens = isQuick ? 1 : 7;
const followedSeconds = isQuick ? 2 : 20;
const stepsPerSecond = 100;
const sendsPerSecond = 10;
const largest = Math.max(...sizes);
const followedSize = Math.min(largest, 100_000);

const count = (number: number) => number.toLocaleString('en');
const say = (text: string) => process.stdout.write(`${text}\n`);
const tell = (name: string, figure: string) => say(`  ${name.padEnd(58)} ${figure.padStart(12)}`);
const ms = (value: number) => `${count(Math.round(value))} ms`;
const task = (value: number) => (value === 0 ? 'under 50 ms' : ms(value));

/** Address and person, and where the page of a task is. */
interface Site {
  url: string;
  person: Person;
  browser: Browser;
  base: string;
}

const open = ({ browser, person, base }: Site, path: string) =>
  ProbedPage.open(browser, `${base}${path}`, person.token);

async function measureOpening(site: Site, tasks: Map<number, string>): Promise<void> {
  const times = new Map<number, number[]>(sizes.map((size) => [size, []]));
  let longest = 0;
  // The server's first answers are its slowest, and no page's fault.
  const [anyTask = ''] = tasks.values();
  const first = await open(site, `/tasks/${anyTask}`);
  await first.firstRowMs();
  await first.close();
  // In turns, so that noise strikes all alike.
  for (let round = 0; round < opens; round++) {
    for (const [size, taskId] of tasks) {
      const probed = await open(site, `/tasks/${taskId}`);
      times.get(size)?.push(await probed.firstRowMs());
      longest = Math.max(longest, (await probed.read()).longestTaskMs);
      await probed.close();
    }
  }
  const base = median(times.get(100) ?? []);
  for (const [size, values] of times) {
    const ratio = size === 100 ? '' : `   ${(median(values) / base).toFixed(2)} of 100`;
    tell(`first row of a task of ${count(size)} steps`, ms(median(values)) + ratio);
  }
  tell('longest main-thread task while opening', task(longest));
}

async function measureJumps(site: Site, size: number, taskId: string): Promise<void> {
  const toEnd: number[] = [];
  const toStart: number[] = [];
  const toMiddle: number[] = [];
  let mostRows = 0;
  for (let round = 0; round < opens; round++) {
    const probed = await open(site, `/tasks/${taskId}`);
    await probed.firstRowMs();
    const isShown = (seq: number) => `[data-seq="${seq}"] [data-open]`;
    toEnd.push(await probed.timeKey('Shift+G', isShown(size)));
    await probed.page.keyboard.press('#');
    await probed.page.keyboard.type(String(size / 2));
    toMiddle.push(await probed.timeKey('Enter', isShown(size / 2)));
    toStart.push(await probed.timeKey('g', isShown(1)));
    mostRows = Math.max(mostRows, (await probed.read()).mostRows);
    await probed.close();
  }
  tell(`from the first to the last of ${count(size)} steps`, ms(median(toEnd)));
  tell('from there to a number in the middle', ms(median(toMiddle)));
  tell('and back to the first, which was read before', ms(median(toStart)));
  tell('most step rows in the page at any time', count(mostRows));
}

async function measureTree(site: Site, size: number, taskId: string): Promise<void> {
  const first: number[] = [];
  const whole: number[] = [];
  const unfolded: number[] = [];
  let longest = 0;
  let mostRows = 0;
  const inFold = size / 2 + 50;
  for (let round = 0; round < opens; round++) {
    const startedMs = performance.now();
    const probed = await open(site, `/tasks/${taskId}?view=tree&step=1`);
    first.push(await probed.firstRowMs());
    await probed.page.locator(`[role=listitem][aria-setsize="${size}"]`).first().waitFor();
    whole.push(performance.now() - startedMs);
    await probed.page.keyboard.press('-');
    await probed.page
      .locator(`[role=listitem][aria-setsize="${size / 100}"]`)
      .first()
      .waitFor();
    await probed.page.keyboard.press('#');
    await probed.page.keyboard.type(String(inFold));
    unfolded.push(await probed.timeKey('Enter', `[data-seq="${inFold}"] [data-open]`));
    const { longestTaskMs, mostRows: rows } = await probed.read();
    longest = Math.max(longest, longestTaskMs);
    mostRows = Math.max(mostRows, rows);
    await probed.close();
  }
  tell(`first row of the tree of ${count(size)} steps`, ms(median(first)));
  tell('until all of them are in their place', ms(median(whole)));
  tell('all folded, to a number in the middle', ms(median(unfolded)));
  tell('longest main-thread task', task(longest));
  tell('most step rows in the page at any time', count(mostRows));
}

async function measureSearch(site: Site, size: number, taskId: string): Promise<void> {
  const search = async (path: string, word: string, hit: string) => {
    const times: number[] = [];
    for (let round = 0; round < Math.min(opens, 3); round++) {
      const probed = await open(site, path);
      if (path.startsWith('/tasks/')) await probed.firstRowMs();
      const field = probed.page.getByRole('searchbox').first();
      await field.fill(word);
      // Leaving the field starts the search at once, without the pause of typing.
      times.push(await probed.timeKey('Tab', hit));
      await probed.close();
    }
    return ms(median(times));
  };
  const inTask = `/tasks/${taskId}`;
  const all = count(sizes.reduce((sum, each) => sum + each, 0));
  tell(
    `in ${count(size)} steps, a word of one in 1,000`,
    await search(inTask, RARE_WORD, '[role=listitem] mark'),
  );
  tell(
    `in ${count(size)} steps, a word of the last alone`,
    await search(inTask, LAST_WORD, '[role=listitem] mark'),
  );
  tell(
    `over the project (${all} steps), a word of one in 1,000`,
    await search('/search', RARE_WORD, 'main li mark'),
  );
}

/** Sends steps evenly, whatever each call takes. */
async function sendSteps({ url, person }: Site, taskId: string, look: string): Promise<void> {
  const each = stepsPerSecond / sendsPerSecond;
  const startedMs = performance.now();
  for (let sent = 0; sent < followedSeconds * sendsPerSecond; sent++) {
    const dueMs = startedMs + (sent * 1000) / sendsPerSecond;
    await new Promise((resolve) => setTimeout(resolve, Math.max(dueMs - performance.now(), 0)));
    const steps = Array.from({ length: each }, (_, index) => ({
      ...{ key: `${look}-${sent}-${index}`, type: 'LLM', name: 'answer the customer', status: 'SUCCEEDED' },
      ...{ startedAt: new Date().toISOString(), model: 'gpt-4o', inputTokens: 1200, outputTokens: 100 },
      input: { order_id: `#W${sent}` },
    }));
    await get(
      url,
      person.token,
      'mutation($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }',
      { input: { taskId, steps } },
    );
  }
}

/** @param before how many steps the task has */
async function measureFollowing(site: Site, taskId: string, look: string, before: number): Promise<void> {
  const probed = await open(site, `/tasks/${taskId}?view=${look}`);
  await probed.page.getByText('Live', { exact: true }).waitFor();
  await probed.firstRowMs();
  // What opening brings with it is over.
  await probed.page.waitForTimeout(1_000);
  await probed.startAnew();
  await sendSteps(site, taskId, look);
  const last = before + followedSeconds * stepsPerSecond;
  const startedMs = performance.now();
  await probed.page.locator(`[data-seq="${last}"] [data-open]`).waitFor();
  const behindMs = performance.now() - startedMs;
  const { longestTaskMs, mostRows } = await probed.read();
  await probed.close();
  tell('most step rows in the page at any time', count(mostRows));
  tell('longest main-thread task', task(longestTaskMs));
  tell('the last step is in the page after its sending was answered', ms(behindMs));
}

async function main(): Promise<void> {
  if (!chromiumPath) {
    say('The page: left out, as there is no Chromium on the PATH; CHROMIUM_PATH may name one.');
    return;
  }
  const { url: databaseUrl, database, close } = await openBenchDatabase();
  const server = await startChild('./binnacle-child.js', { DATABASE_URL: databaseUrl });
  const browser = await launchBrowser();
  try {
    await measure(server.url, browser, database);
  } finally {
    await browser.close();
    server.stop();
    await close();
  }
}

async function measure(url: string, browser: Browser, database: Database): Promise<void> {
  const person = await register(url);
  const agentId = await makeAgent(url, person);
  const { project } = await get<{ project: { slug: string } }>(
    url,
    person.token,
    'query($id: ID!) { project(id: $id) { slug } }',
    { id: person.projectId },
  );
  const site: Site = { url, person, browser, base: `${url}/p/${project.slug}` };
  const tasks = new Map<number, string>();
  for (const size of sizes) {
    const taskId = await makeTask(url, person.token, agentId);
    await fillTask(database, taskId, size);
    tasks.set(size, taskId);
  }
  const followed = await makeTask(url, person.token, agentId);
  await fillTask(database, followed, followedSize, true);
  await indexProject(database, person.projectId);
  await database.pool.query('ANALYZE tasks, task_steps, search_bits, search_runs');
  const largestTask = tasks.get(largest) ?? '';

  say(`The page: opening a task, in a browser that has loaded nothing before, median of ${opens}`);
  await measureOpening(site, tasks);
  say('The page: jumping from end to end, from the key to the row');
  await measureJumps(site, largest, largestTask);
  say('The page: the tree');
  await measureTree(site, largest, largestTask);
  say('The page: searching, from the key to the first hit');
  await measureSearch(site, largest, largestTask);
  const rate = `${stepsPerSecond} steps/s arrive, ${followedSeconds} s`;
  for (const [looks, look] of ['log', 'tree'].entries()) {
    const before = followedSize + looks * followedSeconds * stepsPerSecond;
    say(`The page: following a task of ${count(before)} steps as a ${look} while ${rate}`);
    await measureFollowing(site, followed, look, before);
  }
}

await main();
process.exit();
