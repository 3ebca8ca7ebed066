import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Client } from 'graphql-ws';
import { createBinnacleDataSource } from '../src/data-source.js';
import type { Events } from '../src/events.js';
import { createBrowsers, type BrowserPool } from '../src/features/browsers/index.js';
import { createLogins } from '../src/features/logins/index.js';
import type { ProjectLoader } from '../src/features/projects/index.js';
import { Database } from '../src/platform/database.js';
import { parseEgressAllow } from '../src/platform/egress-allow.js';
import { EgressGuard } from '../src/platform/egress-guard.js';
import { JobQueue } from '../src/platform/jobs.js';
import { createLogger } from '../src/platform/logger.js';
import { createLocalEventBus } from '../src/platform/pubsub.js';
import { ask, get, openSocket, register, type Person } from './support/client.js';
import { eventually, Follower } from './support/follower.js';
import { LoginSite, siteAccount } from './support/login-site.js';
import { chromiumPath } from './support/browser.js';
import { BinnacleProcess, jwtSecret, killRunning } from './support/processes.js';
import {
  createTestDatabase,
  startTestServer,
  type TestDatabase,
  type TestServer,
} from './support/test-server.js';

const minute = 60_000;
const encryptionKey = 'a key that only tests know, long enough too';
const settings = { ENCRYPTION_KEY: encryptionKey, EGRESS_ALLOW: '127.0.0.1', LIVE_SWEEP_MS: '200' };
const logger = createLogger('silent');

interface Session {
  id: string;
  state: string;
  detail: string | null;
  checkedAt: string | null;
  nextCheckAt: string;
  expiresAt: string | null;
  history: { from: string; to: string; at: string; detail: string | null }[];
}

let database: TestDatabase;
let server: TestServer;
let site: LoginSite;
let owner: Person;
const dataSources: { destroy(): Promise<void> }[] = [];
const sockets: Client[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  // Without a worker: what is probed, and when, is for the tests to say.
  server = await startTestServer(settings, database, { api: true, worker: false });
  owner = await register(server.url);
});
beforeEach(async () => {
  site = await LoginSite.start();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) await socket.dispose();
  await killRunning();
  await site.stop();
  await database.query('DELETE FROM login_sessions');
  await database.query('DELETE FROM graphile_worker._private_jobs');
});
afterAll(async () => {
  for (const dataSource of dataSources) await dataSource.destroy();
  await server.stop();
  await database.drop();
});

const fields = `id state detail checkedAt nextCheckAt expiresAt history(first: 100) { from to at detail }`;
let accounts = 0;

async function put(more: Record<string, unknown> = {}): Promise<Session> {
  const input = {
    projectId: owner.projectId,
    site: 'shop',
    account: `account ${accounts++}`,
    probeUrl: `${site.url}/account`,
    loggedInSelector: '#sign-out',
    loggedOutSelector: '#sign-in',
    checkEverySeconds: 600,
    ...more,
  };
  const query = `mutation ($input: PutLoginSessionInput!) { putLoginSession(input: $input) { ${fields} } }`;
  return (await get<{ putLoginSession: Session }>(server.url, owner.token, query, { input })).putLoginSession;
}

async function read(id: string): Promise<Session> {
  const { loginSessions } = await get<{ loginSessions: Session[] }>(
    server.url,
    owner.token,
    `query ($id: ID!) { loginSessions(projectId: $id) { ${fields} } }`,
    { id: owner.projectId },
  );
  return loginSessions.find((each) => each.id === id)!;
}

const loopback = () => new EgressGuard(parseEgressAllow('127.0.0.1'));

function startPool() {
  const settings = { chromiumPath, size: 1, pagesAtOnce: 2, maxPages: 100, watchMs: 5000 };
  return createBrowsers({ guard: loopback(), settings, logger });
}

