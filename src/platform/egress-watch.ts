const windowMs = 60_000;
const mostKept = 200;

/** What became lately of the connections that this process opened on behalf of others. */
export interface EgressLately {
  opened: number;
  failed: number;
  /** How many hosts could not be reached. */
  failedHosts: number;
  /** When the last of them was tried, a moment of performance.now(); null = none was yet. */
  lastAt: number | null;
}

/** Remembers whether connections outwards could be opened; refusals by the guard are none. */
export class EgressWatch {
  #kept: { at: number; host: string; isOpen: boolean }[] = [];

  note(host: string, isOpen: boolean): void {
    if (this.#kept.length >= mostKept) this.#kept.shift();
    this.#kept.push({ at: performance.now(), host, isOpen });
  }

  /** Of the last minute, at most the last 200. */
  lately(): EgressLately {
    const since = performance.now() - windowMs;
    const lately = this.#kept.filter(({ at }) => at >= since);
    const failed = lately.filter(({ isOpen }) => !isOpen);
    return {
      opened: lately.length - failed.length,
      failed: failed.length,
      failedHosts: new Set(failed.map(({ host }) => host)).size,
      lastAt: this.#kept.at(-1)?.at ?? null,
    };
  }
}
