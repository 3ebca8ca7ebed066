import { Store } from '../../../store';
import { StepOutline } from './step-outline';
import { StepShape } from './step-shape';

/** Of so many steps the parents are read at once; first of fewer, to show something soon. */
const FIRST_WINDOW = 10_000;
const WINDOW = 50_000;
const MOST_KEYS = 100;
/** The page is not held up for longer than this. */
const SLICE_MS = 12;
/** What comes live is put in its place after this, or after so many times what ordering takes. */
const PAUSE_MS = 100;
const PAUSES = 10;

/** How the tree is read. */
export interface TreeReader {
  /** The parents of so many steps from a number on, as the API tells them. */
  parents: (
    fromSeq: number,
    first: number,
    signal: AbortSignal,
  ) => Promise<{ parents: number[]; awaitedKeys: string[] }>;
  /** The numbers of the steps of those keys, as far as there are such. */
  seqs: (keys: string[], signal: AbortSignal) => Promise<{ key: string; seq: number }[]>;
}

interface LiveStep {
  seq: number;
  key: string;
  parentKey: string | null;
}

/** What is folded: all but some, or some. */
interface Folds {
  areAll: boolean;
  except: ReadonlySet<number>;
}

const NONE_FOLDED: Folds = { areAll: false, except: new Set() };

/**
 * The steps of one task below those that they happened within. Read in windows as soon as it is first wanted, from then on kept
 * current by what comes live.
 */
export class StepTree extends Store {
  readonly #shape = new StepShape();
  #outline = new StepOutline();
  /** Ordered anew while the other is shown; then they change places. */
  #spare = new StepOutline();
  #folds = NONE_FOLDED;
  #isWanted = false;
  #isStarted = false;
  /** How many steps the task has. */
  #count = 0;
  #readCount = 0;
  /** How many there were when a window ended before its time. */
  #triedAt = -1;
  #request: AbortController | null = null;
  #fault: Error | null = null;
  #live: LiveStep[] = [];
  /** The step that what it lies in is unfolded for; 0 = none. */
  #revealed = 0;
  #isStale = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pauseMs = 0;

  constructor(private readonly read: TreeReader) {
    super();
  }

  /** Another object after each change. */
  get outline(): StepOutline {
    return this.#outline;
  }

  /** How many steps have their place; null once all that there were have. */
  get progress(): number | null {
    const isReading = this.#readCount < this.#count && this.#triedAt < this.#count;
    return isReading && this.#live.length === 0 ? this.#readCount : null;
  }

  get fault(): Error | null {
    return this.#fault;
  }

  isFolded(seq: number): boolean {
    return this.#folds.areAll !== this.#folds.except.has(seq);
  }

