import { expect, test } from '@jest/globals';
import { isSecretOf, makeApiKey, readApiKey } from './api-key-secret.js';

test('a key is found by its prefix and known by its secret, of which only the hash is kept', () => {
  const made = makeApiKey();
  const read = readApiKey(made.key);
  expect(read?.prefix).toBe(made.prefix);
  expect(made.secretHash).not.toContain(read?.secret);
  expect(isSecretOf(read?.secret ?? '', made.secretHash)).toBe(true);
  expect(isSecretOf(readApiKey(makeApiKey().key)?.secret ?? '', made.secretHash)).toBe(false);
  expect(isSecretOf('', made.secretHash)).toBe(false);
});

test.each([
  '',
  'bnc_',
  'bnc_0123456789ab',
  `bnc_0123456789ab_${'g'.repeat(48)}`,
  `${makeApiKey().key}0`,
  `x${makeApiKey().key}`,
])('%j has not the form of a key', (key) => {
  expect(readApiKey(key)).toBeNull();
});
