import type { StepStatus, StepType } from '../generated/graphql';

/** What types of steps are called, in the order in which they are offered. */
export const STEP_TYPE_LABELS: Record<StepType, string> = {
  AGENT: 'Agent',
  LLM: 'LLM',
  TOOL: 'Tool',
  MESSAGE: 'Message',
  HUMAN: 'Human',
  RETRIEVAL: 'Retrieval',
  EMBEDDING: 'Embedding',
  RERANK: 'Rerank',
  EVALUATION: 'Evaluation',
  GUARDRAIL: 'Guardrail',
  HEALING: 'Healing',
  SYSTEM: 'System',
};

export const STEP_STATUS_LABELS: Record<StepStatus, string> = {
  RUNNING: 'Running',
  SUCCEEDED: 'Done',
  FAILED: 'Failed',
  SKIPPED: 'Skipped',
};

export const STEP_TYPES = Object.keys(STEP_TYPE_LABELS) as StepType[];
export const STEP_STATUSES = Object.keys(STEP_STATUS_LABELS) as StepStatus[];
