import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ask, codeOf, get, makeKey, register, type Person } from './support/client.js';
import { eventually } from './support/follower.js';
import { productCount, products, ScrapingSite, treePages } from './support/scraping-site.js';
import { startTestServer, type TestServer } from './support/test-server.js';

const settings = {
  EGRESS_ALLOW: '127.0.0.1',
  SCRAPER_DELAY_MS: '0',
  LOG_LEVEL: 'error',
  // As on a machine without a browser; what there is with one, scraping-browser.test.ts tells.
  CHROMIUM_PATH: '/nowhere/chromium',
} as const;
let server: TestServer;
let site: ScrapingSite;
let person: Person;
beforeAll(async () => {
  server = await startTestServer(settings);
  person = await register(server.url, 'scraping');
});
afterAll(() => server.stop());
beforeEach(async () => {
  site = await ScrapingSite.start();
});
afterEach(() => site.stop());

interface ScrapingTask {
  id: string;
  status: string;
  type: string;
  name: string;
  progress: number;
  progressMessage: string | null;
  attempt: number;
  worker: string | null;
  input: Record<string, unknown>;
  output: { itemCount: number; itemsIn: string; items: unknown[]; isComplete: boolean } | null;
  error: { code: string; message: string; class: string } | null;
  agent: { name: string; kind: string };
  steps: { nodes: { key: string; parentKey: string | null; name: string; status: string; type: string }[] };
}

const fields = `id status type name progress progressMessage attempt worker input output error { code message class }
  agent { name kind } steps(first: 500) { nodes { key parentKey name status type } }`;

const create = async (input: object, token = person.token, url = server.url) =>
  (
    await get<{ createScrapingTask: ScrapingTask }>(
      url,
      token,
      `mutation ($input: CreateScrapingTaskInput!) { createScrapingTask(input: $input) { ${fields} } }`,
      { input: { projectId: person.projectId, ...input } },
    )
  ).createScrapingTask;
const read = async (id: string, url = server.url) =>
  (
    await get<{ task: ScrapingTask }>(url, person.token, `query ($id: ID!) { task(id: $id) { ${fields} } }`, {
      id,
    })
  ).task;

/** The task when it has ended; what its progress was meanwhile goes into `seen`. */
async function ended(id: string, seen: number[] = [], url = server.url): Promise<ScrapingTask> {
  let task = await read(id, url);
  await eventually('the task ends', async () => {
    task = await read(id, url);
    seen.push(task.progress);
    return !['QUEUED', 'RUNNING', 'WAITING_FOR_HUMAN'].includes(task.status);
  });
  return task;
}

const list = () => ({
  kind: 'LIST',
  url: `${site.url}/list`,
  itemSelector: '.card',
  nextPageSelector: 'a.next',
  engine: 'HTTP',
  fields: [
    { name: 'name', selector: 'h2' },
    { name: 'price', selector: '.price' },
    { name: 'link', selector: 'h2 a', attribute: 'href' },
    { name: 'tags', selector: '.tag', many: true },
  ],
});
const lamps = () => products(site.url).map((lamp) => ({ ...lamp, price: lamp.price || null }));
const tree = () => ({
  kind: 'CRAWL',
  url: `${site.url}/tree/`,
  maxDepth: 3,
  engine: 'HTTP',
  fields: [{ name: 'title', selector: 'h1' }],
});