/** The logins of a process of its own, whose clock is set by the test. */
async function startLogins(browsers: BrowserPool | null = null, key: string | undefined = encryptionKey) {
  const dataSource = createBinnacleDataSource({ url: database.url });
  await dataSource.initialize();
  dataSources.push(dataSource);
  const time = { now: new Date(), random: 0.5 };
  const logins = createLogins({
    database: new Database(dataSource),
    events: createLocalEventBus<Events>(logger),
    jobs: new JobQueue(),
    projects: {} as ProjectLoader,
    guard: loopback(),
    browsers,
    encryptionKey: key,
    userAgent: 'Binnacle',
    sweepMs: 200,
    logger,
    time: { clock: () => time.now, random: () => time.random },
  });
  return {
    ...logins,
    time,
    pass: (ms: number) => (time.now = new Date(time.now.getTime() + ms)),
    probe: (sessionId: string) => logins.monitor.probe({ sessionId, isAsked: true }),
  };
}

/** As stored, past the API and its clock. */
const stored = async (id: string) => {
  const [row] = await database.query<{
    state: string;
    detail: string;
    failures: number;
    next_check_at: Date;
    checked_at: Date;
  }>('SELECT * FROM login_sessions WHERE id = $1', [id]);
  return row!;
};
const passed = async (id: string) =>
  (await read(id)).history.map(({ from, to }) => `${from} > ${to}`).reverse();

