import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'graphql-ws';
import type { ExecutionResult } from 'graphql';
import { get } from './client.js';

/** Waits until the check holds; fails with what it was waiting for. */
export async function eventually(
  what: string,
  check: () => boolean | Promise<boolean>,
  patienceMs = 120_000,
): Promise<void> {
  for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(15)) if (await check()) return;
  throw new Error(`It did not come to pass within ${patienceMs} ms: ${what}`);
}

/** One subscription, and all that it brought. */
export class Follower<Data> {
  readonly events: Data[] = [];
  /** How it ended: 'complete', or the errors, or the event of the socket's close; undefined while it goes on. */
  end: unknown;
  stop: () => void;

  private constructor(client: Client, query: string, variables: Record<string, unknown>) {
    this.stop = client.subscribe<Data>(
      { query, variables },
      {
        next: ({ data, errors }: ExecutionResult<Data, unknown>) => {
          if (errors) this.end = errors;
          if (data) this.events.push(data);
        },
        error: (error) => (this.end = error),
        complete: () => (this.end ??= 'complete'),
      },
    );
  }

  static of<Data>(client: Client, query: string, variables: Record<string, unknown>): Follower<Data> {
    return new Follower<Data>(client, query, variables);
  }

  /** Waits until so many events have come, or until the check holds of them. */
  async has(wanted: number | ((events: Data[]) => boolean), patienceMs?: number): Promise<this> {
    const isThere = () =>
      typeof wanted === 'number' ? this.events.length >= wanted : wanted(this.events) || false;
    const describe = () => `${String(wanted)} events; there are ${JSON.stringify(this.events.slice(-3))}`;
    await eventually(describe(), () => isThere() || this.end !== undefined, patienceMs);
    if (!isThere()) throw new Error(`It ended early: ${JSON.stringify(this.end)}; ${describe()}`);
    return this;
  }

  /** Waits for its end, and answers how it was. */
  async ended(patienceMs?: number): Promise<unknown> {
    await eventually('the end of the subscription', () => this.end !== undefined, patienceMs);
    return this.end;
  }
}

export interface StepState {
  seq: number;
  key: string;
  status: string;
  revision: number;
}

export interface StepBatches {
  taskSteps: { taskId: string; revision: number; steps: StepState[] };
}

export const followSteps = `subscription($taskId: ID!, $after: Int) {
  taskSteps(taskId: $taskId, afterRevision: $after) { taskId revision steps { seq key status revision } } }`;

/** Tells of steps, by their keys; those that end in "…" as running. */
export async function tellSteps(url: string, token: string, taskId: string, keys: string[]): Promise<void> {
  await get(
    url,
    token,
    'mutation($input: RecordStepsInput!) { recordSteps(input: $input) { accepted rejected { reason } } }',
    {
      input: {
        taskId,
        steps: keys.map((key) => ({
          key: key.replace('…', ''),
          type: 'LLM',
          name: 'step',
          status: key.endsWith('…') ? 'RUNNING' : 'SUCCEEDED',
        })),
      },
    },
  );
}

export async function finishTask(
  url: string,
  token: string,
  taskId: string,
  status = 'SUCCEEDED',
): Promise<void> {
  await get(url, token, 'mutation($input: FinishTaskInput!) { finishTask(input: $input) { task { id } } }', {
    input: { taskId, status },
  });
}

/** The value of a metric of that server, summed over the labels that are left out. */
export async function metric(url: string, name: string, labels = ''): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(name) && line.includes(labels));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
