import { describe, expect, test } from '@jest/globals';
import { chainStart, entryHash, type SealedContent } from './entry-hash.js';

const entry: SealedContent = {
  id: '0190b5a0-0000-7000-8000-000000000001',
  projectId: null,
  at: new Date('2026-03-01T12:00:00.000Z'),
  actorKind: 'USER',
  actorId: null,
  actor: 'ada',
  action: 'createProject',
  subjectType: 'Project',
  subjectId: 'p1',
  before: null,
  after: '{"name":"A"}',
  requestId: 'r1',
  ip: '192.0.2.1',
};

describe('entryHash', () => {
  test('depends on the hash before it and on every field', () => {
    const hash = entryHash(chainStart, entry);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(entryHash(chainStart, { ...entry })).toBe(hash);
    expect(entryHash(hash, entry)).not.toBe(hash);
    for (const field of Object.keys(entry) as (keyof SealedContent)[]) {
      const changed = { ...entry, [field]: field === 'at' ? new Date(0) : 'changed' };
      expect([field, entryHash(chainStart, changed)]).not.toEqual([field, hash]);
    }
  });

  test('text cannot move from one field into the next', () => {
    expect(entryHash(chainStart, { ...entry, actor: 'ada","createProject', action: '' })).not.toBe(
      entryHash(chainStart, { ...entry, actor: 'ada', action: 'createProject' }),
    );
  });
});
