import { registerEnumType } from 'type-graphql';

export enum TaskStatus {
  QUEUED = 'QUEUED',
  RUNNING = 'RUNNING',
  WAITING_FOR_HUMAN = 'WAITING_FOR_HUMAN',
  SUCCEEDED = 'SUCCEEDED',
  FAILED = 'FAILED',
  TIMED_OUT = 'TIMED_OUT',
  CANCELLED = 'CANCELLED',
}
registerEnumType(TaskStatus, {
  name: 'TaskStatus',
  description:
    'Where a task stands. SUCCEEDED, FAILED, TIMED_OUT and CANCELLED are its ends; retryTask starts it anew.',
});

export enum StepType {
  AGENT = 'AGENT',
  LLM = 'LLM',
  TOOL = 'TOOL',
  RETRIEVAL = 'RETRIEVAL',
  EMBEDDING = 'EMBEDDING',
  RERANK = 'RERANK',
  GUARDRAIL = 'GUARDRAIL',
  EVALUATION = 'EVALUATION',
  MESSAGE = 'MESSAGE',
  HUMAN = 'HUMAN',
  HEALING = 'HEALING',
  SYSTEM = 'SYSTEM',
}
registerEnumType(StepType, { name: 'StepType', description: 'What sort of work a step is.' });

export enum StepStatus {
  RUNNING = 'RUNNING',
  SUCCEEDED = 'SUCCEEDED',
  FAILED = 'FAILED',
  SKIPPED = 'SKIPPED',
}
registerEnumType(StepStatus, {
  name: 'StepStatus',
  description: 'Where a step stands; RUNNING is open, the others are ends.',
});

export enum CostSource {
  REPORTED = 'REPORTED',
  PRICED = 'PRICED',
  UNPRICED = 'UNPRICED',
}
registerEnumType(CostSource, {
  name: 'CostSource',
  description:
    'Where a cost comes from: told by the agent, worked out from a price list, or not known at all.',
});

export enum ErrorClass {
  RATE_LIMIT = 'RATE_LIMIT',
  QUOTA = 'QUOTA',
  TIMEOUT = 'TIMEOUT',
  CONTEXT_LENGTH = 'CONTEXT_LENGTH',
  OVERLOADED = 'OVERLOADED',
  OUTAGE = 'OUTAGE',
  AUTH = 'AUTH',
  LOGIN_EXPIRED = 'LOGIN_EXPIRED',
  CONTENT_POLICY = 'CONTENT_POLICY',
  MALFORMED_OUTPUT = 'MALFORMED_OUTPUT',
  TOOL_FAILURE = 'TOOL_FAILURE',
  NETWORK = 'NETWORK',
  BROWSER = 'BROWSER',
  BLOCKED = 'BLOCKED',
  INVALID_REQUEST = 'INVALID_REQUEST',
  UNKNOWN = 'UNKNOWN',
}
registerEnumType(ErrorClass, {
  name: 'ErrorClass',
  description: 'The kind of fault, whatever the provider calls it.',
});

export enum InterventionKind {
  APPROVAL = 'APPROVAL',
  QUESTION = 'QUESTION',
  CORRECTION = 'CORRECTION',
  TAKEOVER = 'TAKEOVER',
}
registerEnumType(InterventionKind, { name: 'InterventionKind', description: 'What a human is asked for.' });

export enum InterventionStatus {
  OPEN = 'OPEN',
  APPROVED = 'APPROVED',
  REJECTED = 'REJECTED',
  ANSWERED = 'ANSWERED',
  EXPIRED = 'EXPIRED',
}
registerEnumType(InterventionStatus, {
  name: 'InterventionStatus',
  description: 'OPEN waits for a human. EXPIRED: nobody answered in time, or the task ended first.',
});

export enum TaskOrder {
  NEWEST = 'NEWEST',
  OLDEST = 'OLDEST',
  SLOWEST = 'SLOWEST',
  COSTLIEST = 'COSTLIEST',
}
registerEnumType(TaskOrder, {
  name: 'TaskOrder',
  description:
    'NEWEST and OLDEST by queuedAt. SLOWEST and COSTLIEST list only tasks whose latency, or cost, is known.',
});
