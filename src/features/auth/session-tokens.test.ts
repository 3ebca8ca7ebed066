import { describe, expect, test } from '@jest/globals';
import { SignJWT } from 'jose';
import { ProjectRole } from './grants.js';
import { SessionTokens } from './session-tokens.js';

const secret = 'a secret of at least thirty-two characters';
const userId = '0190b5a0-0000-7000-8000-000000000001';
const tokens = new SessionTokens(secret, 3600);

/** A token with everything right, save for what is told. */
function forge(change: Record<string, unknown>, key = secret, alg = 'HS256') {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({
    sub: userId,
    jti: '7d9a3c1e-0000-4000-8000-000000000001',
    gen: 0,
    iss: 'binnacle',
    aud: 'binnacle',
    iat: now,
    exp: now + 60,
    ...change,
  })
    .setProtectedHeader({ alg })
    .sign(new TextEncoder().encode(key));
}

describe('session tokens', () => {
  test('say who, which session, which generation and until when', async () => {
    const { token, claims } = await tokens.issue(userId, 3);
    expect(await tokens.read(token)).toEqual(claims);
    expect(claims).toMatchObject({ userId, generation: 3 });
    expect(claims.expiresAt.getTime() - Date.now()).toBeGreaterThan(3_590_000);
    expect(claims.expiresAt.getTime() - Date.now()).toBeLessThanOrEqual(3_600_000);
    expect((await tokens.issue(userId, 3)).claims.tokenId).not.toBe(claims.tokenId);
  });

  test('tell an expired one from one that never was good', async () => {
    expect(await tokens.read(await forge({}))).toMatchObject({ userId });
    expect(await tokens.read(await forge({ exp: 1_700_000_000, iat: 1_699_999_000 }))).toBe('expired');
    expect(await tokens.read(await forge({ exp: 1_700_000_000 }, secret.toUpperCase()))).toBeNull();
  });

  test.each([
    ['another key', () => forge({}, secret.toUpperCase())],
    ['another algorithm', () => forge({}, secret.padEnd(64, 'x'), 'HS512')],
    ['another issuer', () => forge({ iss: 'elsewhere' })],
    ['another audience', () => forge({ aud: 'binnacle-invitation' })],
    ['no end', () => forge({ exp: undefined })],
    ['no id', () => forge({ jti: undefined })],
    ['an id that is none', () => forge({ jti: 'x' })],
    ['a person that is none', () => forge({ sub: "' OR 1=1" })],
    ['no generation', () => forge({ gen: undefined })],
    ['nothing at all', () => Promise.resolve('')],
    ['no form', () => Promise.resolve('a.b.c')],
    ['too many parts', () => Promise.resolve('a.b.c.d.e')],
    [
      'no signature',
      async () => {
        const [, payload] = (await forge({})).split('.');
        return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
      },
    ],
  ])('are refused with %s', async (_, make) => {
    expect(await tokens.read(await make())).toBeNull();
  });
});

describe('invitations', () => {
  const invitation = { projectId: userId, role: ProjectRole.VIEWER, email: 'a@b.co', invitedBy: userId };

  test('say to what, whom and by whom, for seven days', async () => {
    const { token, expiresAt } = await tokens.invite(invitation);
    expect(await tokens.readInvitation(token)).toEqual(invitation);
    expect(expiresAt.getTime() - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
  });

  test('are no session tokens, nor the other way round', async () => {
    expect(await tokens.read((await tokens.invite(invitation)).token)).toBeNull();
    expect(await tokens.readInvitation((await tokens.issue(userId, 0)).token)).toBeNull();
  });
});
