/** Nothing is known of the step yet. */
export const UNKNOWN = -2_147_483_648;
/** More keys than these are forgotten again, the oldest first: they can be asked for. */
const MOST_KEYS = 50_000;

/**
 * Which step of a task happened within which, apart from what the steps hold: a number for each, so that all of a million have
 * room. Steps may be told of before their parents; they wait for these by their keys.
 */
export class StepShape {
  #parents = new Int32Array(1_024).fill(UNKNOWN);
  #count = 0;
  /** Of steps that came live, and of what was asked for. */
  readonly #seqByKey = new Map<string, number>();
  readonly #placeByKey = new Map<string, number>();
  /** By the key's place: those that wait for it. */
  readonly #waiting: number[][] = [];

  /** The highest number that is known or named as a parent. */
  get count(): number {
    return this.#count;
  }

  /** By the step's number: the number of its parent, 0 = none, UNKNOWN, or another below 0 where its parent is not there. */
  get parents(): Int32Array {
    return this.#parents;
  }

  knows(seq: number): boolean {
    return seq <= this.#count && this.#parents[seq] !== UNKNOWN;
  }

  /** The numbers of the steps within which that one happened, as far as they are known, the nearest first. */
  ancestorsOf(seq: number): Set<number> {
    const ancestors = new Set<number>();
    // Agents may name steps as each other's parents.
    for (let at = this.#parentOf(seq); at > 0 && !ancestors.has(at); at = this.#parentOf(at)) {
      ancestors.add(at);
    }
    ancestors.delete(seq);
    return ancestors;
  }

  /**
   * Takes over the parents of consecutive steps, as the API tells them. What is known already came live and is newer, or will be
   * told anew.
   */
  learn(fromSeq: number, parents: readonly number[], awaitedKeys: readonly string[]): void {
    this.#reserve(fromSeq + parents.length - 1);
    parents.forEach((parent, index) => {
      const seq = fromSeq + index;
      if (this.#parents[seq] !== UNKNOWN) return;
      if (parent >= 0) this.#put(seq, parent);
      else this.place(seq, awaitedKeys[-parent - 1] ?? null);
    });
  }

  /** The step of that key is known: those that waited for it are below it from now on. */
  meet(key: string, seq: number): void {
    this.#seqByKey.set(key, seq);
    const place = this.#placeByKey.get(key);
    if (place === undefined) return;
    for (const child of this.#waiting[place - 1] ?? []) {
      // Others have been told of with another parent since.
      if (this.#parents[child] === -place) this.#put(child, seq);
    }
    this.#placeByKey.delete(key);
    this.#waiting[place - 1] = [];
  }

  /** Whether it is known which step a parent's key names, or that there is none yet. */
  canPlace(parentKey: string | null): boolean {
    return parentKey === null || this.#seqByKey.has(parentKey) || this.#placeByKey.has(parentKey);
  }

  /** There is no step of that key yet. */
  miss(key: string): void {
    if (!this.canPlace(key)) this.#placeByKey.set(key, this.#waiting.push([]));
  }

  /** Puts a step below the one of that key. */
  place(seq: number, parentKey: string | null): void {
    this.#reserve(seq);
    const parent = parentKey === null ? 0 : this.#seqByKey.get(parentKey);
    if (parentKey === null || parent !== undefined) return this.#put(seq, parent ?? 0);
    this.miss(parentKey);
    const place = this.#placeByKey.get(parentKey) ?? 0;
    if (this.#parents[seq] === -place) return;
    this.#put(seq, -place);
    this.#waiting[place - 1]?.push(seq);
  }

  /** Lets keys go that are not likely to be named any more; not while parents are being read that may wait for them. */
  forgetKeys(): void {
    for (const key of this.#seqByKey.keys()) {
      if (this.#seqByKey.size <= MOST_KEYS) break;
      this.#seqByKey.delete(key);
    }
  }

  #parentOf(seq: number): number {
    return seq <= this.#count ? (this.#parents[seq] ?? 0) : 0;
  }

  #put(seq: number, parent: number): void {
    this.#reserve(parent);
    this.#parents[seq] = parent;
    this.#count = Math.max(this.#count, seq, parent);
  }

  #reserve(seq: number): void {
    if (seq < this.#parents.length) return;
    const grown = new Int32Array(Math.ceil(seq * 1.5) + 1).fill(UNKNOWN);
    grown.set(this.#parents);
    this.#parents = grown;
  }
}
