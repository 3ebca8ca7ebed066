import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { parseDemoArguments } from '../src/commands/demo/demo-arguments.js';
import { get, makeKey, register, type Person } from './support/client.js';
import {
  createTestDatabase,
  startTestServer,
  type TestDatabase,
  type TestServer,
} from './support/test-server.js';

jest.setTimeout(120_000);

const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
const quick = ['--tasks', '12', '--speed', '50', '--seed', '1'];
const children = new Set<ChildProcess>();

interface Run {
  child: ChildProcess;
  /** What was written so far, to both. */
  text: () => string;
  code: Promise<number | null>;
}

/** The command as a process of its own, in an environment that holds nothing but what is given. */
function demo(argv: string[], env: Record<string, string>): Run {
  const child = spawn(process.execPath, [main, 'demo', ...argv], {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (text += String(chunk)));
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  void code.then(() => children.delete(child));
  return { child, text: () => text, code };
}

async function until(isTrue: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isTrue())) await sleep(50);
}

let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'binnacle-demo-'));
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(home, { recursive: true, force: true });
});

/** Signs in with what the demo keeps. */
async function signIn(url: string, homeDir: string): Promise<Person> {
  const kept = JSON.parse(await readFile(join(homeDir, 'demo.json'), 'utf8')) as {
    username: string;
    password: string;
  };
  const { login } = await get<{
    login: { token: string; user: { id: string; memberships: { project: { id: string } }[] } };
  }>(
    url,
    null,
    'mutation($input: LoginInput!) { login(input: $input) { token user { id memberships { project { id } } } } }',
    { input: { login: kept.username, password: kept.password } },
  );
  const projectId = login.user.memberships[0]?.project.id ?? '';
  return { token: login.token, userId: login.user.id, username: kept.username, projectId };
}

interface Seen {
  tasks: {
    totalCount: number;
    nodes: {
      status: string;
      costUsd: number | null;
      tags: string[];
      agent: { name: string };
      steps: { totalCount: number };
      open: { totalCount: number };
    }[];
  };
  interventions: { nodes: { status: string; resolvedBy: { username: string } | null }[] };
  project: { apiKeys: { revokedAt: string | null }[] };
}

/** What a person sees of the project. */
function look(url: string, { token, projectId }: Person): Promise<Seen> {
  return get<Seen>(
    url,
    token,
    `query ($projectId: ID!) {
      tasks(projectId: $projectId, first: 200) {
        totalCount
        nodes {
          status costUsd tags agent { name }
          steps(first: 1) { totalCount }
          open: steps(first: 1, filter: { statuses: [RUNNING] }) { totalCount }
        }
      }
      interventions(projectId: $projectId) { nodes { status resolvedBy { username } } }
      project(id: $projectId) { apiKeys { revokedAt } }
    }`,
    { projectId },
  );
}

describe('beside a server that runs', () => {
  let server: TestServer;
  let historyCount: number;
  const env = () => ({ BINNACLE_HOME: home, DATABASE_URL: server.database.url });

  beforeAll(async () => {
    server = await startTestServer({ BINNACLE_HOME: home });
  });
  afterAll(() => server.stop());

  test('a fleet works, asks, fails, and is answered', async () => {
    const run = demo([...quick, '--backfill', '1'], env());
    expect([await run.code, run.text()]).toEqual([0, expect.stringContaining('12 tasks: 0 running')]);
    expect(run.text()).toContain(`${server.url}/graphql`);
    expect((await stat(join(home, 'demo.json'))).mode & 0o777).toBe(0o600);

    const person = await signIn(server.url, home);
    expect(run.text()).toContain(person.projectId);
    const { tasks, interventions, project } = await look(server.url, person);
    const live = tasks.nodes.filter(({ tags }) => !tags.includes('history'));
    historyCount = tasks.totalCount - live.length;
    expect(live).toHaveLength(12);
    expect(historyCount).toBeGreaterThan(10);
    expect(new Set(live.map(({ agent }) => agent.name)).size).toBeGreaterThan(3);
    expect(new Set(live.map(({ status }) => status)).size).toBeGreaterThan(1);
    expect(tasks.nodes.filter(({ status }) => status === 'RUNNING')).toEqual([]);
    expect(tasks.nodes.filter(({ steps }) => steps.totalCount === 0)).toEqual([]);
    expect(tasks.nodes.filter(({ open }) => open.totalCount > 0)).toEqual([]);
    const unknownCosts = live.filter(({ costUsd }) => costUsd === null).length;
    expect(unknownCosts).toBeGreaterThan(0);
    expect(unknownCosts).toBeLessThan(live.length);
    expect(interventions.nodes.map(({ resolvedBy }) => resolvedBy?.username)).toContain('demo');
    expect(interventions.nodes.filter(({ status }) => status === 'OPEN')).toEqual([]);
    expect(project.apiKeys.map(({ revokedAt }) => revokedAt !== null)).toEqual([true]);
  });

  test('run again, it signs in again and doubles no history', async () => {
    const run = demo([...quick, '--backfill', '1'], env());
    expect([await run.code, run.text()]).toEqual([0, expect.not.stringContaining('the history of')]);
    const { tasks, project } = await look(server.url, await signIn(server.url, home));
    expect(tasks.totalCount).toBe(historyCount + 24);
    expect(project.apiKeys.map(({ revokedAt }) => revokedAt !== null)).toEqual([true, true]);
    const people = await server.database.query('SELECT FROM users');
    expect(people).toHaveLength(1);
  });

  test('with an API key it works in the key’s project, and nobody answers', async () => {
    const person = await register(server.url);
    const key = await makeKey(server.url, person, ['INGEST', 'READ']);
    const run = demo([...quick, '--no-backfill'], { BINNACLE_URL: server.url, BINNACLE_API_KEY: key.secret });
    expect([await run.code, run.text()]).toEqual([0, expect.stringContaining('12 tasks: 0 running')]);
    const { tasks, interventions } = await look(server.url, person);
    expect(tasks.totalCount).toBe(12);
    expect(tasks.nodes.filter(({ status, open }) => status === 'RUNNING' || open.totalCount > 0)).toEqual([]);
    expect(interventions.nodes.map(({ status }) => status)).toContain('EXPIRED');
    expect(interventions.nodes.filter(({ status }) => status !== 'EXPIRED')).toEqual([]);
  });

  test('a revoked key ends it with a reason', async () => {
    const person = await register(server.url);
    const key = await makeKey(server.url, person, ['INGEST', 'READ']);
    const run = demo(['--speed', '20', '--no-backfill'], {
      BINNACLE_URL: server.url,
      BINNACLE_API_KEY: key.secret,
    });
    await until(async () => (await look(server.url, person)).tasks.totalCount >= 4);
    await get(server.url, person.token, 'mutation($id: ID!) { revokeApiKey(id: $id) { id } }', {
      id: key.id,
    });
    expect([await run.code, run.text()]).toEqual([1, expect.stringContaining('The demo stopped:')]);
  });

  test('where the name belongs to somebody else it says what to do', async () => {
    const otherHome = await mkdtemp(join(tmpdir(), 'binnacle-demo-'));
    const other = await startTestServer({ BINNACLE_HOME: otherHome }, server.database);
    try {
      const run = demo(quick, { BINNACLE_HOME: otherHome, DATABASE_URL: server.database.url });
      expect([await run.code, run.text()]).toEqual([1, expect.stringContaining('BINNACLE_API_KEY')]);
      expect(run.text()).toContain('The name "demo" is taken');
      await expect(stat(join(otherHome, 'demo.json'))).rejects.toThrow('ENOENT');
    } finally {
      await other.stop();
      await rm(otherHome, { recursive: true, force: true });
    }
  });
});

