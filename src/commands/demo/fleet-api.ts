import { graphqlRequest } from '../../platform/graphql-client.js';
import type { AgentScript, Fault, HumanAnswer, Outcome, Question, StepType, Usage } from './plan.js';

/** A step as the API takes it. */
export interface StepReport extends Usage {
  key: string;
  parentKey?: string | null;
  type: StepType;
  name: string;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'SKIPPED';
  startedAt: string;
  endedAt?: string;
  provider?: string;
  model?: string;
  input?: unknown;
  output?: unknown;
  error?: Fault;
  attributes?: unknown;
}

export interface NewTask {
  agentId: string;
  idempotencyKey: string;
  type: string;
  name: string;
  input: unknown;
  tags: string[];
  priority?: number;
  startedAt?: string;
  timeoutMs?: number;
}

export interface FleetTask {
  id: string;
  status: string;
  stepCount: number;
  costUsd: number | null;
  agentVersion: { model: string | null };
}

export interface FleetAgent {
  id: string;
  name: string;
  createdAt: string;
  currentVersion: { number: number };
}

export interface AskedIntervention {
  id: string;
  status: HumanAnswer['status'] | 'OPEN';
  answer: unknown;
}

export interface FleetProject {
  id: string;
  slug: string;
}

const agentFields = 'id name createdAt currentVersion { number }';
const taskFields = 'id status stepCount costUsd agentVersion { model }';
const documents = {
  projects: 'query DemoProjects { projects { id slug } }',
  ensureAgent: `mutation DemoEnsureAgent($input: CreateAgentInput!) { ensureAgent(input: $input) { ${agentFields} } }`,
  countTasks: `query DemoCountTasks($projectId: ID!, $tags: [String!]!) {
    tasks(projectId: $projectId, filter: { tags: $tags }, first: 1) { totalCount } }`,
  createTask: `mutation DemoCreateTask($input: CreateTaskInput!) { createTask(input: $input) { ${taskFields} } }`,
  recordSteps: `mutation DemoRecordSteps($input: RecordStepsInput!) {
    recordSteps(input: $input) { rejected { key reason } task { status } } }`,
  finishTask: `mutation DemoFinishTask($input: FinishTaskInput!) { finishTask(input: $input) { task { ${taskFields} } } }`,
  requestIntervention: `mutation DemoAsk($input: RequestInterventionInput!) {
    requestIntervention(input: $input) { id status answer } }`,
  interventionsOf: `query DemoInterventionsOf($id: ID!) { task(id: $id) { interventions { id status answer } } }`,
};

/** Waits up to ten seconds between attempts, so a server that restarts is waited for some minutes. */
const attempts = 40;

/** What the fleet's API key does. All of it can be sent twice without harm, and is sent again until it is answered. */
export class FleetApi {
  constructor(
    private readonly endpoint: string,
    private readonly apiKey: string,
    private readonly signal: AbortSignal,
  ) {}

  /** The project of the key. */
  async project(): Promise<FleetProject> {
    const { projects } = await this.#ask<{ projects: FleetProject[] }>(documents.projects, {});
    const [project] = projects;
    if (!project)
      throw new Error('This API key belongs to no project. Make one in the project for the demo.');
    return project;
  }

  /** The agent of the script's name; made where the project has none yet. */
  async ensureAgent(projectId: string, script: AgentScript): Promise<FleetAgent> {
    const { name, kind, description, setup } = script;
    const input = { projectId, name, kind, description, ...setup };
    return (await this.#ask<{ ensureAgent: FleetAgent }>(documents.ensureAgent, { input })).ensureAgent;
  }

  async countTasks(projectId: string, tag: string): Promise<number> {
    const variables = { projectId, tags: [tag] };
    const { tasks } = await this.#ask<{ tasks: { totalCount: number } }>(documents.countTasks, variables);
    return tasks.totalCount;
  }

  async createTask(input: NewTask): Promise<FleetTask> {
    return (await this.#ask<{ createTask: FleetTask }>(documents.createTask, { input })).createTask;
  }

  /** Answers the task's status. @throws Error where the server refuses a step, which is a fault of the demo */
  async recordSteps(
    taskId: string,
    steps: readonly StepReport[],
    more: { progress?: number; progressMessage?: string } = {},
  ): Promise<string> {
    const { recordSteps } = await this.#ask<{
      recordSteps: { rejected: { key: string; reason: string }[]; task: { status: string } };
    }>(documents.recordSteps, { input: { taskId, steps, ...more } });
    const [rejected] = recordSteps.rejected;
    if (rejected) throw new Error(`The server did not take the step "${rejected.key}": ${rejected.reason}`);
    return recordSteps.task.status;
  }

  async finishTask(taskId: string, outcome: Outcome, finishedAt?: string): Promise<FleetTask> {
    const input = { taskId, ...outcome, finishedAt };
    const { finishTask } = await this.#ask<{ finishTask: { task: FleetTask } }>(documents.finishTask, {
      input,
    });
    return finishTask.task;
  }

  async requestIntervention(
    taskId: string,
    { key, kind, reason, question }: Question,
    expiresAt: string,
  ): Promise<AskedIntervention> {
    const input = { taskId, key, kind, reason, question, expiresAt };
    const { requestIntervention } = await this.#ask<{ requestIntervention: AskedIntervention }>(
      documents.requestIntervention,
      { input },
    );
    return requestIntervention;
  }

  async interventionsOf(taskId: string): Promise<AskedIntervention[]> {
    const { task } = await this.#ask<{ task: { interventions: AskedIntervention[] } }>(
      documents.interventionsOf,
      { id: taskId },
    );
    return task.interventions;
  }

  #ask<Data>(query: string, variables: Record<string, unknown>): Promise<Data> {
    const { endpoint: url, apiKey: token, signal } = this;
    return graphqlRequest<Data>(url, { query, variables, token, signal, attempts });
  }
}
