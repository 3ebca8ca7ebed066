import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from 'graphql-ws';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, codeOf, get, makeAgent, makeKey, makeTask, openSocket, register } from './support/client.js';
import { eventually, Follower, tellSteps } from './support/follower.js';
import { BinnacleProcess, jwtSecret, killRunning } from './support/processes.js';
import { hasRedisServer, RedisServer } from './support/redis.js';
import { createTestDatabase, startTestServer, type TestDatabase } from './support/test-server.js';
import { Wire } from './support/wire.js';

const fields = `status version startedAt uptimeSeconds observedAt
  components { name health detail observedAt latencyMs } cpuLoad memoryRssBytes eventLoopDelayP99Ms`;
const query = `{ systemStatus { ${fields} } }`;
const subscription = `subscription { systemStatusChanged { ${fields} } }`;

interface Status {
  status: string;
  version: string;
  startedAt: string;
  uptimeSeconds: number;
  observedAt: string;
  components: {
    name: string;
    health: string;
    detail: string | null;
    observedAt: string | null;
    latencyMs: number | null;
  }[];
  cpuLoad: number;
  memoryRssBytes: number;
  eventLoopDelayP99Ms: number | null;
}
type Told = { systemStatusChanged: Status };

const statusOf = async (url: string, token: string) =>
  (await get<{ systemStatus: Status }>(url, token, query)).systemStatus;
const part = (status: Status | undefined, name: string) =>
  status?.components.find((each) => each.name === name);
const healths = ({ components }: Status) =>
  Object.fromEntries(components.map(({ name, health }) => [name, health]));

/** Silent after 1.5 s, forgotten after 12 s. */
const quick = { STATUS_REPORT_MS: '500', LIVE_SWEEP_MS: '200' };

let database: TestDatabase;
const sockets: Client[] = [];
const stops: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) await socket.dispose();
  for (const stop of stops.splice(0).reverse()) await stop();
  await killRunning();
  await database.query('DELETE FROM process_reports');
});
afterAll(() => database.drop());

async function start(settings: Record<string, string> = {}, url = database.url, worker = true) {
  const shared = { ...database, url };
  const server = await startTestServer({ ...quick, ...settings }, shared, { api: true, worker });
  stops.push(server.stop);
  return { url: server.url, owner: await register(server.url), stop: server.stop };
}

function follow(url: string, token: string): Follower<Told> {
  const socket = openSocket(url, token);
  sockets.push(socket);
  return Follower.of<Told>(socket, subscription, {});
}
const last = (told: Told[]) => told.at(-1)?.systemStatusChanged as Status;

