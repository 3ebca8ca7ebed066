import { expect, test } from '@jest/globals';
import {
  ApiKeyScope,
  grantsOfRoles,
  grantsOfScopes,
  isLowerRole,
  ProjectRole,
  stillHolds,
} from './grants.js';

const { ADMIN, OPERATOR, VIEWER } = ProjectRole;

test('roles and scopes are sets of permissions', () => {
  const grants = grantsOfRoles({ a: ADMIN, b: OPERATOR, c: VIEWER });
  expect([...(grants.get('a') ?? [])]).toEqual(['read', 'ingest', 'work', 'operate', 'manage']);
  expect([...(grants.get('b') ?? [])]).toEqual(['read', 'ingest', 'work', 'operate']);
  expect([...(grants.get('c') ?? [])]).toEqual(['read']);
  const scopes = (...given: ApiKeyScope[]) => [...(grantsOfScopes('a', given).get('a') ?? [])];
  expect(scopes(ApiKeyScope.INGEST)).toEqual(['ingest']);
  expect(scopes(ApiKeyScope.WORK, ApiKeyScope.READ)).toEqual(['ingest', 'work', 'read']);
  expect(scopes(ApiKeyScope.MANAGE)).toEqual(['read', 'ingest', 'work', 'operate', 'manage']);
});

test('a role is lower where it allows less', () => {
  expect([isLowerRole(VIEWER, OPERATOR), isLowerRole(OPERATOR, ADMIN)]).toEqual([true, true]);
  expect([isLowerRole(ADMIN, ADMIN), isLowerRole(ADMIN, VIEWER)]).toEqual([false, false]);
});

test('grants hold as long as nothing of them is gone', () => {
  const granted = grantsOfRoles({ a: OPERATOR });
  expect(stillHolds(granted, grantsOfRoles({ a: ADMIN, b: VIEWER }))).toBe(true);
  expect(stillHolds(granted, grantsOfRoles({ a: VIEWER }))).toBe(false);
  expect(stillHolds(granted, grantsOfRoles({ b: ADMIN }))).toBe(false);
});