  /** Whether it is shown: only then it is read, and ordered. */
  want(isWanted: boolean): void {
    this.#isWanted = isWanted;
    if (!isWanted) return;
    this.#isStarted = true;
    this.#readOn();
    if (this.#isStale) this.#order(0);
  }

  /** The task has at least so many steps. */
  grow(count: number): void {
    if (count <= this.#count) return;
    this.#count = count;
    this.#readOn();
  }

  /** Takes over what came live. */
  take(steps: readonly LiveStep[]): void {
    if (!this.#isStarted) return;
    for (const { key, seq } of steps) this.#shape.meet(key, seq);
    this.#live.push(...steps);
    this.#readOn();
  }

  fold(seq: number, isFolded: boolean): void {
    this.#revealed = 0;
    if (this.isFolded(seq) === isFolded) return;
    const except = new Set(this.#folds.except);
    if (!except.delete(seq)) except.add(seq);
    this.#refold({ ...this.#folds, except });
  }

  foldAll(areAll: boolean): void {
    this.#revealed = 0;
    this.#refold({ areAll, except: new Set() });
  }

  /** Unfolds all that a step lies in, as soon as that is known. */
  reveal(seq: number): void {
    this.#revealed = seq;
    if (this.#unfoldRevealed()) this.#order(0);
  }

  retry(): void {
    this.#fault = null;
    this.#readOn();
    this.tell();
  }

  stop(): void {
    this.#request?.abort();
    this.#request = null;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #refold(folds: Folds): void {
    this.#folds = folds;
    this.#order(0);
  }

  #unfoldRevealed(): boolean {
    if (this.#revealed === 0) return false;
    const folded = [...this.#shape.ancestorsOf(this.#revealed)].filter((seq) => this.isFolded(seq));
    const except = new Set(this.#folds.except);
    for (const seq of folded) if (!except.delete(seq)) except.add(seq);
    this.#folds = { ...this.#folds, except };
    return folded.length > 0;
  }

  /** Reads what is missing, one thing at a time. */
  #readOn(): void {
    if (!this.#isStarted || this.#request || this.#fault) return;
    const keys = new Set(
      this.#live.flatMap(({ parentKey }) => (this.#shape.canPlace(parentKey) ? [] : [parentKey ?? ''])),
    );
    if (keys.size > 0) return this.#readKeys([...keys].slice(0, MOST_KEYS));
    this.#placeLive();
    this.#advance();
    if (this.#readCount < this.#count && this.#triedAt < this.#count) this.#readWindow();
    else this.#shape.forgetKeys();
  }

  #advance(): void {
    while (this.#readCount < this.#count && this.#shape.knows(this.#readCount + 1)) this.#readCount += 1;
  }

  #placeLive(): void {
    if (this.#live.length === 0) return;
    for (const { seq, parentKey } of this.#live) this.#shape.place(seq, parentKey);
    this.#live = [];
    this.#order(PAUSE_MS);
  }

  #readKeys(keys: string[]): void {
    this.#run(async (signal) => {
      const found = await this.read.seqs(keys, signal);
      return () => {
        for (const { key, seq } of found) this.#shape.meet(key, seq);
        for (const key of keys) this.#shape.miss(key);
      };
    });
  }

  #readWindow(): void {
    const fromSeq = this.#readCount + 1;
    const count = this.#count;
    const first = Math.min(fromSeq === 1 ? FIRST_WINDOW : WINDOW, count - this.#readCount);
    this.#run(async (signal) => {
      const { parents, awaitedKeys } = await this.read.parents(fromSeq, first, signal);
      return () => {
        this.#shape.learn(fromSeq, parents, awaitedKeys);
        this.#advance();
        // Those that the task is said to have, and are not there yet.
        if (parents.length < first) this.#triedAt = count;
        this.#order(fromSeq + first > this.#count ? 0 : 1);
      };
    });
  }

  /** @param ask answers what takes over the answer */
  #run(ask: (signal: AbortSignal) => Promise<() => void>): void {
    const request = new AbortController();
    this.#request = request;
    ask(request.signal)
      .then((takeOver) => {
        if (!request.signal.aborted) takeOver();
      })
      .catch((error: Error) => {
        if (request.signal.aborted) return;
        this.#fault = error;
        this.tell();
      })
      .finally(() => {
        if (this.#request !== request) return;
        this.#request = null;
        this.#readOn();
      });
  }

  /** Has all ordered anew. @param afterMs 0 = at once; else later, and more seldom the longer it takes */
  #order(afterMs: number): void {
    this.#isStale = true;
    if (!this.#isWanted) return;
    if (afterMs > 0 && this.#timer !== undefined) return;
    clearTimeout(this.#timer);
    if (afterMs > 0) this.#timer = setTimeout(() => this.#begin(), Math.max(afterMs, this.#pauseMs));
    else this.#begin();
  }

  #begin(): void {
    this.#isStale = false;
    this.#unfoldRevealed();
    const folds = this.#folds;
    const build = this.#spare.build(this.#shape, (seq) => folds.areAll !== folds.except.has(seq));
    this.#continue(build, 0);
  }

  /** Orders in slices, between which the page does its other work. */
  #continue(build: Generator<void>, formerMs: number): void {
    const begunMs = performance.now();
    let isDone = false;
    while (!isDone && performance.now() - begunMs < SLICE_MS) isDone = build.next().done === true;
    const ms = formerMs + performance.now() - begunMs;
    if (!isDone) {
      this.#timer = setTimeout(() => this.#continue(build, ms));
      return;
    }
    this.#timer = undefined;
    this.#pauseMs = ms * PAUSES;
    [this.#outline, this.#spare] = [this.#spare, this.#outline];
    this.tell();
    if (this.#isStale) this.#order(PAUSE_MS);
  }
}
