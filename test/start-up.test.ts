import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, readdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { get, makeAgent, makeTask, openSocket, register, type Person } from './support/client.js';
import { eventually, finishTask, Follower, followSteps, tellSteps } from './support/follower.js';
import { BinnacleProcess, canRun, killRunning, postgresBelow } from './support/processes.js';

const nobody = 65_534;
const folders: string[] = [];

async function newFolder(owner?: number): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'binnacle start-up ')));
  if (owner !== undefined) await chown(folder, owner, owner);
  folders.push(folder);
  return folder;
}

/** What a server of a folder says of itself to the commands of the same folder. */
const noteOf = async (home: string) =>
  JSON.parse(await readFile(join(home, 'server.json'), 'utf8')) as { databaseUrl: string };
const nothingRunsIn = async (home: string) => expect(await postgresBelow(home)).toEqual([]);
const me = (url: string, token: string) => get<{ me: { id: string } }>(url, token, '{ me { id } }');

afterEach(async () => {
  await killRunning();
  for (const folder of folders) for (const pid of await postgresBelow(folder)) process.kill(pid, 'SIGQUIT');
});
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 10 });
});

/** From a fresh folder to the second start. */
async function liveThrough(home: string, uid?: number): Promise<void> {
  const options = { env: { BINNACLE_HOME: home }, ...(uid === undefined ? {} : { uid }) };
  const server = await BinnacleProcess.ready('serve', options);
  const { url } = server;
  expect(server.stdout).toContain(`Binnacle runs at ${url}, with its data in ${home}/.`);
  expect(server.stdout).toContain(`Open      ${url}`);
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok', pid: server.pid });
  const ready = await fetch(`${url}/readyz`);
  expect(ready.status).toBe(200);
  expect(await ready.json()).toEqual({
    isReady: true,
    checks: ['process', 'database', 'migrations', 'ingestion'].map((name) => ({ name, isReady: true })),
  });
  const page = await fetch(url, { headers: { accept: 'text/html' } });
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  for (const name of ['process_cpu_seconds_total', 'binnacle_http_request_duration_seconds_bucket']) {
    expect(metrics).toContain(name);
  }
  for (const secret of ['jwt-secret', 'postgres-password', 'server.json']) {
    expect([secret, (await stat(join(home, secret))).mode & 0o777]).toEqual([secret, 0o600]);
  }

  const owner = await register(url);
  const taskId = await makeTask(url, owner.token, await makeAgent(url, owner));
  const follower = Follower.of(openSocket(url, owner.token), followSteps, { taskId });
  await tellSteps(url, owner.token, taskId, ['a']);
  await follower.has(1);
  await stopWhileBusy(server, home, owner, taskId);
  expect(await follower.ended()).toMatchObject({ code: 1001 });
  await nothingRunsIn(home);
  expect(await readdir(home)).not.toContain('server.json');

  const again = await BinnacleProcess.ready('serve', options);
  expect(await me(again.url, owner.token)).toEqual({ me: { id: owner.userId } });
  const { task } = await get<{ task: unknown }>(
    again.url,
    owner.token,
    'query($id: ID!) { task(id: $id) { status stepCount } }',
    { id: taskId },
  );
  expect(task).toEqual({ status: 'SUCCEEDED', stepCount: 1 });
  expect(await again.stop('SIGTERM')).toBe(0);
  expect(again.stderr).toBe('');
  await nothingRunsIn(home);
}

