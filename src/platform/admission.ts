import { UnavailableError } from './errors.js';

interface Waiting {
  owner: string;
  enter: () => void;
  turnAway: () => void;
  timer: NodeJS.Timeout;
}

/**
 * Lets so many in at a time; some more wait outside for a while, and those past that are turned away with the word when to come
 * back. What is let in takes memory, what waits does not. Owners share it fairly: whoever has fewest inside is next, and where no
 * more may wait, the owner with most waiting makes room.
 */
export class Admission {
  #inside: string[] = [];
  readonly #waiting = new Set<Waiting>();

  constructor(private readonly limits: { atOnce: number; mostWaiting: number; mostWaitMs: number }) {}

  /**
   * @param owner of the work: a project, say
   * @throws UnavailableError where nobody can be let in for now
   */
  async run<T>(owner: string, work: () => Promise<T>): Promise<T> {
    await this.#enter(owner);
    try {
      return await work();
    } finally {
      this.#leave(owner);
    }
  }

  #enter(owner: string): Promise<void> | undefined {
    if (this.#inside.length < this.limits.atOnce) {
      this.#inside.push(owner);
      return undefined;
    }
    const { mostWaiting, mostWaitMs } = this.limits;
    const busy = new UnavailableError(
      'More is being sent than can be taken in just now; send it again in a moment.',
    );
    if (this.#waiting.size >= mostWaiting && !this.#makeRoom(owner)) throw busy;
    return new Promise((resolve, reject) => {
      const turnAway = () => {
        this.#remove(waiting);
        reject(busy);
      };
      const waiting: Waiting = { owner, enter: resolve, turnAway, timer: setTimeout(turnAway, mostWaitMs) };
      this.#waiting.add(waiting);
    });
  }

  /** Turns away the latest of the owner with most waiting, unless the one who comes would then have as many. */
  #makeRoom(owner: string): boolean {
    const counts = countBy([...this.#waiting].map((waiting) => waiting.owner));
    const [first, most] = [...counts].reduce((one, other) => (other[1] > one[1] ? other : one), ['', 0]);
    if (most <= (counts.get(owner) ?? 0) + 1) return false;
    const latest = [...this.#waiting].findLast((waiting) => waiting.owner === first);
    latest?.turnAway();
    return true;
  }

  #leave(owner: string): void {
    this.#inside.splice(this.#inside.indexOf(owner), 1);
    const counts = countBy(this.#inside);
    const inside = ({ owner }: Waiting) => counts.get(owner) ?? 0;
    let next: Waiting | undefined;
    // Of equals, whoever has waited longest.
    for (const waiting of this.#waiting) if (!next || inside(waiting) < inside(next)) next = waiting;
    if (!next) return;
    this.#remove(next);
    this.#inside.push(next.owner);
    next.enter();
  }

  #remove(waiting: Waiting): void {
    clearTimeout(waiting.timer);
    this.#waiting.delete(waiting);
  }
}

function countBy(owners: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const owner of owners) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return counts;
}
