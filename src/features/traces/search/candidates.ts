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
const fewSlots = 2_000;
const manySlots = 20_000;
/** A run of a task costs about as much to read as so many slots to look up. */
const slotsPerRun = 8;

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
  let size = 64;
  let batch: StepRange[] = [];
  for await (const { taskId, ranges } of merged(waiting, indexed)) {
    const after = from?.taskId === taskId ? from.seq : 0;
    for (const [first, last] of joined(ranges)) {
      if (last > after) batch.push({ taskId, first: Math.max(first, after + 1), last });
    }
    if (batch.length < size) continue;
    yield batch;
    batch = [];
    size = 256;
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
  readonly #blocks = new Map<number, string>();
  readonly size: number;

  constructor(private readonly blocks: readonly BlockSlots[]) {
    let size = 0;
    for (const { firstSlot, slots } of blocks) {
      this.#blocks.set(firstSlot, slots);
      for (let at = slots.indexOf('1'); at >= 0; at = slots.indexOf('1', at + 1)) size++;
    }
    this.size = size;
  }

  all(): number[] {
    const all: number[] = [];
    for (const { firstSlot, slots } of this.blocks) {
      for (let at = slots.indexOf('1'); at >= 0; at = slots.indexOf('1', at + 1)) all.push(firstSlot + at);
    }
    return all;
  }

  /** What a run holds in any of the slots. */
  rangesOf({ firstSlot, firstSeqs, lastSeqs }: Omit<RunRow, keyof TaskPlace>): Candidates['ranges'] {
    const start = blocksOf(firstSlot).find((block) => this.#blocks.has(block));
    if (start === undefined) return [];
    const slots = this.#blocks.get(start)!;
    const ranges: Candidates['ranges'] = [];
    for (let index = 0; index < firstSeqs.length; index++) {
      if (slots[firstSlot - start + index] === '1') ranges.push([firstSeqs[index]!, lastSeqs[index]!]);
    }
    return ranges;
  }
}
