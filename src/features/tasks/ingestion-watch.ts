/** Knows for how long the calls that take steps in have been under way, however they are told. */
export class IngestionWatch {
  /** When each call that is under way began, the oldest first. */
  readonly #begun = new Set<{ at: number }>();

  /** For how long the oldest call that is under way has been so, milliseconds; 0 where none is. */
  get longestMs(): number {
    const [oldest] = this.#begun;
    return oldest ? performance.now() - oldest.at : 0;
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    const call = { at: performance.now() };
    this.#begun.add(call);
    try {
      return await work();
    } finally {
      this.#begun.delete(call);
    }
  }
}
