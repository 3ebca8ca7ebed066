import { expect, test } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { Admission } from './admission.js';

/** Work that lasts until it is ended, in the order in which it was let in. */
class Works {
  readonly begun: string[] = [];
  readonly refused: string[] = [];
  readonly #ends = new Map<string, () => void>();

  constructor(private readonly admission: Admission) {}

  /** @param names the first letter is the owner */
  async ask(...names: string[]): Promise<void> {
    for (const name of names) {
      const work = () => {
        this.begun.push(name);
        return new Promise<void>((resolve) => this.#ends.set(name, resolve));
      };
      this.admission.run(name[0]!, work).catch((error: Error) => {
        this.refused.push(name);
        expect(error.message).toBe(
          'More is being sent than can be taken in just now; send it again in a moment.',
        );
      });
      await turn();
    }
  }

  async end(...names: string[]): Promise<void> {
    for (const name of names) {
      this.#ends.get(name)!();
      await turn();
    }
  }
}

test('whoever has fewest inside is next, of equals whoever has waited longest', async () => {
  const works = new Works(new Admission({ atOnce: 2, mostWaiting: 10, mostWaitMs: 10_000 }));
  await works.ask('a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1');
  expect(works.begun).toEqual(['a1', 'a2']);
  await works.end('a1', 'a2');
  expect(works.begun).toEqual(['a1', 'a2', 'b1', 'a3']);
  await works.end('a3', 'b1', 'a4');
  expect(works.begun).toEqual(['a1', 'a2', 'b1', 'a3', 'a4', 'b2', 'c1']);
  expect(works.refused).toEqual([]);
});

test('where no more may wait, whoever has most waiting makes room, as long as others have less', async () => {
  const works = new Works(new Admission({ atOnce: 1, mostWaiting: 4, mostWaitMs: 10_000 }));
  await works.ask('a1', 'a2', 'a3', 'a4', 'a5', 'a6');
  expect(works.refused).toEqual(['a6']);
  await works.ask('b1', 'b2', 'b3', 'a7');
  expect(works.refused).toEqual(['a6', 'a5', 'a4', 'b3', 'a7']);
  await works.end('a1', 'a2', 'a3', 'b1');
  expect(works.begun).toEqual(['a1', 'a2', 'a3', 'b1', 'b2']);
});

test('whoever waits too long is turned away, and work that fails leaves its place', async () => {
  const admission = new Admission({ atOnce: 1, mostWaiting: 4, mostWaitMs: 20 });
  const works = new Works(admission);
  await works.ask('a1', 'b1');
  await expect(admission.run('c', () => Promise.resolve())).rejects.toThrow('send it again');
  expect(works.refused).toEqual(['b1']);
  await works.end('a1');
  await expect(admission.run('c', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  await expect(admission.run('c', () => Promise.resolve(7))).resolves.toBe(7);
});
