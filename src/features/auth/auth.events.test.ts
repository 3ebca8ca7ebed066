import { expect, test } from '@jest/globals';
import type { Viewer } from '../../platform/viewer.js';
import { isConcerned } from './auth.events.js';

const person: Viewer = {
  kind: 'USER',
  id: 'u1',
  label: 'ada',
  tokenId: 't1',
  expiresAt: null,
  grants: new Map([['p1', new Set(['read'] as const)]]),
};
const key: Viewer = { ...person, kind: 'API_KEY', id: 'k1', tokenId: null };

test.each([
  [{ userId: 'u1' }, true, false],
  [{ userId: 'u1', tokenId: 't1' }, true, false],
  [{ userId: 'u1', tokenId: 't2' }, false, false],
  [{ userId: 'u1', projectId: 'p1' }, true, false],
  [{ userId: 'u1', projectId: 'p2' }, false, false],
  [{ userId: 'u2' }, false, false],
  [{ apiKeyId: 'k1' }, false, true],
  [{ apiKeyId: 'u1' }, false, false],
  [{}, false, false],
])('%j concerns the session: %s, the key: %s', (ended, session, apiKey) => {
  expect([isConcerned(person, ended), isConcerned(key, ended)]).toEqual([session, apiKey]);
});
