import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { GraphqlRequestError } from '../../platform/graphql-client.js';
import type { DemoPerson } from './demo-person.js';
import type { FleetAgent, FleetApi } from './fleet-api.js';
import type { HumanDesk } from './human-desk.js';
import type { AgentScript } from './plan.js';
import { Random } from './random.js';
import type { Tally } from './tally.js';
import type { TaskPlayer } from './task-player.js';

export interface FleetMember {
  script: AgentScript;
  agent: FleetAgent;
}

export interface FleetOptions {
  members: readonly FleetMember[];
  /** Outlives the signal by a little: a task that was made while the demo stopped is known, and can be ended. */
  farewellApi: FleetApi;
  player: TaskPlayer;
  desk: HumanDesk;
  tally: Tally;
  person: DemoPerson | null;
  /** Tasks started per minute of made-up time. */
  rate: number;
  speed: number;
  seed: number;
  /** Stop after so many; null = until the signal. */
  tasks: number | null;
  signal: AbortSignal;
  /** Called where the fleet cannot go on: ends the tasks that run. */
  onFailure: () => void;
}

const mostAtATime = 150;
/** Started at once, so that there is something to see. */
const firstTasks = 3;
/** The server ends a task whose demo was killed. */
const timeoutMs = 1_800_000;
const publishVersion = `mutation DemoPublish($input: PublishAgentVersionInput!) {
  publishAgentVersion(input: $input) { number } }`;

/** Starts tasks at the wanted rate, of all agents by their shares, until it has started enough or is stopped. */
export class Fleet {
  readonly #running = new Set<Promise<void>>();
  readonly #runId = randomUUID();
  readonly #startedBy = new Map<AgentScript, number>();
  readonly #published = new Set<AgentScript>();
  readonly #random: Random;
  #deck: FleetMember[] = [];
  #failure: { error: unknown } | undefined;

  constructor(private readonly options: FleetOptions) {
    this.#random = new Random('fleet', options.seed);
  }

  /** Ends when all that was started has ended. @throws GraphqlRequestError where the server refuses or stays away */
  async run(): Promise<void> {
    const { rate, speed, tasks, signal, desk } = this.options;
    for (let index = 0; index !== tasks && !signal.aborted; index++) {
      if (index >= firstTasks) {
        const intervalMs = 60_000 / rate / speed;
        await sleep(intervalMs * (0.4 + 1.2 * this.#random.next()), undefined, { signal }).catch(
          () => undefined,
        );
      }
      while (this.#running.size >= mostAtATime) await Promise.race(this.#running);
      if (!signal.aborted && !this.#failure)
        await this.#start(index).catch((error: unknown) => this.#fail(error));
    }
    await this.#settle(desk);
    if (this.#failure) throw this.#failure.error;
  }

  /** Waits for what runs; what waits for the person who looks is answered once nothing else is left. */
  async #settle(desk: HumanDesk): Promise<void> {
    while (this.#running.size > 0) {
      if (this.#running.size <= desk.waiting) desk.close();
      await Promise.race([...this.#running, sleep(100, undefined, { ref: false })]);
    }
  }

  async #start(index: number): Promise<void> {
    const { farewellApi, player, tally, seed } = this.options;
    const { script, agent } = this.#draw();
    await this.#maybePublish(script, agent);
    const { plan, ...job } = script.job(new Random('task', seed, index));
    const idempotencyKey = `demo:${this.#runId}:${index}`;
    try {
      const task = await farewellApi.createTask({ ...job, agentId: agent.id, idempotencyKey, timeoutMs });
      tally.started += 1;
      const played = player
        .play(task, plan(task.agentVersion.model))
        .catch((error: unknown) => this.#fail(error))
        .finally(() => this.#running.delete(played));
      this.#running.add(played);
    } catch (error) {
      // Somebody paused the agent: the others go on.
      if (!(error instanceof GraphqlRequestError && error.code === 'CONFLICT')) throw error;
    }
  }

  /** Dealt like cards, so that each agent gets its share within a short while. */
  #draw(): FleetMember {
    if (this.#deck.length === 0) {
      const { members } = this.options;
      this.#deck = this.#random.shuffled(
        members.flatMap((one) => Array.from({ length: one.script.share }, () => one)),
      );
    }
    const member = this.#deck.pop();
    if (!member) throw new Error('The fleet has no agents.');
    this.#startedBy.set(member.script, (this.#startedBy.get(member.script) ?? 0) + 1);
    return member;
  }

  /** After a while an agent gets its next version, unless it has one already; where that fails, before a later task. */
  async #maybePublish(script: AgentScript, agent: FleetAgent): Promise<void> {
    const { person } = this.options;
    const isDue = script.next && (this.#startedBy.get(script) ?? 0) > script.next.afterTasks;
    if (!script.next || !isDue || !person || agent.currentVersion.number > 1 || this.#published.has(script))
      return;
    const { setup, note } = script.next;
    const published = person.ask(publishVersion, { input: { agentId: agent.id, note, ...setup } });
    await published.then(
      () => this.#published.add(script),
      () => undefined,
    );
  }

  #fail(error: unknown): void {
    if (this.#failure || this.options.signal.aborted) return;
    this.#failure = { error };
    this.options.onFailure();
  }
}
