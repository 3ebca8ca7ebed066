import { RequestFault, type GraphqlEndpoint } from './graphql-endpoint.js';
import type { Answer, Entry, Lane, Load } from './lane.js';
import { writeObject, type Fields } from './report.js';

/** What became of a call. */
export interface Sent {
  /** The reports that the server has now. */
  taken: Entry[];
  /** Those that it did not want, and why. */
  rejected: { entry: Entry; reason: string }[];
}

const documents = {
  projects: 'query { projects { id } }',
  ensureAgent: 'mutation ($input: CreateAgentInput!) { ensureAgent(input: $input) { id } }',
  createTask: 'mutation ($input: CreateTaskInput!) { createTask(input: $input) { id project { slug } } }',
  recordSteps:
    'mutation ($input: RecordStepsInput!) { recordSteps(input: $input) { rejected { index reason } } }',
  reportProgress: 'mutation ($input: ReportProgressInput!) { reportProgress(input: $input) { id } }',
  requestIntervention:
    'mutation ($input: RequestInterventionInput!) { requestIntervention(input: $input) { status answer } }',
  finishTask: 'mutation ($input: FinishTaskInput!) { finishTask(input: $input) { task { id } } }',
};

/** Sends what lanes hold. Everything it sends may be sent again: the server knows it by its keys. */
export class Sender {
  #projectId: Promise<string> | undefined;
  /** The ids of agents, by what is known of them. */
  readonly #agentIds = new Map<string, Promise<string>>();

  constructor(private readonly endpoint: GraphqlEndpoint) {}

  /** @throws RequestFault */
  async send(lane: Lane, load: Load): Promise<Sent> {
    switch (load.kind) {
      case 'create':
        await this.#create(lane, load.entry.fields);
        return { taken: [load.entry], rejected: [] };
      case 'steps':
        return this.#steps(lane, load);
      case 'progress':
        await this.#change(lane, documents.reportProgress, renamed(load.progress.fields));
        return { taken: [], rejected: [] };
      case 'ask': {
        const { requestIntervention: answer } = await this.#change<{ requestIntervention: Answer }>(
          lane,
          documents.requestIntervention,
          load.entry.fields,
        );
        load.entry.onAnswer(answer);
        return { taken: [load.entry], rejected: [] };
      }
      case 'finish':
        await this.#change(lane, documents.finishTask, load.entry.fields);
        return { taken: [load.entry], rejected: [] };
    }
  }

  /** The agent stands in the fields as its own object, until its id is known. */
  async #create(lane: Lane, { agent, ...fields }: Fields): Promise<void> {
    const agentId = agent === undefined ? {} : { agentId: JSON.stringify(await this.#agentId(agent)) };
    const { createTask } = await this.endpoint.ask<{
      createTask: { id: string; project: { slug: string } };
    }>(documents.createTask, writeObject({ ...agentId, ...fields }));
    lane.taskId = createTask.id;
    lane.projectSlug = createTask.project.slug;
  }

  #agentId(agent: string): Promise<string> {
    let id = this.#agentIds.get(agent);
    if (!id) {
      id = this.#ensureAgent(agent);
      this.#agentIds.set(agent, id);
      // What failed is asked for again with the next attempt.
      id.catch(() => this.#agentIds.delete(agent));
    }
    return id;
  }

  async #ensureAgent(agent: string): Promise<string> {
    this.#projectId ??= this.#findProject();
    this.#projectId.catch(() => (this.#projectId = undefined));
    const projectId = JSON.stringify(await this.#projectId);
    const input = `{"projectId":${projectId},${agent.slice(1)}`;
    return (await this.endpoint.ask<{ ensureAgent: { id: string } }>(documents.ensureAgent, input))
      .ensureAgent.id;
  }

  async #findProject(): Promise<string> {
    const { projects } = await this.endpoint.ask<{ projects: { id: string }[] }>(documents.projects);
    const [project] = projects;
    if (project && projects.length === 1) return project.id;
    throw new RequestFault(
      'BINNACLE_API_KEY is not the key of one project; make an API key of scope INGEST in the project that is meant.',
      'STOP',
    );
  }

  async #steps(lane: Lane, { entries, progress }: Load & { kind: 'steps' }): Promise<Sent> {
    const steps = `[${entries.map(({ fields }) => writeObject(fields)).join(',')}]`;
    const { recordSteps } = await this.#change<{
      recordSteps: { rejected: { index: number; reason: string }[] };
    }>(lane, documents.recordSteps, { steps, ...progress?.fields });
    const reasons = new Map(recordSteps.rejected.map(({ index, reason }) => [index, reason]));
    const sent: Sent = { taken: [], rejected: [] };
    for (const [index, entry] of entries.entries()) {
      const reason = reasons.get(index);
      if (reason === undefined) sent.taken.push(entry);
      else sent.rejected.push({ entry, reason });
    }
    return sent;
  }

  #change<Data>(lane: Lane, document: string, fields: Fields): Promise<Data> {
    return this.endpoint.ask<Data>(document, writeObject({ taskId: JSON.stringify(lane.taskId), ...fields }));
  }
}

/** recordSteps calls it progressMessage, reportProgress message. */
function renamed({ progressMessage, ...fields }: Fields): Fields {
  return progressMessage === undefined ? fields : { ...fields, message: progressMessage };
}
