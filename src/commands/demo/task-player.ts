import { setTimeout as sleep } from 'node:timers/promises';
import { GraphqlRequestError } from '../../platform/graphql-client.js';
import type { FleetApi, FleetTask } from './fleet-api.js';
import type { HumanDesk } from './human-desk.js';
import { GivenUp, type Action, type HumanAnswer, type Outcome, type Plan } from './plan.js';
import { EndedElsewhere, StepReporter } from './step-reporter.js';
import type { Tally } from './tally.js';

export interface PlayerOptions {
  api: FleetApi;
  /** For last words; outlives the signal by a little. */
  farewellApi: FleetApi;
  desk: HumanDesk;
  tally: Tally;
  /** How many made-up seconds pass in a real one. */
  speed: number;
  /** Aborted: tasks end as CANCELLED, at once. */
  signal: AbortSignal;
}

/** What is shorter than this is told when it is over; what is longer is seen to run. Real milliseconds. */
const shownFromMs = 50;

/** Plays plans as tasks of the server, in real time. */
export class TaskPlayer {
  constructor(private readonly options: PlayerOptions) {}

  /** @throws GraphqlRequestError where the server refuses what every task needs, or stays away */
  async play(task: FleetTask, plan: Plan): Promise<void> {
    const { api, tally, signal } = this.options;
    const reporter = new StepReporter(task.id, (steps) => (tally.steps += steps));
    try {
      const outcome = await this.#outcomeOf(task.id, plan, reporter);
      await reporter.flush(api);
      const { costUsd } = await api.finishTask(task.id, outcome);
      tally.end(outcome.status, costUsd);
    } catch (error) {
      if (!signal.aborted && !isEnded(error)) throw error;
      tally.end('CANCELLED', null);
      reporter.abandon();
      await this.#sayGoodbye(task.id, reporter);
    }
  }

  async #outcomeOf(taskId: string, plan: Plan, reporter: StepReporter): Promise<Outcome> {
    try {
      let next = plan.next();
      while (!next.done) next = plan.next(await this.#perform(taskId, next.value, reporter));
      return next.value;
    } catch (error) {
      if (error instanceof GivenUp) return { status: error.status, error: error.fault };
      throw error;
    }
  }

  async #perform(taskId: string, action: Action, reporter: StepReporter): Promise<HumanAnswer | undefined> {
    switch (action.kind) {
      case 'STEPS': {
        const steps = action.steps.toSorted((a, b) => a.durationMs - b.durationMs);
        const isShown = (steps.at(-1)?.durationMs ?? 0) / this.options.speed >= shownFromMs;
        for (const step of action.steps) reporter.begin(step, isShown);
        let passedMs = 0;
        for (const step of steps) {
          await this.#wait(step.durationMs - passedMs, reporter);
          passedMs = step.durationMs;
          reporter.end(step);
        }
        return undefined;
      }
      case 'OPEN':
        reporter.begin(action.step, true);
        return undefined;
      case 'CLOSE':
        reporter.end(action.step);
        return undefined;
      case 'PAUSE':
        await this.#wait(action.durationMs, reporter);
        return undefined;
      case 'PROGRESS':
        reporter.progress(action.progress, action.message);
        return undefined;
      case 'ASK':
        await reporter.flush(this.options.api);
        return this.options.desk.ask(taskId, action.question);
    }
  }

  async #wait(madeUpMs: number, reporter: StepReporter): Promise<void> {
    const { api, speed, signal } = this.options;
    const delayMs = madeUpMs / speed;
    if (delayMs >= shownFromMs) await reporter.flush(api);
    await sleep(delayMs, undefined, { signal });
  }

  /** The demo was stopped, or the task was: what is open is closed; a server that is away misses it. */
  async #sayGoodbye(taskId: string, reporter: StepReporter): Promise<void> {
    const { farewellApi } = this.options;
    try {
      await reporter.flush(farewellApi);
      await farewellApi.finishTask(taskId, { status: 'CANCELLED' });
    } catch {
      // Ended by somebody else, or out of reach: its time limit ends it.
    }
  }
}

/** Whether this task, and no other, is at its end. */
function isEnded(error: unknown): boolean {
  if (error instanceof EndedElsewhere) return true;
  return error instanceof GraphqlRequestError && (error.code === 'CONFLICT' || error.code === 'NOT_FOUND');
}
