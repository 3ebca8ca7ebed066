import type { HostTurns } from './host-turns.js';
import type { AroundHop } from './page-source.js';
import type { KnownRobots, RobotsCache } from './robots-cache.js';

/** robots.txt does not allow it. */
export class RobotsDisallowedError extends Error {
  readonly code = 'ROBOTS_DISALLOWED';
}

export interface RobotsCheck extends Omit<KnownRobots, 'robots'> {
  isAllowed: boolean;
  rule: string | null;
}

export interface Visitor {
  userAgent: string;
  respectRobots: boolean;
  signal?: AbortSignal | undefined;
  /** For whom it is, as the status of the browsers shows. */
  taskId?: string | undefined;
}

/** A host that asks for more time between requests than this is not given more, or tasks would never end. */
const longestDelayMs = 30_000;

/** How sites are treated: asked first whether they want to be read, then one request at a time. */
export class Manners {
  constructor(
    private readonly robots: RobotsCache,
    private readonly turns: HostTurns,
  ) {}

  /** What robots.txt says of an address. @throws EgressRefusedError, HostNotFoundError, or the signal's reason */
  async check(url: URL, visitor: Visitor): Promise<RobotsCheck> {
    const { robots, ...known } = await this.#robotsOf(url, visitor);
    return { ...known, ...robots.decide(url) };
  }

  /** Surrounds what goes to an address; where robots.txt does not allow it, it throws RobotsDisallowedError. */
  around(visitor: Visitor): AroundHop {
    return async (url, go) => {
      let leastDelayMs = 0;
      if (visitor.respectRobots) {
        const { robots } = await this.#robotsOf(url, visitor);
        const { isAllowed, rule } = robots.decide(url);
        if (!isAllowed) throw new RobotsDisallowedError(disallowed(url, rule));
        leastDelayMs = Math.min(robots.crawlDelayMs, longestDelayMs);
      }
      return this.turns.run(url.host, go, { leastDelayMs, signal: visitor.signal });
    };
  }

  /** Nobody asks that host for so long. */
  putOff(url: URL, forMs: number): Promise<void> {
    return this.turns.putOff(url.host, forMs);
  }

  #robotsOf(url: URL, { userAgent, signal }: Visitor): Promise<KnownRobots> {
    const around: AroundHop = (hop, go) => this.turns.run(hop.host, go, { signal });
    return this.robots.of(url, { userAgent, around, signal });
  }
}

export function disallowed(url: URL, rule: string | null): string {
  return `The robots.txt of ${url.host} does not allow ${url.href}${rule ? ` ("${rule}")` : ''}.`;
}
