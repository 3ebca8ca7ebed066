import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { decodeJwt, SignJWT } from 'jose';
import { WebSocket } from 'ws';
import { get, makeKey, register, type Person } from './support/client.js';
import { eventually } from './support/follower.js';
import { anyRedis, freePort, hasAnyRedis, type RedisServer } from './support/redis.js';
import {
  createTestDatabase,
  startTestServer,
  type TestDatabase,
  type TestServer,
} from './support/test-server.js';

/** Nothing but the event closes a socket, for as long as a test takes. */
const noSweep = { LIVE_SWEEP_MS: '60000' };
const secret = 'a secret that only tests know, long enough';
const password = 'correct horse battery';

/** A socket that showed its credentials and was let in. */
class Visitor {
  close: { code: number; reason: string } | undefined;
  #isLetIn = false;

  constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => (this.#isLetIn ||= data.toString().includes('connection_ack')));
    socket.once('close', (code, reason) => (this.close = { code, reason: reason.toString() }));
    visitors.push(this);
  }

  static async of(url: string, token: string): Promise<Visitor> {
    const visitor = new Visitor(
      new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws'),
    );
    await once(visitor.socket, 'open');
    visitor.socket.send(
      JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }),
    );
    await eventually(
      'the socket is let in, or closed',
      () => visitor.#isLetIn || visitor.close !== undefined,
    );
    return visitor;
  }

  async closed(): Promise<{ code: number; reason: string } | undefined> {
    await eventually('the socket is closed', () => this.close !== undefined);
    return this.close;
  }
}

const visitors: Visitor[] = [];
afterEach(() => {
  for (const { socket } of visitors.splice(0)) socket.terminate();
});

const ended = { code: 4403, reason: 'Your credentials ended or changed; sign in again, or reconnect.' };
const login = async (url: string, { username }: Person): Promise<string> => {
  const { login: session } = await get<{ login: { token: string } }>(
    url,
    null,
    'mutation($input: LoginInput!) { login(input: $input) { token } }',
    { input: { login: username, password } },
  );
  return session.token;
};
const logout = (url: string, token: string) => get(url, token, 'mutation { logout }');
const setMember = (url: string, { token, projectId }: Person, { username }: Person, role: string) =>
  get(url, token, 'mutation($input: SetMemberInput!) { setMember(input: $input) { role } }', {
    input: { projectId, email: `${username}@example.com`, role },
  });

