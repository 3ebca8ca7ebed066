import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { chromiumPath } from './support/browser.js';
import { get, makeKey, register, type Person } from './support/client.js';
import { eventually } from './support/follower.js';
import { LoginSite } from './support/login-site.js';
import { connectMcp } from './support/mcp.js';
import { BinnacleProcess, jwtSecret, killRunning } from './support/processes.js';
import {
  createTestDatabase,
  startTestServer,
  type TestDatabase,
  type TestServer,
} from './support/test-server.js';

// Browsers start in several processes.
jest.setTimeout(180_000);
const withChromium = chromiumPath === undefined ? describe.skip : describe;

const env = {
  JWT_SECRET: jwtSecret,
  ENCRYPTION_KEY: 'a key that only tests know, long enough too',
  EGRESS_ALLOW: '127.0.0.1',
  SCRAPER_DELAY_MS: '0',
  LOG_LEVEL: 'error',
};
let database: TestDatabase;
let api: TestServer;
let site: LoginSite;
let person: Person;
beforeAll(async () => {
  database = await createTestDatabase();
  api = await startTestServer(env, database, { api: true, worker: false });
  person = await register(api.url, 'signed-in');
});
beforeEach(async () => {
  site = await LoginSite.start();
});
afterEach(async () => {
  await killRunning();
  await site.stop();
});
afterAll(async () => {
  await api.stop();
  await database.drop();
});

const work = () => BinnacleProcess.ready('worker', { env: { ...env, DATABASE_URL: database.url } });
const mutate = async (name: string, type: string, input: object) => {
  const query = `mutation ($input: ${type}!) { ${name}(input: $input) { id } }`;
  return (await get<Record<string, { id: string }>>(api.url, person.token, query, { input }))[name]!.id;
};

const login = (account: string) => ({
  projectId: person.projectId,
  site: 'shop',
  account,
  probeUrl: `${site.url}/account`,
  loggedInSelector: '#sign-out',
  loggedOutSelector: '#sign-in',
});
const putLogin = (account: string, more: object) =>
  mutate('putLoginSession', 'PutLoginSessionInput', { ...login(account), ...more });
const scrape = (loginSessionId: string, number = 0) =>
  mutate('createScrapingTask', 'CreateScrapingTaskInput', {
    projectId: person.projectId,
    kind: 'PAGE',
    url: `${site.url}/account?number=${number}`,
    engine: 'HTTP',
    loginSessionId,
    fields: [{ name: 'account', selector: '#sign-out', required: true }],
  });

interface Read {
  status: string;
  error: { code: string } | null;
  output: { items: unknown[] } | null;
  steps: { nodes: { name: string; output: unknown }[] };
  interventions: { id: string; status: string; kind: string; reason: string }[];
}
const read = async (id: string) =>
  (
    await get<{ task: Read }>(
      api.url,
      person.token,
      `query ($id: ID!) { task(id: $id) { status output error { code } steps(first: 100) { nodes { name output } }
        interventions { id status kind reason } } }`,
      { id },
    )
  ).task;
async function reached(id: string, ...statuses: string[]): Promise<Read> {
  let task = await read(id);
  await eventually(`the task is ${statuses.join(' or ')}`, async () =>
    statuses.includes((task = await read(id)).status),
  );
  return task;
}
const ended = (id: string) => reached(id, 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'CANCELLED');

const items = [{ account: 'Sign out' }];
const signIns = ({ steps }: Read) => steps.nodes.filter(({ name }) => name === 'sign in again');

withChromium('a scraping task with a login session', () => {
  test('goes to the site with its cookies, signs in again once in all worker processes when it has ended, and goes on', async () => {
    const id = await putLogin('with a recipe', { storageState: site.signIn(), recipe: site.recipe });
    await Promise.all([work(), work()]);
    const first = await ended(await scrape(id));
    expect(first).toMatchObject({ status: 'SUCCEEDED', output: { items } });
    expect(signIns(first)).toEqual([]);
    expect(site.attempts).toBe(0);

    site.signOutAll();
    site.delayMs = 100;
    const tasks = await Promise.all(Array.from({ length: 6 }, (_, number) => scrape(id, number)));
    const seen = await Promise.all(tasks.map(ended));
    for (const task of seen)
      expect(task).toMatchObject({ status: 'SUCCEEDED', error: null, output: { items } });
    expect(seen.flatMap(signIns).length).toBeGreaterThan(0);
    expect(seen.flatMap(signIns).every(({ output }) => JSON.stringify(output).includes('SIGNED_IN'))).toBe(
      true,
    );
    expect(site.attempts).toBe(1);

    const key = await makeKey(api.url, person, ['READ']);
    const client = await connectMcp(api.url, key.secret);
    const { data } = await client.call('get_system_status');
    expect(data).toMatchObject({
      login_states: [
        {
          login_session_id: id,
          site: 'shop',
          account: 'with a recipe',
          state: 'LOGGED_IN',
          checked_at: expect.any(String),
          expires_at: expect.any(String),
        },
      ],
      browser_instances: { available: true, reason: null, instances: expect.any(Array) },
    });
    await client.close();
  });
});

test('without a recipe it asks a human, and goes on once the human has put a new state in place', async () => {
  const account = 'without a recipe';
  const id = await putLogin(account, { storageState: site.signIn() });
  site.signOutAll();
  await work();
  const taskId = await scrape(id);
  const { interventions } = await reached(taskId, 'WAITING_FOR_HUMAN', 'FAILED');
  expect(interventions).toMatchObject([
    { status: 'OPEN', kind: 'TAKEOVER', reason: expect.stringContaining(`${site.url}/account`) },
  ]);
  await putLogin(account, { storageState: site.signIn() });
  await mutate('resolveIntervention', 'ResolveInterventionInput', {
    id: interventions[0]!.id,
    status: 'ANSWERED',
  });
  expect(await ended(taskId)).toMatchObject({ status: 'SUCCEEDED', output: { items } });
  expect(site.attempts).toBe(0);
});
