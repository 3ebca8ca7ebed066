/** All pages of this host keep the token in use here. sessionStorage outlives a reload, not the browser tab. */
const STORAGE_KEY = 'binnacle.token';

/** Empty = none. */
export function readStoredToken(): string {
  return sessionStorage.getItem(STORAGE_KEY) ?? '';
}

/** @param token empty = none */
export function storeToken(token: string): void {
  sessionStorage.setItem(STORAGE_KEY, token);
}
