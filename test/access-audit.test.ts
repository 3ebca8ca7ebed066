import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { recordAudit, systemActor } from '../src/features/audit/index.js';
import { startAccess, type Access } from './support/access-fixture.js';

let access: Access;
beforeAll(async () => {
  access = await startAccess();
});
afterAll(() => access.stop());

const auditLog = `query ($projectId: ID!, $filter: AuditFilter, $first: Int, $after: String) {
  auditLog(projectId: $projectId, filter: $filter, first: $first, after: $after) {
    nodes { id at actor actorKind action subjectType subjectId before after requestId ip hash }
    pageInfo { hasNextPage endCursor } } }`;
const verify = `query ($projectId: ID!) { verifyAuditLog(projectId: $projectId) { intact entries firstBrokenId sealedUpTo } }`;

interface Log {
  auditLog: {
    nodes: { id: string; action: string; hash: string | null }[];
    pageInfo: { hasNextPage: boolean; endCursor: string };
  };
}
type Verified = {
  verifyAuditLog: {
    intact: boolean;
    entries: number;
    firstBrokenId: string | null;
    sealedUpTo: string | null;
  };
};

/** What the owner of a database can do and its users cannot: past all triggers. */
const asOwner = (sql: string, values: unknown[] = []) =>
  access.database.transaction(async (tx) => {
    await tx.query(`SET LOCAL session_replication_role = replica`);
    await tx.query(sql, values);
  });

/** Lets the newest entries rest long enough to be sealed, by making them older. */
const seal = async () => {
  await asOwner(
    `UPDATE audit_log a SET at = at - interval '6 seconds'
     WHERE NOT EXISTS (SELECT 1 FROM audit_seals s WHERE s.entry_id = a.id) AND at > now() - interval '6 seconds'`,
  );
  return access.audit.sealAuditLog();
};

/** A person whose project has so many entries more than its first. */
const projectWithEntries = async (username: string, count: number) => {
  const person = await access.person(username);
  await access.database.transaction(async (tx) => {
    for (let i = 0; i < count; i++) {
      await recordAudit(tx, {
        context: null,
        actor: systemActor('retention'),
        projectId: person.projectId,
        action: 'cleanUp',
        subjectType: 'Task',
        subjectId: `task-${i}`,
        before: { round: i, password: 'never kept' },
      });
    }
  });
  return person;
};

const verified = async (person: { token: string; projectId: string }) =>
  (await access.ok<Verified>(person.token, verify, { projectId: person.projectId })).verifyAuditLog;

