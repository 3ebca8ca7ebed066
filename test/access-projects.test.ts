import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startAccess, type Access } from './support/access-fixture.js';

let access: Access;
beforeAll(async () => {
  access = await startAccess();
});
afterAll(() => access.stop());

const projectQuery = `query ($id: ID, $slug: String) { project(id: $id, slug: $slug) {
  id slug name retentionDays members { role user { username memberships { project { slug } } } } apiKeys { name prefix scopes } } }`;
const projectsQuery = '{ projects { id slug } }';
const createProject =
  'mutation ($input: CreateProjectInput!) { createProject(input: $input) { id name slug retentionDays } }';
const updateProject =
  'mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { name slug retentionDays } }';
const createApiKey = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) {
  secret apiKey { id name prefix scopes createdAt lastUsedAt expiresAt revokedAt } } }`;
const revokeApiKey = 'mutation ($id: ID!) { revokeApiKey(id: $id) { id revokedAt } }';

interface MadeKey {
  secret: string;
  apiKey: { id: string; prefix: string; scopes: string[] };
}
const makeKey = async (token: string, projectId: string, scopes: string[], more: object = {}) =>
  (
    await access.ok<{ createApiKey: MadeKey }>(token, createApiKey, {
      input: { projectId, name: 'a key', scopes, ...more },
    })
  ).createApiKey;
describe('projects', () => {
  test('are found by id or slug by those who belong to them; for a stranger they are not there', async () => {
    const olga = await access.person('olga');
    const pete = await access.person('pete');
    const byId = await access.ok<{ project: object }>(olga.token, projectQuery, { id: olga.projectId });
    expect(byId).toEqual(await access.ok(olga.token, projectQuery, { slug: 'olga' }));
    expect(byId.project).toMatchObject({
      slug: 'olga',
      name: "olga's project",
      retentionDays: null,
      members: [{ role: 'ADMIN', user: { username: 'olga', memberships: [{ project: { slug: 'olga' } }] } }],
      apiKeys: [],
    });
    const missing = { code: 'NOT_FOUND', message: 'The project was not found.' };
    for (const by of [{ id: olga.projectId }, { slug: 'olga' }, { slug: 'no-such' }, { id: 'no id' }]) {
      expect(await access.fault(pete.token, projectQuery, by)).toEqual(missing);
    }
    expect(await access.ok(pete.token, projectsQuery)).toEqual({
      projects: [{ id: pete.projectId, slug: 'pete' }],
    });
    for (const by of [{}, { id: olga.projectId, slug: 'olga' }, { id: null, slug: null }]) {
      expect(await access.fault(olga.token, projectQuery, by)).toMatchObject({ code: 'BAD_USER_INPUT' });
    }
    expect(await access.fault(null, projectsQuery)).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('get a slug from their name, or the one asked for if it is free', async () => {
    const { token } = await access.person('quinn');
    const create = (input: object) =>
      access.ok<{ createProject: { id: string; slug: string } }>(token, createProject, { input });
    expect((await create({ name: 'Zürich Crawlers' })).createProject.slug).toBe('zurich-crawlers');
    expect((await create({ name: 'Zürich crawlers' })).createProject.slug).toMatch(
      /^zurich-crawlers-[0-9a-f]{8}$/,
    );
    expect((await create({ name: 'Any', slug: 'asked-for' })).createProject.slug).toBe('asked-for');
    expect(
      await access.fault(token, createProject, { input: { name: 'Any', slug: 'asked-for' } }),
    ).toMatchObject({
      code: 'CONFLICT',
      message: 'The slug asked-for is taken; choose another.',
    });
    for (const input of [
      { name: '' },
      { name: 'x'.repeat(101) },
      { name: 'ok', slug: 'No' },
      { name: 'a\u0000' },
    ]) {
      expect(await access.fault(token, createProject, { input })).toMatchObject({ code: 'BAD_USER_INPUT' });
    }
    const at = await access.ok<{ projects: { slug: string }[] }>(token, projectsQuery);
    expect(at.projects.map(({ slug }) => slug).slice(0, 2)).toEqual(['quinn', 'zurich-crawlers']);
  });

  test('are changed only where told', async () => {
    const { token, projectId: id, slug } = await access.person('rosa');
    const update = (input: object) => access.ok(token, updateProject, { input: { id, ...input } });
    expect(await update({ retentionDays: 30 })).toEqual({
      updateProject: { name: "rosa's project", slug, retentionDays: 30 },
    });
    expect(await update({ name: 'Renamed' })).toEqual({
      updateProject: { name: 'Renamed', slug, retentionDays: 30 },
    });
    expect(await update({ retentionDays: null })).toMatchObject({ updateProject: { retentionDays: null } });
    expect(await access.fault(token, updateProject, { input: { id, retentionDays: 0 } })).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.retentionDays' }],
    });
    const [entry] = await access.database.query(
      `SELECT before, after, actor, request_id, ip FROM audit_log WHERE project_id = $1 AND action = 'updateProject'
       ORDER BY at, id LIMIT 1`,
      [id],
    );
    expect(entry).toEqual({
      before: { name: "rosa's project", retentionDays: null },
      after: { name: "rosa's project", retentionDays: 30 },
      actor: 'rosa',
      request_id: 'test-request',
      ip: '192.0.2.1',
    });
  });
});

describe('API keys', () => {
  test('act in their one project, within their scopes', async () => {
    const bea = await access.person('beatrice');
    const cal = await access.person('calvin');
    const { secret, apiKey } = await makeKey(bea.token, bea.projectId, ['READ', 'INGEST', 'READ']);
    expect(secret.startsWith(`${apiKey.prefix}_`)).toBe(true);
    expect(apiKey).toMatchObject({ scopes: ['READ', 'INGEST'], lastUsedAt: null, revokedAt: null });
    expect(await access.ok(secret, projectsQuery)).toEqual({
      projects: [{ id: bea.projectId, slug: 'beatrice' }],
    });
    expect(await access.fault(secret, projectQuery, { id: cal.projectId })).toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await access.fault(secret, projectQuery, { id: bea.projectId })).toEqual({
      code: 'FORBIDDEN',
      message: 'This API key lacks the scope MANAGE.',
    });
    for (const source of ['{ me { id } }', 'mutation { logout }', 'mutation { renewSession { token } }']) {
      expect(await access.fault(secret, source)).toMatchObject({ code: 'FORBIDDEN' });
    }
    expect(await access.fault(secret, createProject, { input: { name: 'x' } })).toMatchObject({
      code: 'FORBIDDEN',
    });
    const manager = await makeKey(bea.token, bea.projectId, ['MANAGE']);
    const listed = await access.ok<{ project: { apiKeys: object[] } }>(manager.secret, projectQuery, {
      id: bea.projectId,
    });
    expect(listed.project.apiKeys).toHaveLength(2);
    const [stored] = await access.database.query<{ row: string }>(
      `SELECT row_to_json(k)::text AS row FROM api_keys k WHERE id = $1`,
      [apiKey.id],
    );
    expect(stored?.row).not.toContain(secret.split('_').at(-1));
    const log = await access.database.query(
      `SELECT after::text FROM audit_log WHERE action = 'createApiKey'`,
    );
    expect(JSON.stringify(log)).not.toContain(secret.split('_').at(-1));
  });

  test('say when they were used, to the minute, once for many requests', async () => {
    const dan = await access.person('danilo');
    const { secret, apiKey } = await makeKey(dan.token, dan.projectId, ['READ']);
    const usedAt = async () =>
      (
        await access.database.query<{ at: Date | null }>(
          `SELECT last_used_at AS at FROM api_keys WHERE id = $1`,
          [apiKey.id],
        )
      )[0]?.at;
    await Promise.all(Array.from({ length: 20 }, () => access.ok(secret, projectsQuery)));
    let used = await usedAt();
    for (let tries = 0; !used && tries < 50; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      used = await usedAt();
    }
    expect(used).toBeInstanceOf(Date);
    await access.ok(secret, projectsQuery);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await usedAt()).toEqual(used);
  });

  test('end when revoked or expired, and are refused when wrong', async () => {
    const eve = await access.person('evelyn');
    const fox = await access.person('foxy');
    const { secret, apiKey } = await makeKey(eve.token, eve.projectId, ['READ']);
    const other = await makeKey(eve.token, eve.projectId, ['READ'], { expiresAt: '2999-01-01T00:00:00Z' });
    const viewers = [await access.viewerOf(secret), await access.viewerOf(other.secret)];
    expect(await access.fault(fox.token, revokeApiKey, { id: apiKey.id })).toEqual(
      await access.fault(fox.token, revokeApiKey, { id: '0190b5a0-0000-7000-8000-000000000001' }),
    );
    access.ended.length = 0;
    const revoked = await access.ok<{ revokeApiKey: { revokedAt: string } }>(eve.token, revokeApiKey, {
      id: apiKey.id,
    });
    expect(revoked.revokeApiKey.revokedAt).not.toBeNull();
    expect(await access.ok(eve.token, revokeApiKey, { id: apiKey.id })).toEqual(revoked);
    expect(access.ended).toEqual([{ apiKeyId: apiKey.id }]);
    expect(await access.auth.authenticator.findEnded(viewers)).toEqual(new Set([viewers[0]]));
    const invalid = { code: 'UNAUTHENTICATED', message: expect.stringMatching(/API key is not valid/) };
    expect(await access.fault(secret, projectsQuery)).toMatchObject(invalid);
    const tampered = other.secret.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    expect(await access.fault(tampered, projectsQuery)).toMatchObject(invalid);
    expect(await access.fault('bnc_nonsense', projectsQuery)).toMatchObject(invalid);
    await access.ok(other.secret, projectsQuery);
    await access.database.query(
      `UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE id = $1`,
      [other.apiKey.id],
    );
    expect(await access.fault(other.secret, projectsQuery)).toMatchObject(invalid);
    expect(await access.auth.authenticator.findEnded(viewers)).toEqual(new Set(viewers));
  });

  test('are made only with a scope and an end that lies ahead', async () => {
    const gil = await access.person('gilbert');
    const input = { projectId: gil.projectId, name: ' ', scopes: [], expiresAt: '2020-01-01T00:00:00Z' };
    expect(await access.fault(gil.token, createApiKey, { input })).toMatchObject({
      fields: [{ path: 'input.name' }],
    });
    const fault = await access.fault(gil.token, createApiKey, { input: { ...input, name: 'k' } });
    expect(fault.fields?.map(({ path }) => path)).toEqual(['input.scopes', 'input.expiresAt']);
  });
});
