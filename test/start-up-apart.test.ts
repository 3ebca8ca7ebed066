import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { createBinnacleDataSource } from '../src/data-source.js';
import { Database } from '../src/platform/database.js';
import { ask, get, makeAgent, makeTask, openSocket, register } from './support/client.js';
import { eventually, Follower, followSteps, tellSteps, type StepBatches } from './support/follower.js';
import { administer, withDatabase } from './support/global-setup.js';
import { BinnacleProcess, jwtSecret, killRunning } from './support/processes.js';
import { freePort } from './support/redis.js';
import { createTestDatabase, startTestServer, type TestDatabase } from './support/test-server.js';
import { Wire } from './support/wire.js';

const { BINNACLE_TEST_SERVER: serverUrl = '' } = process.env;
/** Where the processes stand, and where they should leave nothing. */
let cwd: string;
/** A server that takes connections and says nothing, and a process that waits for it while the other tests run. */
let deaf: Server;
let patient: { process: BinnacleProcess; where: string };

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'binnacle-apart-'));
  deaf = createServer().listen(0, '127.0.0.1');
  await once(deaf, 'listening');
  const where = `127.0.0.1:${(deaf.address() as { port: number }).port}/x`;
  const DATABASE_URL = `postgres://ann:hidden@${where}`;
  patient = { process: begin('api', { DATABASE_URL, JWT_SECRET: jwtSecret }), where };
});
afterAll(async () => {
  deaf.close();
  await killRunning();
  await rm(cwd, { recursive: true, force: true });
});

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
  });

  test('say what they need', async () => {
    const cases: [command: string, env: Record<string, string>, needed: string][] = [
      ['api', {}, 'set DATABASE_URL and JWT_SECRET.'],
      ['api', { DATABASE_URL: 'postgres://127.0.0.1/x' }, 'set JWT_SECRET.'],
      ['worker', {}, 'set DATABASE_URL.'],
    ];
    const halves = cases.map(([command, env]) => begin(command, env));
    for (const [i, [command, , needed]] of cases.entries()) {
      const half = halves[i] as BinnacleProcess;
      expect(await half.ended()).toBe(1);
      expect(half.stdout).toBe('');
      expect(half.stderr).toBe(
        `\`npm run ${command}\` works with other processes on one database: ${needed} \`npm start\` runs everything in one process and needs neither.\n`,
      );
    }
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
    const env = { DATABASE_URL: url, JWT_SECRET: jwtSecret, DATABASE_POOL: '5' };
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
  });

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
  });
});

test('/readyz tells of steps that are not taken in', async () => {
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
    detail: expect.stringMatching(/^A call that reports steps has waited for \d+ ms\.$/),
  });
  await database.query('COMMIT');
  await telling;
  expect(await check('ingestion')).toEqual({ status: 200, name: 'ingestion', isReady: true });

  await server.stop();
  await database.drop();
});

test('a database that goes away is told, waited for, and no reason not to stop', async () => {
  const database = await createTestDatabase();
  const wire = new Wire(new URL(database.url));
  const server = await startTestServer({}, { ...database, url: await wire.join() });
  const { url } = server;
  const owner = await register(url);
  const taskId = await makeTask(url, owner.token, await makeAgent(url, owner));
  const client = openSocket(url, owner.token);
  const follower = Follower.of<StepBatches>(client, followSteps, { taskId });
  await tellSteps(url, owner.token, taskId, ['a']);
  await follower.has(1);
  wire.cut();
  await eventually('it is told', async () => (await fetch(`${url}/readyz`)).status === 503);
  const { errors } = await ask(url, owner.token, '{ me { id } }');
  expect(errors?.[0]?.extensions.code).toBe('UNAVAILABLE');
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  await wire.join();
  await eventually('it is back', async () => (await fetch(`${url}/readyz`)).status === 200);
  await tellSteps(url, owner.token, taskId, ['b']);
  await follower.has(2);
  wire.cut();
  const startedAt = Date.now();
  await server.stop();
  expect(Date.now() - startedAt).toBeLessThan(25_000);
  expect(await follower.ended()).toMatchObject({ code: 1001 });
  await database.drop();
});

test('a connection that breaks while it is held ends nothing but itself', async () => {
  const database = await createTestDatabase();
  const pooled = new Database(await createBinnacleDataSource({ url: database.url }).initialize());
  const held = await pooled.pool.connect();
  const [row] = (await held.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows;
  await database.query('SELECT pg_terminate_backend($1)', [row?.pid]);
  // What breaks a connection is told to nobody; a process without a listener for it would end here.
  await eventually('it is broken', () =>
    held.query('SELECT 1').then(
      () => false,
      () => true,
    ),
  );
  await expect(held.query('SELECT 1')).rejects.toThrow();
  held.release(true);
  expect(await pooled.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await pooled.close();
  await database.drop();
});

test('a database that cannot be used is named, with what is wrong and what to do, in bounded time', async () => {
  const closed = await freePort();
  const lookThere = 'Look whether PostgreSQL runs there, and whether DATABASE_URL names it rightly.';
  const cases: [command: string, url: string, what: string, remedy: string][] = [
    [
      'worker',
      `postgres://ann:hidden@127.0.0.1:${closed}/x`,
      `127.0.0.1:${closed}/x cannot be used`,
      lookThere,
    ],
    ['serve', `postgres://ann:hidden@localhost:${closed}/x`, 'ECONNREFUSED', lookThere],
    [
      'api',
      'postgres://ann:hidden@no-such-host.invalid/x',
      'no-such-host.invalid/x cannot be used',
      lookThere,
    ],
    [
      'migrate',
      withDatabase(serverUrl, 'binnacle_that_is_not'),
      '/binnacle_that_is_not cannot be used',
      'Make that database, or name another one in DATABASE_URL.',
    ],
  ];
  const all = cases.map(([command, url]) => begin(command, { DATABASE_URL: url, JWT_SECRET: jwtSecret }));
  cases.push(['api', '', `${patient.where} cannot be used`, lookThere]);
  all.push(patient.process);
  for (const [i, [, , what, remedy]] of cases.entries()) {
    const refused = all[i] as BinnacleProcess;
    expect(await refused.ended()).toBe(1);
    expect(refused.stdout).toBe('');
    expect(refused.stderr).toMatch(/^The database [^\n]*\n$/);
    expect(refused.stderr).toContain(what);
    expect(refused.stderr).toContain(remedy);
    expect(refused.stderr).not.toContain('hidden');
  }
  expect(patient.process.lifeMs).toBeLessThan(20_000);
  await rm(join(cwd, '.binnacle'), { recursive: true });
});
