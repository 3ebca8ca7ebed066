import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { goodPassword, startAccess, type Access } from './support/access-fixture.js';

let access: Access;
beforeAll(async () => {
  access = await startAccess();
});
afterAll(() => access.stop());

const projectQuery = `query ($id: ID, $slug: String) { project(id: $id, slug: $slug) {
  id slug name retentionDays members { role user { username memberships { project { slug } } } } apiKeys { name prefix scopes } } }`;
const setMember =
  'mutation ($input: SetMemberInput!) { setMember(input: $input) { role user { username } project { slug } } }';
const removeMember =
  'mutation ($projectId: ID!, $userId: ID!) { removeMember(projectId: $projectId, userId: $userId) }';
const inviteMember =
  'mutation ($input: InviteMemberInput!) { inviteMember(input: $input) { email role token expiresAt } }';
const register =
  'mutation ($input: RegisterInput!) { register(input: $input) { token user { memberships { role project { slug } } } } }';
const actionsOf = async (projectId: string) =>
  (
    await access.database.query<{ action: string }>(
      `SELECT action FROM audit_log WHERE project_id = $1 ORDER BY at, id`,
      [projectId],
    )
  ).map(({ action }) => action);

describe('members', () => {
  test('are added, changed and removed by ADMINs alone, and their sockets are told', async () => {
    const sara = await access.person('sara');
    const tom = await access.person('thomas.k');
    const { projectId } = sara;
    const set = (token: string, email: string, role: string) =>
      access.run(token, setMember, { input: { projectId, email, role } });
    expect(await set(sara.token, 'THOMAS.K@example.com', 'OPERATOR')).toEqual({
      data: { setMember: { role: 'OPERATOR', user: { username: 'thomas.k' }, project: { slug: 'sara' } } },
    });
    expect((await set(tom.token, 'thomas.k@example.com', 'ADMIN')).errors?.[0]).toMatchObject({
      message: 'This needs the role ADMIN in the project; ask one of its ADMINs.',
      extensions: { code: 'FORBIDDEN' },
    });
    expect(await access.fault(tom.token, projectQuery, { id: projectId })).toMatchObject({
      code: 'FORBIDDEN',
    });
    const before = await access.viewerOf(tom.token);
    access.ended.length = 0;
    await set(sara.token, 'thomas.k@example.com', 'ADMIN');
    expect(access.ended).toEqual([]);
    expect(await access.auth.authenticator.findEnded([before])).toEqual(new Set());
    await set(sara.token, 'thomas.k@example.com', 'VIEWER');
    expect(access.ended).toEqual([{ userId: tom.id, projectId }]);
    expect(await access.auth.authenticator.findEnded([before])).toEqual(new Set([before]));
    const asViewer = await access.viewerOf(tom.token);
    expect(await access.ok(sara.token, removeMember, { projectId, userId: tom.id })).toEqual({
      removeMember: true,
    });
    expect(access.ended).toHaveLength(2);
    expect(await access.auth.authenticator.findEnded([asViewer])).toEqual(new Set([asViewer]));
    expect(await access.fault(tom.token, projectQuery, { id: projectId })).toMatchObject({
      code: 'NOT_FOUND',
    });
    for (const userId of [tom.id, 'no id']) {
      expect(await access.fault(sara.token, removeMember, { projectId, userId })).toMatchObject({
        code: 'NOT_FOUND',
      });
    }
    expect(await actionsOf(projectId)).toEqual([
      'createProject',
      'setMember',
      'setMember',
      'setMember',
      'removeMember',
    ]);
  });

  test('see of each other only the projects they share', async () => {
    const uma = await access.person('uma');
    const vic = await access.person('victor');
    await access.ok(uma.token, setMember, {
      input: { projectId: uma.projectId, email: vic.email, role: 'VIEWER' },
    });
    const source = `query ($id: ID!) { project(id: $id) { members { user { username memberships { project { slug } } } } } }`;
    expect(await access.ok(uma.token, source, { id: uma.projectId })).toEqual({
      project: {
        members: [
          { user: { username: 'uma', memberships: [{ project: { slug: 'uma' } }] } },
          { user: { username: 'victor', memberships: [{ project: { slug: 'uma' } }] } },
        ],
      },
    });
    const mine = await access.ok<{ me: { memberships: object[] } }>(
      vic.token,
      '{ me { memberships { role project { slug } } } }',
    );
    expect(mine.me.memberships).toEqual([
      { role: 'ADMIN', project: { slug: 'victor' } },
      { role: 'VIEWER', project: { slug: 'uma' } },
    ]);
  });

  test('a project keeps an ADMIN, also when two leave at once', async () => {
    const wim = await access.person('wim');
    const xia = await access.person('xia');
    const { projectId } = wim;
    const input = { projectId, email: wim.email, role: 'VIEWER' };
    expect(await access.fault(wim.token, setMember, { input })).toMatchObject({
      code: 'CONFLICT',
      message: 'A project needs an ADMIN; make somebody else ADMIN first.',
    });
    expect(await access.fault(wim.token, removeMember, { projectId, userId: wim.id })).toMatchObject({
      code: 'CONFLICT',
    });
    for (let round = 0; round < 5; round++) {
      await access.database.query(
        `INSERT INTO memberships VALUES ($1, $2, 'ADMIN', now()), ($1, $3, 'ADMIN', now())
         ON CONFLICT (project_id, user_id) DO UPDATE SET role = 'ADMIN'`,
        [projectId, wim.id, xia.id],
      );
      const answers = await Promise.all([
        access.run(wim.token, removeMember, { projectId, userId: wim.id }),
        access.run(xia.token, setMember, { input: { projectId, email: xia.email, role: 'VIEWER' } }),
      ]);
      const codes = answers.map((answer) => answer.errors?.[0]?.extensions?.['code']);
      expect(new Set(codes)).toEqual(new Set(['CONFLICT', undefined]));
    }
  });

  test('an address without an account is invited; the invitation is for it alone, and good once', async () => {
    const yan = await access.person('yan');
    const { projectId } = yan;
    const email = 'newcomer@example.com';
    expect(
      await access.fault(yan.token, setMember, { input: { projectId, email, role: 'VIEWER' } }),
    ).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/inviteMember/),
    });
    const { inviteMember: invited } = await access.ok<{ inviteMember: { token: string } }>(
      yan.token,
      inviteMember,
      {
        input: { projectId, email, role: 'OPERATOR' },
      },
    );
    expect(invited).toMatchObject({ email, role: 'OPERATOR' });
    const join = (change: object) => ({
      input: { username: 'newcomer-1', email, password: goodPassword, invitation: invited.token, ...change },
    });
    expect(await access.fault(null, register, join({ email: 'another@example.com' }))).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.email' }],
    });
    expect(await access.ok(null, register, join({ email: 'Newcomer@example.com' }))).toMatchObject({
      register: {
        user: {
          memberships: [
            { role: 'ADMIN', project: { slug: 'newcomer-1' } },
            { role: 'OPERATOR', project: { slug: 'yan' } },
          ],
        },
      },
    });
    expect(await access.fault(null, register, join({ username: 'newcomer-2' }))).toMatchObject({
      code: 'CONFLICT',
    });
    expect(
      await access.fault(yan.token, inviteMember, { input: { projectId, email, role: 'VIEWER' } }),
    ).toMatchObject({
      code: 'CONFLICT',
    });
    expect(
      await access.fault(yan.token, inviteMember, { input: { projectId, email: 'no', role: 'VIEWER' } }),
    ).toMatchObject({
      fields: [{ path: 'input.email' }],
    });
    const stored = await access.database.query<{ text: string }>(
      `SELECT before::text || after::text AS text FROM audit_log`,
    );
    expect(JSON.stringify(stored)).not.toContain(invited.token);
  });

  test('an invitation ends with the rights of whoever sent it, and then nobody is registered', async () => {
    const zoe = await access.person('zoe');
    const abe = await access.person('abe');
    const { projectId } = zoe;
    await access.ok(zoe.token, setMember, { input: { projectId, email: abe.email, role: 'ADMIN' } });
    const email = 'late@example.com';
    const { inviteMember: invited } = await access.ok<{ inviteMember: { token: string } }>(
      abe.token,
      inviteMember,
      {
        input: { projectId, email, role: 'ADMIN' },
      },
    );
    await access.ok(zoe.token, setMember, { input: { projectId, email: abe.email, role: 'OPERATOR' } });
    const input = { username: 'late-one', email, password: goodPassword, invitation: invited.token };
    expect(await access.fault(null, register, { input })).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.invitation' }],
    });
    expect(await access.database.query(`SELECT 1 FROM users WHERE username = 'late-one'`)).toEqual([]);
  });
});
