import { dollars, modelNamed, priced, typicalLatencyMs } from './models.js';
import { GivenUp, type Fault, type HumanAnswer, type Plan, type PlannedStep, type Question } from './plan.js';
import { providerFault } from './provider-faults.js';
import type { Random } from './random.js';

/** A message of a conversation, as chat models take them. */
export interface ChatMessage {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: string;
  name?: string;
  tool_calls?: ToolCall[];
}

export interface ToolCall {
  name: string;
  arguments: Record<string, unknown>;
}

export interface LlmCall {
  name: string;
  messages: readonly ChatMessage[];
  /** What the model says: text, calls of tools, or both. */
  reply: string | ToolCall[];
  /** Names of the tools it may call. */
  tools?: readonly string[];
  /** Another model than the agent's own. */
  model?: string;
  responseFormat?: string;
  /** Tokens of documents that go with the call and are not shown. */
  attachedTokens?: number;
  fault?: Fault;
}

export interface ToolUse {
  name: string;
  input?: unknown;
  output?: unknown;
  /** Average milliseconds. */
  takesMs: number;
  fault?: Fault;
  attributes?: Record<string, unknown>;
  costUsd?: number;
}

const charactersPerToken = 3.7;
/** Tokens that instructions and tool descriptions take, which are not shown in each step. */
const hiddenTokens = 1_640;

/** Where a plan makes its steps: keeps keys, nesting, and what a model call costs in time, tokens and money. */
export class Stage {
  #count = 0;
  #asked = 0;
  readonly #parents: string[] = [];
  /** Tokens of the conversation so far, by model: what a provider has in its cache. */
  readonly #cachedTokens = new Map<string, number>();

  constructor(
    readonly random: Random,
    /** The model of the version that the task runs; null for an agent without one. */
    readonly model: string | null,
  ) {}

  /** A step of any type, named and keyed in the order of making. */
  step(type: PlannedStep['type'], use: ToolUse): PlannedStep {
    this.#count += 1;
    const { name, input, output, takesMs, fault, attributes, costUsd } = use;
    return {
      key: `${String(this.#count).padStart(2, '0')}-${keyOf(name)}`,
      parentKey: this.#parents.at(-1) ?? null,
      type,
      name,
      durationMs: Math.max(1, this.random.near(takesMs)),
      input,
      attributes,
      ...(fault ? { fault } : { output }),
      ...(costUsd === undefined ? {} : { usage: { costUsd: dollars(costUsd) } }),
    };
  }

  /** One step on its own. */
  *do(type: PlannedStep['type'], use: ToolUse): Plan<void> {
    yield { kind: 'STEPS', steps: [this.step(type, use)] };
  }

  tool(use: ToolUse): Plan<void> {
    return this.do('TOOL', use);
  }

  message(from: string, content: string, attributes: Record<string, unknown> = {}): Plan<void> {
    return this.do('MESSAGE', { name: from, output: { role: from, content }, takesMs: 30, attributes });
  }

  *together(steps: PlannedStep[]): Plan<void> {
    yield { kind: 'STEPS', steps };
  }

  *progress(progress: number, message: string): Plan<void> {
    yield { kind: 'PROGRESS', progress, message };
  }

  /** A tool that fails, and is called again after a pause; where it fails to the end, the task does. */
  *retried(use: ToolUse, fault: Fault, failures: number, mostAttempts = 3): Plan<void> {
    for (let attempt = 1; attempt <= mostAttempts; attempt++) {
      const fails = attempt <= failures;
      yield* this.tool({
        ...use,
        ...(fails ? { fault } : {}),
        attributes: { ...use.attributes, attempt },
      });
      if (!fails) return;
      if (attempt < mostAttempts) yield { kind: 'PAUSE', durationMs: 600 * 2 ** attempt };
    }
    throw new GivenUp(fault);
  }