describe('createScrapingTask', () => {
  test('queues a task of the SCRAPER agent, and the built-in worker ends it with what the site holds', async () => {
    const made = await create(list());
    expect(made).toMatchObject({
      type: 'scraping',
      name: `List: 127.0.0.1:${site.port}/list`,
      agent: { name: 'Scraper', kind: 'SCRAPER' },
      input: { kind: 'LIST', maxPages: 10, respectRobots: true },
    });
    const seen: number[] = [];
    const task = await ended(made.id, seen);
    expect(task.error).toBeNull();
    expect(task).toMatchObject({ status: 'SUCCEEDED', progress: 1, attempt: 1 });
    expect(task.output).toMatchObject({ itemCount: productCount, itemsIn: 'OUTPUT', isComplete: true });
    expect(task.output?.items).toEqual(lamps());
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    const names = task.steps.nodes.map(({ name }) => name.replace(/^Page \d+: .*/, 'page'));
    expect(names.slice(0, 5)).toEqual(['page', 'robots.txt', 'fetch', 'extract', 'next page']);
    expect(names.filter((name) => name === 'page')).toHaveLength(5);
    expect(task.steps.nodes.every(({ status }) => status === 'SUCCEEDED')).toBe(true);
  });

  test('reads a PAGE and a CRAWL', async () => {
    const page = await create({ kind: 'PAGE', url: `${site.url}/product/2`, engine: 'HTTP' });
    const crawl = await create(tree());
    expect((await ended(page.id)).output?.items).toMatchObject([{ title: products(site.url)[1]!.name }]);
    expect((await ended(crawl.id)).output?.items).toEqual(
      treePages(site.url).map(({ title }) => ({ title })),
    );
  });

  test('with the same key answers the same task', async () => {
    const input = { ...list(), idempotencyKey: `once-${site.port}` };
    const [first, second] = [await create(input), await create(input)];
    expect(second.id).toBe(first.id);
    const other = ask(
      server.url,
      person.token,
      'mutation ($input: CreateScrapingTaskInput!) { createScrapingTask(input: $input) { id } }',
      { input: { projectId: person.projectId, ...input, maxPages: 2 } },
    );
    expect(await codeOf(other)).toBe('CONFLICT');
    await ended(first.id);
  });

  test('says all that is wrong with its input', async () => {
    const { errors } = await ask(
      server.url,
      person.token,
      'mutation ($input: CreateScrapingTaskInput!) { createScrapingTask(input: $input) { id } }',
      {
        input: {
          projectId: person.projectId,
          kind: 'PAGE',
          url: 'ftp://x',
          maxDepth: 1,
          fields: [{ name: 'a', selector: 'a[' }],
        },
      },
    );
    const [error] = errors ?? [];
    expect(error?.extensions.code).toBe('BAD_USER_INPUT');
    const wrong = (error?.extensions['fields'] ?? []) as { path: string }[];
    expect(wrong.map(({ path }) => path)).toEqual([
      'input.maxDepth',
      'input.url',
      'input.fields[0].selector',
    ]);
  });

  test('by the engine BROWSER without a browser fails at once, and says why', async () => {
    const { id } = await create({ kind: 'PAGE', url: `${site.url}/scripted`, engine: 'BROWSER' });
    const { error } = await ended(id);
    expect(error).toMatchObject({ code: 'ENGINE_UNAVAILABLE', class: 'BROWSER' });
    expect(error?.message).toContain('CHROMIUM_PATH');
    expect(site.requests).toEqual([]);
  });

  test('by the engine AUTO without a browser has what the plain page has, and says so in the trace', async () => {
    const { id } = await create({ ...list(), url: `${site.url}/scripted`, engine: 'AUTO' });
    const task = await ended(id);
    expect(task).toMatchObject({ status: 'SUCCEEDED', output: { itemCount: 0, items: [] } });
    const [plain] = await server.database.query<{ output: { browser: string } }>(
      `SELECT output FROM task_steps WHERE task_id = $1 AND key LIKE '%:extract:plain'`,
      [id],
    );
    expect(plain?.output.browser).toContain('there is no browser');
  });

  test('what fails is classified', async () => {
    site.robots = 'User-agent: *\nDisallow: /';
    const blocked = await create({ kind: 'PAGE', url: `${site.url}/list`, engine: 'HTTP' });
    expect((await ended(blocked.id)).error).toMatchObject({ code: 'ROBOTS_DISALLOWED', class: 'BLOCKED' });
    const refused = await create({ kind: 'PAGE', url: 'http://169.254.169.254/latest', engine: 'HTTP' });
    expect((await ended(refused.id)).error).toMatchObject({ code: 'EGRESS_REFUSED', class: 'BLOCKED' });
  });
});

test('a task that is cancelled under way is left alone from then on', async () => {
  const waiting: (() => void)[] = [];
  site.on('/tree/b/', (_request, response) => void waiting.push(() => void response.end('<h1>late</h1>')));
  const { id } = await create(tree());
  await eventually('the page is asked for', () => waiting.length > 0);
  await get(server.url, person.token, 'mutation ($id: ID!) { cancelTask(id: $id) { id } }', { id });
  for (const answer of waiting) answer();
  const asked = site.requests.length;
  // Its worker learns of it at its next call, and takes the next task.
  const next = await create({ kind: 'PAGE', url: `${site.url}/product/1`, engine: 'HTTP' });
  await ended(next.id);
  expect((await read(id)).status).toBe('CANCELLED');
  expect(
    site
      .paths()
      .slice(asked)
      .filter((path) => path.startsWith('/tree/')),
  ).toEqual([]);
});

