import type { FleetApi, NewTask, StepReport } from './fleet-api.js';
import type { FleetMember } from './fleet.js';
import { GivenUp, type Action, type HumanAnswer, type Outcome, type Plan, type Question } from './plan.js';
import { Random } from './random.js';
import { beginningOf, endOf } from './step-reporter.js';

const dayMs = 86_400_000;
const tag = 'history';
const atATime = 4;

/** A finished task of the past, ready to be sent. */
export interface PastTask {
  task: NewTask;
  plan: (model: string | null) => Plan;
}

/**
 * The history of so many days before the demo's first day, always the same for the same agents: so it is never doubled. More
 * days add to it.
 */
export function planHistory(members: readonly FleetMember[], days: number): PastTask[] {
  const [first] = members;
  if (!first) return [];
  const createdMs = new Date(first.agent.createdAt).getTime();
  const midnightMs = createdMs - (createdMs % dayMs);
  const shares = members.flatMap((member) => Array.from({ length: member.script.share }, () => member));
  const past: PastTask[] = [];
  for (let day = 1; day <= days; day++) {
    const count = new Random('history', day).whole(16, 28);
    for (let index = 0; index < count; index++) {
      const random = new Random('history', day, index);
      const { script, agent } = random.pick(shares);
      const { plan, ...job } = script.job(random);
      const startedAt = new Date(midnightMs - day * dayMs + busyTimeMs(random)).toISOString();
      const idempotencyKey = `demo:history:${day}:${index}`;
      past.push({
        task: { ...job, agentId: agent.id, idempotencyKey, startedAt, tags: [...job.tags, tag] },
        plan,
      });
    }
  }
  return past;
}

/**
 * Writes what is not there yet. A signal ends it between two tasks, so that none is left half written.
 * @param onProgress called after each task
 */
export async function writeHistory(
  api: FleetApi,
  past: readonly PastTask[],
  signal: AbortSignal,
  onProgress: () => void,
): Promise<void> {
  const queue = [...past];
  const work = async () => {
    for (let next = queue.shift(); next && !signal.aborted; next = queue.shift()) {
      await writePastTask(api, next);
      onProgress();
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
}

/** Whether the project has all of it, so that nothing has to be sent. */
export async function hasHistory(
  api: FleetApi,
  projectId: string,
  past: readonly PastTask[],
): Promise<boolean> {
  return past.length === 0 || (await api.countTasks(projectId, tag)) >= past.length;
}

async function writePastTask(api: FleetApi, { task, plan }: PastTask): Promise<void> {
  const made = await api.createTask(task);
  if (made.status !== 'RUNNING') return;
  const { steps, outcome, endedAt } = recall(plan(made.agentVersion.model), new Date(task.startedAt ?? 0));
  await api.recordSteps(made.id, steps);
  await api.finishTask(made.id, outcome, endedAt.toISOString());
}

/** Plays a plan against a clock of its own: what was told, and when it was over. Humans answered as they pretend to. */
export function recall(
  plan: Plan,
  startedAt: Date,
): { steps: StepReport[]; outcome: Outcome; endedAt: Date } {
  const steps = new Map<string, StepReport>();
  const begun = new Map<string, Date>();
  let now = startedAt;
  const after = (ms: number) => new Date(now.getTime() + ms);
  const perform = (action: Action): HumanAnswer | undefined => {
    switch (action.kind) {
      case 'STEPS': {
        for (const step of action.steps) steps.set(step.key, endOf(step, now, after(step.durationMs)));
        now = after(Math.max(...action.steps.map(({ durationMs }) => durationMs)));
        return undefined;
      }
      case 'OPEN':
        begun.set(action.step.key, now);
        steps.set(action.step.key, beginningOf(action.step, now));
        return undefined;
      case 'CLOSE':
        steps.set(action.step.key, endOf(action.step, begun.get(action.step.key) ?? now, now));
        return undefined;
      case 'PAUSE':
        now = after(action.durationMs);
        return undefined;
      case 'PROGRESS':
        return undefined;
      case 'ASK': {
        const answeredAt = after(action.question.thinkingMs);
        for (const step of humanSteps(action.question, now, answeredAt)) steps.set(step.key, step);
        now = answeredAt;
        return action.question.pretend;
      }
    }
  };
  const end = (outcome: Outcome) => ({ steps: [...steps.values()], outcome, endedAt: now });
  try {
    let next = plan.next();
    while (!next.done) next = plan.next(perform(next.value));
    return end(next.value);
  } catch (error) {
    if (error instanceof GivenUp) return end({ status: error.status, error: error.fault });
    throw error;
  }
}

/** A question of the past leaves its two steps; an intervention is of the present. */
function humanSteps(question: Question, askedAt: Date, answeredAt: Date): StepReport[] {
  const { key, kind, reason, pretend } = question;
  const at = answeredAt.toISOString();
  return [
    {
      ...{
        key,
        type: 'HUMAN',
        name: kind,
        status: 'SUCCEEDED',
        input: { reason, question: question.question },
      },
      startedAt: askedAt.toISOString(),
      endedAt: at,
    },
    {
      ...{ key: `${key}:answer`, parentKey: key, type: 'HUMAN', name: pretend.status, status: 'SUCCEEDED' },
      ...{ startedAt: at, endedAt: at, output: pretend },
    },
  ];
}

/** A time of day, mostly when people are at work, and an hour before midnight at the latest. */
function busyTimeMs(random: Random): number {
  const hour = random.weighted({ night: 2, morning: 6, noon: 5, afternoon: 6, evening: 2 });
  const from = { night: 0, morning: 7, noon: 11, afternoon: 13, evening: 18 }[hour];
  return (from + random.next() * 5) * 3_600_000;
}
