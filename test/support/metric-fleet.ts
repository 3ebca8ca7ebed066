import { setTimeout as sleep } from 'node:timers/promises';
import { get, makeTask, type Person } from './client.js';

const DAY_MS = 86_400_000;

/** The UTC day so many days from today. */
export function dayFromToday(days: number): string {
  return new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
}

/** Waits for the next UTC day where this one ends so soon: what is made today is then looked at on the same day. */
export async function dayLasts(ms: number): Promise<void> {
  const left = DAY_MS - (Date.now() % DAY_MS);
  if (left < ms) await sleep(left + 1);
}

export interface FinishedTask {
  agentId: string;
  /** Days from today: -1 = yesterday. Today's have just ended. */
  day: number;
  name?: string;
  status?: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'CANCELLED';
  latencyMs?: number;
  isIntervened?: boolean;
  /** One LLM step each; a cost that is left out is priced, or is not known. */
  steps?: { model: string; costUsd?: number; inputTokens?: number; outputTokens?: number }[];
}

/** Makes a task that has ended so, through the API as an agent would. */
export async function makeFinishedTask(url: string, { token }: Person, task: FinishedTask): Promise<string> {
  const {
    agentId,
    day,
    name = 'a task',
    status = 'SUCCEEDED',
    latencyMs = 10_000,
    isIntervened,
    steps = [],
  } = task;
  const send = (query: string, input: object) => get(url, token, query, { input });
  const end = day === 0 ? Date.now() : Date.parse(dayFromToday(day)) + DAY_MS / 2;
  const startedAt = new Date(end - latencyMs).toISOString();
  const taskId = await makeTask(url, token, agentId, { name, startedAt });
  if (steps.length > 0) {
    await send('mutation ($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }', {
      taskId,
      steps: steps.map((step, index) => ({
        key: `call ${index}`,
        type: 'LLM',
        name: 'call',
        startedAt,
        ...step,
      })),
    });
  }
  if (isIntervened) {
    await send('mutation ($input: RequestInterventionInput!) { requestIntervention(input: $input) { id } }', {
      taskId,
      kind: 'QUESTION',
      reason: 'Which?',
    });
  }
  await send('mutation ($input: FinishTaskInput!) { finishTask(input: $input) { task { id } } }', {
    taskId,
    status,
    finishedAt: new Date(end).toISOString(),
  });
  return taskId;
}

/** Has the days computed, and waits until they are. */
export async function recompute(
  url: string,
  { token, projectId }: Person,
  from: number,
  to: number,
): Promise<void> {
  await get(
    url,
    token,
    'mutation ($p: ID!, $from: Date!, $to: Date!) { recomputeMetrics(projectId: $p, from: $from, to: $to) { day } }',
    { p: projectId, from: dayFromToday(from), to: dayFromToday(to) },
  );
}

const FLEET = [
  { name: 'refund-desk', model: 'gpt-4o', tasks: 13, success: 0.95, asks: 0.06, seconds: 62, tokens: 9_000 },
  {
    name: 'price-scout',
    model: 'gpt-4o-mini',
    tasks: 12,
    success: 0.86,
    asks: 0,
    seconds: 24,
    tokens: 18_000,
  },
  {
    name: 'house-writer',
    model: 'house-llm-1',
    tasks: 5,
    success: 0.9,
    asks: 0.1,
    seconds: 95,
    tokens: 22_000,
  },
];

/** A fleet over 60 days: weekends are quiet, one agent was away for some days and got better afterwards. */
export async function makeFleet(url: string, person: Person): Promise<void> {
  const work = FLEET.map(async ({ name, model, tasks, success, asks, seconds, tokens }) => {
    let state = tokens;
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const { createAgent } = await get<{ createAgent: { id: string } }>(
      url,
      person.token,
      'mutation ($input: CreateAgentInput!) { createAgent(input: $input) { id } }',
      { input: { projectId: person.projectId, name, provider: 'openai', model } },
    );
    for (let day = -59; day <= 0; day += 1) {
      const isWeekend = [0, 6].includes(new Date(dayFromToday(day)).getUTCDay());
      if (name === 'house-writer' && (day < -40 || (day > -16 && day < -11) || isWeekend)) continue;
      const isNew = day > -12;
      const count = Math.round(tasks * (isWeekend ? 0.4 : 1) * (0.7 + 0.6 * random()));
      for (let task = 0; task < count; task += 1) {
        await makeFinishedTask(url, person, {
          agentId: createAgent.id,
          day,
          name: `${name} ${day + 60}-${task}`,
          status: random() < success + (isNew && name === 'price-scout' ? 0.12 : 0) ? 'SUCCEEDED' : 'FAILED',
          isIntervened: random() < asks,
          latencyMs: Math.round(seconds * 1_000 * (isNew ? 0.85 : 1) * (0.4 + 2 * random() ** 3 + random())),
          steps: [
            {
              model,
              inputTokens: Math.round(tokens * (0.5 + random())),
              outputTokens: Math.round(tokens * 0.08 * (0.5 + random())),
            },
          ],
        });
      }
    }
  });
  await Promise.all(work);
  await recompute(url, person, -59, 0);
}
