import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { goodPassword, startAccess, type Access } from './support/access-fixture.js';

let access: Access;
beforeAll(async () => {
  access = await startAccess();
});
afterAll(() => access.stop());

const register =
  'mutation ($input: RegisterInput!) { register(input: $input) { token expiresAt user { id username email } } }';
const login =
  'mutation ($input: LoginInput!) { login(input: $input) { token user { id memberships { role } } } }';
const changePassword = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { token } }';
const me = '{ me { id username memberships { role project { slug } } } }';
const newSession = (token: string) =>
  access.ok<{ renewSession: { token: string } }>(token, 'mutation { renewSession { token } }');
const signIn = async (name: string, password = goodPassword) =>
  (await access.ok<{ login: { token: string } }>(null, login, { input: { login: name, password } })).login
    .token;

describe('registering', () => {
  test('makes a person with a project of their own', async () => {
    const ada = await access.person('Ada.L');
    expect(ada.slug).toBe('ada-l');
    expect(await access.ok(ada.token, me)).toEqual({
      me: { id: ada.id, username: 'Ada.L', memberships: [{ role: 'ADMIN', project: { slug: 'ada-l' } }] },
    });
    const twin = await access.person('ada-L');
    expect(twin.slug).toMatch(/^ada-l-[0-9a-f]{8}$/);
  });

  test('names and addresses are unique without regard to case, also of many at once', async () => {
    const attempt = (username: string, email: string) =>
      access.run(null, register, { input: { username, email, password: goodPassword } });
    const names = ['Grace', 'grace', 'GRACE', 'gRACE'];
    const answers = await Promise.all(names.map((name, i) => attempt(name, `grace${i}@example.com`)));
    expect(answers.filter((answer) => !answer.errors)).toHaveLength(1);
    const refused = answers.flatMap((answer) => answer.errors ?? []);
    expect(refused.map((error) => error.extensions?.['code'])).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT']);
    expect(refused[0]?.message).toMatch(/username .* is taken/i);
    expect(
      await access.fault(null, register, {
        input: { username: 'other', email: 'ADA.L@example.com', password: goodPassword },
      }),
    ).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/email address/),
    });
  });

  test.each([
    [{ username: 'a b' }, 'input.username'],
    [{ username: 'x\u0000y' }, 'input.username'],
    [{ email: 'nobody' }, 'input.email'],
    [{ password: 'short' }, 'input.password'],
    [{ password: 'qwertyuiop' }, 'input.password'],
    [{ password: 'theo-is-my-name' }, 'input.password'],
    [{ password: 'x'.repeat(1025) }, 'input.password'],
    [{ password: '\ud800 lone surrogate' }, 'input.password'],
    [{ invitation: 'none' }, 'input.invitation'],
  ])('refuses %j and names its path', async (change, path) => {
    const input = { username: 'theo', email: 'theo@example.com', password: goodPassword, ...change };
    const fault = await access.fault(null, register, { input });
    expect(fault).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
  });
});

