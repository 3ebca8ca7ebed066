import {
  pageOfRuns,
  type BlockSlots,
  type CandidateRepository,
  type Candidates,
  type RunRow,
  type TaskPlace,
} from './candidate.repository.js';
import { codesOf } from './grams.js';
import { blockSlots, mergedSlots } from './search-block.js';

/** Steps of a task that follow each other. */
export interface StepRange {
  taskId: string;
  first: number;
  last: number;
}

/** Where a page begins: after this step. */
export interface StepPlace extends TaskPlace {
  seq: number;
}

/** Of a task, so many steps are compared without asking the index: what is common is found among them. */
const comparedFirst = 256;

/** So few slots are looked up at once; of more, the newest tasks are gone through first. */
const fewSlots = 1_500;
const manySlots = 20_000;
/** So many slots are looked up in about the time that a run of a task is read in. */
const slotsPerRun = 2;

/** Whether a stands before b: of a newer task, or of the same moment and a higher id. */
const isBefore = (a: TaskPlace, b: TaskPlace) =>
  a.queuedAt === b.queuedAt ? a.taskId > b.taskId : a.queuedAt > b.queuedAt;

/**
 * The steps of a project that may hold a word, newest task first and by seq: those that the index names, and those it does not
 * hold yet. Read as far as they are asked for.
 */
export async function* candidatesOfProject(
  found: CandidateRepository,
  projectId: string,
  word: string,
  from: StepPlace | null,
): AsyncGenerator<StepRange[]> {
  const waiting = waitingTasks(found, projectId, from);
  const indexed = byTask(indexedTasks(found, projectId, word, from));
  // Few at first, since often enough are found among them.
  let size = 64;
  let total = 0;
  let batch: StepRange[] = [];
  for await (const { taskId, ranges } of merged(waiting, indexed)) {
    const after = from?.taskId === taskId ? from.seq : 0;
    for (const [first, last] of joined(ranges)) {
      if (last > after) batch.push({ taskId, first: Math.max(first, after + 1), last });
    }
    if (batch.length < size) continue;
    yield batch;
    total += batch.length;
    batch = [];
    size = Math.min(Math.max(size, total / 4), 256);
  }
  yield batch;
}

/**
 * The steps of a task that may hold a word, by seq: at first some of all, then those that the index names or does not hold yet.
 * @param from the seq that the page begins after, or before where it goes backwards; null = from the end of the list
 */
export async function* candidatesOfTask(
  found: CandidateRepository,
  taskId: string,
  word: string,
  from: number | null,
  isBackwards: boolean,
): AsyncGenerator<StepRange[]> {
  const end = await found.lastSeq(taskId);
  const [low, high] = isBackwards ? [1, Math.min(from ?? Infinity, end + 1) - 1] : [(from ?? 0) + 1, end];
  if (low > high) return;
  const [near, far] = isBackwards
    ? [
        { taskId, first: Math.max(low, high - comparedFirst + 1), last: high },
        { low, high: high - comparedFirst },
      ]
    : [
        { taskId, first: low, last: Math.min(high, low + comparedFirst - 1) },
        { low: low + comparedFirst, high },
      ];
  yield [near];
  if (far.low > far.high) return;
  const waiting = await found.waitingOfTask(taskId);
  if (!waiting) return;
  const blocks = new Set((await found.firstSlotsOf(taskId)).flatMap(blocksOf));
  const slots = new SlotSet(await found.slots(waiting.projectId, codesOf(word), [...blocks]));
  const indexed =
    slots.size <= fewSlots
      ? await found.inSlots(waiting.projectId, slots.all(), null, taskId)
      : (await found.runsOfTask(taskId)).map((run) => ({ ranges: slots.rangesOf(run) }));
  const ranges = indexed.flatMap((named) => named.ranges);
  for (const seq of waiting.seqs) ranges.push([seq, seq]);
  const rest = joined(ranges)
    .map(([first, last]) => ({ taskId, first: Math.max(first, far.low), last: Math.min(last, far.high) }))
    .filter(({ first, last }) => first <= last);
  yield isBackwards ? rest.reverse() : rest;
}

async function* waitingTasks(
  found: CandidateRepository,
  projectId: string,
  from: TaskPlace | null,
): AsyncGenerator<Candidates> {
  let tasks = await found.waiting(projectId, from, false);
  while (tasks.length > 0) {
    yield* tasks;
    tasks = await found.waiting(projectId, tasks.at(-1)!, true);
  }
}

