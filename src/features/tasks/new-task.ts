import type { Agent } from '../agents/index.js';
import { errorColumns } from './error-info.js';
import { TaskStatus } from './task-enums.js';
import { Task } from './task.entity.js';

/** A task of an agent's present version as it begins: running, with nothing told of it yet. @param values what it has besides */
export function newTask(
  agent: Pick<Agent, 'id' | 'projectId' | 'currentVersionId'>,
  now: Date,
  values: Pick<Task, 'id' | 'name'> & Partial<Task>,
): Task {
  return Object.assign(new Task(), {
    projectId: agent.projectId,
    agentId: agent.id,
    agentVersionId: agent.currentVersionId,
    traceId: null,
    requestHash: null,
    type: 'task',
    status: TaskStatus.RUNNING,
    priority: 0,
    isBuiltIn: false,
    worker: null,
    progress: 0,
    progressMessage: null,
    attempt: 1,
    maxAttempts: 1,
    timeoutMs: null,
    input: null,
    output: null,
    ...errorColumns(null),
    tags: [],
    parentId: null,
    queuedAt: now,
    startedAt: now,
    finishedAt: null,
    latencyMs: null,
    stepCount: 0,
    inputTokens: 0,
    outputTokens: 0,
    costUsd: null,
    costedSteps: 0,
    reportedCostSteps: 0,
    unpricedSteps: 0,
    interventionCount: 0,
    revision: 1,
    updatedAt: now,
    ...values,
  });
}
