import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { DemoPerson } from './demo-person.js';
import type { AskedIntervention, FleetApi } from './fleet-api.js';
import type { HumanAnswer, Question } from './plan.js';
import { EndedElsewhere } from './step-reporter.js';

export interface HumanDeskOptions {
  /** The GraphQL address, over HTTP. */
  endpoint: string;
  projectId: string;
  api: FleetApi;
  apiKey: string;
  /** Answers for the operator; null: nobody pretends to be one. */
  person: DemoPerson | null;
  /** How many made-up seconds pass in a real one. */
  speed: number;
  signal: AbortSignal;
}

interface Waiter {
  question: Question;
  /** Null until the server has told it, by an answer or an event. */
  interventionId: string | null;
  isLeft: boolean;
  timer?: NodeJS.Timeout;
  settle?: (answer: HumanAnswer) => void;
  fail?: (reason: unknown) => void;
}

interface ChangedIntervention extends AskedIntervention {
  task: { id: string };
}

const expiryMs = 600_000;
const sweepMs = 5_000;
const mostLeft = 3;
/** A server that restarts is waited for. */
const attempts = 40;
const followDocument = `subscription DemoInterventions($projectId: ID!) {
  interventionChanged(projectId: $projectId) { id status answer task { id } } }`;
const resolveDocument = `mutation DemoResolve($input: ResolveInterventionInput!) {
  resolveIntervention(input: $input) { id } }`;

/**
 * Where agents ask humans: follows the project's interventions live, pretends to be the operator for some of them, and tells
 * each agent what was answered, whoever did. A message may get lost, so that what is waited for is also looked up.
 */
export class HumanDesk {
  /** By task: a plan asks one question at a time. */
  readonly #waiters = new Map<string, Waiter>();
  readonly #client: Client;
  readonly #sweep: NodeJS.Timeout;
  readonly #stopped = new AbortController();
  #unsubscribe: () => void = () => undefined;
  #isClosing = false;

  constructor(private readonly options: HumanDeskOptions) {
    const { endpoint, person, apiKey, signal } = options;
    this.#client = createClient({
      url: endpoint.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: () => ({ authorization: `Bearer ${person?.token ?? apiKey}` }),
      retryAttempts: Number.POSITIVE_INFINITY,
      shouldRetry: () => true,
      retryWait: (retries) => this.#pause(Math.min(250 * 2 ** retries, 5000)),
    });
    this.#follow();
    this.#sweep = setInterval(() => void this.#lookUp(), sweepMs);
    signal.addEventListener('abort', () => this.#failAll(signal.reason), { once: true });
  }

  /** How many questions wait for the person who looks. */
  get left(): number {
    return [...this.#waiters.values()].filter(({ isLeft }) => isLeft).length;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /** Asks, and answers what the human said; EXPIRED after ten minutes. */
  async ask(taskId: string, question: Question): Promise<HumanAnswer> {
    const { api, person, signal } = this.options;
    signal.throwIfAborted();
    const isForViewer = question.isForViewer && !this.#isClosing && this.left < mostLeft;
    const waiter: Waiter = { question, interventionId: null, isLeft: person === null || isForViewer };
    const answered = new Promise<HumanAnswer>((settle, fail) => Object.assign(waiter, { settle, fail }));
    // Stopping may fail it while the question is still on its way.
    answered.catch(() => undefined);
    this.#waiters.set(taskId, waiter);
    try {
      const expiresAt = new Date(Date.now() + expiryMs).toISOString();
      const asked = await api.requestIntervention(taskId, question, expiresAt);
      this.#noticed(waiter, asked.id);
      this.#heard(taskId, asked);
      return await answered;
    } finally {
      clearTimeout(waiter.timer);
      this.#waiters.delete(taskId);
    }
  }

  /** From now on the pretend operator answers everything; without one, what is open is given up. */
  close(): void {
    this.#isClosing = true;
    if (this.options.person === null) return this.#failAll(new EndedElsewhere('The demo ends.'));
    for (const waiter of this.#waiters.values()) {
      if (!waiter.isLeft) continue;
      waiter.isLeft = false;
      if (waiter.interventionId !== null) this.#answerLater(waiter, waiter.interventionId);
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#sweep);
    this.#stopped.abort();
    this.#unsubscribe();
    // A socket that is not open has nothing to close.
    await Promise.resolve(this.#client.dispose()).catch(() => undefined);
  }

  #follow(): void {
    const { projectId, person } = this.options;
    const again = async () => {
      await this.#pause(1000);
      if (this.#stopped.signal.aborted) return;
      // A session that has run out closes the socket for good; with a new one it can be opened again.
      await person?.signIn().catch(() => undefined);
      this.#follow();
    };
    this.#unsubscribe = this.#client.subscribe<{ interventionChanged: ChangedIntervention }>(
      { query: followDocument, variables: { projectId } },
      {
        next: ({ data }) => data && this.#heard(data.interventionChanged.task.id, data.interventionChanged),
        error: () => void again(),
        complete: () => void again(),
      },
    );
  }

  /** Ends early when the desk stops. */
  async #pause(delayMs: number): Promise<void> {
    await sleep(delayMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
  }

  #noticed(waiter: Waiter, id: string): void {
    if (waiter.interventionId !== null) return;
    waiter.interventionId = id;
    if (!waiter.isLeft) this.#answerLater(waiter, id);
  }

  #heard(taskId: string, { id, status, answer }: AskedIntervention): void {
    const waiter = this.#waiters.get(taskId);
    if (!waiter) return;
    if (status === 'OPEN') this.#noticed(waiter, id);
    else if (waiter.interventionId === id) waiter.settle?.({ status, answer });
  }

  #answerLater(waiter: Waiter, id: string): void {
    const delayMs = waiter.question.thinkingMs / this.options.speed;
    waiter.timer = setTimeout(() => void this.#answer(waiter, id), delayMs);
  }

  /** What cannot be answered, somebody else has answered, or it expires. */
  async #answer({ question }: Waiter, id: string): Promise<void> {
    const { person, signal } = this.options;
    const input = { id, ...question.pretend };
    await person?.ask(resolveDocument, { input }, { attempts, signal }).catch(() => undefined);
  }

  async #lookUp(): Promise<void> {
    for (const [taskId, { interventionId }] of this.#waiters) {
      if (interventionId === null) continue;
      try {
        for (const found of await this.options.api.interventionsOf(taskId)) this.#heard(taskId, found);
      } catch {
        // The next sweep asks again; a task that is gone ends with its next step.
      }
    }
  }

  #failAll(reason: unknown): void {
    for (const waiter of this.#waiters.values()) waiter.fail?.(reason);
  }
}
