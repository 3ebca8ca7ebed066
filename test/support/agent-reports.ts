import { Binnacle, type BinnacleOptions, type Problem } from '@binnacle/client';
import { get, makeKey, register, type Person } from './client.js';
import type { TestDatabase } from './test-server.js';

/** Somebody whose agents report through the client: a person with a project and a key of scope INGEST. */
export class ReportingProject {
  /** What clients told of problems. */
  readonly problems: Problem[] = [];

  private constructor(
    readonly person: Person,
    readonly apiKey: string,
    private readonly serverUrl: string,
    private readonly database: TestDatabase,
  ) {}

  static async open(serverUrl: string, database: TestDatabase): Promise<ReportingProject> {
    const person = await register(serverUrl, 'reporter');
    const { secret } = await makeKey(serverUrl, person, ['INGEST']);
    return new ReportingProject(person, secret, serverUrl, database);
  }

  /** @param url of the server, or of what stands before it */
  client(url: string, options: BinnacleOptions = {}): Binnacle {
    const onProblem = (problem: Problem) => void this.problems.push(problem);
    return new Binnacle({
      url,
      apiKey: this.apiKey,
      agent: 'reporter',
      onProblem,
      maxRetryDelayMs: 300,
      ...options,
    });
  }

  get codes(): string[] {
    return this.problems.map(({ code }) => code);
  }

  /** All tasks of the project, the oldest first. */
  tasks(): Promise<StoredTask[]> {
    return this.database.query<StoredTask>(
      `SELECT id, name, status, progress, progress_message, input::text, output::text, error_message, tags, type,
         started_at, finished_at, latency_ms
       FROM tasks WHERE project_id = $1 ORDER BY started_at, id`,
      [this.person.projectId],
    );
  }

  /** All steps of a task, or of all tasks, in the order in which the server took them. */
  steps(taskId?: string | null): Promise<StoredStep[]> {
    return this.database.query<StoredStep>(
      `SELECT s.task_id, s.key, s.parent_key, s.type, s.name, s.status, s.latency_ms, s.started_at, s.ended_at, s.model,
         s.input_tokens, s.output_tokens, s.cost_usd, s.input::text, s.output::text, s.error_message, s.error_code, s.error_class
       FROM task_steps s JOIN tasks t ON t.id = s.task_id
       WHERE t.project_id = $1 AND ($2::uuid IS NULL OR t.id = $2) ORDER BY t.started_at, t.id, s.seq`,
      [this.person.projectId, taskId ?? null],
    );
  }

  /** How the API itself shows a task. */
  async shown<Data>(taskId: string | null, fields: string): Promise<Data> {
    const query = `query ($id: ID!) { task(id: $id) { ${fields} } }`;
    return (await get<{ task: Data }>(this.serverUrl, this.person.token, query, { id: taskId })).task;
  }
}

export interface StoredTask {
  id: string;
  name: string;
  status: string;
  progress: number;
  progress_message: string | null;
  input: string | null;
  output: string | null;
  error_message: string | null;
  tags: string[];
  type: string;
  started_at: Date;
  finished_at: Date | null;
  latency_ms: number | null;
}

export interface StoredStep {
  task_id: string;
  key: string;
  parent_key: string | null;
  type: string;
  name: string;
  status: string;
  latency_ms: number | null;
  started_at: Date | null;
  ended_at: Date | null;
  model: string | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cost_usd: string | null;
  input: string | null;
  output: string | null;
  error_message: string | null;
  error_code: string | null;
  error_class: string | null;
}
