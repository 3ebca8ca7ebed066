import { LoginState, type LoginSession } from './login-session.entity.js';

const minuteMs = 60_000;

/** What the state follows from. */
export type LoginFacts = Pick<LoginSession, 'seen' | 'checkedAt' | 'expiresAt' | 'checkEverySeconds'>;

/** After so long without a look at the site nothing is known of it: three checks were missed. */
export function staleAfterMs({ checkEverySeconds }: Pick<LoginFacts, 'checkEverySeconds'>): number {
  return checkEverySeconds * 3000 + 5 * minuteMs;
}

/** So long before its end a session counts as EXPIRING: two checks, ten minutes at least and a day at most. */
export function expiringMs({ checkEverySeconds }: Pick<LoginFacts, 'checkEverySeconds'>): number {
  return Math.min(Math.max(checkEverySeconds * 2000, 10 * minuteMs), 24 * 60 * minuteMs);
}

/** The state at a moment, by what was seen last and what has passed since. */
export function stateOf(facts: LoginFacts, now: Date): LoginState {
  const { seen, checkedAt, expiresAt } = facts;
  if (seen === null || checkedAt === null || isStale(facts, now)) return LoginState.UNKNOWN;
  switch (seen) {
    case 'UNCLEAR':
      return LoginState.UNKNOWN;
    case 'CHALLENGED':
      return LoginState.CHALLENGED;
    case 'LOGGED_OUT':
      return expiresAt !== null && expiresAt <= checkedAt ? LoginState.EXPIRED : LoginState.LOGGED_OUT;
    case 'LOGGED_IN':
      // A cookie that had ended before the look was not what held the session.
      if (expiresAt === null || expiresAt <= checkedAt) return LoginState.LOGGED_IN;
      if (expiresAt <= now) return LoginState.EXPIRED;
      return expiresAt.getTime() - now.getTime() <= expiringMs(facts)
        ? LoginState.EXPIRING
        : LoginState.LOGGED_IN;
  }
}

/** Why it is in a state that time brought about; null where what was seen tells. */
export function detailByTime(facts: LoginFacts, now: Date): string | null {
  const { checkedAt, expiresAt } = facts;
  if (checkedAt === null) return 'It has not been checked yet.';
  if (isStale(facts, now))
    return `It was last checked at ${checkedAt.toISOString()}: too long ago to tell how it is now.`;
  const end = expiresAt?.toISOString() ?? '';
  const state = stateOf(facts, now);
  if (state === LoginState.EXPIRING) return `It is signed in, and a session cookie ends at ${end}.`;
  return state === LoginState.EXPIRED ? `A session cookie ended at ${end}.` : null;
}

function isStale(facts: LoginFacts, now: Date): boolean {
  return facts.checkedAt !== null && now.getTime() - facts.checkedAt.getTime() > staleAfterMs(facts);
}

/** A session as it is at a moment, which may be later than anybody has looked at it. */
export function asRead(session: LoginSession, now: Date): LoginSession {
  const state = stateOf(session, now);
  if (state === session.state) return session;
  return Object.assign(Object.create(Object.getPrototypeOf(session) as object) as LoginSession, session, {
    state,
    detail: detailByTime(session, now) ?? session.detail,
  });
}
