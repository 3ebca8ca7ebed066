import { describe, expect, test } from '@jest/globals';
import { SecretBox, SecretBoxError } from './secret-box.js';

const box = new SecretBox('a secret that only tests know, long enough');
const place = 'login_sessions/1/recipe';

describe('a secret box', () => {
  test('opens what it sealed, and seals the same differently each time', () => {
    const plain = 'pässword 🔑'.repeat(1000);
    const [one, other] = [box.seal(plain, place), box.seal(plain, place)];
    expect(box.open(one, place)).toBe(plain);
    expect(one.equals(other)).toBe(false);
    expect(one.includes('ssword')).toBe(false);
    expect(box.open(box.seal('', place), place)).toBe('');
  });

  test('opens nothing that was moved, changed, cut off or sealed with another key', () => {
    const sealed = box.seal('secret', place);
    expect(() => box.open(sealed, 'login_sessions/2/recipe')).toThrow(SecretBoxError);
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at]! ^= 1;
      expect(() => box.open(changed, place)).toThrow(SecretBoxError);
      expect(() => box.open(sealed.subarray(0, at), place)).toThrow(SecretBoxError);
    }
    expect(() => new SecretBox('another secret that is long enough too').open(sealed, place)).toThrow(
      /ENCRYPTION_KEY is another/,
    );
  });

  test('without a key says so', () => {
    const none = new SecretBox(undefined);
    expect(none.hasKey).toBe(false);
    expect(() => none.seal('secret', place)).toThrow(/no key for secrets/);
    expect(() => none.open(box.seal('secret', place), place)).toThrow(/no key for secrets/);
  });
});
