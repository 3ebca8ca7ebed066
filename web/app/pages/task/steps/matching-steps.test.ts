import { expect, test } from '@jest/globals';
import { exampleStep } from './example-step';
import { MatchingSteps, type MatchReader } from './matching-steps';

/** Reads pages of two out of the numbers that match; what is asked for is written down. */
function readerOf(matches: number[]) {
  const asked: (string | string[] | null)[] = [];
  const reader: MatchReader = {
    page: (after) => {
      asked.push(after);
      const rest = matches.filter((seq) => seq > Number(after ?? 0));
      const rows = rest.slice(0, 2).map((seq) => exampleStep(seq));
      const endCursor = rows.at(-1) ? String(rows.at(-1)?.seq) : null;
      return Promise.resolve({ rows, hasMore: rest.length > 2, endCursor });
    },
    keys: (keys) => {
      asked.push(keys);
      const found = matches.map((seq) => exampleStep(seq)).filter(({ key }) => keys.includes(key));
      return Promise.resolve(found);
    },
  };
  return { asked, reader };
}

/** Waits for the next change. */
const changed = (matching: MatchingSteps) =>
  new Promise<void>((resolve) => {
    const stop = matching.subscribe(() => {
      stop();
      resolve();
    });
  });
const seqsOf = (matching: MatchingSteps) => matching.rows.map(({ seq }) => seq);

test('pages are read one after the other, and no further than the end', async () => {
  const { asked, reader } = readerOf([3, 5, 9]);
  const matching = new MatchingSteps(reader);
  expect(matching.isRead).toBe(false);
  matching.readMore();
  matching.readMore();
  await changed(matching);
  expect(matching.isRead).toBe(true);
  expect(seqsOf(matching)).toEqual([3, 5]);
  matching.readMore();
  await changed(matching);
  expect(seqsOf(matching)).toEqual([3, 5, 9]);
  expect([matching.indexOf(9), matching.indexOf(4)]).toEqual([2, -1]);
  matching.readMore();
  expect(asked).toEqual([null, '5']);
});

test('a task that goes on is looked through past the last match, from the start where there was none', async () => {
  const matches: number[] = [];
  const { asked, reader } = readerOf(matches);
  const matching = new MatchingSteps(reader);
  matching.readMore();
  await changed(matching);
  expect(matching.rows).toEqual([]);
  matches.push(4);
  matching.lookAgain();
  await changed(matching);
  matching.lookAgain();
  await changed(matching);
  matches.push(8);
  matching.lookAgain();
  await changed(matching);
  expect(seqsOf(matching)).toEqual([4, 8]);
  expect(asked).toEqual([null, null, '4', '4']);
});

test('what went wrong is kept until it is tried again', async () => {
  const { reader } = readerOf([1]);
  let isDown = true;
  const matching = new MatchingSteps({
    ...reader,
    page: (after, signal) => (isDown ? Promise.reject(new Error('down')) : reader.page(after, signal)),
  });
  matching.readMore();
  await changed(matching);
  expect(matching.fault?.message).toBe('down');
  isDown = false;
  matching.readMore();
  matching.lookAgain();
  expect(matching.rows).toEqual([]);
  matching.retry();
  await changed(matching);
  expect([matching.fault, seqsOf(matching)]).toEqual([null, [1]]);
});

test('what comes after it was stopped is dropped', async () => {
  const signals: AbortSignal[] = [];
  const { reader } = readerOf([1, 2, 3]);
  const matching = new MatchingSteps({
    ...reader,
    page: (after, signal) => {
      signals.push(signal);
      return reader.page(after, signal);
    },
  });
  matching.readMore();
  matching.stop();
  await changed(matching);
  expect(signals[0]?.aborted).toBe(true);
  expect(matching.rows).toEqual([]);
  matching.readMore();
  await changed(matching);
  expect(seqsOf(matching)).toEqual([1, 2]);
});

test('a step before the last match that begins to match is found, and put in its place', async () => {
  const matches = [2, 6];
  const { asked, reader } = readerOf(matches);
  const matching = new MatchingSteps(reader);
  matching.readMore();
  await changed(matching);
  matches.unshift(4);
  matches.push(9);
  // Only what lies before the end and is not there yet needs asking for by its key.
  matching.note([2, 3, 4, 9].map((seq) => exampleStep(seq)));
  matching.lookAgain();
  await changed(matching);
  expect(seqsOf(matching)).toEqual([2, 4, 6, 9]);
  expect([2, 4, 6, 9].map((seq) => matching.indexOf(seq))).toEqual([0, 1, 2, 3]);
  matching.lookAgain();
  await changed(matching);
  expect(asked).toEqual([null, ['key-3', 'key-4'], '6', '9']);
});

test('what was noted is asked for again where the first time failed', async () => {
  const { asked, reader } = readerOf([2, 6]);
  let isDown = false;
  const matching = new MatchingSteps({
    ...reader,
    keys: (keys, signal) => (isDown ? Promise.reject(new Error('down')) : reader.keys(keys, signal)),
  });
  matching.readMore();
  await changed(matching);
  matching.note([exampleStep(3)]);
  isDown = true;
  matching.lookAgain();
  await changed(matching);
  expect(matching.fault?.message).toBe('down');
  isDown = false;
  matching.retry();
  matching.lookAgain();
  await changed(matching);
  expect(asked).toEqual([null, ['key-3'], '6']);
});

test('pages are read up to the step that was asked for, and no further', async () => {
  const { asked, reader } = readerOf([1, 2, 3, 4, 5, 6, 7, 8]);
  const matching = new MatchingSteps(reader);
  matching.readUntil(5);
  for (let pages = 0; pages < 3; pages += 1) await changed(matching);
  expect(seqsOf(matching)).toEqual([1, 2, 3, 4, 5, 6]);
  await Promise.resolve();
  expect(asked).toEqual([null, '2', '4']);
  matching.readUntil(99);
  for (let pages = 0; pages < 1; pages += 1) await changed(matching);
  expect(seqsOf(matching)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});