describe('the audit log', () => {
  test('is read newest first, page by page, by ADMINs alone, filtered', async () => {
    const ann = await projectWithEntries('annika', 5);
    const { projectId } = ann;
    const page = await access.ok<Log>(ann.token, auditLog, { projectId, first: 4 });
    expect(page.auditLog.nodes[0]).toMatchObject({
      action: 'cleanUp',
      actor: 'retention',
      actorKind: 'SYSTEM',
      subjectId: 'task-4',
      before: { round: 4, password: '[withheld]' },
      after: null,
      requestId: null,
      hash: null,
    });
    expect(page.auditLog.pageInfo.hasNextPage).toBe(true);
    const rest = await access.ok<Log>(ann.token, auditLog, {
      projectId,
      after: page.auditLog.pageInfo.endCursor,
    });
    const all = [...page.auditLog.nodes, ...rest.auditLog.nodes];
    expect(all.map(({ action }) => action)).toEqual([
      ...Array.from({ length: 5 }, () => 'cleanUp'),
      'createProject',
    ]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(6);
    expect(rest.auditLog.nodes.at(-1)).toMatchObject({ actor: 'annika', actorKind: 'USER', ip: '192.0.2.1' });

    const found = async (filter: object) =>
      (await access.ok<Log>(ann.token, auditLog, { projectId, filter })).auditLog.nodes.length;
    expect(await found({ actions: ['createProject'] })).toBe(1);
    expect(await found({ subjectType: 'Task', subjectId: 'task-3' })).toBe(1);
    expect(await found({ before: '2020-01-01T00:00:00Z' })).toBe(0);
    expect(await found({ after: '2020-01-01T00:00:00Z' })).toBe(6);
    expect(await access.fault(ann.token, auditLog, { projectId, after: 'WyJ4IiwieSJd' })).toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    expect(await access.fault(ann.token, auditLog, { projectId, first: 501 })).toMatchObject({
      code: 'BAD_USER_INPUT',
    });

    const ben = await access.person('benno');
    for (const source of [auditLog, verify]) {
      expect(await access.fault(ben.token, source, { projectId })).toMatchObject({ code: 'NOT_FOUND' });
      expect(await access.fault(null, source, { projectId })).toMatchObject({ code: 'UNAUTHENTICATED' });
    }
    await access.database.query(`INSERT INTO memberships VALUES ($1, $2, 'OPERATOR', now())`, [
      projectId,
      ben.id,
    ]);
    expect(await access.fault(ben.token, auditLog, { projectId })).toMatchObject({ code: 'FORBIDDEN' });
  });

  test('refuses every change', async () => {
    await access.person('clara');
    await seal();
    for (const table of ['audit_log', 'audit_seals']) {
      for (const sql of [
        `UPDATE ${table} SET project_id = NULL`,
        `DELETE FROM ${table}`,
        `TRUNCATE ${table}`,
      ]) {
        await expect(access.database.query(sql)).rejects.toThrow(`${table} is append-only`);
      }
    }
  });

  test('is written with the change or not at all', async () => {
    const { projectId } = await access.person('dirk');
    const attempt = access.database.transaction(async (tx) => {
      const subject = { subjectType: 'Task', subjectId: 'never' };
      await recordAudit(tx, { context: null, actor: systemActor('x'), projectId, action: 'x', ...subject });
      throw new Error('undone');
    });
    await expect(attempt).rejects.toThrow('undone');
    expect(await access.database.query(`SELECT 1 FROM audit_log WHERE subject_id = 'never'`)).toEqual([]);
  });
});

describe('the chain of hashes', () => {
  test('covers each project for itself, over many batches, and goes on where it ended', async () => {
    const [eli, fred] = [await projectWithEntries('elias', 2500), await projectWithEntries('freddy', 3)];
    expect(await verified(eli)).toEqual({ intact: true, entries: 0, firstBrokenId: null, sealedUpTo: null });
    expect(await seal()).toBeGreaterThanOrEqual(2505);
    expect(await seal()).toBe(0);
    expect(await verified(eli)).toMatchObject({ intact: true, entries: 2501, firstBrokenId: null });
    expect(await verified(fred)).toMatchObject({ intact: true, entries: 4 });
    await access.ok(
      fred.token,
      'mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { id } }',
      {
        input: { id: fred.projectId, name: 'Fred' },
      },
    );
    expect(await seal()).toBe(1);
    expect(await verified(fred)).toMatchObject({ intact: true, entries: 5 });
    const page = await access.ok<Log>(fred.token, auditLog, { projectId: fred.projectId });
    expect(page.auditLog.nodes.every(({ hash }) => /^[0-9a-f]{64}$/.test(hash ?? ''))).toBe(true);
  });

  test('leaves what is a few seconds old for later, and is made by one process at a time', async () => {
    const gus = await projectWithEntries('gustl', 50);
    await access.audit.sealAuditLog();
    expect(await verified(gus)).toMatchObject({ entries: 0 });
    await asOwner(`UPDATE audit_log SET at = at - interval '6 seconds' WHERE project_id = $1`, [
      gus.projectId,
    ]);
    const sealed = await Promise.all(Array.from({ length: 4 }, () => access.audit.sealAuditLog()));
    expect(sealed.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(51);
    expect(await verified(gus)).toMatchObject({ intact: true, entries: 51 });
  });

  const entryAt = async (projectId: string, position: number) =>
    (
      await access.database.query<{ id: string }>(
        `SELECT entry_id AS id FROM audit_seals WHERE project_id = $1 AND position = $2`,
        [projectId, position],
      )
    )[0]?.id;

  test.each([
    ['the actor', `UPDATE audit_log SET actor = 'somebody else' WHERE id = $1`],
    ['a letter of the JSON', `UPDATE audit_log SET before = '{"round": 1}' WHERE id = $1`],
    ['the time', `UPDATE audit_log SET at = at - interval '1 millisecond' WHERE id = $1`],
    ['the whole entry', `DELETE FROM audit_log WHERE id = $1`],
    ['the seal', `DELETE FROM audit_seals WHERE entry_id = $1`],
    ['the hash', `UPDATE audit_seals SET hash = repeat('0', 64) WHERE entry_id = $1`],
  ])('shows where %s was tampered with', async (what, sql) => {
    const person = await projectWithEntries(`h-${what.replaceAll(' ', '-')}`, 6);
    await seal();
    const third = await entryAt(person.projectId, 3);
    await asOwner(sql, [third]);
    const found = await verified(person);
    expect(found).toMatchObject({ intact: false, entries: 2 });
    // A missing seal shows at the link that follows it.
    expect(found.firstBrokenId).toBe(what === 'the seal' ? await entryAt(person.projectId, 4) : third);
  });
});

describe('an entry slipped in among older ones', () => {
  beforeAll(async () => {
    await access.stop();
    access = await startAccess();
  });

  test('shows, wherever it stands in a long log, and is not sealed', async () => {
    const ida = await projectWithEntries('idania', 1200);
    await asOwner(`UPDATE audit_log SET at = at - interval '20 minutes'`);
    await access.person('somebody');
    await seal();
    expect(await verified(ida)).toMatchObject({ intact: true, entries: 1201 });
    const id = uuidv7();
    await access.database.query(
      `INSERT INTO audit_log (id, project_id, at, actor_kind, actor, action, subject_type, subject_id)
       VALUES ($1, $2, now() - interval '15 minutes', 'USER', 'idania', 'createProject', 'Project', 'forged')`,
      [id, ida.projectId],
    );
    await seal();
    expect(await verified(ida)).toMatchObject({ intact: false, entries: 1201, firstBrokenId: id });
  });
});
