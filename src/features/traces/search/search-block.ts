import { codeCount, lookedUpLength, markGramsAt } from './grams.js';
import { foldCase, searchedPieces, type SearchedStep } from './searchable-text.js';

/** Slots of a block as it is made. */
export const blockSlots = 512;
/** So many blocks are put together into one of the next level, which then has as many slots as a row of the index has bits. */
export const mergedBlocks = 16;
export const mergedSlots = blockSlots * mergedBlocks;

/** Codes that a slot has at most, about: with more of its bits set, they would tell too little. 300 to 1,000 units have them. */
const slotCodes = 2600;
/** So many codes a letter of text adds to a slot, about. */
const codesPerLetter = 3;
const pieceLength = 4096;

/** The text of a step in pieces of bounded length, for a block to take in. */
export const slotPieces = (step: SearchedStep) => searchedPieces(step, pieceLength, lookedUpLength);

/** Steps of one task in consecutive slots of a block. */
export interface SlotRun {
  taskId: string;
  firstSlot: number;
  firstSeqs: number[];
  lastSeqs: number[];
}

/**
 * A block of the index in the making. Each slot holds the text of consecutive steps of one task, from the middle of one to the
 * middle of another, as the slot before was full; the bits say of each code in which slots it occurs.
 */
export class SearchBlock {
  /** For each code its slots, the first one in the highest bit. */
  readonly #bits = Buffer.alloc((codeCount * blockSlots) / 8);
  /** Of each code the byte for the last eight slots: small enough to stay near the processor while they are marked. */
  readonly #column = new Uint8Array(codeCount);
  readonly runs: SlotRun[] = [];
  /** Slots in use. */
  size = 0;
  /** Codes that the last slot has. */
  #codes = 0;

  constructor(readonly number: number) {}

  get bits(): Buffer {
    this.#writeColumn();
    return this.#bits;
  }

  /**
   * Takes in a piece of a step.
   * @returns what of it found no room, to be taken in by another block; empty = none
   */
  add(taskId: string, seq: number, piece: string): string {
    const text = foldCase(piece);
    for (let from = 0; ;) {
      if (!this.#takesInto(taskId, seq, text.length - from)) {
        if (this.size === blockSlots) return piece.slice(from);
        this.#open(taskId, seq);
      }
      this.runs.at(-1)!.lastSeqs.splice(-1, 1, seq);
      const end = this.#mark(text, from);
      if (end === text.length) return '';
      // So that every word that is looked up stands whole in one slot.
      from = Math.max(from, end - lookedUpLength);
    }
  }

  /** Whether the last slot has room for what follows it in the same task: for all of a step that begins, or half of a slot. */
  #takesInto(taskId: string, seq: number, length: number): boolean {
    const run = this.runs.at(-1);
    if (run?.taskId !== taskId) return false;
    const last = run.lastSeqs.at(-1)!;
    if (last === seq) return this.#codes < slotCodes;
    return (
      last === seq - 1 && (this.#codes < slotCodes / 2 || this.#codes + length * codesPerLetter < slotCodes)
    );
  }

  #open(taskId: string, seq: number): void {
    let run = this.runs.at(-1);
    if (run?.taskId !== taskId) {
      run = { taskId, firstSlot: this.number * blockSlots + this.size, firstSeqs: [], lastSeqs: [] };
      this.runs.push(run);
    }
    run.firstSeqs.push(seq);
    run.lastSeqs.push(seq);
    if (this.size % 8 === 0 && this.size > 0) {
      this.#writeColumn();
      this.#column.fill(0);
    }
    this.size++;
    this.#codes = 0;
  }

  /** Marks what begins at a place or after it, and answers where the slot was full: what begins there is not in it. */
  #mark(text: string, from: number): number {
    const column = this.#column;
    const bit = 0x80 >> ((this.size - 1) & 7);
    let codes = this.#codes;
    const mark = (code: number) => {
      if (column[code]! & bit) return;
      column[code]! |= bit;
      codes++;
    };
    let at = from;
    while (at < text.length && codes < slotCodes) markGramsAt(text, at++, mark);
    this.#codes = codes;
    return at;
  }

  #writeColumn(): void {
    const bytes = blockSlots / 8;
    let at = Math.max(0, this.size - 1) >> 3;
    for (const byte of this.#column) {
      this.#bits[at] = byte;
      at += bytes;
    }
  }
}
