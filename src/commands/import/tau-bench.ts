import { basename } from 'node:path';
import { readRecord } from './tau-bench-record.js';
import type { FieldProblem, TauBenchMessage, TauBenchRecord, TauBenchToolCall } from './tau-bench-record.js';

/** What the name of a τ-bench file tells about the runs in it; null is what it does not tell. */
export interface TauBenchSource {
  agentName: string;
  provider: string | null;
  model: string | null;
  /** The type of the tasks: the domain (airline, retail), else "tau-bench". */
  taskType: string;
}

/** A step as `recordSteps` takes it. When it began and ended is not known of these runs, so it is not said. */
export interface ImportedStep {
  key: string;
  parentKey?: string;
  type: 'LLM' | 'TOOL' | 'MESSAGE' | 'SYSTEM';
  name: string;
  status: 'SUCCEEDED' | 'FAILED';
  provider?: string;
  model?: string;
  input?: unknown;
  output?: unknown;
  error?: { message: string; type: string };
  attributes?: Record<string, unknown>;
}

/** A hand-over to people, as `requestIntervention` takes it. */
export interface ImportedTakeover {
  key: string;
  reason: string;
  question: unknown;
}

/** What happened in a run, in order; `message` is the index in traj of the message that tells it. */
export type ImportedAction =
  | { kind: 'STEP'; message: number; step: ImportedStep }
  | { kind: 'TAKEOVER'; message: number; takeover: ImportedTakeover };

/** A run as it goes to Binnacle: one task. */
export interface ImportedRun {
  taskId: number;
  trial: number;
  name: string;
  type: string;
  tags: string[];
  input: { system: unknown; instruction: string | null };
  actions: ImportedAction[];
  status: 'SUCCEEDED' | 'FAILED';
  output: { reward: number; rewardInfo: unknown };
  error: { message: string; type: string } | null;
}

const TAKEOVER_FUNCTION = 'transfer_to_human_agents';
/** What a reason or an error says at most; the whole text stands in the step's output, or in the question. */
const LONGEST_REASON = 1000;
/** Names under which OpenAI sells its models: elsewhere in a file's name could stand anything. */
const OPENAI_MODEL =
  /^(gpt-\d+(\.\d+)?o?(-(mini|nano|turbo|pro))?|o\d(-(mini|pro))?)(-preview)?(-\d{4}(-\d\d-\d\d)?)?$/;

/**
 * Reads `MODEL-DOMAIN.json`, as published runs are called, and `STRATEGY-MODEL-TEMPERATURE_range_….json`, as τ-bench
 * calls what it writes. Of a published name, only an OpenAI model is certain to be the model's own name.
 */
export function describeSource(path: string): TauBenchSource {
  const stem = basename(path).replace(/\.(json|jsonl|ndjson)$/i, '');
  const published = /^(?<label>.+)-(?<domain>airline|retail)$/.exec(stem)?.groups;
  const written = /^(?:tool-calling|act|react|few-shot)-(?<label>.+?)-\d+(?:\.\d+)?_range_/.exec(
    stem,
  )?.groups;
  const label = published?.label ?? written?.label ?? stem;
  const isOpenAi = OPENAI_MODEL.test(label);
  return {
    agentName: ['tau-bench', label, ...(published?.domain ? [published.domain] : [])].join(' '),
    provider: isOpenAi ? 'openai' : null,
    model: isOpenAi || written ? label : null,
    taskType: published?.domain ?? 'tau-bench',
  };
}

/** Turns one parsed record into the run it tells of, or names what is wrong with it. */
export function readRun(
  value: unknown,
  source: TauBenchSource,
): { run: ImportedRun } | { problems: FieldProblem[] } {
  const read = readRecord(value);
  if ('problems' in read) return read;
  const { record } = read;
  const trajectory = new TrajectoryReader(source);
  record.traj.forEach((message, index) => trajectory.take(message, index));
  trajectory.endTurn();
  if (trajectory.problems.length > 0) return { problems: trajectory.problems };
  return { run: describeRun(record, trajectory, source) };
}

function describeRun(
  record: TauBenchRecord,
  trajectory: TrajectoryReader,
  source: TauBenchSource,
): ImportedRun {
  const { task_id: taskId, trial, reward, info } = record;
  const isSuccess = reward === 1;
  const failure = info.error ?? `The reward of this run is ${reward}, not 1: it did not reach its goal.`;
  return {
    taskId,
    trial,
    name: `task ${taskId}, trial ${trial}`,
    type: source.taskType,
    tags: [`trial-${trial}`, `task-${taskId}`],
    input: { system: trajectory.system, instruction: info.task?.instruction ?? null },
    actions: trajectory.actions,
    status: isSuccess ? 'SUCCEEDED' : 'FAILED',
    output: { reward, rewardInfo: info.reward_info ?? null },
    error: isSuccess ? null : { message: beginningOf(failure), type: 'tau-bench' },
  };
}