/** What the index names, in order of tasks; one task may come several times in a row. */
async function* indexedTasks(
  found: CandidateRepository,
  projectId: string,
  word: string,
  from: TaskPlace | null,
): AsyncGenerator<Candidates> {
  const slots = new SlotSet(await found.slots(projectId, codesOf(word)));
  const isFew = slots.size <= manySlots;
  let place: TaskPlace | null = from;
  if (slots.size > fewSlots) {
    // The word is a common one, and likely to be found soon.
    let slot = -1;
    for (let left = isFew ? slots.size / slotsPerRun : Infinity; left > 0; left -= pageOfRuns) {
      const runs = await found.runsOfNewest(projectId, place, slot);
      for (const run of runs)
        yield { taskId: run.taskId, queuedAt: run.queuedAt, ranges: slots.rangesOf(run) };
      const last = runs.at(-1);
      if (!last || runs.length < pageOfRuns) return;
      place = last;
      slot = last.firstSlot;
    }
  }
  if (slots.size > 0) yield* await found.inSlots(projectId, slots.all(), place);
}

/** Puts together what comes in a row of the same task. */
async function* byTask(all: AsyncIterable<Candidates>): AsyncGenerator<Candidates> {
  let task: Candidates | null = null;
  for await (const next of all) {
    if (task?.taskId === next.taskId) {
      task.ranges.push(...next.ranges);
    } else {
      if (task) yield task;
      task = next;
    }
  }
  if (task) yield task;
}

/** Two lists in order of tasks, as one. */
async function* merged(
  one: AsyncGenerator<Candidates>,
  other: AsyncGenerator<Candidates>,
): AsyncGenerator<Candidates> {
  let [a, b] = [await one.next(), await other.next()];
  while (!a.done || !b.done) {
    if (!a.done && !b.done && a.value.taskId === b.value.taskId) {
      yield { ...a.value, ranges: [...a.value.ranges, ...b.value.ranges] };
      [a, b] = [await one.next(), await other.next()];
    } else if (b.done || (!a.done && isBefore(a.value, b.value))) {
      yield a.value as Candidates;
      a = await one.next();
    } else {
      yield b.value;
      b = await other.next();
    }
  }
}

/** The same steps in order and each once: ranges that touch become one. */
function joined(ranges: Candidates['ranges']): Candidates['ranges'] {
  const all: Candidates['ranges'] = [];
  for (const [first, last] of ranges.sort(([a], [b]) => a - b)) {
    const before = all.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else all.push([first, last]);
  }
  return all;
}

/** The first slots of the blocks that a slot may stand in: of one as it is made, and of a merged one. */
const blocksOf = (slot: number) => [slot - (slot % blockSlots), slot - (slot % mergedSlots)];

/** The slots that have all the codes of a word. */
class SlotSet {
  readonly #blocks: ReadonlyMap<number, string>;
  readonly size: number;

  constructor(private readonly blocks: readonly BlockSlots[]) {
    this.#blocks = new Map(blocks.map(({ firstSlot, slots }) => [firstSlot, slots]));
    this.size = blocks.reduce((size, { count }) => size + count, 0);
  }

  all(): number[] {
    return this.blocks.flatMap(({ firstSlot, slots }) => placesOf(slots).map((place) => firstSlot + place));
  }

  /** What a run holds in any of the slots. */
  rangesOf({ firstSlot, slotCount, ...run }: Omit<RunRow, keyof TaskPlace>): Candidates['ranges'] {
    const start = blocksOf(firstSlot).find((block) => this.#blocks.has(block));
    if (start === undefined) return [];
    const slots = this.#blocks.get(start)!.slice(firstSlot - start, firstSlot - start + slotCount);
    if (!slots.includes('1')) return [];
    const [firstSeqs, lastSeqs] = [seqsOf(run.firstSeqs), seqsOf(run.lastSeqs)];
    return placesOf(slots).map((at) => [firstSeqs[at]!, lastSeqs[at]!]);
  }
}

/** The places of the ones in a text of 0 and 1. */
function placesOf(slots: string): number[] {
  const places: number[] = [];
  for (let at = slots.indexOf('1'); at >= 0; at = slots.indexOf('1', at + 1)) places.push(at);
  return places;
}

const seqsOf = (array: string) => array.slice(1, -1).split(',').map(Number);
