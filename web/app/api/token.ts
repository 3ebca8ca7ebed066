/** When a session token was made and when it ends, as milliseconds of the server's clock. */
export interface TokenTimes {
  issuedAtMs: number;
  expiresAtMs: number;
}

/** Reads the times out of a session token (a JWT); null for an API key or anything else. Proves nothing: it only reads. */
export function readTokenTimes(token: string): TokenTimes | null {
  const [, payload] = token.split('.');
  if (!payload) return null;
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    const { iat, exp } = claims as { iat?: unknown; exp?: unknown };
    if (typeof iat !== 'number' || typeof exp !== 'number') return null;
    return { issuedAtMs: iat * 1000, expiresAtMs: exp * 1000 };
  } catch {
    return null;
  }
}