describe('the states', () => {
  test('begin as UNKNOWN, and follow what the site shows', async () => {
    const { id, state, history, checkedAt } = await put({ storageState: site.signIn() });
    expect({ state, history, checkedAt }).toEqual({ state: 'UNKNOWN', history: [], checkedAt: null });
    const logins = await startLogins();
    await logins.probe(id);
    const first = await read(id);
    expect(first).toMatchObject({
      state: 'LOGGED_IN',
      detail: `"#sign-out" is there at ${site.url}/account (by HTTP).`,
    });
    expect(Date.parse(first.nextCheckAt) - logins.time.now.getTime()).toBe(10 * minute);

    site.signOutAll();
    await logins.probe(id);
    expect((await read(id)).state).toBe('LOGGED_OUT');
    site.mood = 'captcha';
    await logins.probe(id);
    expect(await read(id)).toMatchObject({
      state: 'CHALLENGED',
      detail: expect.stringContaining('a captcha'),
    });
    site.mood = 'rebuilt';
    await logins.probe(id);
    expect(await read(id)).toMatchObject({
      state: 'UNKNOWN',
      detail: expect.stringContaining('Neither selector'),
    });
    site.mood = 'second-factor';
    await logins.probe(id);
    expect(await read(id)).toMatchObject({
      state: 'CHALLENGED',
      detail: expect.stringContaining('second factor'),
    });
    expect(await passed(id)).toEqual([
      'UNKNOWN > LOGGED_IN',
      'LOGGED_IN > LOGGED_OUT',
      'LOGGED_OUT > CHALLENGED',
      'CHALLENGED > UNKNOWN',
      'UNKNOWN > CHALLENGED',
    ]);
  });

  test('go to EXPIRING and EXPIRED as the session cookie ends, without a probe, and back when there is a new one', async () => {
    const { id, expiresAt } = await put({ storageState: site.signIn() });
    // Not the cookie of the visit counter, which ends first.
    expect(Date.parse(expiresAt ?? '') - Date.now()).toBeGreaterThan(50 * minute);
    const logins = await startLogins();
    await logins.probe(id);
    expect((await stored(id)).state).toBe('LOGGED_IN');
    logins.pass(30 * minute);
    await logins.probe(id);
    expect((await stored(id)).state).toBe('LOGGED_IN');
    logins.pass(12 * minute);
    await logins.monitor.tick();
    expect((await stored(id)).state).toBe('EXPIRING');
    logins.pass(20 * minute);
    await logins.monitor.tick();
    expect(await stored(id)).toMatchObject({
      state: 'EXPIRED',
      detail: `A session cookie ended at ${expiresAt}.`,
    });
    const { visits } = site;
    // Its cookie is not sent any more: the site shows nobody signed in, and that is the end of the cookie.
    await logins.probe(id);
    expect(site.visits).toBe(visits + 1);
    expect((await stored(id)).state).toBe('EXPIRED');

    site.cookieSeconds = null;
    const { account } = (await database.query<{ account: string }>('SELECT account FROM login_sessions'))[0]!;
    await put({ account, storageState: site.signIn() });
    await logins.probe(id);
    expect(await passed(id)).toEqual([
      'UNKNOWN > LOGGED_IN',
      'LOGGED_IN > EXPIRING',
      'EXPIRING > EXPIRED',
      'EXPIRED > UNKNOWN',
      'UNKNOWN > LOGGED_IN',
    ]);
    expect((await read(id)).expiresAt).toBeNull();
  });

  test('become UNKNOWN where nobody has looked for too long: as they are read, and then as they are kept', async () => {
    const { id } = await put({ storageState: site.signIn(), checkEverySeconds: 60 });
    const logins = await startLogins();
    await logins.probe(id);
    expect((await read(id)).state).toBe('LOGGED_IN');
    // Nothing runs; the moment of the last look is moved back instead of the server's clock.
    await database.query(`UPDATE login_sessions SET checked_at = checked_at - interval '9 minutes'`);
    expect((await stored(id)).state).toBe('LOGGED_IN');
    const aged = await read(id);
    expect(aged).toMatchObject({ state: 'UNKNOWN', detail: expect.stringContaining('too long ago') });
    const { systemStatus } = await get<{ systemStatus: { loginStates: Session[] } }>(
      server.url,
      owner.token,
      '{ systemStatus { loginStates { id state } } }',
    );
    expect(systemStatus.loginStates).toEqual([{ id, state: 'UNKNOWN' }]);
    await logins.monitor.tick();
    expect((await stored(id)).state).toBe('UNKNOWN');
    expect(await passed(id)).toEqual(['UNKNOWN > LOGGED_IN', 'LOGGED_IN > UNKNOWN']);
  });

  test.each(['broken', 'silent'] as const)(
    'stay what they are while the site is %s; it is tried again',
    async (mood) => {
      const { id } = await put({ storageState: site.signIn() });
      const logins = await startLogins();
      await logins.probe(id);
      const before = await stored(id);
      site.mood = mood;
      for (const waitMs of [minute, 2 * minute, 4 * minute, 8 * minute, 10 * minute]) {
        await logins.probe(id);
        const now = await stored(id);
        expect(now).toMatchObject({ state: 'LOGGED_IN', checked_at: before.checked_at });
        expect(now.next_check_at.getTime() - logins.time.now.getTime()).toBe(waitMs);
      }
      expect((await read(id)).detail).toMatch(/^The last probe failed\. /);
      site.mood = 'normal';
      await logins.probe(id);
      expect(await stored(id)).toMatchObject({ state: 'LOGGED_IN', failures: 0 });
      expect(await passed(id)).toEqual(['UNKNOWN > LOGGED_IN']);
    },
  );

  test('keep up with a site that changes the cookie at each visit', async () => {
    site.rotates = true;
    const { id } = await put({ storageState: site.signIn() });
    const logins = await startLogins();
    for (let visit = 0; visit < 3; visit++) {
      await logins.probe(id);
      expect((await stored(id)).state).toBe('LOGGED_IN');
    }
  });

  test('are told live as they change', async () => {
    const socket = openSocket(server.url, owner.token);
    sockets.push(socket);
    const follower = Follower.of<{ loginSessionChanged: Session }>(
      socket,
      `subscription ($id: ID!) { loginSessionChanged(projectId: $id) { id state } }`,
      { id: owner.projectId },
    );
    const states = () => follower.events.map(({ loginSessionChanged: { state } }) => state);
    // Following begins a moment after it was asked for.
    const { account, id } = (
      await database.query<{ account: string; id: string }>(
        'SELECT account, id FROM login_sessions WHERE id = $1',
        [(await put()).id],
      )
    )[0]!;
    await eventually('it is followed', async () => {
      await put({ account, storageState: site.signIn() });
      return states().includes('UNKNOWN');
    });
    const logins = await startLogins();
    await logins.probe(id);
    await follower.has(() => states().includes('LOGGED_IN'));
    site.signOutAll();
    await logins.probe(id);
    await follower.has(() => states().at(-1) === 'LOGGED_OUT');
  });
});

