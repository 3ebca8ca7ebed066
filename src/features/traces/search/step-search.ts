import type { Database, Reads } from '../../../platform/database.js';
import { UnavailableError } from '../../../platform/errors.js';
import type { PageRequest } from '../../../platform/pagination.js';
import { TimeSlice } from '../../../platform/time-slice.js';
import { stepConditions, type StepFilter } from '../step-filter.js';
import type { StepReader, StepRow } from '../step.reader.js';
import { CandidateRepository } from './candidate.repository.js';
import { candidatesOfProject, candidatesOfTask, type StepRange } from './candidates.js';
import { findWords, searchedWord } from './searchable-text.js';
import { stepBatch, type BatchStep } from './step-batch.js';

/** A step that holds what is searched for, with the text around it. */
interface Match {
  taskId: string;
  seq: number;
  snippet: string;
}

export type FoundStep = StepRow & { snippet: string; queuedAt: string };

/** A search that goes on for longer is given up: of a word that is in every step, all are counted one by one. */
const mostMs = 15_000;

/** Steps that are read at a time: few at first, since often enough are found among them. */
const [fewSteps, manySteps] = [64, 256];

/**
 * The text search. The index only says where to look; whether a step holds a word is decided by its own text as it stands, and
 * what the index does not hold yet is compared as well: the answer is right at any moment.
 */
export class StepSearch {
  constructor(
    private readonly database: Database,
    private readonly steps: StepReader,
  ) {}

  /** A page of the steps of a task that hold `search`, by seq; one more than asked for where there is one. */
  page(
    taskId: string,
    search: string,
    filter: StepFilter,
    request: PageRequest,
    withPayload: boolean,
  ): Promise<StepRow[]> {
    return this.database.snapshot(async (reads) => {
      const from = request.from ? Number(request.from[0]) : null;
      const matches = this.#inTask(reads, taskId, search, filter, from, request.isBackwards);
      return this.steps.rows(reads, await first(matches, request.limit + 1), withPayload);
    });
  }

  /** How many steps of a task hold `search`. */
  count(taskId: string, search: string, filter: StepFilter): Promise<number> {
    return this.database.snapshot((reads) =>
      lengthOf(this.#inTask(reads, taskId, search, filter, null, false)),
    );
  }

  /** Steps of a project that hold `text`, newest task first and by seq; one more than asked for where there is one. */
  hits(projectId: string, text: string, filter: StepFilter, request: PageRequest): Promise<FoundStep[]> {
    return this.database.snapshot(async (reads) => {
      const matches = await first(
        this.#inProject(reads, projectId, text, filter, request.from),
        request.limit + 1,
      );
      const rows = await this.steps.rows(reads, matches, false);
      return rows.map((row, index) => ({ ...row, snippet: matches[index]!.snippet }));
    });
  }

  /** How many steps of a project hold `text`. */
  countHits(projectId: string, text: string, filter: StepFilter): Promise<number> {
    return this.database.snapshot((reads) => lengthOf(this.#inProject(reads, projectId, text, filter, null)));
  }

  #inTask(
    reads: Reads,
    taskId: string,
    search: string,
    filter: StepFilter,
    from: number | null,
    isBackwards: boolean,
  ): AsyncGenerator<Match> {
    const word = searchedWord(search);
    const found = new CandidateRepository(reads);
    return matching(
      reads,
      candidatesOfTask(found, taskId, word, from, isBackwards),
      [word],
      filter,
      isBackwards,
    );
  }

  #inProject(
    reads: Reads,
    projectId: string,
    text: string,
    filter: StepFilter,
    from: readonly string[] | null,
  ): AsyncGenerator<Match> {
    const words = [searchedWord(text), ...(filter.search == null ? [] : [searchedWord(filter.search)])];
    // The longer a word, the fewer steps may hold it.
    const longest = words.reduce((one, other) => (other.length > one.length ? other : one));
    const [queuedAt = '', taskId = '', seq = ''] = from ?? [];
    const place = from ? { queuedAt, taskId, seq: Number(seq) } : null;
    const candidates = candidatesOfProject(new CandidateRepository(reads), projectId, longest, place);
    return matching(reads, candidates, words, filter, false);
  }
}

/** Of the steps in question those that hold all the words and pass the filter, in their order. */
async function* matching(
  reads: Reads,
  candidates: AsyncIterable<StepRange[]>,
  words: readonly string[],
  filter: StepFilter,
  isBackwards: boolean,
): AsyncGenerator<Match> {
  const filterValues: unknown[] = [null, null, null];
  const conditions = [
    's.task_id = k.id',
    's.seq BETWEEN k.first AND k.last',
    ...stepConditions(filter, filterValues),
  ];
  const order = `s.seq ${isBackwards ? 'DESC' : 'ASC'}`;
  const slice = new TimeSlice();
  const until = performance.now() + mostMs;
  let most = fewSteps;
  for await (let ranges of candidates) {
    while (ranges.length > 0) {
      if (performance.now() > until) {
        throw new UnavailableError(
          `The search was given up after ${mostMs / 1000} s; search for a longer text, in one task, or with a filter.`,
        );
      }
      const steps: BatchStep[] = await reads.query<BatchStep>(
        stepBatch(
          `FROM unnest($1::uuid[], $2::int[], $3::int[]) WITH ORDINALITY AS k (id, first, last, place)
           CROSS JOIN LATERAL (SELECT * FROM task_steps s WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT ${most}) s`,
          order,
          most,
        ),
        [
          ranges.map(({ taskId }) => taskId),
          ranges.map((range) => range.first),
          ranges.map((range) => range.last),
          ...filterValues.slice(3),
        ],
      );
      most = manySteps;
      for (const step of steps) {
        const search = findWords(step, words);
        let state = search.next();
        for (; !state.done; state = search.next()) await slice.pause();
        if (state.value !== null) yield { taskId: step.taskId, seq: step.seq, snippet: state.value };
        await slice.pause();
      }
      const last = steps.at(-1);
      ranges = last?.isCut ? rest(ranges, last, isBackwards) : [];
    }
  }
}

/** What is left of the ranges after a step. */
function rest(ranges: readonly StepRange[], { place, seq }: BatchStep, isBackwards: boolean): StepRange[] {
  const [range, ...others] = ranges.slice(place - 1);
  const left = isBackwards ? { ...range!, last: seq - 1 } : { ...range!, first: seq + 1 };
  return left.first <= left.last ? [left, ...others] : others;
}

async function first<Item>(items: AsyncIterable<Item>, limit: number): Promise<Item[]> {
  const taken: Item[] = [];
  for await (const item of items) if (taken.push(item) === limit) break;
  return taken;
}

async function lengthOf(items: AsyncIterable<unknown>): Promise<number> {
  let length = 0;
  for await (const _ of items) length++;
  return length;
}
