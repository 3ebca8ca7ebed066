import { expect, test } from '@jest/globals';
import { withholdSecrets } from './withhold-secrets.js';

test('withholds what is named like a secret, at any depth, and nothing else', () => {
  const at = new Date(0);
  expect(
    withholdSecrets({
      name: 'crawler',
      newPassword: 'p',
      nested: [{ apiKey: 'k', secretHash: 'h', storageState: { cookies: [] } }],
      inputTokens: 12,
      hasToken: true,
      token: null,
      apiKeyId: 'id',
      at,
    }),
  ).toEqual({
    name: 'crawler',
    newPassword: '[withheld]',
    nested: [{ apiKey: '[withheld]', secretHash: '[withheld]', storageState: '[withheld]' }],
    inputTokens: 12,
    hasToken: true,
    token: null,
    apiKeyId: 'id',
    at,
  });
});