describe('the schedule', () => {
  test('spreads probes by a tenth, and has those probed that are due, each once', async () => {
    const { id } = await put({ storageState: site.signIn() });
    const logins = await startLogins();
    for (const [random, minutes] of [
      [0, 9],
      [1, 11],
    ] as const) {
      logins.time.random = random;
      await logins.probe(id);
      const { next_check_at: next } = await stored(id);
      expect(next.getTime() - logins.time.now.getTime()).toBe(minutes * minute);
    }
    const jobs = async () =>
      (
        await database.query<{ n: number }>(
          `SELECT count(*)::int AS n FROM graphile_worker.jobs WHERE task_identifier = 'probeLogin'`,
        )
      )[0]!.n;
    await database.query('DELETE FROM graphile_worker._private_jobs');
    await logins.monitor.tick();
    expect(await jobs()).toBe(0);
    logins.pass(11 * minute);
    await logins.monitor.tick();
    await logins.monitor.tick();
    expect(await jobs()).toBe(1);
    const { visits } = site;
    await logins.monitor.probe({ sessionId: id, isAsked: false });
    await logins.monitor.probe({ sessionId: id, isAsked: false });
    expect(site.visits).toBe(visits + 1);
  });

  test('two workers probe a session one after the other', async () => {
    site.delayMs = 150;
    const { id } = await put({ storageState: site.signIn() });
    await database.query('DELETE FROM graphile_worker._private_jobs');
    const env = { DATABASE_URL: database.url, JWT_SECRET: jwtSecret, ...settings };
    await Promise.all([BinnacleProcess.ready('worker', { env }), BinnacleProcess.ready('worker', { env })]);
    // More than one visit takes: whoever comes while another visits has nothing to do.
    await eventually('it was probed several times', async () => {
      await database.query(
        `SELECT graphile_worker.add_job('probeLogin', json_build_object('sessionId', $1::text, 'isAsked', true))
           FROM generate_series(1, 8)`,
        [id],
      );
      return site.visits >= 5;
    });
    expect((await read(id)).state).toBe('LOGGED_IN');
    expect(site.mostAtOnce).toBe(1);
  });

  test('checkLoginSession has it probed by a worker, and answers what that found', async () => {
    const env = { DATABASE_URL: database.url, JWT_SECRET: jwtSecret, ...settings };
    await BinnacleProcess.ready('worker', { env });
    const { id } = await put({ storageState: site.signIn() });
    await eventually('it was probed', async () => (await read(id)).state === 'LOGGED_IN');
    site.signOutAll();
    const query = `mutation ($id: ID!) { checkLoginSession(id: $id) { ${fields} } }`;
    const { checkLoginSession } = await get<{ checkLoginSession: Session }>(server.url, owner.token, query, {
      id,
    });
    expect(checkLoginSession.state).toBe('LOGGED_OUT');
  });

  test('what was found with a state that was replaced meanwhile is let go', async () => {
    const session = await put({ storageState: site.signIn() });
    const { account } = (await database.query<{ account: string }>('SELECT account FROM login_sessions'))[0]!;
    const logins = await startLogins();
    site.delayMs = 300;
    const probing = logins.probe(session.id);
    await eventually('the site is visited', () => site.visits === 1);
    site.signOutAll();
    const { nextCheckAt } = await put({ account, storageState: site.signIn() });
    await probing;
    expect(await read(session.id)).toMatchObject({ state: 'UNKNOWN', checkedAt: null });
    expect(Date.parse(nextCheckAt)).toBeLessThanOrEqual(Date.now());
    await logins.probe(session.id);
    expect((await read(session.id)).state).toBe('LOGGED_IN');
  });
});