test('where registration is closed it says what to do', async () => {
  const closedHome = await mkdtemp(join(tmpdir(), 'binnacle-demo-'));
  const server = await startTestServer({ BINNACLE_HOME: closedHome, REGISTRATION: 'closed' });
  try {
    await register(server.url);
    const run = demo(quick, { BINNACLE_HOME: closedHome, DATABASE_URL: server.database.url });
    expect([await run.code, run.text()]).toEqual([1, expect.stringContaining('Registration is closed')]);
  } finally {
    await server.stop();
    await rm(closedHome, { recursive: true, force: true });
  }
});

describe('without a server', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  test('it starts one, and Ctrl-C ends everything in order', async () => {
    const ownHome = await mkdtemp(join(tmpdir(), 'binnacle-demo-'));
    const run = demo(['--speed', '5', '--rate', '120', '--seed', '3', '--no-backfill'], {
      ...{ BINNACLE_HOME: ownHome, DATABASE_URL: database.url, PORT: '0' },
    });
    await until(async () => {
      const [row] = await database.query<{ count: string }>(
        "SELECT count(*) FROM task_steps WHERE status = 'RUNNING'",
      );
      return Number(row?.count) > 0;
    });
    run.child.kill('SIGINT');
    expect([await run.code, run.text()]).toEqual([0, expect.stringContaining('cancelled')]);
    const [, url = ''] = /Open +(http:\/\/[^/\s]+)/.exec(run.text()) ?? [];
    await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
    await expect(stat(join(ownHome, 'server.json'))).rejects.toThrow('ENOENT');
    const tasks = await database.query<{ status: string }>('SELECT status FROM tasks');
    expect(tasks.map(({ status }) => status)).toContain('CANCELLED');
    expect(tasks.map(({ status }) => status)).not.toContain('RUNNING');
    expect(await database.query("SELECT FROM task_steps WHERE status = 'RUNNING'")).toEqual([]);
    expect(await database.query('SELECT FROM api_keys WHERE revoked_at IS NULL')).toEqual([]);
    await rm(ownHome, { recursive: true, force: true });
  });
});

test.each([
  [['--rate', '0'], '--rate expects a number from 0.1 to 600, got "0".'],
  [['--rate', ''], '--rate expects a number'],
  [['--tasks', '1.5'], '--tasks expects a whole number, got "1.5".'],
  [['--speed', 'fast'], '--speed expects a number'],
  [['--seed=-1'], '--seed expects a number'],
  [['--backfill', '31'], '--backfill expects a number from 1 to 30, got "31".'],
  [['--backfill', '3', '--no-backfill'], 'exclude each other'],
  [['--colour'], "Unknown option '--colour'"],
  [['now'], "Unexpected argument 'now'"],
])('%j is wrong usage', (argv, message) => {
  expect(() => parseDemoArguments(argv)).toThrow(message);
});

test('what is not told has a default', () => {
  expect(parseDemoArguments([])).toMatchObject({ rate: 20, tasks: null, speed: 1, backfillDays: 7 });
  expect(parseDemoArguments(['--no-backfill'])).toMatchObject({ backfillDays: 0 });
  expect(parseDemoArguments(['--help'])).toBeNull();
});

test.each([
  [{ BINNACLE_URL: 'http://localhost:1' }, 'BINNACLE_API_KEY is not'],
  [{ BINNACLE_API_KEY: 'key' }, 'BINNACLE_URL is not'],
  [{ BINNACLE_URL: 'localhost:4000', BINNACLE_API_KEY: 'key' }, 'no http or https address'],
])('%j is wrong usage', async (env, message) => {
  const run = demo([], env);
  expect([await run.code, run.text()]).toEqual([2, expect.stringContaining(message)]);
});
