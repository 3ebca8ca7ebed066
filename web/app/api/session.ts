import { GraphqlFault, postGraphql, type PostOptions } from '../../access/graphql-post';
import { readStoredToken, storeToken } from '../../access/stored-token';
import {
  LoginDocument,
  LogoutDocument,
  MeDocument,
  RegisterDocument,
  RenewSessionDocument,
  type LoginInput,
  type MeQuery,
  type RegisterInput,
  type TypedDocumentString,
} from '../generated/graphql';
import { Store } from '../store';
import { readTokenTimes } from './token';

export type Person = MeQuery['me'];

/** Whether somebody is signed in. Loading and unreachable: a token is there, but the server has not said whose it is. */
export type Session =
  | { state: 'loading' }
  | { state: 'unreachable'; message: string }
  | { state: 'signed-out'; notice: string | null }
  | { state: 'signed-in'; person: Person };

/** A session is renewed when this part of its life has passed. */
const RENEWED_AFTER = 0.8;
/** How long after a renewal that failed the next one is tried. */
const RENEW_AGAIN_MS = 15_000;
/** How long the news of a token that another tab exchanged may take. */
const OTHER_TAB_MS = 500;
/** The longest delay of a timer. */
const MAX_TIMER_MS = 2_147_483_647;

const ENDED = 'Your session ended. Sign in again to go on where you were.';

/**
 * Who is signed in in this browser tab, and the token. Renews the token before it ends, and tells tabs that hold the
 * same one, since the renewal ends it for them, too.
 */
export class SessionStore extends Store {
  readonly #tokenListeners = new Set<() => void>();
  readonly #tabs = new BroadcastChannel('binnacle.session');
  #session: Session = { state: 'signed-out', notice: null };
  #token = '';
  #renewal: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly url: URL) {
    super();
    this.#tabs.addEventListener('message', ({ data }: MessageEvent<{ former: string; token: string }>) => {
      if (this.#token && data.former === this.#token) this.#adopt(data.token);
    });
    this.#token = readStoredToken();
    this.#planRenewal();
    if (this.#token) void this.reload();
  }

  readonly snapshot = (): Session => this.#session;

  /** Empty = none. */
  get token(): string {
    return this.#token;
  }

  /** Called when another token has come into use, or none is any more. @returns what ends that */
  onTokenChanged(listener: () => void): () => void {
    this.#tokenListeners.add(listener);
    return () => this.#tokenListeners.delete(listener);
  }

  /** @throws GraphqlFault */
  async signIn(input: LoginInput): Promise<void> {
    const { login } = await this.#send(LoginDocument, { input });
    this.#adopt(login.token);
    await this.reload();
  }

  /** Makes an account and signs in with it. @throws GraphqlFault */
  async register(input: RegisterInput): Promise<void> {
    const { register } = await this.#send(RegisterDocument, { input });
    this.#adopt(register.token);
    await this.reload();
  }

  /** Forgets the token here and has the server refuse it from now on. */
  async signOut(): Promise<void> {
    const token = this.#token;
    this.#end(null);
    try {
      await this.#send(LogoutDocument, {}, { token });
    } catch (error) {
      // It had ended already, which is all that was wanted.
      if ((error as GraphqlFault).code === 'UNAUTHENTICATED') return;
      const notice = `You are signed out here, but the server could not be told: ${(error as Error).message}`;
      if (this.#session.state === 'signed-out') this.#set({ state: 'signed-out', notice });
    }
  }

  /** Asks the server whose the token is, and what that person may see. */
  async reload(): Promise<void> {
    if (this.#session.state === 'signed-out') this.#set({ state: 'loading' });
    let token: string;
    let answer: MeQuery | GraphqlFault;
    do {
      token = this.#token;
      answer = await this.#send(MeDocument, {}, { token }).catch((fault: GraphqlFault) => fault);
      // Where the token was exchanged on the way, the answer says nothing of the one in use.
    } while (token !== this.#token && this.#token);
    if (token !== this.#token) return;
    if (!(answer instanceof GraphqlFault)) return this.#set({ state: 'signed-in', person: answer.me });
    const { code, message } = answer;
    if (code === 'UNAUTHENTICATED') this.#end(ENDED);
    // An API key from the GraphiQL page is nobody; it stays in use there until somebody signs in here.
    else if (code === 'FORBIDDEN') this.#set({ state: 'signed-out', notice: null });
    else if (this.#session.state !== 'signed-in') this.#set({ state: 'unreachable', message });
  }

  /** Waits while the token is being exchanged, so that nothing is sent with one that is about to end. */
  async settled(): Promise<void> {
    await this.#renewal;
  }

  /**
   * To be told when the server refused a token.
   * @returns true where another token is in use by now and the request is worth sending again
   */
  async refused(token: string): Promise<boolean> {
    await this.settled();
    // Another tab may have exchanged it a moment ago; its message brings the new one.
    if (this.#token === token) await new Promise((resolve) => setTimeout(resolve, OTHER_TAB_MS));
    if (this.#token !== token) return this.#token !== '';
    this.#end(ENDED);
    return false;
  }

  #planRenewal(isFresh = false): void {
    clearTimeout(this.#timer);
    const times = readTokenTimes(this.#token);
    if (!times) return;
    const lifeMs = times.expiresAtMs - times.issuedAtMs;
    // The clocks may differ: a fresh token's age is known without them, an old one's at least has its bounds.
    const ageMs = isFresh ? 0 : Math.min(Math.max(Date.now() - times.issuedAtMs, 0), lifeMs);
    const delayMs = Math.min(Math.max(lifeMs * RENEWED_AFTER - ageMs, 0), MAX_TIMER_MS);
    this.#timer = setTimeout(() => void this.renew(), delayMs);
  }

  /** Exchanges the token for a new one. Does not throw: a renewal that fails is tried again while the token lives. */
  renew(): Promise<void> {
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #renew(): Promise<void> {
    const token = this.#token;
    try {
      const { renewSession } = await this.#send(RenewSessionDocument, {}, { token });
      if (token !== this.#token) return;
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel stays within its origin
      this.#tabs.postMessage({ former: token, token: renewSession.token });
      this.#adopt(renewSession.token);
    } catch (error) {
      if (token !== this.#token) return;
      const isRefused = (error as GraphqlFault).code === 'UNAUTHENTICATED';
      this.#timer = setTimeout(
        () => void (isRefused ? this.refused(token) : this.renew()),
        isRefused ? 0 : RENEW_AGAIN_MS,
      );
    }
  }

  #adopt(token: string): void {
    this.#token = token;
    storeToken(token);
    this.#planRenewal(true);
    for (const listener of this.#tokenListeners) listener();
  }

  #end(notice: string | null): void {
    clearTimeout(this.#timer);
    this.#token = '';
    storeToken('');
    this.#set({ state: 'signed-out', notice });
    for (const listener of this.#tokenListeners) listener();
  }

  async #send<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
    options: PostOptions = {},
  ): Promise<Result> {
    const answer = await postGraphql(this.url, { query: document.toString(), variables }, options);
    const [error] = answer.errors ?? [];
    if (error) throw new GraphqlFault(error.message, error.extensions);
    return answer.data as Result;
  }

  #set(session: Session): void {
    this.#session = session;
    this.tell();
  }
}
