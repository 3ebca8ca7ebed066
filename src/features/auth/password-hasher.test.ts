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

  test('a check without an account takes as long as one with', async () => {
    const hasher = new PasswordHasher();
    const hash = await hasher.hash('orchid lantern 7');
    await hasher.verify(null, 'warm up');
    const time = async (hashed: string | null) => {
      const times: number[] = [];
      for (let run = 0; run < 9; run++) {
        const start = performance.now();
        await hasher.verify(hashed, 'wrong password');
        times.push(performance.now() - start);
      }
      return times.toSorted((a, b) => a - b)[4]!;
    };
    const [known, unknown] = [await time(hash), await time(null)];
    expect(unknown / known).toBeGreaterThan(0.5);
    expect(unknown / known).toBeLessThan(2);
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
  }, 60_000);
});
