import { UNKNOWN, type StepShape } from './step-shape';

/** After so many steps, whoever builds may take a breath. */
const STEPS_BETWEEN = 8_192;

/**
 * The order in which steps stand below those that they happened within; siblings in the order of their numbers. A step whose
 * parent is not there stands at the top; of steps that name each other as parents, the first one does.
 */
export class StepOutline {
  #seqs = new Int32Array(0);
  #depths = new Int32Array(0);
  /** By number, as all that follow: counted from 1; 0 = not shown. */
  #places = new Int32Array(0);
  #parents = new Int32Array(0);
  #firstChildren = new Int32Array(0);
  #nextSiblings = new Int32Array(0);
  #count = 0;

  /** How many steps are shown. */
  get count(): number {
    return this.#count;
  }

  /** Below 0 where there is none. */
  seqAt(index: number): number {
    return index < this.#count ? (this.#seqs[index] ?? -1) : -1 - index;
  }

  depthAt(index: number): number {
    return this.#depths[index] ?? 0;
  }

  /** -1 = not shown. */
  indexOf(seq: number): number {
    return (this.#places[seq] ?? 0) - 1;
  }

  /** Where a step stands, or the folded one that it lies in; -1 = it is not there at all. */
  indexNear(seq: number): number {
    for (let at = seq; at > 0; at = this.#parents[at] ?? 0) {
      if (this.indexOf(at) >= 0) return this.indexOf(at);
    }
    return -1;
  }

  /** 0 = it stands at the top. */
  parentOf(seq: number): number {
    return Math.max(this.#parents[seq] ?? 0, 0);
  }

  hasChildren(seq: number): boolean {
    return (this.#firstChildren[seq] ?? 0) > 0;
  }

  /**
   * Orders all steps anew; a generator, so that it need not be done in one go. Until it is done, nothing here holds;
   * what the shape learns meanwhile may be in it or not.
   * @param isFolded whether what happened within the step of that number is left out
   */
  *build(shape: StepShape, isFolded: (seq: number) => boolean): Generator<void> {
    const { count, parents } = shape;
    this.#reserve(count);
    const mayHaveCircles = yield* this.#readParents(parents, count);
    if (mayHaveCircles) yield* this.#cutCircles(count);
    yield* this.#linkChildren(count);
    yield* this.#order(isFolded);
  }

  /** Of a step that only others have told of as their parent, no parent is known. @returns whether circles are possible */
  *#readParents(told: Int32Array, count: number): Generator<void, boolean> {
    const parents = this.#parents;
    parents.fill(-1);
    let isAnyBefore = false;
    let isAnyAfter = false;
    let isAnyItself = false;
    for (let seq = 1; seq <= count; seq++) {
      if (seq % STEPS_BETWEEN === 0) yield;
      const parent = told[seq] ?? UNKNOWN;
      if (parent === UNKNOWN) continue;
      parents[seq] = Math.max(parent, 0);
      if (parent <= 0) continue;
      if (told[parent] === UNKNOWN) parents[parent] = 0;
      if (parent < seq) isAnyBefore = true;
      else if (parent > seq) isAnyAfter = true;
      else isAnyItself = true;
    }
    return isAnyItself || (isAnyBefore && isAnyAfter);
  }

  *#cutCircles(count: number): Generator<void> {
    const parents = this.#parents;
    // Not needed for anything else yet.
    const seenFrom = this.#nextSiblings.fill(0);
    let steps = 0;
    for (let seq = 1; seq <= count; seq++) {
      let at = seq;
      while (at > 0 && seenFrom[at] === 0) {
        seenFrom[at] = seq;
        at = parents[at] ?? 0;
        if (++steps % STEPS_BETWEEN === 0) yield;
      }
      if (at <= 0 || seenFrom[at] !== seq) continue;
      let first = at;
      for (let next = parents[at] ?? 0; next !== at; next = parents[next] ?? 0) first = Math.min(first, next);
      parents[first] = 0;
    }
  }

  *#linkChildren(count: number): Generator<void> {
    const parents = this.#parents;
    const firstChildren = this.#firstChildren.fill(0);
    const nextSiblings = this.#nextSiblings;
    for (let seq = count; seq >= 1; seq--) {
      if (seq % STEPS_BETWEEN === 0) yield;
      const parent = parents[seq] ?? -1;
      if (parent < 0) continue;
      nextSiblings[seq] = firstChildren[parent] ?? 0;
      firstChildren[parent] = seq;
    }
  }

  *#order(isFolded: (seq: number) => boolean): Generator<void> {
    const [parents, firstChildren, nextSiblings] = [this.#parents, this.#firstChildren, this.#nextSiblings];
    const [seqs, depths] = [this.#seqs, this.#depths];
    const places = this.#places.fill(0);
    let count = 0;
    let depth = 0;
    let at = firstChildren[0] ?? 0;
    while (at > 0) {
      seqs[count] = at;
      depths[count] = depth;
      places[at] = ++count;
      if (count % STEPS_BETWEEN === 0) yield;
      const child = firstChildren[at] ?? 0;
      if (child > 0 && !isFolded(at)) {
        at = child;
        depth += 1;
        continue;
      }
      while (at > 0 && nextSiblings[at] === 0) {
        at = parents[at] ?? 0;
        depth -= 1;
      }
      if (at > 0) at = nextSiblings[at] ?? 0;
    }
    this.#count = count;
  }

  #reserve(count: number): void {
    if (count < this.#seqs.length) return;
    const size = Math.ceil(count * 1.5) + 1;
    this.#seqs = new Int32Array(size);
    this.#depths = new Int32Array(size);
    this.#places = new Int32Array(size);
    this.#parents = new Int32Array(size);
    this.#firstChildren = new Int32Array(size);
    this.#nextSiblings = new Int32Array(size);
  }
}
