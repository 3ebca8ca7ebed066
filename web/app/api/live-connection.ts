import { createClient, type Client } from 'graphql-ws';
import { GraphqlFault, type GraphqlError } from '../../access/graphql-post';
import { Store } from '../store';
import type { TypedDocumentString } from '../generated/graphql';
import type { SessionStore } from './session';

/** Idle: nothing is followed. Offline: the browser says that there is no network. */
export type LiveState = 'idle' | 'connecting' | 'live' | 'reconnecting' | 'offline';

export interface LiveHandlers<Result> {
  next: (result: Result) => void;
  /**
   * Called a moment after the subscription has begun to run: the first time, and each time the connection comes back.
   * What changed before is not told: what does not resume by its variables has to be read anew here.
   */
  begun?: () => void;
  /** The server refuses the subscription. It has ended where that is final, else it is tried again, and begun tells. */
  failed: (fault: GraphqlFault) => void;
  /** The server has nothing more to tell; it has ended. */
  completed?: () => void;
}

interface Followed {
  start: () => void;
  /** The socket is open, so that what was started is under way. */
  sent: () => void;
  isRunning: boolean;
}

const KEEP_ALIVE_MS = 12_000;
const PONG_WAIT_MS = 6_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;
/** The server does not say when it has begun to tell: it takes less than this. */
const BEGUN_AFTER_MS = 1_000;
/** The server no longer accepts the credentials. */
const UNAUTHORIZED_CLOSE_CODE = 4401;

/**
 * One socket for all that is followed live. It reconnects for as long as anything is followed, and moves to the new
 * token when the session is renewed; each subscription then starts again with the variables of that moment, so one that
 * counts what it has seen leaves no gap. A store of its state.
 */