(chromiumPath ? describe : describe.skip)('with a browser', () => {
  const pools: ReturnType<typeof startPool>[] = [];
  const pool = () => {
    const started = startPool();
    pools.push(started);
    return started.pool;
  };
  afterEach(() => Promise.all(pools.splice(0).map(({ stop }) => stop())));

  test('a page filled by script is looked at there; without one it tells nothing', async () => {
    const { id } = await put({ storageState: site.signIn(), probeUrl: `${site.url}/app` });
    const plain = await startLogins();
    await plain.probe(id);
    expect((await read(id)).state).toBe('UNKNOWN');
    const logins = await startLogins(pool());
    await logins.probe(id);
    expect(await read(id)).toMatchObject({
      state: 'LOGGED_IN',
      detail: expect.stringContaining('in a browser'),
    });
    site.signOutAll();
    await logins.probe(id);
    expect((await read(id)).state).toBe('LOGGED_OUT');
  });

  test('signs in again once for all who ask, in all processes', async () => {
    site.delayMs = 100;
    const { id } = await put({ storageState: site.signIn(), recipe: site.recipe });
    const processes = [await startLogins(pool()), await startLogins(pool()), await startLogins(pool())];
    await processes[0]!.probe(id);
    site.signOutAll();
    const outcomes = await Promise.all(
      [...processes, ...processes].map(({ forScraping }) => forScraping.onSignedOut(id, null)),
    );
    expect(new Set(outcomes)).toEqual(new Set(['SIGNED_IN']));
    expect(site.attempts).toBe(1);
    expect(site.mostAtOnce).toBe(1);
    // Whoever had opened its page before, and comes late, is told the same.
    expect(await processes[2]!.forScraping.onSignedOut(id, null)).toBe('SIGNED_IN');
    expect(site.attempts).toBe(1);
    expect(await passed(id)).toEqual([
      'UNKNOWN > LOGGED_IN',
      'LOGGED_IN > LOGGED_OUT',
      'LOGGED_OUT > LOGGED_IN',
    ]);
    // What was gained is what is used from then on.
    const found = await processes[1]!.forScraping.find(owner.projectId, id);
    expect(found?.storageState?.cookies.map(({ name }) => name)).toContain('sid');
    await processes[1]!.probe(id);
    expect(await read(id)).toMatchObject({ state: 'LOGGED_IN', detail: expect.stringContaining('by HTTP') });
  });

  test('whoever comes late with what was stored before a sign-in is told of that, and signs in no more', async () => {
    const { id } = await put({ storageState: site.signIn(), recipe: site.recipe });
    const logins = await startLogins(pool());
    const version = async () => (await logins.forScraping.find(owner.projectId, id))!.version;
    const before = await version();
    site.signOutAll();
    expect(await logins.forScraping.onSignedOut(id, before)).toBe('SIGNED_IN');
    logins.pass(10 * minute);
    // As a page does that waited for its host's turn.
    expect(await logins.forScraping.onSignedOut(id, before)).toBe('SIGNED_IN');
    expect(site.attempts).toBe(1);
    const after = await version();
    expect(after).not.toBe(before);
    expect(await logins.forScraping.onSignedOut(id, after)).toBe('SIGNED_IN');
    expect(site.attempts).toBe(2);
  });

  test('a state that a human has put meanwhile is taken, and stays what it is', async () => {
    const session = await put({ storageState: site.signIn() });
    const { account } = (await database.query<{ account: string }>('SELECT account FROM login_sessions'))[0]!;
    const logins = await startLogins();
    const { version } = (await logins.forScraping.find(owner.projectId, session.id))!;
    await put({ account, storageState: site.signIn() });
    await logins.probe(session.id);
    expect(await logins.forScraping.onSignedOut(session.id, version)).toBe('SIGNED_IN');
    expect((await read(session.id)).state).toBe('LOGGED_IN');
  });

  test('a site that refuses is not asked again soon; a human is', async () => {
    const { id } = await put({ recipe: { ...site.recipe, password: 'another' } });
    const logins = await startLogins(pool());
    expect(await logins.forScraping.onSignedOut(id, null)).toBe('ASK_HUMAN');
    expect(await logins.forScraping.onSignedOut(id, null)).toBe('ASK_HUMAN');
    expect(site.attempts).toBe(1);
    expect(await read(id)).toMatchObject({
      state: 'LOGGED_OUT',
      detail: expect.stringMatching(/^Signing in again did not succeed\. /),
    });
    logins.pass(16 * minute);
    expect(await logins.forScraping.onSignedOut(id, null)).toBe('ASK_HUMAN');
    expect(site.attempts).toBe(2);
  });

  test('a second factor is a challenge, and needs a human', async () => {
    site.wantsCode = true;
    const { id } = await put({ recipe: site.recipe });
    const logins = await startLogins(pool());
    expect(await logins.forScraping.onSignedOut(id, null)).toBe('ASK_HUMAN');
    expect((await read(id)).state).toBe('CHALLENGED');
  });

  test('a form that is not there is said to be missing, without what was to be typed', async () => {
    const { id } = await put({ recipe: { ...site.recipe, passwordSelector: '#pin' } });
    const logins = await startLogins(pool());
    expect(await logins.forScraping.onSignedOut(id, null)).toBe('ASK_HUMAN');
    const { detail } = await read(id);
    expect(detail).toBe('Signing in again could not be tried. The fields of the recipe could not be filled.');
  });
});