describe('sessions', () => {
  test('one signs in by username or address in any case, even with a stale token', async () => {
    const bob = await access.person('bobby');
    await access.ok(bob.token, 'mutation { logout }');
    const answer = await access.ok(bob.token, login, { input: { login: 'BOBBY', password: goodPassword } });
    expect(answer).toMatchObject({ login: { user: { id: bob.id, memberships: [{ role: 'ADMIN' }] } } });
    await expect(signIn('Bobby@Example.com')).resolves.toBeTruthy();
  });

  test('a wrong password and an unknown name are told alike', async () => {
    await access.person('carol');
    const wrong = await access.fault(null, login, {
      input: { login: 'carol', password: 'not her password' },
    });
    const unknown = await access.fault(null, login, {
      input: { login: 'nobody-here', password: 'not her password' },
    });
    expect(wrong).toEqual({ code: 'UNAUTHENTICATED', message: 'The name or the password is wrong.' });
    expect(unknown).toEqual(wrong);
  });

  test('logging out ends the token at once, tells all processes, and ends no other session', async () => {
    const dora = await access.person('dora');
    const other = await signIn('dora');
    const viewer = await access.viewerOf(dora.token);
    access.ended.length = 0;
    expect(await access.ok(dora.token, 'mutation { logout }')).toEqual({ logout: true });
    expect(access.ended).toEqual([{ userId: dora.id, tokenId: viewer.tokenId }]);
    expect(await access.fault(dora.token, me)).toMatchObject({
      code: 'UNAUTHENTICATED',
      message: 'Your session has ended; sign in again.',
    });
    await expect(access.ok(other, me)).resolves.toMatchObject({ me: { id: dora.id } });
  });

  test('renewing answers one new token, however many ask at once, and ends the old one', async () => {
    const erin = await access.person('erin');
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => access.run(erin.token, 'mutation { renewSession { token } }')),
    );
    expect(answers.filter((answer) => !answer.errors)).toHaveLength(1);
    const renewed = answers.find((answer) => !answer.errors)?.data as
      { renewSession: { token: string } } | undefined;
    await expect(access.ok(renewed?.renewSession.token ?? null, me)).resolves.toMatchObject({
      me: { id: erin.id },
    });
    expect(await access.fault(erin.token, me)).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('an expired token is told so; a wrong one is not taken', async () => {
    const fay = await access.person('fay');
    const past = await access.makeAuth(-1, 'open').tokens.issue(fay.id, 0);
    expect((await access.fault(past.token, me)).message).toBe('Your session has expired; sign in again.');
    expect((await access.fault(`${fay.token}x`, me)).message).toMatch(/not valid/);
    expect((await access.fault(null, me)).message).toMatch(/^Sign in first/);
  });

  test('changing the password ends all sessions but the new one, and asks for the current one', async () => {
    const gus = await access.person('gustav');
    const other = await signIn('gustav');
    const renewed = (await newSession(other)).renewSession.token;
    const change = (currentPassword: string, newPassword: string) => ({
      input: { currentPassword, newPassword },
    });
    expect(
      await access.fault(gus.token, changePassword, change('wrong one here', 'violet anchor 9')),
    ).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.currentPassword' }],
    });
    expect(
      await access.fault(gus.token, changePassword, change(goodPassword, 'gustav 123456')),
    ).toMatchObject({
      fields: [{ path: 'input.newPassword' }],
    });
    access.ended.length = 0;
    const answer = await access.ok<{ changePassword: { token: string } }>(
      gus.token,
      changePassword,
      change(goodPassword, 'violet anchor 9'),
    );
    expect(access.ended).toEqual([{ userId: gus.id }]);
    for (const token of [gus.token, renewed]) {
      expect(await access.fault(token, me)).toMatchObject({ code: 'UNAUTHENTICATED' });
    }
    await expect(access.ok(answer.changePassword.token, me)).resolves.toMatchObject({ me: { id: gus.id } });
    expect(
      await access.fault(null, login, { input: { login: 'gustav', password: goodPassword } }),
    ).toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    await expect(signIn('gustav', 'violet anchor 9')).resolves.toBeTruthy();
  });

  test('the sweep finds what ended without an event', async () => {
    const hal = await access.person('hallam');
    const tokens = {
      logout: await signIn('hallam'),
      renew: await signIn('hallam'),
      stay: await signIn('hallam'),
    };
    const viewers = {
      logout: await access.viewerOf(tokens.logout),
      renew: await access.viewerOf(tokens.renew),
      stay: await access.viewerOf(tokens.stay),
    };
    const all = Object.values(viewers);
    expect(await access.auth.authenticator.findEnded(all)).toEqual(new Set());
    await access.ok(tokens.logout, 'mutation { logout }');
    await newSession(tokens.renew);
    expect(await access.auth.authenticator.findEnded(all)).toEqual(new Set([viewers.logout, viewers.renew]));
    const change = { currentPassword: goodPassword, newPassword: 'violet anchor 9' };
    await access.ok(hal.token, changePassword, { input: change });
    expect(await access.auth.authenticator.findEnded(all)).toEqual(new Set(all));
    expect(await access.auth.authenticator.findEnded([])).toEqual(new Set());
  });

  test('blocks and failures that count no more are forgotten', async () => {
    await access.database.query(
      `INSERT INTO sessions SELECT gen_random_uuid(), id, now() - interval '1 day' FROM users LIMIT 1`,
    );
    await access.database.query(
      `INSERT INTO sign_in_failures VALUES ('account:old', 9, now() - interval '2 hours', NULL)`,
    );
    const kept = await access.database.query(`SELECT id FROM sessions WHERE expires_at > now()`);
    await access.auth.purgeExpiredSessions();
    expect(await access.database.query(`SELECT id FROM sessions`)).toEqual(kept);
    expect(await access.database.query(`SELECT 1 FROM sign_in_failures WHERE key = 'account:old'`)).toEqual(
      [],
    );
  });
});

