import { codeCount, lookedUpLength, markGrams } from './grams.js';
import { foldCase, searchedPieces, type SearchedStep } from './searchable-text.js';

/** Slots of a block as it is made. */
export const blockSlots = 512;
/** So many blocks are put together into one of the next level, which then has as many slots as a row of the index has bits. */
export const mergedBlocks = 16;
export const mergedSlots = blockSlots * mergedBlocks;

/** UTF-16 units that stand in one slot: with more, too many of its bits would be set to tell anything. */
const slotLength = 1000;

/** The text of a step in the pieces that slots take. */
export const slotPieces = (step: SearchedStep) => searchedPieces(step, slotLength, lookedUpLength);

/** Steps of one task in consecutive slots of a block. */
export interface SlotRun {
  taskId: string;
  firstSlot: number;
  firstSeqs: number[];
  lastSeqs: number[];
}

/**
 * A block of the index in the making. Each slot holds consecutive short steps of one task, or a piece of a long one; the bits say
 * of each code in which slots it occurs.
 */
export class SearchBlock {
  /** For each code its slots, the first one in the highest bit. */
  readonly #bits = Buffer.alloc((codeCount * blockSlots) / 8);
  /** Of each code the byte for the last eight slots: small enough to stay near the processor while they are marked. */
  readonly #column = new Uint8Array(codeCount);
  readonly runs: SlotRun[] = [];
  /** Slots in use. */
  size = 0;
  /** Units that the last slot holds. */
  #filled = 0;

  constructor(readonly number: number) {}

  get bits(): Buffer {
    this.#writeColumn();
    return this.#bits;
  }

  /** Takes in a piece of a step, or answers false where there is no room left. */
  add(taskId: string, seq: number, piece: string): boolean {
    if (!this.#takesInto(taskId, seq, piece.length)) {
      if (this.size === blockSlots) return false;
      this.#open(taskId, seq);
    }
    this.runs.at(-1)!.lastSeqs.splice(-1, 1, seq);
    this.#filled += piece.length;
    this.#mark(foldCase(piece));
    return true;
  }

  /** Whether the last slot has room for what follows it in the same task. */
  #takesInto(taskId: string, seq: number, length: number): boolean {
    const run = this.runs.at(-1);
    return run?.taskId === taskId && run.lastSeqs.at(-1) === seq - 1 && this.#filled + length <= slotLength;
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
    this.#filled = 0;
  }

  #mark(text: string): void {
    const column = this.#column;
    const bit = 0x80 >> ((this.size - 1) & 7);
    markGrams(text, (code) => {
      column[code]! |= bit;
    });
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
