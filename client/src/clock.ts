/** Tells the time since it was made by a clock that nobody sets, so that what takes time is never over before it began. */
export class Clock {
  readonly #madeAt = Date.now();
  readonly #made = performance.now();

  /** Milliseconds since 1970. */
  now(): number {
    return this.#madeAt + performance.now() - this.#made;
  }
}