describe('a session that is removed', () => {
  const remove = (id: string, token = owner.token) =>
    ask(server.url, token, 'mutation ($id: ID!) { removeLoginSession(id: $id) }', { id });

  test('is gone with its history, for good, and its account can be put anew', async () => {
    const { id } = await put({ account: 'leaving', storageState: site.signIn() });
    const logins = await startLogins();
    await logins.probe(id);
    const stranger = await register(server.url);
    expect((await remove(id, stranger.token)).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    expect((await remove(id)).data).toEqual({ removeLoginSession: true });
    expect((await remove(id)).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    expect(await database.query('SELECT 1 FROM login_transitions WHERE session_id = $1', [id])).toEqual([]);
    expect(await logins.forScraping.find(owner.projectId, id)).toBeNull();
    expect((await put({ account: 'leaving' })).state).toBe('UNKNOWN');
    const audited = await database.query(
      'SELECT before FROM audit_log WHERE action = $1 AND subject_id = $2',
      ['removeLoginSession', id],
    );
    expect(audited).toEqual([{ before: { site: 'shop', account: 'leaving' } }]);
  });

  test('while it is probed stays gone, and the probe does no harm', async () => {
    const { id } = await put({ storageState: site.signIn() });
    const logins = await startLogins();
    site.delayMs = 300;
    const probing = logins.probe(id);
    await eventually('the site is visited', () => site.visits > 0);
    await remove(id);
    await probing;
    expect(await read(id)).toBeUndefined();
    await logins.probe(id);
  });
});

test('without a recipe or without a browser a human is asked, and the session is marked', async () => {
  const logins = await startLogins();
  for (const more of [{}, { recipe: site.recipe }]) {
    const { id } = await put({ storageState: site.signIn(), ...more });
    await logins.probe(id);
    expect(await logins.forScraping.onSignedOut(id, null)).toBe('ASK_HUMAN');
    expect(await read(id)).toMatchObject({
      state: 'LOGGED_OUT',
      detail: 'A scraping task met a page on which nobody is signed in.',
    });
    expect(site.attempts).toBe(0);
  }
});

describe('secrets', () => {
  test('are in no answer, row, audit entry, job or log in plain text, and open only in their own row', async () => {
    const env = { DATABASE_URL: database.url, JWT_SECRET: jwtSecret, ...settings, LOG_LEVEL: 'trace' };
    const both = await Promise.all([
      BinnacleProcess.ready('worker', { env }),
      BinnacleProcess.ready('api', { env }),
    ]);
    const { url } = both[1];
    const storageState = site.signIn();
    const sid = String(storageState.cookies[0]!['value']);
    const input = {
      projectId: owner.projectId,
      site: 'secret shop',
      account: 'robot',
      probeUrl: `${site.url}/account?key=${sid}`,
      loggedInSelector: '#sign-out',
      storageState,
      recipe: site.recipe,
    };
    const query = `mutation ($input: PutLoginSessionInput!) { putLoginSession(input: $input) { ${fields} } }`;
    const answers: unknown[] = [];
    const say = async (text: string, variables: Record<string, unknown>) => {
      const answer = await ask<Record<string, { id: string }>>(url, owner.token, text, variables);
      answers.push(answer);
      return answer;
    };
    const { id } = (await say(query, { input })).data['putLoginSession']!;
    await eventually('it was probed', async () => (await read(id)).state === 'LOGGED_IN');
    site.mood = 'silent';
    await say(`mutation ($id: ID!) { checkLoginSession(id: $id) { ${fields} } }`, { id });
    // Wrong in every way in which an input can be wrong.
    await say(query, {
      input: { ...input, storageState: { cookies: [{ name: sid, value: sid, domain: 7 }] } },
    });
    await say(query, { input: { ...input, recipe: { ...site.recipe, url: 'no address' } } });
    await say(query, { input: { ...input, loggedInSelector: '#' } });
    await say(
      `query ($p: ID!) { loginSessions(projectId: $p) { ${fields} } systemStatus { loginStates { ${fields} } }
        auditLog(projectId: $p, first: 50) { nodes { action before after } } }`,
      { p: owner.projectId },
    );
    for (const each of both) await each.stop();
    const tables = await database.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'graphile_worker')`,
    );
    const places: Record<string, string> = {
      answers: JSON.stringify(answers),
      logs: both.map(({ stdout, stderr }) => stdout + stderr).join(''),
    };
    expect(places['answers']).toContain('putLoginSession');
    for (const { name } of tables) {
      const rows = await database.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
      places[name] = rows.map(({ row }) => row).join('\n');
    }
    // The address to probe is no secret where it is kept, only where it is told.
    const { probe_url: probeUrl } = (
      await database.query<{ probe_url: string }>('SELECT probe_url FROM login_sessions WHERE id = $1', [id])
    )[0]!;
    places['public.login_sessions'] = places['public.login_sessions']!.replaceAll(probeUrl, '');
    for (const secret of [sid, siteAccount.password, siteAccount.username]) {
      const hex = Buffer.from(secret).toString('hex');
      for (const [place, text] of Object.entries(places)) {
        expect(`${place}: ${text.includes(secret) || text.includes(hex)}`).toBe(`${place}: false`);
      }
    }

    // A sealed value put into another row is worth nothing there.
    const other = await put({ account: 'other' });
    await database.query(
      `UPDATE login_sessions SET storage_state = (SELECT storage_state FROM login_sessions WHERE id = $1) WHERE id = $2`,
      [id, other.id],
    );
    const logins = await startLogins();
    await expect(logins.forScraping.find(owner.projectId, other.id)).rejects.toThrow('cannot be opened');
    expect((await logins.forScraping.find(owner.projectId, id))?.storageState?.cookies[0]?.value).toBe(sid);
  });

  test('stay where a put leaves them out, and are removed by null', async () => {
    const { id } = await put({ account: 'kept', storageState: site.signIn(), recipe: site.recipe });
    const kept = () =>
      database.query(
        'SELECT storage_state IS NOT NULL AS state, recipe IS NOT NULL AS recipe FROM login_sessions WHERE id = $1',
        [id],
      );
    await put({ account: 'kept' });
    expect(await kept()).toEqual([{ state: true, recipe: true }]);
    await put({ account: 'kept', recipe: null });
    expect(await kept()).toEqual([{ state: true, recipe: false }]);
    await put({ account: 'kept', storageState: null });
    expect(await kept()).toEqual([{ state: false, recipe: false }]);
    expect((await read(id)).expiresAt).toBeNull();
  });

  test('are refused by a process without a key, and what is stored cannot be used there', async () => {
    const keyless = await startTestServer({}, database, { api: true, worker: false });
    try {
      const input = {
        projectId: owner.projectId,
        site: 'shop',
        account: 'keyless',
        probeUrl: site.url,
        loggedInSelector: 'a',
      };
      const query = 'mutation ($input: PutLoginSessionInput!) { putLoginSession(input: $input) { id } }';
      const { errors } = await ask(keyless.url, owner.token, query, {
        input: { ...input, storageState: site.signIn() },
      });
      expect(errors?.[0]).toMatchObject({
        extensions: { code: 'UNAVAILABLE' },
        message: expect.stringContaining('ENCRYPTION_KEY'),
      });
      expect((await ask(keyless.url, owner.token, query, { input })).errors).toBeUndefined();
    } finally {
      await keyless.stop();
    }
    const { id } = await put({ storageState: site.signIn() });
    const logins = await startLogins(null, 'another key, which is long enough as well');
    await logins.probe(id);
    expect(await read(id)).toMatchObject({
      state: 'UNKNOWN',
      detail: expect.stringContaining('ENCRYPTION_KEY is another'),
    });
    expect(site.visits).toBe(0);
  });
});

test('login states are of the own projects only, also in the status of the system', async () => {
  await put({ storageState: site.signIn() });
  const other = await register(server.url, 'other');
  const { systemStatus } = await get<{ systemStatus: { loginStates: Session[] } }>(
    server.url,
    other.token,
    '{ systemStatus { loginStates { id } } }',
  );
  expect(systemStatus.loginStates).toEqual([]);
});
