import { TooLateError, within } from '../../platform/time-limit.js';
import { Health } from './health.js';

/** What kinds of process there are: some answer requests, some run jobs, some do both. */
export type ProcessRole = 'api' | 'worker';

/** What one look at a component showed. */
export interface Finding {
  health: Health;
  /** In a sentence; null where there is nothing to say. */
  detail?: string | null;
  /** How long the component took to answer, milliseconds; null where nothing was measured. */
  latencyMs?: number | null;
  /** When this was seen, a moment of performance.now(); at the look unless told. */
  seenAt?: number;
}

/** Looks at one component, every few seconds, in each process of the role. */
export interface Probe {
  /** The component's name, as systemStatus shows it. */
  component: string;
  /** Which processes look at it; all of them unless told. */
  role?: ProcessRole;
  /** Null where nothing was there to be seen yet. What throws, or takes longer than two seconds, makes the component UNHEALTHY with the fault's message. */
  look: () => Promise<Finding | null>;
}

/** How a component was, and how long ago that is. */
export interface Look {
  name: string;
  health: Health;
  detail: string | null;
  latencyMs: number | null;
  /** Milliseconds between the look and the report that it is part of. */
  ageMs: number;
}

const timeoutMs = 2_000;
const longestDetail = 300;

/** One look, which never throws. `lookedAt` is a moment of performance.now(). */
export async function lookAt({
  component: name,
  look,
}: Probe): Promise<(Omit<Look, 'ageMs'> & { lookedAt: number }) | null> {
  try {
    const finding = await within(timeoutMs, look());
    if (!finding) return null;
    const { health, detail = null, latencyMs = null, seenAt = now() } = finding;
    return { name, health, detail: detail?.slice(0, longestDetail) ?? null, latencyMs, lookedAt: seenAt };
  } catch (error) {
    const latencyMs = error instanceof TooLateError ? timeoutMs : null;
    const detail = `It does not answer: ${messageOf(error)}`.slice(0, longestDetail);
    return { name, health: Health.UNHEALTHY, detail, latencyMs, lookedAt: now() };
  }
}

const now = () => performance.now();

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A connection that was refused on each of a name's addresses has no message of its own.
  return error.message.replace(/^Error: /, '') || (error as NodeJS.ErrnoException).code || error.name;
}