async function waitsForLock(database: Client): Promise<boolean> {
  const { rowCount } = await database.query(
    `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
  );
  return rowCount === 1;
}

/** Ctrl-C while a request waits for a lock that the test holds. */
async function stopWhileBusy(
  server: BinnacleProcess,
  home: string,
  { token }: Person,
  taskId: string,
): Promise<void> {
  const { url } = server;
  const database = new Client({ connectionString: (await noteOf(home)).databaseUrl });
  // At the end the server cuts all sessions of the database, this one too.
  database.on('error', () => undefined);
  await database.connect();
  await database.query('BEGIN');
  await database.query('SELECT FROM tasks WHERE id = $1 FOR UPDATE', [taskId]);
  let isAnswered = false;
  const finishing = finishTask(url, token, taskId).finally(() => (isAnswered = true));
  await eventually('the request waits', () => waitsForLock(database));
  server.child.kill('SIGINT');
  await eventually('no new request is taken', () =>
    fetch(`${url}/healthz`).then(
      () => false,
      () => true,
    ),
  );
  expect([isAnswered, server.exitCode]).toEqual([false, undefined]);
  await database.query('COMMIT');
  await finishing;
  const asked = Date.now();
  expect(await server.ended()).toBe(0);
  expect(Date.now() - asked).toBeLessThan(20_000);
  await database.end().catch(() => undefined);
  expect(server.stdout).toContain('Stopping; press Ctrl-C again to stop at once.');
  expect(server.stderr).toBe('');
}

describe('serve, with nothing but Node', () => {
  test('starts, says what to do, finishes what is under way, stops in order, and starts again', async () => {
    await liveThrough(await newFolder());
  });

  (canRun(nobody) ? test : test.skip)(
    'so it does for an ordinary user (needs root to become one)',
    async () => {
      await liveThrough(await newFolder(nobody), nobody);
    },
  );

  describe('on a folder of its own', () => {
    let home: string;
    let owner: Person;
    const start = (env: Record<string, string> = {}) =>
      BinnacleProcess.ready('serve', { env: { BINNACLE_HOME: home, ...env } });

    beforeAll(async () => {
      home = await newFolder();
    });

    test('keeps what it acknowledged when it is killed, and starts again', async () => {
      const first = await start();
      owner = await register(first.url);
      first.child.kill('SIGKILL');
      expect(await first.ended()).toBeNull();
      const second = await start();
      expect(await me(second.url, owner.token)).toEqual({ me: { id: owner.userId } });
      // A terminal that is closed.
      second.child.stdout?.destroy();
      expect(await second.stop('SIGHUP')).toBe(0);
      expect(second.stderr).toBe('');
      await nothingRunsIn(home);
    });

    test('says who uses the folder already, and leaves that one alone', async () => {
      const first = await start();
      const second = BinnacleProcess.begin('serve', { env: { BINNACLE_HOME: home } });
      expect(await second.ended()).toBe(1);
      expect(second.stdout).toBe('');
      expect(second.stderr).toBe(
        `Another Binnacle (pid ${first.pid}) is using ${home}. Stop it, or set BINNACLE_HOME to another folder.\n`,
      );
      expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
      await first.stop();
    });

    test('says that its port is taken, and leaves nothing running', async () => {
      const blocker = createServer().listen(0, '127.0.0.1');
      await once(blocker, 'listening');
      const { port } = blocker.address() as { port: number };
      const server = BinnacleProcess.begin('serve', { env: { BINNACLE_HOME: home, PORT: String(port) } });
      expect(await server.ended()).toBe(1);
      blocker.close();
      expect(server.stdout).toBe('');
      expect(server.stderr).toBe(
        `Port ${port} is taken by another program. Set PORT to a free one (PORT=0 finds one), or stop that program.\n`,
      );
      await nothingRunsIn(home);
      expect(await readdir(home)).not.toContain('server.json');
    });

    test('stops, and says why, when its database is killed', async () => {
      const server = await start();
      const [postgres] = await postgresBelow(home);
      process.kill(postgres ?? 0, 'SIGKILL');
      expect(await server.ended()).toBe(1);
      expect(server.stderr).toContain('Binnacle stops: PostgreSQL ended unexpectedly (killed by SIGKILL).');
      expect(server.stdout).not.toContain('Stopping');
      const next = await start();
      expect(await me(next.url, owner.token)).toEqual({ me: { id: owner.userId } });
      expect(await next.stop()).toBe(0);
    });

    test('stops at once when it is asked twice, and when it is asked while it starts', async () => {
      const early = BinnacleProcess.begin('serve', { env: { BINNACLE_HOME: home } });
      await eventually('its database starts', () => existsSync(join(home, 'postgres/lock')));
      expect(await early.stop('SIGINT')).toBe(0);
      expect(early.stdout).not.toContain('Binnacle runs at');
      await nothingRunsIn(home);

      const server = await start();
      const owner = await register(server.url, 'late');
      const taskId = await makeTask(server.url, owner.token, await makeAgent(server.url, owner));
      const database = new Client({ connectionString: (await noteOf(home)).databaseUrl });
      database.on('error', () => undefined);
      await database.connect();
      await database.query('BEGIN');
      await database.query('SELECT FROM tasks WHERE id = $1 FOR UPDATE', [taskId]);
      const finishing = finishTask(server.url, owner.token, taskId).catch(() => 'cut off');
      await eventually('the request waits', () => waitsForLock(database));
      server.child.kill('SIGINT');
      await eventually('it is stopping', () => server.stdout.includes('Stopping'));
      // One Ctrl-C may arrive twice: from the terminal, and from npm.
      server.child.kill('SIGINT');
      await sleep(700);
      expect(server.exitCode).toBeUndefined();
      expect(await server.stop('SIGINT')).toBe(130);
      expect(await finishing).toBe('cut off');
      await eventually('its database ends with it', async () => (await postgresBelow(home)).length === 0);
    });

    test('names all wrong settings at once, and starts and makes nothing', async () => {
      const cwd = await newFolder();
      const env = {
        PORT: 'many',
        DATABASE_URL: 'mysql://localhost/x',
        JWT_SECRET: 'short',
        REGISTRATION: 'maybe',
        MAX_BATCH: '0',
        MAX_QUERY_DEEPNESS: '3',
      };
      const server = BinnacleProcess.begin('serve', { cwd, env });
      expect(await server.ended()).toBe(1);
      expect(server.stdout).toBe('');
      expect(server.stderr).toContain('Binnacle did not start, because of wrong settings:');
      const lines = server.stderr.trim().split('\n').slice(1);
      expect(lines).toHaveLength(Object.keys(env).length);
      for (const name of Object.keys(env)) {
        expect(lines.filter((line) => line.startsWith(`  - ${name} `))).toHaveLength(1);
      }
      expect(server.stderr).not.toContain('short');
      expect(await readdir(cwd)).toEqual([]);
    });
  });
});

test('the command line says what there is', async () => {
  const [helped, lost] = [BinnacleProcess.begin('--help'), BinnacleProcess.begin('sevre')];
  expect(await helped.ended()).toBe(0);
  for (const command of ['npm start', 'npm run api', 'npm run worker', 'npm run migrate']) {
    expect(helped.stdout).toContain(command);
  }
  expect(await lost.ended()).toBe(2);
  expect(lost.stderr).toContain('There is no command "sevre".');
  expect(lost.stderr).toContain('npm start');
});
