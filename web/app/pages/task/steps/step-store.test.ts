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
  const askedKeys: string[][] = [];
  const readKeys = async (keys: string[]): Promise<StepRow[]> => {
    askedKeys.push(keys);
    await sleep(state.delayMs);
    return steps.filter(({ key }) => keys.includes(key));
  };
  const store = new StepStore({ window: read, keys: readKeys }, { count: known, revision: 1 });
  return { steps, asked, askedKeys, state, store };
}

async function until(what: string, check: () => boolean): Promise<void> {
  for (let left = 2_000; left > 0 && !check(); left -= 1) await sleep(1);
  if (!check()) throw new Error(`It did not come to pass: ${what}`);
}

describe('reading', () => {
  test('only the windows in sight are read, and each once', async () => {
    const { asked, store } = makeStore(100_000);
    store.show(1, 20);
    await until('the first rows are there', () => store.row(20) !== undefined);
    store.show(5, 25);
    store.show(50_000, 50_020);
    await until('the rows in the middle are there', () => store.row(50_010) !== undefined);
    expect(asked).toEqual([1, 49_801, 50_001]);
    expect([store.count, store.loadedCount]).toEqual([100_000, 3 * WINDOW_ROWS]);
  });

  test('what was scrolled past is not waited for', async () => {
    const { asked, state, store } = makeStore(100_000);
    state.delayMs = 50;
    for (let seq = 1; seq < 20_000; seq += 1_000) store.show(seq, seq + 20);
    await until('the last rows are there', () => store.row(19_001) !== undefined);
    expect(asked.length).toBeLessThan(6);
    expect(store.fault).toBeNull();
  });

  test('all are read where all are wanted, a few windows at once', async () => {
    const { asked, state, store } = makeStore(2_050);
    store.wantAll(true);
    await until('all are there', () => store.loadedCount === 2_050);
    expect([asked.length, state.mostAtOnce]).toEqual([11, 3]);
    expect(store.rows().map(({ seq }) => seq)).toEqual(
      Array.from({ length: 2_050 }, (_, index) => index + 1),
    );
  });

  test('rows that are not there yet are not asked for again until there are more', async () => {
    const { asked, steps, store } = makeStore(10, 20);
    store.show(1, 20);
    await until('those that there are', () => store.loadedCount === 10);
    store.show(1, 20);
    await sleep(5);
    expect(asked).toEqual([1]);
    steps.push(...Array.from({ length: 11 }, (_, index) => exampleStep(index + 11)));
    store.grow(21);
    store.show(1, 21);
    await until('the rest', () => store.loadedCount === 21);
    expect(asked).toEqual([1, 1]);
  });

  test('what lies far away is let go, and read again when it is in sight', async () => {
    const { store } = makeStore(40_000);
    store.show(1, 30_000);
    await until('as many as are kept', () => store.loadedCount === 30_000);
    store.show(35_001, 35_020);
    await until('the rows in sight', () => store.row(35_001) !== undefined);
    expect([store.row(1), store.loadedCount]).toEqual([undefined, WINDOW_ROWS]);
    store.show(1, 20);
    await until('they are back', () => store.row(1) !== undefined);
  });

  test('a fault stops reading until it is tried again', async () => {
    const { asked, state, store } = makeStore(1_000);
    state.isDown = true;
    store.show(1, 20);
    await until('the fault is known', () => store.fault !== null);
    store.show(401, 420);
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
    store.show(1, 4);
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
    store.raiseLatency(10);
    expect(store.maxLatencyMs).toBe(40);
  });
});

describe('parents', () => {
  test('are found by their keys as soon as they are there', () => {
    const { store } = makeStore(0);
    const child = exampleStep(2, { parentKey: 'key-1' });
    store.take(1, [child]);
    expect(store.parentOf(child)).toBeUndefined();
    store.take(2, [exampleStep(1)]);
    expect(store.parentOf(child)?.seq).toBe(1);
    expect(store.parentOf(exampleStep(1))).toBeUndefined();
  });

  test('of what is in sight are read level by level, where they are wanted', async () => {
    const { steps, asked, askedKeys, store } = makeStore(10_000);
    steps[1] = exampleStep(2, { parentKey: 'key-1' });
    for (let seq = 8_001; seq <= 8_200; seq += 1) steps[seq - 1] = exampleStep(seq, { parentKey: 'key-2' });
    steps[8_004] = exampleStep(8_005, { parentKey: 'no-such-step' });
    store.show(8_001, 8_020);
    await until('the rows are there', () => store.row(8_001) !== undefined);
    const depths = (...seqs: number[]) =>
      seqs.map((seq) => {
        const row = store.row(seq);
        return row && store.ancestorsOf(row).length;
      });
    expect([askedKeys, depths(8_001)]).toEqual([[], [0]]);
    store.wantParents(true);
    await until('their depth is known', () => depths(8_001)[0] === 2);
    expect([askedKeys, asked]).toEqual([[['key-2', 'no-such-step'], ['key-1']], [8_001]]);
    expect(depths(8_020, 8_005)).toEqual([2, 0]);
    store.show(8_002, 8_021);
    await sleep(5);
    expect(askedKeys.length).toBe(2);
  });

  test('that name each other do not go on for ever', () => {
    const { store } = makeStore(0);
    const told: [number, number][] = [
      [1, 2],
      [2, 1],
      [3, 3],
      [4, 1],
    ];
    store.take(
      1,
      told.map(([seq, parent]) => exampleStep(seq, { parentKey: `key-${parent}` })),
    );
    expect([1, 3, 4].map((seq) => store.ancestorsOf(store.row(seq) ?? exampleStep(seq)).length)).toEqual([
      1, 0, 2,
    ]);
  });
});
