import type { StorageState, StoredCookie } from '../scraping/index.js';

const sessionName = /sess|(^|[^a-z])sid([^a-z]|$)|auth|token|jwt|login|remember|identity/i;
const otherName = /csrf|xsrf/i;

/**
 * When the first of the cookies ends that hold the session at an address: those named like one, else those that scripts
 * cannot read. Cookies of visitor counts and consents end as well, and say nothing of being signed in.
 * @returns null where none of them says
 */
export function sessionEnd(state: StorageState | null, probeUrl: string): Date | null {
  const host = new URL(probeUrl).hostname.toLowerCase();
  const lasting = (state?.cookies ?? []).filter((cookie) => cookie.expires > 0 && goesToHost(cookie, host));
  const named = lasting.filter(({ name }) => sessionName.test(name) && !otherName.test(name));
  const holding = named.length > 0 ? named : lasting.filter(({ httpOnly }) => httpOnly);
  if (holding.length === 0) return null;
  return new Date(Math.round(Math.min(...holding.map(({ expires }) => expires)) * 1000));
}

function goesToHost({ domain }: StoredCookie, host: string): boolean {
  const wanted = domain.toLowerCase();
  return wanted.startsWith('.') ? host === wanted.slice(1) || host.endsWith(wanted) : host === wanted;
}