describe('repeated failures', () => {
  const attempt = (name: string, password = 'not the password') =>
    access.run(null, login, { input: { login: name, password } });
  const codeOf = (answer: Awaited<ReturnType<typeof attempt>>) => answer.errors?.[0]?.extensions?.['code'];

  test.each([['ivan'], ['nobody-called-so']])(
    'slow down the account %s, whether it exists or not',
    async (name) => {
      access.setIp(`198.51.100.${name.length}`);
      if (name === 'ivan') await access.person(name);
      const codes: unknown[] = [];
      for (let i = 0; i < 6; i++) codes.push(codeOf(await attempt(name.toUpperCase())));
      expect(codes).toEqual([...Array.from({ length: 5 }, () => 'UNAUTHENTICATED'), 'RATE_LIMITED']);
      const fault = await access.fault(null, login, { input: { login: name, password: goodPassword } });
      expect(fault.retryAfterMs).toBeGreaterThan(0);
      expect(fault.retryAfterMs).toBeLessThanOrEqual(1000);
      expect(fault.message).toBe('Signing in failed too often; try again in 1 second.');
    },
  );

  test('the delay doubles, and success forgets the failures', async () => {
    access.setIp('198.51.100.99');
    await access.person('judy');
    for (let i = 0; i < 5; i++) await attempt('judy');
    await access.database.query(`UPDATE sign_in_failures SET blocked_until = NULL`);
    await attempt('judy');
    const { retryAfterMs } = await access.fault(null, login, {
      input: { login: 'judy', password: goodPassword },
    });
    expect(retryAfterMs).toBeGreaterThan(1000);
    expect(retryAfterMs).toBeLessThanOrEqual(2000);
    await access.database.query(`UPDATE sign_in_failures SET blocked_until = NULL`);
    await signIn('judy');
    expect(codeOf(await attempt('judy'))).toBe('UNAUTHENTICATED');
  });

  test('many at once get no further than one after the other', async () => {
    access.setIp('198.51.100.101');
    await access.person('kim-lee');
    const answers = await Promise.all(Array.from({ length: 30 }, () => attempt('kim-lee')));
    expect(answers.filter((answer) => codeOf(answer) === 'UNAUTHENTICATED')).toHaveLength(5);
    expect(answers.filter((answer) => codeOf(answer) === 'RATE_LIMITED')).toHaveLength(25);
  });

  test('slow down an address that tries many accounts, but not other addresses', async () => {
    access.setIp('203.0.113.5');
    const codes: unknown[] = [];
    for (let i = 0; i < 21; i++) codes.push(codeOf(await attempt(`somebody-${i}`)));
    expect(codes.filter((code) => code === 'UNAUTHENTICATED')).toHaveLength(20);
    expect(codes.at(-1)).toBe('RATE_LIMITED');
    access.setIp('203.0.113.6');
    expect(codeOf(await attempt('somebody-else'))).toBe('UNAUTHENTICATED');
  });

  test('people who sign in rightly do not use up their address', async () => {
    access.setIp('203.0.113.7');
    await access.person('lena');
    for (let i = 0; i < 22; i++) await signIn('lena');
    const rows = await access.database.query(
      `SELECT failures FROM sign_in_failures WHERE key = 'address:203.0.113.7'`,
    );
    expect(rows).toEqual([{ failures: 0 }]);
  });

  test('guessing the current password with a stolen token is slowed down too', async () => {
    access.setIp('203.0.113.8');
    const max = await access.person('maxim');
    const input = { currentPassword: 'not the password', newPassword: 'violet anchor 9' };
    for (let i = 0; i < 5; i++) {
      expect(await access.fault(max.token, changePassword, { input })).toMatchObject({
        code: 'BAD_USER_INPUT',
      });
    }
    expect(await access.fault(max.token, changePassword, { input })).toMatchObject({ code: 'RATE_LIMITED' });
  });
});

