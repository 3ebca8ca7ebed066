import { warn, type Problem } from './problem.js';

/** The agent that does the work, by its name; it appears in the project by itself. */
export interface AgentOptions {
  /** Unique within the project, 1 to 200 characters. */
  name: string;
  /** LLM unless told. */
  kind?: 'LLM' | 'SCRAPER' | 'META' | 'CUSTOM';
  description?: string;
  provider?: string;
  model?: string;
}

export interface BinnacleOptions {
  /** The server's address. BINNACLE_URL unless told, else http://127.0.0.1:4000. */
  url?: string | undefined;
  /** An API key of scope INGEST. BINNACLE_API_KEY unless told; with neither, nothing is reported, which is told once. */
  apiKey?: string | undefined;
  /** The agent whose tasks these are, by its name; each task may name another. "agent" unless told. */
  agent?: string | AgentOptions | undefined;
  /** Gets each problem with reporting; a line on the console unless told. What it throws is ignored. */
  onProblem?: ((problem: Problem) => void) | undefined;
  /** How long a step may wait for others to go in the same call, milliseconds. 250 unless told. */
  flushIntervalMs?: number | undefined;
  /** Steps in one call; 1,000 is the most that the server takes, and what is taken unless told. */
  maxBatchSteps?: number | undefined;
  /** UTF-8 bytes of the steps in one call; one larger step goes alone. 524,288 unless told. */
  maxBatchBytes?: number | undefined;
  /** UTF-8 bytes of one input, output or attributes; what exceeds it is left out. 1,048,576 unless told. */
  maxPayloadBytes?: number | undefined;
  /** Reports that may wait for the server; further ones are dropped, and counted. 20,000 unless told. */
  maxQueuedReports?: number | undefined;
  /** UTF-8 bytes that may wait for the server; further ones are dropped, and counted. 33,554,432 unless told. */
  maxQueuedBytes?: number | undefined;
  /** Calls under way at the same time; each task has one at most. 4 unless told. */
  maxConcurrency?: number | undefined;
  /** The longest that awaiting a report holds the agent up when the queue is half full, milliseconds. 5,000 unless told. */
  maxWaitMs?: number | undefined;
  /** How long one call may take before it is sent again, milliseconds. 30,000 unless told. */
  requestTimeoutMs?: number | undefined;
  /** The longest pause between attempts when the server is away, milliseconds. 30,000 unless told. */
  maxRetryDelayMs?: number | undefined;
  /** How long a program that ends by itself stays to deliver what is left, milliseconds. 5,000 unless told. */
  exitFlushMs?: number | undefined;
  /** In place of the runtime's own. */
  fetch?: typeof globalThis.fetch | undefined;
}

type Bounds = Omit<BinnacleOptions, 'url' | 'apiKey' | 'agent' | 'onProblem' | 'fetch'>;

export interface Settings extends Required<{ [Name in keyof Bounds]: number }> {
  url: string;
  apiKey: string | undefined;
  agent: AgentOptions;
  onProblem: (problem: Problem) => void;
  fetch: typeof globalThis.fetch;
}

const standards: Required<{ [Name in keyof Bounds]: number }> = {
  flushIntervalMs: 250,
  maxBatchSteps: 1000,
  maxBatchBytes: 524_288,
  maxPayloadBytes: 1_048_576,
  maxQueuedReports: 20_000,
  maxQueuedBytes: 33_554_432,
  maxConcurrency: 4,
  maxWaitMs: 5000,
  requestTimeoutMs: 30_000,
  maxRetryDelayMs: 30_000,
  exitFlushMs: 5000,
};

/** What timers hold; they end at once where they are set longer, also to Infinity. */
export const longestTimerMs = 2_147_483_647;

interface Runtime {
  process?: { env?: Record<string, string | undefined> };
}

/** The options with their defaults; a number that is none, or is negative, counts as left out. Times may be Infinity. */
export function resolveOptions(options: BinnacleOptions): Settings {
  const env = (globalThis as Runtime).process?.env ?? {};
  const bounds = Object.fromEntries(
    Object.entries(standards).map(([name, standard]) => {
      const given = options[name as keyof Bounds];
      const bound = typeof given === 'number' && given >= 0 ? given : standard;
      return [name, name.endsWith('Ms') ? Math.min(bound, longestTimerMs) : bound];
    }),
  ) as typeof standards;
  const { agent = 'agent' } = options;
  return {
    ...bounds,
    maxBatchSteps: Math.min(Math.max(Math.trunc(bounds.maxBatchSteps), 1), 1000),
    maxConcurrency: Math.max(Math.trunc(bounds.maxConcurrency), 1),
    url: options.url || env.BINNACLE_URL || 'http://127.0.0.1:4000',
    apiKey: options.apiKey || env.BINNACLE_API_KEY || undefined,
    agent: typeof agent === 'string' ? { name: agent } : agent,
    onProblem: options.onProblem ?? warn,
    fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
  };
}
