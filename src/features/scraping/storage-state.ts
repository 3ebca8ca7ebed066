/** Cookies and local storage of a browser, in Playwright's JSON form. */
export interface StorageState {
  cookies: StoredCookie[];
  origins: StoredOrigin[];
}

export interface StoredCookie {
  name: string;
  value: string;
  /** With a dot in front: of the host and all below it. Without: of that host alone. */
  domain: string;
  path: string;
  /** Seconds since 1970; -1 = until the browser is closed. */
  expires: number;
  httpOnly: boolean;
  secure: boolean;
  sameSite: 'Strict' | 'Lax' | 'None';
}

export interface StoredOrigin {
  origin: string;
  localStorage: { name: string; value: string }[];
}
