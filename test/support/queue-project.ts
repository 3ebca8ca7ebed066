import { ask, get, makeAgent, makeKey, register, type GraphqlAnswer, type Person } from './client.js';

export interface ClaimedTask {
  id: string;
  name: string;
  type: string;
  status: string;
  priority: number;
  attempt: number;
  maxAttempts: number;
  worker: string | null;
  leaseExpiresAt: string | null;
  progress: number;
  progressMessage: string | null;
  queuedAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  stepCount: number;
  revision: number;
  error: { code: string | null; message: string; class: string } | null;
}

export const taskFields = `id name type status priority attempt maxAttempts worker leaseExpiresAt progress progressMessage
  queuedAt startedAt finishedAt stepCount revision error { code message class }`;
const mutation = (name: string, input: string, selection: string) =>
  `mutation ($input: ${input}!) { ${name}(input: $input) { ${selection} } }`;

/** A project with an agent whose tasks wait for workers. Calls are answered as they come: whether they fail is to be asserted. */
export class QueueProject {
  private constructor(
    readonly url: string,
    readonly person: Person,
    readonly agentId: string,
    /** An API key of scope WORK: all a worker has. */
    readonly workKey: string,
  ) {}

  static async open(url: string): Promise<QueueProject> {
    const person = await register(url, 'queue');
    const { secret } = await makeKey(url, person, ['WORK']);
    return new QueueProject(url, person, await makeAgent(url, person), secret);
  }

  /** The same project by another server. */
  at(url: string): QueueProject {
    return new QueueProject(url, this.person, this.agentId, this.workKey);
  }

  async queue(input: Record<string, unknown> = {}): Promise<ClaimedTask> {
    const { createTask } = await get<{ createTask: ClaimedTask }>(
      this.url,
      this.person.token,
      mutation('createTask', 'CreateTaskInput', taskFields),
      { input: { agentId: this.agentId, name: 'queued', start: false, ...input } },
    );
    return createTask;
  }

  claimed(worker: string, input: Record<string, unknown> = {}, token = this.workKey) {
    return ask<{ claimTasks: ClaimedTask[] }>(
      this.url,
      token,
      mutation('claimTasks', 'ClaimTasksInput', taskFields),
      { input: { projectId: this.person.projectId, worker, limit: 1, leaseSeconds: 600, ...input } },
    );
  }

  async claim(worker: string, input: Record<string, unknown> = {}): Promise<ClaimedTask[]> {
    const { data, errors } = await this.claimed(worker, input);
    if (errors) throw new Error(JSON.stringify(errors));
    return data.claimTasks;
  }

  extend(taskId: string, worker: string, seconds: number, token = this.workKey) {
    return ask<{ extendLease: ClaimedTask }>(
      this.url,
      token,
      `mutation ($taskId: ID!, $worker: String!, $seconds: Int!) {
        extendLease(taskId: $taskId, worker: $worker, seconds: $seconds) { ${taskFields} } }`,
      { taskId, worker, seconds },
    );
  }

  record(taskId: string, worker: string | null, keys: string[], more: Record<string, unknown> = {}) {
    const steps = keys.map((key) => ({ key, type: 'TOOL', name: 'told' }));
    return this.#tell('recordSteps', 'RecordStepsInput', 'accepted', { taskId, worker, steps, ...more });
  }

  progress(taskId: string, worker: string | null, progress: number) {
    return this.#tell('reportProgress', 'ReportProgressInput', 'id', { taskId, worker, progress });
  }

  finish(taskId: string, worker: string | null, status = 'SUCCEEDED', more: Record<string, unknown> = {}) {
    return this.#tell('finishTask', 'FinishTaskInput', 'task { id }', { taskId, worker, status, ...more });
  }

  askHuman(taskId: string, worker: string | null) {
    const input = { taskId, worker, kind: 'QUESTION', reason: 'Which?' };
    return this.#tell('requestIntervention', 'RequestInterventionInput', 'id', input);
  }

  /** Whatever a worker may tell, under its name. */
  allOf(taskId: string, worker: string): Record<string, () => Promise<GraphqlAnswer<unknown>>> {
    return {
      extendLease: () => this.extend(taskId, worker, 60),
      recordSteps: () => this.record(taskId, worker, ['late'], { progress: 0.9, progressMessage: 'late' }),
      reportProgress: () => this.progress(taskId, worker, 0.9),
      requestIntervention: () => this.askHuman(taskId, worker),
      'finishTask SUCCEEDED': () => this.finish(taskId, worker, 'SUCCEEDED', { output: 'late' }),
      'finishTask FAILED': () => this.finish(taskId, worker, 'FAILED', { error: { message: 'late' } }),
      'finishTask CANCELLED': () => this.finish(taskId, worker, 'CANCELLED'),
    };
  }

  async steer(name: 'cancelTask' | 'retryTask', id: string): Promise<ClaimedTask> {
    const data = await get<Record<string, ClaimedTask>>(
      this.url,
      this.person.token,
      `mutation ($id: ID!) { ${name}(id: $id) { ${taskFields} } }`,
      { id },
    );
    return data[name] as ClaimedTask;
  }

  async read(id: string): Promise<ClaimedTask> {
    const { task } = await get<{ task: ClaimedTask }>(
      this.url,
      this.person.token,
      `query ($id: ID!) { task(id: $id) { ${taskFields} } }`,
      { id },
    );
    return task;
  }

  #tell(name: string, type: string, selection: string, input: Record<string, unknown>) {
    return ask<Record<string, Record<string, unknown>>>(
      this.url,
      this.workKey,
      mutation(name, type, selection),
      { input },
    );
  }
}
