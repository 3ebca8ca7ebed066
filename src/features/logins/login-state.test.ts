import { describe, expect, test } from '@jest/globals';
import { LoginSession, LoginState } from './login-session.entity.js';
import { asRead, detailByTime, expiringMs, staleAfterMs, stateOf, type LoginFacts } from './login-state.js';

const minute = 60_000;
const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1) + minutes * minute);
const facts = (more: Partial<LoginFacts> = {}): LoginFacts => ({
  seen: 'LOGGED_IN',
  checkedAt: at(0),
  expiresAt: null,
  checkEverySeconds: 600,
  ...more,
});

describe('the state of a login session', () => {
  test.each([
    ['never probed', facts({ seen: null, checkedAt: null }), 0, 'UNKNOWN'],
    ['a page that tells nothing', facts({ seen: 'UNCLEAR' }), 0, 'UNKNOWN'],
    ['signed in', facts(), 0, 'LOGGED_IN'],
    ['signed in, a last moment before it is too long ago', facts(), 35, 'LOGGED_IN'],
    ['signed in, too long ago', facts(), 35.01, 'UNKNOWN'],
    ['challenged', facts({ seen: 'CHALLENGED' }), 35, 'CHALLENGED'],
    ['challenged, too long ago', facts({ seen: 'CHALLENGED' }), 36, 'UNKNOWN'],
    ['its cookie far from its end', facts({ expiresAt: at(60) }), 30, 'LOGGED_IN'],
    ['its cookie near its end', facts({ expiresAt: at(50) }), 30, 'EXPIRING'],
    ['its cookie at its end', facts({ expiresAt: at(30) }), 30, 'EXPIRED'],
    [
      'signed in by something else than the cookie that had ended',
      facts({ expiresAt: at(-1) }),
      1,
      'LOGGED_IN',
    ],
    ['signed out', facts({ seen: 'LOGGED_OUT' }), 0, 'LOGGED_OUT'],
    ['signed out before its cookie ends', facts({ seen: 'LOGGED_OUT', expiresAt: at(10) }), 20, 'LOGGED_OUT'],
    ['signed out as its cookie had ended', facts({ seen: 'LOGGED_OUT', expiresAt: at(0) }), 20, 'EXPIRED'],
  ])('%s', (_name, given, minutes, state) => {
    expect(stateOf(given, at(minutes))).toBe(state);
  });

  test('says by what time brought it about', () => {
    expect(detailByTime(facts({ checkedAt: null }), at(0))).toBe('It has not been checked yet.');
    expect(detailByTime(facts(), at(0))).toBeNull();
    expect(detailByTime(facts(), at(100))).toContain('2026-01-01T00:00:00.000Z: too long ago');
    expect(detailByTime(facts({ expiresAt: at(5) }), at(0))).toContain('ends at 2026-01-01T00:05:00.000Z');
    expect(detailByTime(facts({ expiresAt: at(5) }), at(6))).toContain('ended at 2026-01-01T00:05:00.000Z');
  });

  test('counts as near its end for two checks, within bounds, and as too old after three', () => {
    expect(expiringMs({ checkEverySeconds: 60 })).toBe(10 * minute);
    expect(expiringMs({ checkEverySeconds: 3600 })).toBe(120 * minute);
    expect(expiringMs({ checkEverySeconds: 604_800 })).toBe(1440 * minute);
    expect(staleAfterMs({ checkEverySeconds: 60 })).toBe(8 * minute);
  });

  test('is told as it is now, and the row is left as it was', () => {
    const row = Object.assign(new LoginSession(), facts(), { state: LoginState.LOGGED_IN, detail: 'seen' });
    expect(asRead(row, at(1))).toBe(row);
    const later = asRead(row, at(100));
    expect(later).toBeInstanceOf(LoginSession);
    expect(later).toMatchObject({ state: 'UNKNOWN', detail: expect.stringContaining('too long ago') });
    expect(row).toMatchObject({ state: 'LOGGED_IN', detail: 'seen' });
  });
});
