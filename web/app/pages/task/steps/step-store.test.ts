import { beforeAll, describe, expect, test } from '@jest/globals';
import { exampleStep } from './example-step';
import { StepStore, WINDOW_ROWS, type StepRow } from './step-store';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

beforeAll(() => {
  globalThis.requestAnimationFrame = (callback) => Number(setTimeout(() => callback(performance.now()), 1));
  globalThis.cancelAnimationFrame = (frame) => clearTimeout(frame);
});

/** A task's steps, and a store that reads them; what it asks for is written down. */
function makeStore(count: number, known = count) {
  const steps = Array.from({ length: count }, (_, index) => exampleStep(index + 1));
  const asked: number[] = [];
  const state = { isDown: false, delayMs: 0, mostAtOnce: 0 };
  let running = 0;
  const read = async (fromSeq: number, first: number, signal: AbortSignal): Promise<StepRow[]> => {
    asked.push(fromSeq);
    running += 1;
    state.mostAtOnce = Math.max(state.mostAtOnce, running);
    try {
      await sleep(state.delayMs);
      signal.throwIfAborted();
      if (state.isDown) throw new Error('down');
      return steps.slice(fromSeq - 1, fromSeq - 1 + first);
    } finally {
      running -= 1;
    }
  };
  const askedSeqs: number[][] = [];
  const readSeqs = async (seqs: number[]): Promise<StepRow[]> => {
    askedSeqs.push(seqs);
    await sleep(state.delayMs);
    return steps.filter(({ seq }) => seqs.includes(seq));
  };
  const store = new StepStore({ window: read, seqs: readSeqs }, { count: known, revision: 1 });
  return { steps, asked, askedSeqs, state, store };
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

async function until(what: string, check: () => boolean): Promise<void> {
  for (let left = 2_000; left > 0 && !check(); left -= 1) await sleep(1);
  if (!check()) throw new Error(`It did not come to pass: ${what}`);
}

describe('reading', () => {
  test('only the windows in sight are read, and each once', async () => {
    const { asked, store } = makeStore(100_000);
    store.show(range(1, 20));
    await until('the first rows are there', () => store.row(20) !== undefined);
    store.show(range(5, 25));
    store.show(range(50_000, 50_020));
    await until('the rows in the middle are there', () => store.row(50_010) !== undefined);
    expect(asked).toEqual([1, 49_801, 50_001]);
    expect([store.count, store.loadedCount]).toEqual([100_000, 3 * WINDOW_ROWS]);
  });

  test('what was scrolled past is not waited for', async () => {
    const { asked, state, store } = makeStore(100_000);
    state.delayMs = 50;
    for (let seq = 1; seq < 20_000; seq += 1_000) store.show(range(seq, seq + 20));
    await until('the last rows are there', () => store.row(19_001) !== undefined);
    expect(asked.length).toBeLessThan(6);
    expect(store.fault).toBeNull();
  });

  test('scattered steps are read by their numbers, once, and those near each other in windows', async () => {
    const { asked, askedSeqs, store } = makeStore(100_000);
    const seqs = Array.from({ length: 150 }, (_, index) => 1 + index * 600);
    store.show(seqs);
    await until('all are there', () => seqs.every((seq) => store.row(seq) !== undefined));
    expect([asked, askedSeqs]).toEqual([[], [seqs.slice(0, 100), seqs.slice(100)]]);
    store.show([...seqs, 2, 3, 4]);
    await until('the others are there', () => store.row(4) !== undefined);
    expect([asked, askedSeqs.length]).toEqual([[1], 2]);
  });

  test('rows that are not there yet are not asked for again until there are more', async () => {
    const { asked, steps, store } = makeStore(10, 20);
    store.show(range(1, 20));
    await until('those that there are', () => store.loadedCount === 10);
    store.show(range(1, 20));
    await sleep(5);
    expect(asked).toEqual([1]);
    steps.push(...Array.from({ length: 11 }, (_, index) => exampleStep(index + 11)));
    store.grow(21);
    store.show(range(1, 21));
    await until('the rest', () => store.loadedCount === 21);
    expect(asked).toEqual([1, 1]);
  });

  test('what was read first is let go, and read again when it is in sight', async () => {
    const { store } = makeStore(40_000);
    for (let seq = 1; seq <= 30_000; seq += WINDOW_ROWS) {
      store.show([seq]);
      await until('the window is there', () => store.row(seq) !== undefined);
    }
    expect(store.loadedCount).toBe(30_000);
    store.show([1, 35_001]);
    await until('the rows in sight', () => store.row(35_001) !== undefined);
    expect([store.row(1)?.seq, store.row(2), store.loadedCount]).toEqual([1, undefined, 20_000]);
    store.show(range(1, 20));
    await until('they are back', () => store.row(2) !== undefined);
  });

  test('a fault stops reading until it is tried again', async () => {
    const { asked, state, store } = makeStore(1_000);
    state.isDown = true;
    store.show(range(1, 20));
    await until('the fault is known', () => store.fault !== null);
    store.show(range(401, 420));
    await sleep(5);
    expect(asked).toEqual([1]);
    state.isDown = false;
    store.retry();
    await until('the rows are there', () => store.row(401) !== undefined);
    expect(store.fault).toBeNull();
  });
});

describe('what comes live', () => {
  test('is counted, and the newer state of a row wins, whatever comes first', async () => {
    const { steps, store } = makeStore(3);
    steps[2] = exampleStep(3, { status: 'RUNNING', revision: 2 });
    store.take(4, [exampleStep(3, { revision: 4 }), exampleStep(4, { revision: 4 })]);
    store.show(range(1, 4));
    await until('the window is there', () => store.row(1) !== undefined);
    expect([store.count, store.revision, store.row(3)?.status]).toEqual([4, 4, 'SUCCEEDED']);
    store.take(3, [exampleStep(4, { status: 'FAILED', revision: 3 })]);
    expect([store.revision, store.row(4)?.status]).toEqual([4, 'SUCCEEDED']);
  });

  test('is told once a frame, however much it is', async () => {
    const { store } = makeStore(0);
    let told = 0;
    const stop = store.subscribe(() => (told += 1));
    for (let seq = 1; seq <= 100; seq += 1) store.take(seq, [exampleStep(seq, { revision: seq })]);
    expect(told).toBe(0);
    await until('it is told', () => told > 0);
    stop();
    expect([told, store.count]).toEqual([1, 100]);
  });

  test('moves the ends of the scales', () => {
    const { store } = makeStore(0);
    store.take(2, [
      exampleStep(1, { latencyMs: 40, startedAt: '2026-03-01T12:00:00.000Z' }),
      exampleStep(2, { latencyMs: 30, startedAt: 'once', endedAt: '2026-03-01T12:00:01.000Z' }),
    ]);
    expect([store.maxLatencyMs, store.lastMs]).toEqual([40, Date.parse('2026-03-01T12:00:01.000Z')]);
    store.raiseScales(10, 1_000);
    expect([store.maxLatencyMs, store.lastMs]).toEqual([40, Date.parse('2026-03-01T12:00:01.000Z')]);
    store.raiseScales(50, Date.parse('2026-03-01T12:00:02.000Z'));
    expect([store.maxLatencyMs, store.lastMs]).toEqual([50, Date.parse('2026-03-01T12:00:02.000Z')]);
  });
});
