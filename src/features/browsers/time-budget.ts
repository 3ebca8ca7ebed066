/** A time limit that stands still while somebody else is waited for. */
export class TimeBudget {
  #timer: NodeJS.Timeout | undefined;
  #since = 0;
  #spentMs = 0;

  constructor(
    private readonly limitMs: number,
    private readonly onSpent: () => void,
  ) {}

  /** Milliseconds that ran so far. */
  get spentMs(): number {
    return this.#spentMs + (this.#timer ? performance.now() - this.#since : 0);
  }

  get remainingMs(): number {
    return Math.max(0, this.limitMs - this.spentMs);
  }

  run(): void {
    if (this.#timer) return;
    this.#timer = setTimeout(this.onSpent, this.remainingMs);
    this.#since = performance.now();
  }

  pause(): void {
    this.#spentMs = this.spentMs;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
