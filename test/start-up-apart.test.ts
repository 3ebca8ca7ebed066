import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { ask, get, makeAgent, makeTask, register } from './support/client.js';
import { eventually, tellSteps } from './support/follower.js';
import { administer, withDatabase } from './support/global-setup.js';
import { BinnacleProcess, jwtSecret, killRunning } from './support/processes.js';
import { freePort } from './support/redis.js';
import { createTestDatabase, startTestServer, type TestDatabase } from './support/test-server.js';

const { BINNACLE_TEST_SERVER: serverUrl = '' } = process.env;
/** Where the processes stand, and where they should leave nothing. */
let cwd: string;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'binnacle-apart-'));
});
afterEach(() => killRunning());
afterAll(() => rm(cwd, { recursive: true, force: true }));

const begin = (command: string, env: Record<string, string>) => BinnacleProcess.begin(command, { cwd, env });
const ready = (command: string, env: Record<string, string>) => BinnacleProcess.ready(command, { cwd, env });

describe('api and worker, apart', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  test('work together on one database, need no folder, and stop in order', async () => {
    const env = { DATABASE_URL: database.url, JWT_SECRET: jwtSecret };
    const [api, worker] = await Promise.all([
      ready('api', env),
      ready('worker', { DATABASE_URL: database.url }),
    ]);
    const { url } = api;
    expect(api.stdout).toContain(`Binnacle runs at ${url}, on the database of DATABASE_URL.`);
    const owner = await register(url);
    const agentId = await makeAgent(url, owner);
    const taskId = await makeTask(url, owner.token, agentId, { timeoutMs: 1_000 });
    let task: Record<string, unknown> = {};
    await eventually('the worker ends the task', async () => {
      ({ task } = await get<{ task: Record<string, unknown> }>(
        url,
        owner.token,
        'query($id: ID!) { task(id: $id) { status error { message class } } }',
        { id: taskId },
      ));
      return task.status !== 'RUNNING';
    });
    expect(task).toEqual({
      status: 'TIMED_OUT',
      error: { message: 'The attempt ran longer than its 1000 ms.', class: 'TIMEOUT' },
    });
    expect(await Promise.all([api.stop('SIGINT'), worker.stop('SIGTERM')])).toEqual([0, 0]);
    expect([api.stderr, worker.stderr]).toEqual(['', '']);
    expect(await readdir(cwd)).toEqual([]);
  }, 30_000);

  test.each([
    ['api', {}, 'set DATABASE_URL and JWT_SECRET.'],
    ['api', { DATABASE_URL: 'postgres://127.0.0.1/x' }, 'set JWT_SECRET.'],
    ['worker', {}, 'set DATABASE_URL.'],
  ])('%s with %j says what it needs', async (command, env: Record<string, string>, needed) => {
    const half = begin(command, env);
    expect(await half.ended()).toBe(1);
    expect(half.stdout).toBe('');
    expect(half.stderr).toBe(
      `\`npm run ${command}\` works with other processes on one database: ${needed} \`npm start\` runs everything in one process and needs neither.\n`,
    );
    expect(await readdir(cwd)).toEqual([]);
  });
});

describe('a database that has not been migrated', () => {
  const names: string[] = [];
  const makeEmpty = async () => {
    const name = `binnacle_empty_${process.pid}_${names.length}`;
    await administer(serverUrl, `CREATE DATABASE ${name}`);
    names.push(name);
    return withDatabase(serverUrl, name);
  };
  const query = async <Row>(url: string, sql: string): Promise<Row[]> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query(sql);
    await client.end();
    return rows as Row[];
  };
  afterAll(async () => {
    await killRunning();
    for (const name of names) await administer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
  });

  test('is migrated once, however many start at once', async () => {
    const url = await makeEmpty();
    const env = { DATABASE_URL: url, JWT_SECRET: jwtSecret, DATABASE_POOL: '3' };
    const all = await Promise.all(
      ['api', 'api', 'api', 'worker', 'serve'].map((command) => ready(command, env)),
    );
    const ran = await query<{ name: string }>(url, 'SELECT name FROM migrations ORDER BY id');
    expect(ran.length).toBeGreaterThan(0);
    expect(new Set(ran.map(({ name }) => name)).size).toBe(ran.length);
    for (const replica of all.filter((each) => each.url !== '')) {
      const answer = (await (await fetch(`${replica.url}/readyz`)).json()) as { isReady: boolean };
      expect(answer.isReady).toBe(true);
    }
    const [first, second] = all as [BinnacleProcess, BinnacleProcess];
    const owner = await register(first.url);
    // What one has signed, the other takes.
    expect(await get(second.url, owner.token, '{ me { id } }')).toEqual({ me: { id: owner.userId } });
    expect(await Promise.all(all.map((replica) => replica.stop()))).toEqual(all.map(() => 0));
    expect(all.map(({ stderr }) => stderr)).toEqual(all.map(() => ''));
    await rm(join(cwd, '.binnacle'), { recursive: true });
  }, 60_000);

  test('is migrated by `migrate` alone, which says what it did', async () => {
    const env = { DATABASE_URL: await makeEmpty() };
    const first = begin('migrate', env);
    expect(await first.ended()).toBe(0);
    expect(first.stdout).toMatch(/^Ran \d+ migrations:\n( {2}\w+\n)+$/);
    const second = begin('migrate', env);
    expect(await second.ended()).toBe(0);
    expect(second.stdout).toBe('The database is up to date.\n');
    expect([first.stderr, second.stderr]).toEqual(['', '']);
    expect(await readdir(cwd)).toEqual([]);
  }, 30_000);
});