export class LiveConnection extends Store {
  readonly #followed = new Set<Followed>();
  readonly #url: string;
  #client: Client;
  #state: LiveState = 'idle';
  #isOpen = false;
  #retries = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #pongTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    url: URL,
    private readonly session: SessionStore,
  ) {
    super();
    const socketUrl = new URL(url);
    socketUrl.protocol = socketUrl.protocol === 'https:' ? 'wss:' : 'ws:';
    this.#url = socketUrl.href;
    this.#client = this.#createClient();
    session.onTokenChanged(() => this.#moveOver());
    addEventListener('offline', () => {
      if (this.#followed.size > 0) this.#set('offline');
      // A socket that hangs on a network that is gone would say nothing for minutes.
      this.#client.terminate();
    });
    addEventListener('online', () => this.retryNow());
  }

  readonly snapshot = (): LiveState => this.#state;

  /**
   * Follows a subscription until it ends or is stopped, over any number of lost connections.
   * @param variables asked for anew at each start
   * @returns what stops it
   */
  follow<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: () => Variables,
    handlers: LiveHandlers<Result>,
  ): () => void {
    let stopRunning: () => void = () => undefined;
    let starts = 0;
    const followed: Followed = {
      isRunning: false,
      sent: () => {
        const run = starts;
        setTimeout(() => {
          if (run !== starts || !followed.isRunning || !this.#followed.has(followed)) return;
          handlers.begun?.();
        }, BEGUN_AFTER_MS);
      },
      start: () => {
        followed.isRunning = true;
        starts += 1;
        const run = starts;
        // What a former socket still says must not reach the caller after the new one has begun.
        const isCurrent = () => run === starts && this.#followed.has(followed);
        const client = this.#client;
        stopRunning = client.subscribe<Result>(
          { query: document.toString(), variables: variables() as Record<string, unknown> },
          {
            next: ({ data, errors }) => {
              if (!isCurrent()) return;
              const [error] = (errors ?? []) as unknown as GraphqlError[];
              if (error) {
                // What this run still says, be it only that it has ended, is of no account.
                starts += 1;
                stopRunning();
                this.#fail(followed, handlers, error);
              } else if (data) handlers.next(data);
            },
            error: (problem) => {
              if (!isCurrent()) return;
              followed.isRunning = false;
              if (Array.isArray(problem)) this.#fail(followed, handlers, problem[0] as GraphqlError);
              else void this.#lost(problem, client);
            },
            complete: () => {
              if (!isCurrent()) return;
              this.#drop(followed);
              handlers.completed?.();
            },
          },
        );
        if (this.#isOpen) followed.sent();
      },
    };
    this.#followed.add(followed);
    if (this.#state === 'idle') this.#set(navigator.onLine ? 'connecting' : 'offline');
    if (this.session.token && this.#retryTimer === undefined) followed.start();
    return () => {
      this.#drop(followed);
      stopRunning();
    };
  }

  /** Reconnects without waiting any longer. */
  retryNow(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    if (!this.session.token) return;
    for (const followed of this.#followed) if (!followed.isRunning) followed.start();
  }

  #fail<Result>(followed: Followed, handlers: LiveHandlers<Result>, error: GraphqlError): void {
    const fault = new GraphqlFault(error.message, error.extensions);
    if (fault.code === 'UNAUTHENTICATED') {
      followed.isRunning = false;
      void this.#lost(new CloseEvent('close', { code: UNAUTHORIZED_CLOSE_CODE }), this.#client);
      return;
    }
    if (fault.isFinal) this.#drop(followed);
    else this.#tryAgain(followed);
    handlers.failed(fault);
  }

  /** The socket is there, but what is asked for cannot be told just now, as while the server's database is away. */
  #tryAgain(followed: Followed): void {
    followed.isRunning = false;
    setTimeout(() => {
      const isWanted = this.#followed.has(followed) && !followed.isRunning;
      if (isWanted && this.session.token && this.#retryTimer === undefined) followed.start();
    }, LONGEST_RETRY_MS);
  }

  #drop(followed: Followed): void {
    this.#followed.delete(followed);
    if (this.#followed.size > 0) return;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    if (this.#state !== 'live') this.#set('idle');
  }

  /** Each subscription tells of the loss; the first one brings about the next attempt for all. */
  async #lost(problem: unknown, client: Client): Promise<void> {
    if (client !== this.#client || this.#retryTimer !== undefined) return;
    this.#set(navigator.onLine ? 'reconnecting' : 'offline');
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** this.#retries, LONGEST_RETRY_MS) * (0.5 + Math.random());
    this.#retries += 1;
    this.#retryTimer = setTimeout(() => this.retryNow(), delayMs);
    if (problem instanceof CloseEvent && problem.code === UNAUTHORIZED_CLOSE_CODE) {
      // Renewed in this moment: #moveOver has started all again, or will. Else the session has ended.
      await this.session.refused(this.session.token);
    }
  }

  #moveOver(): void {
    const former = this.#client;
    this.#client = this.#createClient();
    this.#isOpen = false;
    this.#retries = 0;
    for (const followed of this.#followed) followed.isRunning = false;
    this.retryNow();
    // Rejects where the former socket was still being opened and failed; nobody waits for it any more.
    void Promise.resolve(former.dispose()).catch(() => undefined);
  }

  #createClient(): Client {
    const { token } = this.session;
    const client = createClient({
      url: this.#url,
      connectionParams: () => ({ authorization: `Bearer ${token}` }),
      retryAttempts: 0,
      keepAlive: KEEP_ALIVE_MS,
      connectionAckWaitTimeout: LONGEST_RETRY_MS,
      lazyCloseTimeout: 1_000,
      on: {
        connected: () => {
          if (client !== this.#client) return;
          this.#isOpen = true;
          this.#retries = 0;
          this.#set('live');
          for (const followed of this.#followed) if (followed.isRunning) followed.sent();
        },
        ping: (isReceived) => {
          if (isReceived) return;
          clearTimeout(this.#pongTimer);
          this.#pongTimer = setTimeout(() => client.terminate(), PONG_WAIT_MS);
        },
        pong: (isReceived) => {
          if (isReceived) clearTimeout(this.#pongTimer);
        },
        closed: () => {
          clearTimeout(this.#pongTimer);
          if (client !== this.#client) return;
          this.#isOpen = false;
          if (this.#followed.size === 0) this.#set('idle');
        },
      },
    });
    return client;
  }

  #set(state: LiveState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.tell();
  }
}