/** A call which the last assistant message makes, until a tool message answers it. */
interface OpenCall {
  call: TauBenchToolCall;
  parentKey: string;
  message: number;
  takeover: ImportedTakeover | null;
}

/**
 * Goes through the messages of a run. Steps are named by the place of their message, `message-12`, since the ids
 * of the calls repeat within a run. A takeover stands right behind the tool's step which confirms it, or behind the
 * assistant's where no tool message answers the call. An LLM step's input is what was new to the model then, the
 * messages since its last answer, so that each message is stored with one call and not with all later ones.
 */
class TrajectoryReader {
  system: unknown = null;
  readonly actions: ImportedAction[] = [];
  readonly problems: FieldProblem[] = [];
  private openCalls: OpenCall[] = [];
  private newMessages: TauBenchMessage[] = [];

  constructor(private readonly source: TauBenchSource) {}

  take(message: TauBenchMessage, index: number): void {
    if (message.role !== 'tool') this.endTurn();
    switch (message.role) {
      case 'system':
        if (index === 0) this.system = message.content ?? null;
        else this.addStep(index, { type: 'SYSTEM', name: 'system', status: 'SUCCEEDED', input: message });
        return;
      case 'user':
        this.addStep(index, { type: 'MESSAGE', name: 'user', status: 'SUCCEEDED', input: message });
        break;
      case 'assistant':
        this.takeAssistant(message, index);
        return;
      case 'tool':
        this.takeTool(message, index);
    }
    this.newMessages.push(message);
  }

  /** No more tool messages follow: the takeovers which none has confirmed stand here. */
  endTurn(): void {
    for (const open of this.openCalls) this.addTakeover(open);
    this.openCalls = [];
  }

  private takeAssistant(message: Extract<TauBenchMessage, { role: 'assistant' }>, index: number): void {
    const { provider, model } = this.source;
    const key = this.addStep(index, {
      type: 'LLM',
      name: model === null ? 'chat' : `chat ${model}`,
      status: 'SUCCEEDED',
      ...(provider === null ? {} : { provider }),
      ...(model === null ? {} : { model }),
      input: this.newMessages,
      output: message,
    });
    this.newMessages = [];
    this.openCalls = (message.tool_calls ?? []).map((call, position) => ({
      call,
      parentKey: key,
      message: index,
      takeover: call.function.name === TAKEOVER_FUNCTION ? describeTakeover(call, index, position) : null,
    }));
  }

  private takeTool(message: Extract<TauBenchMessage, { role: 'tool' }>, index: number): void {
    const position = this.openCalls.findIndex(
      ({ call }) => (call.id ?? null) === (message.tool_call_id ?? null),
    );
    const [open] = position === -1 ? [] : this.openCalls.splice(position, 1);
    const name = open?.call.function.name ?? message.name;
    if (name === undefined || name === null) {
      const path = ['traj', index, 'name'];
      this.problems.push({ path, message: 'expected the name of the function that answers, got nothing' });
      return;
    }
    const isFailure = typeof message.content === 'string' && message.content.startsWith('Error');
    this.addStep(index, {
      type: 'TOOL',
      name,
      status: isFailure ? 'FAILED' : 'SUCCEEDED',
      ...(open ? { parentKey: open.parentKey, input: parseJsonText(open.call.function.arguments) } : {}),
      output: parseJsonText(message.content),
      ...(isFailure ? { error: { message: beginningOf(String(message.content)), type: 'tool' } } : {}),
      ...(message.tool_call_id ? { attributes: { 'gen_ai.tool.call.id': message.tool_call_id } } : {}),
    });
    if (open) this.addTakeover(open, index);
  }

  private addStep(message: number, step: Omit<ImportedStep, 'key'>): string {
    const key = `message-${message}`;
    this.actions.push({ kind: 'STEP', message, step: { key, ...step } });
    return key;
  }

  private addTakeover({ takeover, message }: OpenCall, confirmedBy = message): void {
    if (takeover !== null) this.actions.push({ kind: 'TAKEOVER', message: confirmedBy, takeover });
  }
}

function describeTakeover(call: TauBenchToolCall, message: number, position: number): ImportedTakeover {
  const question = parseJsonText(call.function.arguments);
  const summary =
    typeof question === 'object' && question !== null && 'summary' in question ? question.summary : null;
  return {
    key: `takeover-${message}${position === 0 ? '' : `-${position}`}`,
    reason:
      typeof summary === 'string' && summary !== ''
        ? beginningOf(summary)
        : `The agent called ${TAKEOVER_FUNCTION}.`,
    question,
  };
}

/** Cut between two characters, never within one that takes two code units. */
function beginningOf(text: string): string {
  return text.length <= LONGEST_REASON
    ? text
    : `${text.slice(0, LONGEST_REASON - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** The object or list which a text holds; any other text stays as it is told, numbers ("12.0") included. */
function parseJsonText(text: unknown): unknown {
  if (typeof text !== 'string' || !/^\s*[[{]/.test(text)) return text ?? null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
