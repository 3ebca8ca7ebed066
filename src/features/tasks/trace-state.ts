import type { InterventionKind } from './task-enums.js';
import { StepStatus, TaskStatus } from './task-enums.js';
import type { StepRecord } from './step-record.js';
import type { Task } from './task.entity.js';
import type { TraceHead } from './trace-head.entity.js';

/** A span as a step of the task that its trace is. */
export interface ToldSpan {
  /** Without a parent: the task ends with it. */
  isRoot: boolean;
  /** Its key is the span's id. */
  step: StepRecord;
  agentName: string;
  taskName: string;
  /** JSON text. */
  taskInput: string | null;
  taskOutput: string | null;
  tags: readonly string[];
  /** What a human did; answer: JSON text. */
  human: { kind: InterventionKind; reason: string; answer: string | null } | null;
}

/** The error code of a task whose trace fell silent without its root. */
export const quietCode = 'TRACE_QUIET';
/** Most tags of a task; of more, the first in their order are kept, so that it does not matter which came first. */
const mostTags = 50;

type Place = Pick<TraceHead, 'key' | 'isRoot' | 'startedAt'>;
type Head = Place & Pick<TraceHead, 'hasEnded'>;

const timeOf = (text: string | null) => (text === null ? null : new Date(text));

export function placeOf({ isRoot, step }: ToldSpan): Place {
  return { key: step.key, isRoot, startedAt: timeOf(step.startedAt) };
}

/** Negative where the one stands before the other: roots first, then by time, then by id. Which came first does not matter. */
export function comparePlaces(one: Place, other: Place): number {
  if (one.isRoot !== other.isRoot) return one.isRoot ? -1 : 1;
  const [a, b] = [one.startedAt?.getTime() ?? Infinity, other.startedAt?.getTime() ?? Infinity];
  if (a !== b) return a < b ? -1 : 1;
  return one.key < other.key ? -1 : one.key > other.key ? 1 : 0;
}

/** Whether a span tells of the task, beside what is known: it is the head, or stands before it. */
export function isHead(span: ToldSpan, head: Head | null): boolean {
  if (head === null) return true;
  // A late 'running' of a span that has ended says nothing new.
  if (span.step.key === head.key) return !(head.hasEnded && span.step.endedAt === null);
  return comparePlaces(placeOf(span), head) < 0;
}

/** The span among those that tells of the task; null where none of them does. */
export function headAmong(spans: readonly ToldSpan[], head: Head | null): ToldSpan | null {
  let found: ToldSpan | null = null;
  for (const span of spans) {
    if (isHead(span, found ? headOfSpan(found) : head)) found = span;
  }
  return found;
}

/** The head that a span makes. */
export function headOfSpan(span: ToldSpan): Head {
  return { ...placeOf(span), hasEnded: span.step.endedAt !== null };
}

/** The latest of times that spans told, and one known before. */
export function latestOf(spans: readonly ToldSpan[], known: Date | null): Date | null {
  let latest = known?.getTime() ?? -Infinity;
  for (const { step } of spans) {
    for (const at of [step.startedAt, step.endedAt]) {
      if (at !== null) latest = Math.max(latest, Date.parse(at));
    }
  }
  return latest === -Infinity ? null : new Date(latest);
}

/** Whether the trace says how the task stands: a further attempt is a worker's, and what it was before is over. */
export function isToldByTrace({ attempt }: Task): boolean {
  return attempt === 1;
}

/** Whether the root says how the task stands: not where a person cancelled it. */
function isDecidedByRoot({ status, errorCode }: Task): boolean {
  if (status === TaskStatus.TIMED_OUT) return errorCode === quietCode;
  return status !== TaskStatus.CANCELLED;
}

/**
 * What a task becomes by its head; only what differs.
 * @param isNew whether another span was the head before: nothing of what that told stays
 */
export function patchOfHead(
  task: Task,
  { isRoot, step, taskName, taskInput, taskOutput }: ToldSpan,
  agent: { id: string; currentVersionId: string },
  isNew: boolean,
): Partial<Task> {
  if (!isToldByTrace(task)) return {};
  const startedAt = timeOf(step.startedAt);
  const patch: Partial<Task> = {
    name: taskName,
    ...(agent.id === task.agentId ? {} : { agentId: agent.id, agentVersionId: agent.currentVersionId }),
    ...(startedAt ? { startedAt, queuedAt: startedAt } : {}),
  };
  if (isRoot) {
    if (taskInput !== null || isNew) patch.input = taskInput && (JSON.parse(taskInput) as unknown);
    if (taskOutput !== null || isNew) patch.output = taskOutput && (JSON.parse(taskOutput) as unknown);
    if (isDecidedByRoot(task)) {
      if (step.endedAt !== null) Object.assign(patch, endOf(step));
      else if (isNew && task.finishedAt) Object.assign(patch, reopened);
    }
  }
  return differing(task, patch);
}

function endOf(step: StepRecord): Partial<Task> {
  const hasFailed = step.status === StepStatus.FAILED;
  const [startedAt, finishedAt] = [timeOf(step.startedAt), timeOf(step.endedAt)];
  return {
    status: hasFailed ? TaskStatus.FAILED : TaskStatus.SUCCEEDED,
    finishedAt,
    latencyMs: startedAt && finishedAt ? finishedAt.getTime() - startedAt.getTime() : null,
    errorCode: hasFailed ? step.errorCode : null,
    errorMessage: hasFailed ? step.errorMessage : null,
    errorClass: hasFailed ? step.errorClass : null,
    ...(hasFailed ? {} : { progress: 1 }),
  };
}

/** The tags of both, sorted; undefined where nothing is new. */
export function tagsWith(task: Task, spans: readonly ToldSpan[]): string[] | undefined {
  const all = new Set([...task.tags, ...spans.flatMap(({ tags }) => tags)]);
  const tags = [...all].sort().slice(0, mostTags);
  return tags.join('\n') === [...task.tags].join('\n') ? undefined : tags;
}

function differing(task: Task, patch: Partial<Task>): Partial<Task> {
  const written = (value: unknown) => JSON.stringify(value ?? null);
  const entries = Object.entries(patch) as [keyof Task, unknown][];
  return Object.fromEntries(entries.filter(([field, value]) => written(task[field]) !== written(value)));
}

/** What a task becomes whose trace fell silent, or spoke again. */
export const reopened: Partial<Task> = {
  status: TaskStatus.RUNNING,
  finishedAt: null,
  latencyMs: null,
  errorCode: null,
  errorMessage: null,
  errorClass: null,
};