describe('a database that cannot be used', () => {
  let silent: Server;
  beforeAll(async () => {
    silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
  });
  afterAll(() => void silent.close());

  test('is named, with what is wrong and what to do, in bounded time', async () => {
    const closed = await freePort();
    const { port: deaf } = silent.address() as { port: number };
    const missing = withDatabase(serverUrl, 'binnacle_that_is_not');
    const lookThere = 'Look whether PostgreSQL runs there, and whether DATABASE_URL names it rightly.';
    const cases: [url: string, what: string, remedy: string][] = [
      [`postgres://ann:hidden@127.0.0.1:${closed}/x`, `127.0.0.1:${closed}/x cannot be used`, lookThere],
      [`postgres://ann:hidden@localhost:${closed}/x`, 'ECONNREFUSED', lookThere],
      [`postgres://ann:hidden@no-such-host.invalid/x`, 'no-such-host.invalid/x cannot be used', lookThere],
      [`postgres://ann:hidden@127.0.0.1:${deaf}/x`, `127.0.0.1:${deaf}/x cannot be used`, lookThere],
      [missing, 'binnacle_that_is_not', 'Make that database, or name another one in DATABASE_URL.'],
    ];
    const startedAt = Date.now();
    const commands = ['api', 'worker', 'serve', 'api', 'migrate'];
    const all = cases.map(([DATABASE_URL], i) =>
      begin(commands[i] ?? '', { DATABASE_URL, JWT_SECRET: jwtSecret }),
    );
    for (const [i, [, what, remedy]] of cases.entries()) {
      const refused = all[i] as BinnacleProcess;
      expect(await refused.ended(30_000)).toBe(1);
      expect(refused.stdout).toBe('');
      expect(refused.stderr).toMatch(/^The database [^\n]*\n$/);
      expect(refused.stderr).toContain(what);
      expect(refused.stderr).toContain(remedy);
      expect(refused.stderr).not.toContain('hidden');
    }
    expect(Date.now() - startedAt).toBeLessThan(25_000);
  }, 40_000);
});

test('/readyz tells of steps that are not taken in, and of a database that is gone', async () => {
  const database = await createTestDatabase();
  const server = await startTestServer({ STATEMENT_TIMEOUT_MS: '3000' }, database);
  const { url } = server;
  const check = async (name: string) => {
    const answer = await fetch(`${url}/readyz`);
    const { checks } = (await answer.json()) as {
      checks: { name: string; isReady: boolean; detail?: string }[];
    };
    return { status: answer.status, ...checks.find((each) => each.name === name) };
  };
  const owner = await register(url);
  const taskId = await makeTask(url, owner.token, await makeAgent(url, owner));
  await database.query('BEGIN');
  await database.query('LOCK TABLE task_steps IN ACCESS EXCLUSIVE MODE');
  const telling = tellSteps(url, owner.token, taskId, ['a']);
  await eventually('it is told', async () => (await check('ingestion')).status === 503);
  expect(await check('ingestion')).toMatchObject({
    isReady: false,
    detail: expect.stringMatching(/^A call of recordSteps has waited for \d+ ms\.$/),
  });
  await database.query('COMMIT');
  await telling;
  expect(await check('ingestion')).toEqual({ status: 200, name: 'ingestion', isReady: true });

  const name = new URL(database.url).pathname.slice(1);
  await administer(serverUrl, `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  await database.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  );
  await eventually('it is told', async () => (await check('database')).status === 503);
  const { errors } = await ask(url, owner.token, '{ me { id } }');
  expect(errors?.[0]?.extensions.code).toBe('UNAVAILABLE');
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  await administer(serverUrl, `ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
  await eventually('it is back', async () => (await check('database')).status === 200);
  await server.stop();
  await database.drop();
}, 30_000);