describe('previewScraping', () => {
  const preview = async (input: object) =>
    (
      await get<{ previewScraping: Record<string, unknown> }>(
        server.url,
        person.token,
        `mutation ($input: PreviewScrapingInput!) { previewScraping(input: $input) {
          url problem engine status title matched itemCount leftOut items fields { name found missing } nextPage linkCount links } }`,
        { input: { projectId: person.projectId, ...input } },
      )
    ).previewScraping;

  test('shows what the selectors find on the page, and stores nothing', async () => {
    const before = await server.database.query('SELECT count(*) FROM tasks');
    expect(await preview(list())).toMatchObject({
      url: `${site.url}/list`,
      problem: null,
      engine: 'HTTP',
      status: 200,
      title: 'Lamps 1',
      matched: 5,
      itemCount: 5,
      items: lamps().slice(0, 5),
      fields: [
        { name: 'name', found: 5, missing: 0 },
        { name: 'price', found: 5, missing: 0 },
        { name: 'link', found: 5, missing: 0 },
        { name: 'tags', found: 3, missing: 2 },
      ],
      nextPage: `${site.url}/list?page=2`,
    });
    expect(await server.database.query('SELECT count(*) FROM tasks')).toEqual(before);
  });

  test('says why a page cannot be read', async () => {
    expect(await preview({ kind: 'PAGE', url: `${site.url}/status/404`, engine: 'HTTP' })).toMatchObject({
      problem: `${site.url}/status/404 answered with the status 404.`,
      itemCount: 0,
    });
    expect(await preview({ kind: 'PAGE', url: 'http://10.0.0.1/', engine: 'HTTP' })).toMatchObject({
      problem: expect.stringContaining('not a public address'),
    });
  });
});

describe('GET /api/tasks/:id/items', () => {
  const download = (id: string, query = '', token: string | null = person.token) =>
    fetch(`${server.url}/api/tasks/${id}/items${query}`, {
      headers: token ? { authorization: `Bearer ${token}` } : {},
    });

  test('has the items as JSON Lines and as CSV', async () => {
    site.on(
      '/sheet',
      (_request, response) =>
        void response
          .writeHead(200, { 'content-type': 'text/html' })
          .end('<p><b>=1+1</b><i>a "b", c</i></p><p><b>-5</b><i>x</i><i>y</i></p>'),
    );
    const { id } = await create({
      kind: 'LIST',
      url: `${site.url}/sheet`,
      itemSelector: 'p',
      engine: 'HTTP',
      fields: [
        { name: 'b', selector: 'b' },
        { name: 'i', selector: 'i', many: true },
      ],
    });
    await ended(id);
    const page = `${site.url}/sheet`;
    const lines = await download(id);
    expect(lines.headers.get('content-type')).toContain('application/jsonl');
    expect(
      (await lines.text())
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { page, b: '=1+1', i: ['a "b", c'] },
      { page, b: '-5', i: ['x', 'y'] },
    ]);
    const csv = await download(id, '?format=csv');
    expect(csv.headers.get('content-disposition')).toBe(`attachment; filename="items-${id}.csv"`);
    expect(await csv.text()).toBe(`b,i,page\r\n"'=1+1","a ""b"", c",${page}\r\n-5,"x\ny",${page}\r\n`);
  });

  test('has all that is in the steps, where the output cannot hold it', async () => {
    const text = 'z'.repeat(60_000);
    site.on(
      '/many',
      (_request, response) =>
        void response
          .writeHead(200, { 'content-type': 'text/html' })
          .end(Array.from({ length: 30 }, (_, index) => `<p>${index} ${text}</p>`).join('')),
    );
    const { id } = await create({ kind: 'LIST', url: `${site.url}/many`, itemSelector: 'p', engine: 'HTTP' });
    const task = await ended(id);
    expect(task.output).toMatchObject({ itemCount: 30, itemsIn: 'STEPS' });
    const lines = (await (await download(id)).text()).trim().split('\n');
    expect(lines.map((line) => Number.parseInt((JSON.parse(line) as { text: string }).text, 10))).toEqual([
      ...Array(30).keys(),
    ]);
  });

  test('is for those who may read the task', async () => {
    const { id } = await create({ kind: 'PAGE', url: `${site.url}/product/1`, engine: 'HTTP' });
    await ended(id);
    const stranger = await register(server.url, 'stranger');
    const { secret: blind } = await makeKey(server.url, person, ['INGEST']);
    expect((await download(id, '', null)).status).toBe(401);
    expect((await download(id, '', stranger.token)).status).toBe(404);
    expect((await download(id, '', blind)).status).toBe(403);
    expect((await download('nothing')).status).toBe(404);
    expect((await download(id, '?format=xml')).status).toBe(400);
  });
});
