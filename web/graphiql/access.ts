import { GraphqlFault } from '../access/graphql-post';
import { readStoredToken, storeToken } from '../access/stored-token';
import type { GraphqlClient } from './graphql-client';

/** Who the server takes the holder of the token for. */
export type Access =
  | { state: 'anonymous' }
  | { state: 'checking' }
  | { state: 'person'; username: string }
  | { state: 'key' }
  | { state: 'problem'; message: string };

interface Session {
  token: string;
}

const ME = 'query Me { me { username } }';
const LOGIN = 'mutation Login($input: LoginInput!) { login(input: $input) { token } }';
const REGISTER = 'mutation Register($input: RegisterInput!) { register(input: $input) { token } }';
const LOGOUT = 'mutation Logout { logout }';

/** A token that has run out must not stand in the way of getting a new one. */
const NO_TOKEN = '';

/**
 * The token in use and what the server says of it. Kept in sessionStorage: it outlives a reload, not the browser tab.
 * A store in React's sense: `subscribe` and `snapshot` serve useSyncExternalStore.
 */
export class AccessStore {
  readonly #client: GraphqlClient;
  readonly #listeners = new Set<() => void>();
  #access: Access = { state: 'anonymous' };

  constructor(client: GraphqlClient) {
    this.#client = client;
    client.onRefused = () => void this.#check();
    void this.use(readStoredToken());
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): Access => this.#access;

  get token(): string {
    return this.#client.token;
  }

  /** Takes another token or API key into use; empty = none. "Bearer " before it, as copied from a header, is dropped. */
  async use(text: string): Promise<void> {
    const token = text.trim().replace(/^bearer\s+/i, '');
    this.#client.token = token;
    storeToken(token);
    await this.#check();
  }

  /** @param login username or email @throws GraphqlFault */
  async signIn(login: string, password: string): Promise<void> {
    const input = { login, password };
    const data = await this.#client.request<{ login: Session }>(LOGIN, { input }, NO_TOKEN);
    await this.use(data.login.token);
  }

  /** Makes an account and signs in with it. @throws GraphqlFault */
  async register(username: string, email: string, password: string): Promise<void> {
    const input = { username, email, password };
    const data = await this.#client.request<{ register: Session }>(REGISTER, { input }, NO_TOKEN);
    await this.use(data.register.token);
  }

  /** Forgets the token here and, where it is a person's, has the server refuse it from now on. */
  async signOut(): Promise<void> {
    const isPerson = this.#access.state === 'person';
    let message = '';
    try {
      if (isPerson) await this.#client.request(LOGOUT);
    } catch (error) {
      message = `Signed out here, but not at the server: ${(error as Error).message}`;
    }
    await this.use('');
    if (message) this.#set({ state: 'problem', message });
  }

  async #check(): Promise<void> {
    const { token } = this.#client;
    if (!token) return this.#set({ state: 'anonymous' });
    this.#set({ state: 'checking' });
    const access = await this.#ask();
    // Another token may have been put in while the server was asked about this one.
    if (token === this.#client.token) this.#set(access);
  }

  async #ask(): Promise<Access> {
    try {
      const { me } = await this.#client.request<{ me: { username: string } }>(ME);
      return { state: 'person', username: me.username };
    } catch (error) {
      // An API key stands for a project and is nobody: known, but without a "me".
      if (error instanceof GraphqlFault && error.code === 'FORBIDDEN') return { state: 'key' };
      return { state: 'problem', message: (error as Error).message };
    }
  }

  #set(access: Access): void {
    this.#access = access;
    for (const listener of this.#listeners) listener();
  }
}
