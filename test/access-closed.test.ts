import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { goodPassword, startAccess, type Access } from './support/access-fixture.js';

let access: Access;
beforeAll(async () => {
  access = await startAccess('closed');
});
afterAll(() => access.stop());

const register =
  'mutation ($input: RegisterInput!) { register(input: $input) { token user { username memberships { project { id } } } } }';

test('where registration is closed, one person is the first, and everybody else needs an invitation', async () => {
  const account = (i: number) => ({
    username: `person-${i}`,
    email: `p${i}@example.com`,
    password: goodPassword,
  });
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, i) => access.run(null, register, { input: account(i) })),
  );
  const first = answers.filter((answer) => !answer.errors);
  expect(first).toHaveLength(1);
  const codes = answers.flatMap((answer) => answer.errors ?? []).map((error) => error.extensions?.['code']);
  expect(codes).toEqual(Array.from({ length: 5 }, () => 'FORBIDDEN'));
  expect(await access.fault(null, register, { input: account(7) })).toMatchObject({
    code: 'FORBIDDEN',
    message: 'Registration is closed; ask an ADMIN of a project for an invitation.',
  });

  const { register: admin } = first[0]!.data as unknown as {
    register: { token: string; user: { memberships: { project: { id: string } }[] } };
  };
  const input = { projectId: admin.user.memberships[0]?.project.id, email: 'p8@example.com', role: 'VIEWER' };
  const { inviteMember } = await access.ok<{ inviteMember: { token: string } }>(
    admin.token,
    'mutation ($input: InviteMemberInput!) { inviteMember(input: $input) { token } }',
    { input },
  );
  const rest = await access.rest('POST', '/api/auth/register', {
    body: { ...account(8), invitation: inviteMember.token },
  });
  expect([rest.status, rest.body]).toMatchObject([201, { user: { username: 'person-8' } }]);
});
