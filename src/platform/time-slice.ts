const sliceMs = 5;

/** Long work in slices: between them requests are answered. */
export class TimeSlice {
  #begunAt = performance.now();

  /** A pause to wait for, where the work has gone on for long enough; undefined where it may go on. */
  pause(): Promise<void> | undefined {
    if (performance.now() - this.#begunAt < sliceMs) return undefined;
    return new Promise((resolve) =>
      setImmediate(() => {
        this.#begunAt = performance.now();
        resolve();
      }),
    );
  }
}
