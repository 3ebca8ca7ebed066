import { PubSub as LocalPubSub, type PubSubEngine } from 'graphql-subscriptions';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import { Redis } from 'ioredis';
import type { Logger } from './logger.js';

/** Events must survive JSON: strings, numbers, booleans, null, and plain objects and arrays of them. */
type EventMap = object;

/**
 * Hints from process to process that something was committed. They may be lost, doubled or late (Redis down, a process
 * starved); whoever follows one compares with the database. `key` narrows a topic, as to one project.
 */
export interface PubSub<Events extends EventMap> {
  /** Never throws and never waits: what cannot be sent is dropped. */
  publish<Topic extends keyof Events & string>(topic: Topic, key: string, event: Events[Topic]): void;
  /**
   * Answers when listening has begun, or after a second where Redis is away: it begins by itself once Redis is back.
   * The function answered ends it.
   */
  subscribe<Topic extends keyof Events & string>(
    topic: Topic,
    key: string,
    listener: (event: Events[Topic]) => void,
  ): Promise<() => void>;
}

const subscribeWaitMs = 1_000;
/** How long Redis may take for one command before it counts as away. */
const commandTimeoutMs = 5_000;

type Listener = (event: never) => void;
interface Channel {
  listeners: Set<Listener>;
  listening: Promise<number>;
}

/** One underlying subscription for each channel, however many listen to it here. */
export class EventBus<Events extends EventMap> implements PubSub<Events> {
  readonly #channels = new Map<string, Channel>();

  constructor(
    private readonly engine: PubSubEngine,
    private readonly logger: Logger,
    /** For health reports; null where there is no Redis in use. */
    readonly redis: Redis | null = null,
    private readonly end: () => Promise<void> = () => Promise.resolve(),
  ) {}

  /** How many channels are listened to. */
  get size(): number {
    return this.#channels.size;
  }

  publish<Topic extends keyof Events & string>(topic: Topic, key: string, event: Events[Topic]): void {
    this.engine.publish(`${topic}:${key}`, event).catch((error: unknown) => {
      this.logger.debug(
        { err: error, topic },
        'An event was not published; watchers will find the change by sweep.',
      );
    });
  }

  async subscribe<Topic extends keyof Events & string>(
    topic: Topic,
    key: string,
    listener: (event: Events[Topic]) => void,
  ): Promise<() => void> {
    const name = `${topic}:${key}`;
    const channel = this.#channels.get(name) ?? this.#open(name);
    // A wrapper, so that the same function may listen twice and end once.
    const own: Listener = (event) => listener(event);
    channel.listeners.add(own);
    await Promise.race([
      channel.listening.catch(() => undefined),
      new Promise((resolve) => setTimeout(resolve, subscribeWaitMs).unref()),
    ]);
    return () => {
      if (!channel.listeners.delete(own) || channel.listeners.size > 0) return;
      this.#channels.delete(name);
      channel.listening.then((id) => this.engine.unsubscribe(id)).catch(() => undefined);
    };
  }

  /** Ends all listening and lets go of Redis. */
  async close(): Promise<void> {
    this.#channels.clear();
    await this.end();
  }

  #open(name: string): Channel {
    const listeners = new Set<Listener>();
    const deliver = (event: never) => {
      for (const listener of [...listeners]) {
        try {
          listener(event);
        } catch (error) {
          this.logger.error({ err: error, channel: name }, 'A listener of an event failed.');
        }
      }
    };
    const channel = { listeners, listening: this.engine.subscribe(name, deliver, {}) };
    this.#channels.set(name, channel);
    return channel;
  }
}

/** Events within this process: right for one process. */
export function createLocalEventBus<Events extends EventMap>(logger: Logger): EventBus<Events> {
  return new EventBus<Events>(new LocalPubSub(), logger);
}

/**
 * Neither graphql-redis-subscriptions nor ioredis, which subscribes anew after a break, waits for the end of these commands: one
 * that failed, as all do that are under way when the process lets go of Redis, would end the process as an unhandled rejection.
 */
class Subscriber extends Redis {
  override subscribe(...args: unknown[]): Promise<unknown> {
    const [channels, done] = args as [string | string[], ((error: null) => void)?];
    return super.subscribe(...[channels].flat()).then(
      () => done?.(null),
      (error: Error) => this.emit('error', error),
    );
  }

  override unsubscribe(...channels: unknown[]): Promise<unknown> {
    return super.unsubscribe(...(channels as string[])).catch(() => undefined);
  }

  /** Nothing was subscribed to by a pattern. */
  override punsubscribe(): Promise<unknown> {
    return Promise.resolve();
  }
}

/** Events over Redis: right for any number of processes. Starts whether Redis is there or not. */
export function createRedisEventBus<Events extends EventMap>(url: string, logger: Logger): EventBus<Events> {
  const common = {
    retryStrategy: (attempt: number) => Math.min(attempt * 50, 1_000),
    keepAlive: 10_000,
    // Also how long the process is held up at its end where Redis is away.
    disconnectTimeout: 250,
  };
  // A publish fails at once while Redis is away (hints do not wait); a subscribe waits until it is back.
  const publisher = new Redis(url, {
    ...common,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
  });
  const subscriber = new Subscriber(url, {
    ...common,
    maxRetriesPerRequest: null,
    // The check is refused on a connection that has begun to listen meanwhile, which then would be dropped with all it listens to.
    enableReadyCheck: false,
  });
  let isAway = false;
  const sayAway = (error: Error) => {
    if (!isAway)
      logger.warn({ err: error }, 'Redis is away. Live updates go on by asking the database, more slowly.');
    isAway = true;
  };
  publisher.on('error', sayAway);
  subscriber.on('error', sayAway);
  subscriber.on('ready', () => {
    if (isAway) logger.info('Redis is back.');
    isAway = false;
  });
  const engine = new RedisPubSub({ publisher, subscriber });
  return new EventBus<Events>(engine, logger, publisher, () => {
    publisher.disconnect();
    subscriber.disconnect();
    return Promise.resolve();
  });
}