describe('in one process, by the event', () => {
  let server: TestServer;
  let url: string;
  let ann: Person;

  beforeAll(async () => {
    server = await startTestServer(noSweep);
    ({ url } = server);
    ann = await register(url, 'ann');
  });
  afterAll(() => server.stop());

  test.each(['GraphQL', 'REST'])(
    'logging out by %s closes the sockets of that session, and no other',
    async (way) => {
      const [leaving, staying] = await Promise.all([login(url, ann), login(url, ann)]);
      const first = await Visitor.of(url, leaving);
      const second = await Visitor.of(url, leaving);
      const other = await Visitor.of(url, staying);
      if (way === 'GraphQL') await logout(url, leaving);
      else {
        const headers = { authorization: `Bearer ${leaving}` };
        expect((await fetch(`${url}/api/auth/logout`, { method: 'POST', headers })).status).toBe(204);
      }
      expect(await first.closed()).toEqual(ended);
      expect(await second.closed()).toEqual(ended);
      expect(other.close).toBeUndefined();
      // Whoever comes back with the same token learns why it is of no use.
      const back = await Visitor.of(url, leaving);
      expect(back.close).toEqual({ code: 4401, reason: 'Your session has ended; sign in again.' });
    },
  );

  test('renewing a session closes its sockets, which come back with the new token', async () => {
    const old = await login(url, ann);
    const visitor = await Visitor.of(url, old);
    const { renewSession } = await get<{ renewSession: { token: string } }>(
      url,
      old,
      'mutation { renewSession { token } }',
    );
    expect(await visitor.closed()).toEqual(ended);
    expect((await Visitor.of(url, renewSession.token)).close).toBeUndefined();
    expect((await Visitor.of(url, old)).close?.code).toBe(4401);
  });

  test('changing the password closes the sockets of all of the sessions', async () => {
    const bob = await register(url, 'bob');
    const others = await Promise.all([login(url, bob), login(url, bob)]);
    const sockets = await Promise.all([bob.token, ...others].map((token) => Visitor.of(url, token)));
    const stranger = await Visitor.of(url, ann.token);
    const { changePassword } = await get<{ changePassword: { token: string } }>(
      url,
      bob.token,
      'mutation($input: ChangePasswordInput!) { changePassword(input: $input) { token } }',
      { input: { currentPassword: password, newPassword: 'staple orchid lantern' } },
    );
    for (const visitor of sockets) expect(await visitor.closed()).toEqual(ended);
    expect((await Visitor.of(url, changePassword.token)).close).toBeUndefined();
    expect(stranger.close).toBeUndefined();
  });

  test('leaving a project, or sinking in it, closes the sockets of that member', async () => {
    const cid = await register(url, 'cid');
    await setMember(url, ann, cid, 'OPERATOR');
    const operator = await Visitor.of(url, cid.token);
    const admin = await Visitor.of(url, ann.token);
    // Who may do more keeps the socket; it comes into effect on the next one.
    await setMember(url, ann, cid, 'ADMIN');
    await setMember(url, ann, cid, 'VIEWER');
    expect(await operator.closed()).toEqual(ended);
    const viewer = await Visitor.of(url, cid.token);
    expect(viewer.close).toBeUndefined();
    await get(
      url,
      ann.token,
      'mutation($projectId: ID!, $userId: ID!) { removeMember(projectId: $projectId, userId: $userId) }',
      { projectId: ann.projectId, userId: cid.userId },
    );
    expect(await viewer.closed()).toEqual(ended);
    expect(admin.close).toBeUndefined();
  });

  test('revoking an API key closes its sockets, and no other', async () => {
    const [revoked, kept] = await Promise.all([makeKey(url, ann, ['READ']), makeKey(url, ann, ['READ'])]);
    const [gone, staying] = await Promise.all([
      Visitor.of(url, revoked.secret),
      Visitor.of(url, kept.secret),
    ]);
    await get(url, ann.token, 'mutation($id: ID!) { revokeApiKey(id: $id) { id } }', { id: revoked.id });
    expect(await gone.closed()).toEqual(ended);
    expect(staying.close).toBeUndefined();
    expect((await Visitor.of(url, revoked.secret)).close?.code).toBe(4401);
  });

  test('a session and a key that run out close their sockets with 4401', async () => {
    const { sub = '', gen } = decodeJwt(ann.token);
    const expires = Math.floor(Date.now() / 1000) + 6;
    const token = await new SignJWT({ gen })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('binnacle')
      .setAudience('binnacle')
      .setSubject(sub)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(Buffer.from(secret));
    const { createApiKey } = await get<{ createApiKey: { secret: string } }>(
      url,
      ann.token,
      'mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
      {
        input: {
          projectId: ann.projectId,
          name: 'short',
          scopes: ['READ'],
          expiresAt: new Date(expires * 1000).toISOString(),
        },
      },
    );
    const both = await Promise.all([token, createApiKey.secret].map((each) => Visitor.of(url, each)));
    expect(both.map(({ close }) => close)).toEqual([undefined, undefined]);
    for (const visitor of both) expect(await visitor.closed()).toMatchObject({ code: 4401 });
    expect(Date.now() / 1000).toBeGreaterThanOrEqual(expires);
  });
});

/** Two servers on one database. */
async function startPair(settings: Record<string, string>, database: TestDatabase): Promise<TestServer[]> {
  return Promise.all([startTestServer(settings, database), startTestServer(settings, database)]);
}

