import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { createLogger } from './logger.js';
import { createLocalEventBus, createRedisEventBus, type EventBus } from './pubsub.js';

interface Events {
  changed: { n: number };
  gone: { n: number };
}

let bus: EventBus<Events>;
beforeEach(() => {
  bus = createLocalEventBus<Events>(createLogger('silent'));
});
afterEach(() => bus.close());

describe('events within a process', () => {
  test('reach those who listen to their topic and key, in order', async () => {
    const heard: number[] = [];
    await bus.subscribe('changed', 'a', ({ n }) => heard.push(n));
    bus.publish('changed', 'a', { n: 1 });
    bus.publish('changed', 'b', { n: 2 });
    bus.publish('gone', 'a', { n: 3 });
    bus.publish('changed', 'a', { n: 4 });
    await turn();
    expect(heard).toEqual([1, 4]);
  });

  test('reach everyone, even where one listener fails', async () => {
    const heard: string[] = [];
    await bus.subscribe('changed', 'a', () => {
      throw new Error('broken listener');
    });
    await bus.subscribe('changed', 'a', () => heard.push('second'));
    bus.publish('changed', 'a', { n: 1 });
    await turn();
    expect(heard).toEqual(['second']);
  });

  test('reach a listener as often as it subscribed, until it ends each', async () => {
    let count = 0;
    const listener = () => void count++;
    const [end, endOther] = [
      await bus.subscribe('changed', 'a', listener),
      await bus.subscribe('changed', 'a', listener),
    ];
    bus.publish('changed', 'a', { n: 1 });
    await turn();
    expect(count).toBe(2);
    end();
    end();
    bus.publish('changed', 'a', { n: 1 });
    await turn();
    expect(count).toBe(3);
    endOther();
    bus.publish('changed', 'a', { n: 1 });
    await turn();
    expect(count).toBe(3);
    await bus.subscribe('changed', 'a', listener);
    bus.publish('changed', 'a', { n: 1 });
    await turn();
    expect(count).toBe(4);
  });

  test('may end a listener while they are told', async () => {
    const heard: string[] = [];
    const end = await bus.subscribe('changed', 'a', () => {
      heard.push('first');
      end();
    });
    await bus.subscribe('changed', 'a', () => heard.push('second'));
    bus.publish('changed', 'a', { n: 1 });
    bus.publish('changed', 'a', { n: 2 });
    await turn();
    expect(heard).toEqual(['first', 'second', 'second']);
  });
});

test('without a Redis that answers, publishing is silent and subscribing waits no longer than a second', async () => {
  // Nobody listens at port 1.
  const away = createRedisEventBus<Events>('redis://127.0.0.1:1', createLogger('silent'));
  const start = performance.now();
  const end = await away.subscribe('changed', 'a', () => undefined);
  expect(performance.now() - start).toBeLessThan(10_000);
  expect(() => away.publish('changed', 'a', { n: 1 })).not.toThrow();
  end();
  await away.close();
});