  /** A call of a model; now and then the provider has a bad moment, and the call is made again. */
  *llm(call: LlmCall): Plan<void> {
    const step = this.llmStep(call);
    if (!call.fault && this.random.chance(0.03)) {
      const { fault, afterMs } = providerFault(this.random, step.provider ?? '', step.model ?? '');
      const { output: _output, usage: _usage, ...failed } = { ...step, fault, durationMs: afterMs };
      yield { kind: 'STEPS', steps: [failed] };
      yield { kind: 'PAUSE', durationMs: this.random.near(2200) };
      const again = { ...step, key: `${step.key}-again`, attributes: { attempt: 2, retryOf: step.key } };
      yield { kind: 'STEPS', steps: [again] };
      return;
    }
    yield { kind: 'STEPS', steps: [step] };
    if (call.fault) throw new GivenUp(call.fault);
  }

  llmStep(call: LlmCall): PlannedStep {
    const { messages, reply, tools, responseFormat, attachedTokens = 0, fault } = call;
    const name = call.model ?? this.model ?? 'gpt-4o-mini';
    const model = modelNamed(name);
    const text = typeof reply === 'string' ? reply : JSON.stringify(reply);
    const reasoningTokens = model.reasons ? Math.round(this.random.near(900, 0.6)) : 0;
    const outputTokens = tokensOf(text) + reasoningTokens + 6;
    const inputTokens = hiddenTokens + attachedTokens + tokensOf(JSON.stringify(messages));
    const usage = priced(model, {
      inputTokens,
      ...this.#cacheUse(name, inputTokens - attachedTokens),
      outputTokens,
      ...(model.reasons ? { reasoningTokens } : {}),
    });
    const step = this.step('LLM', {
      name: call.name,
      takesMs: typicalLatencyMs(model, outputTokens),
      input: { messages, ...(tools ? { tools } : {}), ...(responseFormat ? { responseFormat } : {}) },
      output: {
        role: 'assistant',
        ...(typeof reply === 'string' ? { content: reply } : { content: null, tool_calls: reply }),
      },
      ...(fault ? { fault } : {}),
    });
    const provider = model.provider === 'unknown' ? {} : { provider: model.provider };
    return { ...step, ...provider, model: name, ...(fault ? {} : { usage }) };
  }

  /** A step within which the body's steps happen; it fails with them. */
  *within<Result>(
    type: PlannedStep['type'],
    name: string,
    input: unknown,
    body: () => Plan<Result>,
    /** What the step answers; nothing unless told. */
    outputOf: (result: Result) => unknown = () => undefined,
  ): Plan<Result> {
    const step = this.step(type, { name, input, takesMs: 1 });
    yield { kind: 'OPEN', step };
    this.#parents.push(step.key);
    try {
      const result = yield* body();
      yield { kind: 'CLOSE', step: { ...step, output: outputOf(result) } };
      return result;
    } catch (error) {
      if (error instanceof GivenUp) yield { kind: 'CLOSE', step: { ...step, fault: error.fault } };
      throw error;
    } finally {
      this.#parents.pop();
    }
  }

  /** Asks a human and waits; where nobody answers, the task is given up. */
  *ask(question: Omit<Question, 'key' | 'thinkingMs' | 'isForViewer'>): Plan<HumanAnswer> {
    this.#asked += 1;
    const answer = yield {
      kind: 'ASK',
      question: {
        ...question,
        key: `human-${this.#asked}`,
        thinkingMs: this.random.near(14_000),
        isForViewer: this.random.chance(0.35),
      },
    };
    if (answer === undefined || answer.status === 'EXPIRED') {
      throw new GivenUp({ code: 'approval_timed_out', message: 'Nobody answered the question in time.' });
    }
    return answer;
  }

  /** What the provider reads from its cache, and what it puts there: the conversation so far, where it is long enough. */
  #cacheUse(model: string, talkTokens: number) {
    const known = this.#cachedTokens.get(model) ?? 0;
    const writes = modelNamed(model).prices?.cacheWrite !== undefined;
    const kept = talkTokens < 1024 ? 0 : talkTokens - (talkTokens % 128);
    this.#cachedTokens.set(model, kept);
    const cachedInputTokens = Math.min(known, kept);
    return {
      cachedInputTokens,
      ...(writes && kept > known ? { cacheWriteTokens: kept - known } : {}),
    };
  }
}

function tokensOf(text: string): number {
  return Math.ceil(text.length / charactersPerToken);
}

function keyOf(name: string): string {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return words.join('-').slice(0, 40);
}