(hasAnyRedis ? describe : describe.skip)(
  'in another process, over Redis (needs redis-server or TEST_REDIS_URL)',
  () => {
    let redis: NonNullable<Awaited<ReturnType<typeof anyRedis>>>;
    let database: TestDatabase;
    let servers: TestServer[];

    beforeAll(async () => {
      redis = (await anyRedis()) as typeof redis;
      database = await createTestDatabase();
      servers = await startPair({ ...noSweep, REDIS_URL: redis.url }, database);
    });
    afterAll(async () => {
      for (const server of servers ?? []) await server.stop();
      await database?.drop();
      await redis?.stop();
    });

    const endAll = async () => {
      const [here, there] = servers.map(({ url }) => url) as [string, string];
      const dan = await register(here, 'dan');
      const [leaving, staying] = await Promise.all([login(here, dan), login(there, dan)]);
      const key = await makeKey(here, dan, ['READ']);
      const [session, other, robot] = (await Promise.all(
        [leaving, staying, key.secret].map((token) => Visitor.of(there, token)),
      )) as [Visitor, Visitor, Visitor];
      await logout(here, leaving);
      expect(await session.closed()).toEqual(ended);
      await get(here, staying, 'mutation($id: ID!) { revokeApiKey(id: $id) { id } }', { id: key.id });
      expect(await robot.closed()).toEqual(ended);
      expect(other.close).toBeUndefined();
    };

    test('whatever ends credentials closes their sockets at once', endAll);

    (process.env.TEST_REDIS_URL ? test.skip : test)('so it does after Redis was restarted', async () => {
      const server = redis as RedisServer;
      await server.kill();
      await server.restart();
      const client = new Redis(server.url);
      await eventually('both servers listen again', async () => {
        const [, listeners] = (await client.pubsub('NUMSUB', 'credentialsEnded:')) as [string, number];
        return listeners === servers.length;
      });
      client.disconnect();
      await eventually('both servers speak again', async () => {
        const answers = await Promise.all(servers.map(({ url }) => fetch(`${url}/readyz`)));
        return answers.every(({ status }) => status === 200);
      });
      await endAll();
    });
  },
);

describe('in another process, with Redis away', () => {
  let database: TestDatabase;
  let servers: TestServer[];

  beforeAll(async () => {
    database = await createTestDatabase();
    const nobody = `redis://127.0.0.1:${await freePort()}`;
    servers = await startPair({ LIVE_SWEEP_MS: '100', REDIS_URL: nobody }, database);
  });
  afterAll(async () => {
    for (const server of servers ?? []) await server.stop();
    await database?.drop();
  });

  test('the sweep closes the sockets of all credentials that ended, and no other', async () => {
    const [here, there] = servers.map(({ url }) => url) as [string, string];
    const [eve, fay, gil] = (await Promise.all(
      ['eve', 'fay', 'gil'].map((name) => register(here, name)),
    )) as [Person, Person, Person];
    await setMember(here, eve, fay, 'OPERATOR');
    const keys = await Promise.all([1, 2].map(() => makeKey(here, eve, ['INGEST'])));
    const second = await login(here, eve);
    const tokens = [eve.token, second, fay.token, gil.token, ...keys.map(({ secret: given }) => given)];
    const [first, leaving, member, changing, robot, kept] = (await Promise.all(
      tokens.map((token) => Visitor.of(there, token)),
    )) as [Visitor, Visitor, Visitor, Visitor, Visitor, Visitor];
    await logout(here, second);
    expect(await leaving.closed()).toEqual(ended);
    await setMember(here, eve, fay, 'VIEWER');
    expect(await member.closed()).toEqual(ended);
    await get(here, eve.token, 'mutation($id: ID!) { revokeApiKey(id: $id) { id } }', { id: keys[0]?.id });
    expect(await robot.closed()).toEqual(ended);
    await get(
      here,
      gil.token,
      'mutation($input: ChangePasswordInput!) { changePassword(input: $input) { token } }',
      { input: { currentPassword: password, newPassword: 'staple orchid lantern' } },
    );
    expect(await changing.closed()).toEqual(ended);
    expect([first.close, kept.close]).toEqual([undefined, undefined]);
  });
});
