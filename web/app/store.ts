/** What React follows with useSyncExternalStore: it tells its listeners of each change. */
export abstract class Store {
  readonly #listeners = new Set<() => void>();
  #version = 0;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Another number after each change; for stores whose state is no single value. */
  readonly version = (): number => this.#version;

  protected tell(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}