describe('one process', () => {
  test('says of itself and of what it looks at how it is', async () => {
    const before = Date.now();
    const { url, owner } = await start({ STATUS_REPORT_MS: '60000' });
    const status = await statusOf(url, owner.token);
    // Asked at once: the first look is waited for.
    expect(healths(status)).toEqual({
      database: 'HEALTHY',
      ingestion: 'HEALTHY',
      // Nothing has been fetched yet.
      egress: 'UNKNOWN',
      jobs: 'HEALTHY',
      api: 'HEALTHY',
      worker: 'HEALTHY',
    });
    expect(status).toMatchObject({ status: 'HEALTHY', version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    expect(part(status, 'database')?.latencyMs).toBeGreaterThan(0);
    expect(part(status, 'egress')).toMatchObject({
      observedAt: null,
      detail: 'Nobody has looked at it yet.',
    });
    for (const { name, observedAt } of status.components) {
      if (name === 'egress') continue;
      expect(Date.parse(observedAt ?? '')).toBeGreaterThanOrEqual(before);
      expect(Date.parse(observedAt ?? '')).toBeLessThanOrEqual(Date.now());
    }
    const uptime = (Date.parse(status.observedAt) - Date.parse(status.startedAt)) / 1000;
    expect(status.uptimeSeconds).toBeCloseTo(uptime, 2);
    expect(status.uptimeSeconds).toBeGreaterThan(0);
    expect(status.memoryRssBytes).toBeGreaterThan(10_000_000);
    expect(status.cpuLoad).toBeGreaterThan(0);
  });

  test('tells everybody who is signed in and keys that may read, and nobody else', async () => {
    const { url, owner } = await start({ STATUS_REPORT_MS: '60000' });
    const other = await register(url);
    const reader = await makeKey(url, owner, ['READ']);
    const reporter = await makeKey(url, owner, ['INGEST']);
    for (const token of [owner.token, other.token, reader.secret])
      expect((await statusOf(url, token)).status).toBe('HEALTHY');
    expect(await codeOf(ask(url, null, query))).toBe('UNAUTHENTICATED');
    expect(await codeOf(ask(url, reporter.secret, query))).toBe('FORBIDDEN');
    const refused = follow(url, reporter.secret);
    expect(await refused.ended()).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  test('alone in answering, knows nothing of jobs being run', async () => {
    const { url, owner } = await start({}, database.url, false);
    const status = await statusOf(url, owner.token);
    expect(part(status, 'worker')).toMatchObject({ health: 'UNKNOWN', observedAt: null });
    expect(status.status).toBe('UNKNOWN');
    await database.query(
      `SELECT graphile_worker.add_job('sealAuditLog', run_at := now() - interval '2 hours', job_key := 'late')`,
    );
    await eventually('it is told', async () => {
      const jobs = part(await statusOf(url, owner.token), 'jobs');
      return (
        jobs?.health === 'UNHEALTHY' &&
        /^\d+ jobs? waits?, the oldest for 72\d\d s\.$/.test(jobs.detail ?? '')
      );
    });
    expect((await statusOf(url, owner.token)).status).toBe('DEGRADED');
    await database.query(`SELECT graphile_worker.remove_job('late')`);
  });

  test('takes back what it said when it stops', async () => {
    const { stop } = await start();
    await eventually('it has reported', async () => (await reports()) === 1);
    await stop();
    stops.length = 0;
    expect(await reports()).toBe(0);
  });
});

const reports = async () =>
  (await database.query<{ n: number }>('SELECT count(*)::int AS n FROM process_reports'))[0]?.n;

test('a worker that is killed becomes unknown; one of two is missed, then forgotten', async () => {
  const { url, owner } = await start({}, database.url, false);
  const env = { DATABASE_URL: database.url, JWT_SECRET: jwtSecret, ...quick };
  const startOne = () => BinnacleProcess.ready('worker', { env });
  const [worker, other] = await Promise.all([startOne(), startOne()]);
  const follower = follow(url, owner.token);
  const workersAre = (detail: string | RegExp) =>
    follower.has((told) => {
      const seen = part(last(told), 'worker')?.detail ?? '';
      return typeof detail === 'string' ? seen === detail : detail.test(seen);
    });
  await workersAre('2 processes run jobs.');

  worker.child.kill('SIGKILL');
  await workersAre(/^1 of 2 is missing\. /);
  expect(part(last(follower.events), 'worker')?.health).toBe('DEGRADED');
  await workersAre('1 process runs jobs.');
  await follower.has((told) => last(told)?.status === 'HEALTHY');

  other.child.kill('SIGKILL');
  await workersAre(new RegExp(`The process ${other.pid} on `));
  expect(part(last(follower.events), 'worker')?.health).toBe('UNKNOWN');
  expect(last(follower.events).status).toBe('UNKNOWN');
  // Seen from here, the database is as good as before.
  expect(part(last(follower.events), 'database')).toMatchObject({ health: 'HEALTHY' });

  // One that stops in order is not missed, but nobody runs jobs then.
  const third = await startOne();
  await workersAre('1 process runs jobs.');
  await third.stop();
  await workersAre('No process that runs jobs has been seen lately.');
});

/** For a process whose machine has a clock that is an hour slow. */
const slowClock = `--import data:text/javascript,${encodeURIComponent(`
  const Right = Date;
  const now = () => Right.now() - 3_600_000;
  globalThis.Date = class Date extends Right {
    constructor(...given) { super(...(given.length > 0 ? given : [now()])); }
    static now() { return now(); }
  };`)}`;

test('a machine whose clock is slow has not been up for longer, nor been seen earlier', async () => {
  const { url, owner } = await start({}, database.url, false);
  const env = { DATABASE_URL: database.url, JWT_SECRET: jwtSecret, ...quick, NODE_OPTIONS: slowClock };
  const before = Date.now();
  const worker = await BinnacleProcess.ready('worker', { env });
  interface Seen {
    systemStatus: Status & { workers: { name: string; startedAt: string; lastSeenAt: string }[] };
  }
  let seen: Seen['systemStatus'] | undefined;
  // Its first report may be an old one by the time that a busy machine makes the next.
  await eventually('the worker is listed, and at work', async () => {
    const query = `{ systemStatus { ${fields} workers { name startedAt lastSeenAt } } }`;
    seen = (await get<Seen>(url, owner.token, query)).systemStatus;
    return seen.workers.length > 0 && part(seen, 'worker')?.health === 'HEALTHY';
  });
  const [listed] = seen?.workers ?? [];
  expect(listed?.name).toBe(`Binnacle, process ${worker.pid}`);
  expect(Date.parse(listed?.startedAt ?? '')).toBeGreaterThan(before - 1_000);
  expect(Date.parse(listed?.lastSeenAt ?? '')).toBeGreaterThan(before - 1_000);
  expect(seen?.uptimeSeconds).toBeLessThan(3_000);
  expect(part(seen, 'worker')).toMatchObject({ health: 'HEALTHY', detail: '1 process runs jobs.' });
});

(hasRedisServer ? test : test.skip)(
  'Redis that goes away makes the whole degraded, until it is back',
  async () => {
    const redis = await RedisServer.start();
    stops.push(() => redis.stop());
    const { url, owner } = await start({ REDIS_URL: redis.url });
    const follower = follow(url, owner.token);
    await follower.has((told) => last(told)?.status === 'HEALTHY');
    expect(part(last(follower.events), 'redis')).toMatchObject({
      health: 'HEALTHY',
      latencyMs: expect.any(Number),
    });
    await redis.kill();
    await follower.has((told) => last(told)?.status === 'DEGRADED');
    expect(part(last(follower.events), 'redis')).toMatchObject({
      health: 'UNHEALTHY',
      detail: expect.stringMatching(/^It does not answer: /),
    });
    await redis.restart();
    await follower.has((told) => last(told)?.status === 'HEALTHY');
  },
);

test('a database that goes away is told to those who follow already', async () => {
  const wire = new Wire(new URL(database.url));
  stops.push(() => Promise.resolve(wire.cut()));
  const { url, owner } = await start({}, await wire.join());
  const follower = follow(url, owner.token);
  await follower.has((told) => last(told)?.status === 'HEALTHY');
  wire.cut();
  await follower.has((told) => last(told)?.status === 'UNHEALTHY');
  expect(part(last(follower.events), 'database')).toMatchObject({ health: 'UNHEALTHY' });
  await wire.join();
  await follower.has((told) => last(told)?.status === 'HEALTHY');
});

test('a database that hangs is told to those who follow already', async () => {
  const wire = new Wire(new URL(database.url));
  const { url, owner } = await start({}, await wire.join());
  // Before the server stops, which says goodbye to its database.
  stops.push(() => Promise.resolve(wire.cut()));
  const follower = follow(url, owner.token);
  await follower.has((told) => last(told)?.status === 'HEALTHY');
  // Connections that lie idle hang when they are used; new ones would be given up by themselves.
  await Promise.all(Array.from({ length: 40 }, () => get(url, owner.token, '{ me { id } }')));
  wire.hang();
  await follower.has((told) => last(told)?.status === 'UNHEALTHY');
  expect(part(last(follower.events), 'database')).toMatchObject({
    health: 'UNHEALTHY',
    detail: 'It does not answer: No answer within 2000 ms.',
  });
  wire.release();
  await follower.has((told) => last(told)?.status === 'HEALTHY');
});

test('steps that are not taken in make the whole unhealthy', async () => {
  const { url, owner } = await start({ STATEMENT_TIMEOUT_MS: '3000' });
  const taskId = await makeTask(url, owner.token, await makeAgent(url, owner));
  await database.query('BEGIN');
  await database.query('LOCK TABLE task_steps IN ACCESS EXCLUSIVE MODE');
  const telling = tellSteps(url, owner.token, taskId, ['a']);
  await eventually('it is told', async () => (await statusOf(url, owner.token)).status === 'UNHEALTHY');
  expect(part(await statusOf(url, owner.token), 'ingestion')?.detail).toMatch(
    /^A call that reports steps has waited for \d+ ms\.$/,
  );
  await database.query('COMMIT');
  await telling;
  await eventually('it is well', async () => (await statusOf(url, owner.token)).status === 'HEALTHY');
});

test('whether sites can be reached is told by what fetches them, and only while it does', async () => {
  const site = createServer((_request, response) => response.end('<title>Here</title>'));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  stops.push(() => new Promise((resolve) => site.close(resolve)));
  const { url, owner } = await start({ ...quick, EGRESS_ALLOW: '127.0.0.1', SCRAPER_DELAY_MS: '0' });
  const preview = (address: string) =>
    ask(
      url,
      owner.token,
      'mutation ($input: PreviewScrapingInput!) { previewScraping(input: $input) { url } }',
      {
        input: {
          projectId: owner.projectId,
          kind: 'PAGE',
          url: address,
          engine: 'HTTP',
          respectRobots: false,
        },
      },
    );
  const egressIs = (health: string) =>
    eventually(
      `egress is ${health}`,
      async () => part(await statusOf(url, owner.token), 'egress')?.health === health,
    );

  // One site that is away says nothing of the way there.
  await preview('http://one.invalid/');
  await eventually('it was seen', async () => {
    const egress = part(await statusOf(url, owner.token), 'egress');
    return egress?.observedAt != null && egress.health === 'UNKNOWN';
  });
  await preview('http://two.invalid/');
  await preview('http://three.invalid/');
  await egressIs('UNHEALTHY');
  expect((await statusOf(url, owner.token)).status).toBe('DEGRADED');
  const { port } = site.address() as AddressInfo;
  await preview(`http://127.0.0.1:${port}/`);
  await egressIs('HEALTHY');
  // Refused by the guard, and so not tried.
  await preview('http://169.254.169.254/');
  await egressIs('UNKNOWN');
  expect(await statusOf(url, owner.token)).toMatchObject({ status: 'HEALTHY' });
});

test('however many follow or ask, the reports are read once', async () => {
  const { url, owner } = await start({ STATUS_REPORT_MS: '60000', LIVE_SWEEP_MS: '1000' });
  const scans = async () => {
    // A session tells of its reads a second after them at the latest.
    await sleep(1_500);
    const [row] = await database.query<{ n: number }>(
      `SELECT seq_scan::int AS n FROM pg_stat_user_tables WHERE relname = 'process_reports'`,
    );
    return row?.n ?? 0;
  };
  const before = await scans();
  const began = Date.now();
  const followers = Array.from({ length: 40 }, () => follow(url, owner.token));
  await Promise.all(followers.map((follower) => follower.has(1)));
  await Promise.all(Array.from({ length: 40 }, () => statusOf(url, owner.token)));
  await sleep(2_000);
  const read = (await scans()) - before;
  const seconds = (Date.now() - began) / 1000;
  expect(read).toBeGreaterThan(0);
  expect(read).toBeLessThanOrEqual(seconds + 2);
  // Nothing has changed, so nothing more was told.
  expect(followers.map(({ events }) => events.length)).toEqual(followers.map(() => 1));
});

test('browsers are told of by what runs jobs; without Chromium they are not available, with the reason', async () => {
  const query =
    '{ systemStatus { browserInstances { available reason total idle busy unresponsive instances { id } } } }';
  const { url, owner } = await start({ ...quick, CHROMIUM_PATH: '/nowhere/chromium' });
  interface Told {
    systemStatus: {
      browserInstances: { available: boolean; reason: string; total: number; instances: object[] };
    };
  }
  let told: Told | undefined;
  await eventually('the reason is told', async () => {
    told = await get<Told>(url, owner.token, query);
    return told.systemStatus.browserInstances.reason.startsWith('CHROMIUM_PATH names /nowhere/chromium');
  });
  expect(told?.systemStatus.browserInstances).toMatchObject({
    available: false,
    total: 0,
    idle: 0,
    busy: 0,
    unresponsive: 0,
    instances: [],
  });
});
