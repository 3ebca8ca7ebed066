import { describe, expect, it } from '@jest/globals';
import { EventQueue } from './event-queue.js';
import { TooSlowError } from './shared-subscription.js';

describe('EventQueue', () => {
  it('hands events on in order, to those who wait and to those who come later', async () => {
    const queue = new EventQueue<number>();
    const first = queue.next();
    const second = queue.next();
    for (const event of [1, 2, 3]) queue.push(event);
    expect(await Promise.all([first, second, queue.next()])).toEqual(
      [1, 2, 3].map((value) => ({ value, done: false })),
    );
  });

  it('delivers what waits before it ends or fails', async () => {
    const ending = new EventQueue<number>();
    ending.push(1);
    ending.end();
    ending.push(2);
    expect(await ending.next()).toEqual({ value: 1, done: false });
    expect(await ending.next()).toMatchObject({ done: true });

    const failing = new EventQueue<number>();
    failing.push(1);
    failing.fail(new Error('gone'));
    expect(await failing.next()).toEqual({ value: 1, done: false });
    await expect(failing.next()).rejects.toThrow('gone');
    expect(await failing.next()).toMatchObject({ done: true });
  });

  it('lets a waiting reader go when it is left, and says so once', async () => {
    let ended = 0;
    const queue = new EventQueue<number>(() => ended++);
    const waiting = queue.next();
    await queue.return();
    await queue.return();
    expect(await waiting).toMatchObject({ done: true });
    expect(ended).toBe(1);
  });

  it('gives up a reader that lets too much wait', async () => {
    let ended = 0;
    const queue = new EventQueue<number>(() => ended++, 3);
    for (let event = 0; event < 10; event++) queue.push(event);
    expect(ended).toBe(1);
    await expect(queue.next()).rejects.toThrow(TooSlowError);
  });
});
