import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { get, makeKey, register, type Person } from './support/client.js';
import { connectMcp, type Progress } from './support/mcp.js';
import { productCount, products, ScrapingSite } from './support/scraping-site.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let person: Person;
let site: ScrapingSite;
beforeAll(async () => {
  server = await startTestServer({
    EGRESS_ALLOW: '127.0.0.1',
    // So that there is something to see between the beginning and the end.
    SCRAPER_DELAY_MS: '100',
    LOG_LEVEL: 'error',
    CHROMIUM_PATH: '/nowhere/chromium',
  });
  person = await register(server.url, 'scraping-mcp');
});
afterAll(() => server.stop());
beforeEach(async () => {
  site = await ScrapingSite.start();
});
afterEach(() => site.stop());

interface Status {
  task_id: string;
  status: string;
  type: string;
  is_finished: boolean;
  progress: number;
  output: { items: unknown[]; itemCount: number } | null;
}

const list = () => ({
  kind: 'LIST',
  url: `${site.url}/list`,
  item_selector: '.card',
  next_page_selector: 'a.next',
  engine: 'HTTP',
  fields: [
    { name: 'name', selector: 'h2', required: true },
    { name: 'price', selector: '.price' },
    { name: 'link', selector: 'h2 a', attribute: 'href' },
    { name: 'tags', selector: '.tag', many: true },
  ],
});

const neverFalls = (values: number[]) => expect(values).toEqual([...values].sort((a, b) => a - b));

test.each(['2026', '2025'] as const)(
  'the client of %s makes a scraping task, and polls it to its end with progress that never falls',
  async (era) => {
    const { secret } = await makeKey(server.url, person, ['INGEST', 'READ']);
    const client = await connectMcp(server.url, secret, era);
    const made = await client.call<Status>('create_scraping_task', list());
    expect(made.isError).toBe(false);
    expect(made.data).toMatchObject({ type: 'scraping', status: 'QUEUED', is_finished: false, progress: 0 });
    const polled: number[] = [];
    const told: Progress[] = [];
    let last: Status;
    do {
      const ask = { task_id: made.data.task_id, wait_seconds: 0.3, max_payload_chars: 50_000 };
      const { data, text, isError } = await client.call<Status>('get_task_status', ask, (progress) =>
        told.push(progress),
      );
      if (isError) throw new Error(text);
      polled.push((last = data).progress);
    } while (!last.is_finished);
    expect(last).toMatchObject({ status: 'SUCCEEDED', progress: 1, output: { itemCount: productCount } });
    expect(last.output?.items).toEqual(
      products(site.url).map((lamp) => ({ ...lamp, price: lamp.price || null })),
    );
    neverFalls(polled);
    neverFalls(told.map(({ progress }) => progress));
    expect(new Set([...polled, ...told.map(({ progress }) => progress)]).size).toBeGreaterThan(2);
    expect(told.some(({ message }) => message !== undefined)).toBe(true);
    await client.close();
  },
);

test('the same key answers the same task; other arguments with it are a CONFLICT', async () => {
  const { id, secret } = await makeKey(server.url, person, ['INGEST', 'READ']);
  const client = await connectMcp(server.url, secret);
  const page = { kind: 'PAGE', url: `${site.url}/product/1`, engine: 'HTTP', idempotency_key: 'nightly' };
  const first = await client.call<Status>('create_scraping_task', page);
  const again = await client.call<Status>('create_scraping_task', page);
  expect(again.data.task_id).toBe(first.data.task_id);
  const other = await client.call('create_scraping_task', { ...page, url: `${site.url}/product/2` });
  expect([other.isError, other.text]).toEqual([true, expect.stringMatching(/^CONFLICT: /)]);
  const { task } = await get<{ task: { input: unknown; agent: object } }>(
    server.url,
    person.token,
    'query ($id: ID!) { task(id: $id) { input agent { name kind } } }',
    { id: first.data.task_id },
  );
  expect(task).toMatchObject({
    input: { kind: 'PAGE', url: page.url, respectRobots: true, fields: [] },
    agent: { name: 'Scraper', kind: 'SCRAPER' },
  });
  const audited = await server.database.query(
    `SELECT action, subject_id AS "subjectId" FROM audit_log WHERE actor_id = $1 AND subject_type = 'Task'`,
    [id],
  );
  expect(audited).toEqual([{ action: 'createTask', subjectId: first.data.task_id }]);
  await client.close();
});