describe('REST', () => {
  beforeAll(() => access.setIp('192.0.2.50'));
  const nina = { username: 'nina', email: 'nina@example.com', password: goodPassword };

  test('registers, signs in, tells who one is, signs out', async () => {
    const registered = await access.rest('POST', '/api/auth/register', { body: nina });
    expect(registered.status).toBe(201);
    expect(registered.body).toMatchObject({ token: expect.any(String), user: { username: 'nina' } });
    expect(JSON.stringify(registered.body)).not.toContain('argon2');
    const signedIn = await access.rest('POST', '/api/auth/login', {
      body: { login: 'NINA', password: goodPassword },
    });
    expect(signedIn.status).toBe(200);
    expect(signedIn.headers.get('cache-control')).toBe('no-store');
    const token = String(signedIn.body['token']);
    const mine = await access.rest('GET', '/api/users/me', { token });
    expect([mine.status, mine.body]).toEqual([200, signedIn.body['user']]);
    expect((await access.rest('POST', '/api/auth/logout', { token })).status).toBe(204);
    const after = await access.rest('GET', '/api/users/me', { token });
    expect(after.status).toBe(401);
    expect(after.body).toMatchObject({
      code: 'UNAUTHENTICATED',
      detail: 'Your session has ended; sign in again.',
    });
    expect((await access.rest('POST', '/api/auth/logout')).status).toBe(401);
  });

  test('tells bad input, names that are taken and wrong passwords apart', async () => {
    const taken = await access.rest('POST', '/api/auth/register', { body: nina });
    expect([taken.status, taken.headers.get('content-type')]).toEqual([
      409,
      'application/problem+json; charset=utf-8',
    ]);
    const bad = await access.rest('POST', '/api/auth/register', { body: { username: 7, password: 'short' } });
    expect(bad.status).toBe(400);
    expect((bad.body['fields'] as { path: string }[]).map(({ path }) => path)).toEqual(['username', 'email']);
    const weak = await access.rest('POST', '/api/auth/register', {
      body: { ...nina, username: 'nona', password: 'qwertyuiop' },
    });
    expect(weak.body).toMatchObject({ status: 400, fields: [{ path: 'password' }] });
    expect((await access.rest('POST', '/api/auth/login', { text: '{' })).status).toBe(400);
    expect((await access.rest('POST', '/api/auth/login', { text: '[]' })).status).toBe(400);
    const wrong = { login: 'nina', password: 'not her password' };
    for (let i = 0; i < 5; i++) {
      expect((await access.rest('POST', '/api/auth/login', { body: wrong })).status).toBe(401);
    }
    const limited = await access.rest('POST', '/api/auth/login', { body: wrong });
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '1']);
  });
});
