import type { StepRow } from './step-store';

/** A step for unit tests. */
export function exampleStep(seq: number, told: Partial<StepRow> = {}): StepRow {
  return {
    id: `task:${seq}`,
    taskId: 'task',
    seq,
    key: `key-${seq}`,
    parentKey: null,
    revision: 1,
    type: 'TOOL',
    name: `step ${seq}`,
    status: 'SUCCEEDED',
    model: null,
    startedAt: null,
    endedAt: null,
    latencyMs: null,
    costUsd: null,
    costSource: 'UNPRICED',
    inputTokens: null,
    outputTokens: null,
    error: null,
    ...told,
  };
}
