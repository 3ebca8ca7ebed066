import { describe, expect, test } from '@jest/globals';
import { PasswordHasher } from './password-hasher.js';

describe('PasswordHasher', () => {
  test('hashes with argon2id at the recommended cost, and checks', async () => {
    const hasher = new PasswordHasher();
    const hash = await hasher.hash('orchid lantern 7');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,(p=1,t=2|t=2,p=1)\$/);
    expect(await hasher.verify(hash, 'orchid lantern 7')).toBe(true);
    expect(await hasher.verify(hash, 'orchid lantern 8')).toBe(false);
    expect(await hasher.verify(null, 'orchid lantern 7')).toBe(false);
  });

  test('takes two spellings of the same characters for one password', async () => {
    const hasher = new PasswordHasher();
    expect(await hasher.verify(await hasher.hash('caf\u00e9 in the rain'), 'cafe\u0301 in the rain')).toBe(
      true,
    );
  });

  test('a check without an account costs as much work as one with', async () => {
    const hasher = new PasswordHasher();
    const hash = await hasher.hash('orchid lantern 7');
    await hasher.verify(null, 'warm up');
    // Work done by this process, not time gone by: what else the machine does counts for nothing.
    const work = async (hashed: string | null) => {
      const before = process.cpuUsage();
      for (let run = 0; run < 9; run++) await hasher.verify(hashed, 'wrong password');
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    const [known, unknown] = [await work(hash), await work(null)];
    expect(unknown / known).toBeGreaterThan(0.4);
    expect(unknown / known).toBeLessThan(2.5);
  });

  test('turns a flood away instead of queueing without end, and serves again afterwards', async () => {
    const hasher = new PasswordHasher();
    const flood = await Promise.allSettled(
      Array.from({ length: 210 }, () => hasher.hash('orchid lantern 7')),
    );
    const refused = flood.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(8);
    expect(refused[0]).toMatchObject({ reason: { code: 'UNAVAILABLE' } });
    expect(await hasher.hash('orchid lantern 7')).toMatch(/^\$argon2id/);
  });
});
