import type { Random } from './random.js';

/** What made-up agents do, apart from when and where: a plan says what comes next, and something else plays it. */

export type StepType =
  | 'AGENT'
  | 'LLM'
  | 'TOOL'
  | 'RETRIEVAL'
  | 'EMBEDDING'
  | 'RERANK'
  | 'GUARDRAIL'
  | 'EVALUATION'
  | 'MESSAGE'
  | 'SYSTEM'
  | 'HUMAN';

/** As the API takes errors. */
export interface Fault {
  message: string;
  code?: string;
  httpStatus?: number;
  type?: string;
}

/** What a model call used; what is left out is unknown. Costs in US dollars. */
export interface Usage {
  inputTokens?: number;
  cachedInputTokens?: number;
  cacheWriteTokens?: number;
  outputTokens?: number;
  reasoningTokens?: number;
  costUsd?: number;
}

export interface PlannedStep {
  key: string;
  parentKey: string | null;
  type: StepType;
  name: string;
  /** How long it takes, in made-up milliseconds; steps within which others happen last as long as these. */
  durationMs: number;
  provider?: string;
  model?: string;
  input?: unknown;
  attributes?: unknown;
  /** Known when it ends, as is what follows. */
  output?: unknown;
  fault?: Fault;
  usage?: Usage;
}

/** A question to a human, and what the pretend operator would say to it. */
export interface Question {
  key: string;
  kind: 'APPROVAL' | 'QUESTION' | 'TAKEOVER';
  reason: string;
  question: unknown;
  pretend: HumanAnswer;
  /** How long the pretend operator thinks, in made-up milliseconds. */
  thinkingMs: number;
  /** Whether the pretend operator leaves it to the person who looks, where few others are left. */
  isForViewer: boolean;
}

export interface HumanAnswer {
  /** EXPIRED: nobody answered. */
  status: 'APPROVED' | 'REJECTED' | 'ANSWERED' | 'EXPIRED';
  answer: unknown;
}

export type Action =
  /** Steps that run at the same time; the plan goes on when the last has ended. */
  | { kind: 'STEPS'; steps: PlannedStep[] }
  /** A step within which others happen, until it is closed. */
  | { kind: 'OPEN'; step: PlannedStep }
  | { kind: 'CLOSE'; step: PlannedStep }
  | { kind: 'PAUSE'; durationMs: number }
  | { kind: 'PROGRESS'; progress: number; message: string }
  | { kind: 'ASK'; question: Question };

/** How a task ends. */
export interface Outcome {
  status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'CANCELLED';
  output?: unknown;
  error?: Fault;
}

/** Actions one after another; the answer of a human is passed in after ASK. */
export type Plan<Result = Outcome> = Generator<Action, Result, HumanAnswer | undefined>;

/** Thrown within a plan where the agent can do no more: the open steps and the task end with this fault. */
export class GivenUp extends Error {
  override readonly name = 'GivenUp';

  constructor(
    readonly fault: Fault,
    readonly status: Outcome['status'] = 'FAILED',
  ) {
    super(fault.message);
  }
}

/** One piece of work, as a task is made of it. */
export interface Job {
  name: string;
  type: string;
  input: unknown;
  tags: string[];
  priority?: number;
  /** @param model of the version that runs it */
  plan: (model: string | null) => Plan;
}

/** What an agent version runs with. */
export interface AgentSetup {
  provider?: string;
  model?: string;
  config: Record<string, unknown>;
}

/** A made-up agent. */
export interface AgentScript {
  name: string;
  kind: 'LLM' | 'SCRAPER' | 'CUSTOM';
  description: string;
  setup: AgentSetup;
  /** How many of the fleet's tasks are its own, compared with the others. */
  share: number;
  /** The version that it publishes after so many tasks of a run. */
  next?: { afterTasks: number; note: string; setup: AgentSetup };
  /** The next job; all that it draws from `random` is the same for the same random. */
  job: (random: Random) => Job;
}
