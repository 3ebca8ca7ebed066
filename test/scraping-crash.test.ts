import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { get, register, type Person } from './support/client.js';
import { eventually } from './support/follower.js';
import { BinnacleProcess, jwtSecret, killRunning } from './support/processes.js';
import { ScrapingSite, treePages } from './support/scraping-site.js';
import {
  createTestDatabase,
  startTestServer,
  type TestDatabase,
  type TestServer,
} from './support/test-server.js';

// A lease has to run out.
jest.setTimeout(180_000);

let database: TestDatabase;
let api: TestServer;
let site: ScrapingSite;
let person: Person;
beforeEach(async () => {
  database = await createTestDatabase();
  api = await startTestServer({}, database, { api: true, worker: false });
  site = await ScrapingSite.start();
  person = await register(api.url, 'crash');
});
afterEach(async () => {
  await killRunning();
  await site.stop();
  await api.stop();
  await database.drop();
});

const work = () =>
  BinnacleProcess.ready('worker', {
    env: {
      DATABASE_URL: database.url,
      JWT_SECRET: jwtSecret,
      LOG_LEVEL: 'error',
      EGRESS_ALLOW: '127.0.0.1',
      SCRAPER_DELAY_MS: '100',
    },
  });

interface Crawled {
  status: string;
  attempt: number;
  progress: number;
  output: { items: { title: string }[] } | null;
  error: unknown;
  steps: { nodes: { status: string; name: string; key: string; error: { code: string } | null }[] };
}

const read = async (id: string) =>
  (
    await get<{ task: Crawled }>(
      api.url,
      person.token,
      `query ($id: ID!) { task(id: $id) { status attempt progress output error { message }
        steps(first: 500) { nodes { status name key error { code } } } } }`,
      { id },
    )
  ).task;

async function crawl(): Promise<string> {
  const { createScrapingTask } = await get<{ createScrapingTask: { id: string } }>(
    api.url,
    person.token,
    'mutation ($input: CreateScrapingTaskInput!) { createScrapingTask(input: $input) { id } }',
    {
      input: {
        projectId: person.projectId,
        kind: 'CRAWL',
        url: `${site.url}/tree/`,
        maxDepth: 3,
        engine: 'HTTP',
        fields: [{ name: 'title', selector: 'h1' }],
      },
    },
  );
  return createScrapingTask.id;
}

/** How often each page was asked for. */
function visits(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const path of site.paths()) counts.set(path, (counts.get(path) ?? 0) + 1);
  return counts;
}

async function isEnded(id: string): Promise<void> {
  const isOver = async () => !['QUEUED', 'RUNNING'].includes((await read(id)).status);
  await eventually('the crawl ends', isOver);
  const { status, output, error, steps, progress } = await read(id);
  expect(error).toBeNull();
  expect({ status, progress }).toEqual({ status: 'SUCCEEDED', progress: 1 });
  expect(output?.items).toEqual(treePages(site.url).map(({ title }) => ({ title })));
  expect(steps.nodes.filter((step) => step.status === 'RUNNING')).toEqual([]);
  const done = steps.nodes.filter((step) => step.name.startsWith('Page ') && step.status === 'SUCCEEDED');
  expect(done).toHaveLength(treePages(site.url).length);
}

test('a worker killed with -9 in the middle of a crawl: another ends it, and no item is doubled', async () => {
  const [first, second] = [await work(), await work()];
  const id = await crawl();
  await eventually('the crawl is under way', () => site.requests.length >= 12);
  const [{ worker } = { worker: '' }] = await database.query<{ worker: string }>(
    'SELECT worker FROM tasks WHERE id = $1',
    [id],
  );
  const [its, other] = worker.includes(` ${first.pid} `) ? [first, second] : [second, first];
  its.child.kill('SIGKILL');
  await isEnded(id);
  const task = await read(id);
  expect(task.attempt).toBe(2);
  const [{ worker: last } = { worker: '' }] = await database.query<{ worker: string }>(
    'SELECT worker FROM tasks WHERE id = $1',
    [id],
  );
  expect(last).toContain(` ${other.pid} `);
  // What was done is not fetched again; what was being done is.
  const twice = [...visits()].filter(([path, count]) => path !== '/robots.txt' && count > 1);
  expect(twice.length).toBeLessThanOrEqual(1);
});

test('a worker that is stopped gives its crawl back, and the attempt does not count', async () => {
  const id = await crawl();
  const first = await work();
  await eventually('the crawl is under way', () => site.requests.length >= 12);
  expect(await first.stop()).toBe(0);
  expect((await read(id)).status).toBe('QUEUED');
  await work();
  await isEnded(id);
  expect((await read(id)).attempt).toBe(1);
});
