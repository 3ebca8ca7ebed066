import { createBinnacleDataSource } from '../../src/data-source.js';
import { HostTurns } from '../../src/features/scraping/host-turns.js';
import type { PageSource } from '../../src/features/scraping/page-source.js';
import { ScrapingEngine, ScrapingKind } from '../../src/features/scraping/scraping-enums.js';
import { ScrapingParts, type ScrapingPartsOptions } from '../../src/features/scraping/scraping-parts.js';
import { planOf } from '../../src/features/scraping/scraping-plan.js';
import { ScrapingRun, type RunOutcome } from '../../src/features/scraping/scraping-run.js';
import type { CreateScrapingTaskInput } from '../../src/features/scraping/scraping.inputs.js';
import type { ScrapingLogins } from '../../src/features/scraping/signed-out.js';
import type { RunProgress, StepSink } from '../../src/features/scraping/step-trail.js';
import type { StoredStep } from '../../src/features/scraping/stored-run.js';
import type { StepInput } from '../../src/features/tasks/index.js';
import { readStep } from '../../src/features/tasks/step-record.js';
import { Database } from '../../src/platform/database.js';
import { parseEgressAllow } from '../../src/platform/egress-allow.js';
import { EgressGuard, type Resolver } from '../../src/platform/egress-guard.js';
import { createTestDatabase } from './test-server.js';

/** A task's steps in memory, checked and merged by key as the server does. */
export class MemoryTask implements StepSink {
  readonly steps = new Map<string, StoredStep & StepInput>();
  readonly progress: RunProgress[] = [];
  /** Called before each call is stored; where it throws, nothing is. */
  before: () => void = () => undefined;
  attempt = 1;

  record(steps: readonly StepInput[], progress: RunProgress | null): Promise<void> {
    this.before();
    for (const step of steps) {
      const { problem } = readStep(step);
      if (problem) throw new Error(`The step ${step.key} is none: ${problem}`);
    }
    for (const step of JSON.parse(JSON.stringify(steps)) as StepInput[]) {
      const known = this.steps.get(step.key);
      const seq = known?.seq ?? this.steps.size + 1;
      const whole = { input: null, output: null, parentKey: null, ...known, ...step, seq };
      this.steps.set(step.key, whole as StoredStep & StepInput);
    }
    if (progress) this.progress.push(progress);
    return Promise.resolve();
  }

  async *stored() {
    yield [...this.steps.values()];
  }

  named(name: string): (StoredStep & StepInput)[] {
    return [...this.steps.values()].filter((step) => step.name === name);
  }

  get pages(): (StoredStep & StepInput)[] {
    return [...this.steps.values()].filter(({ parentKey }) => parentKey === null);
  }
}

export interface BenchOptions {
  allow?: string;
  resolve?: Resolver;
  delayMs?: number;
  pageTimeoutMs?: number;
  pageBytes?: number;
  browser?: PageSource;
  logins?: ScrapingLogins;
  askHuman?: (key: string, reason: string) => Promise<boolean>;
}

/** Runs scraping tasks without a server: real sockets and a real database for the hosts' turns, the steps in memory. */
export class ScrapingBench {
  readonly #stops: (() => Promise<void>)[] = [];

  private constructor(readonly database: Database) {}

  static async start(): Promise<ScrapingBench> {
    const testDatabase = await createTestDatabase();
    const dataSource = createBinnacleDataSource({ url: testDatabase.url });
    await dataSource.initialize();
    const bench = new ScrapingBench(new Database(dataSource));
    bench.#stops.push(
      () => testDatabase.drop(),
      () => bench.database.close(),
    );
    return bench;
  }

  turns(delayMs = 0): HostTurns {
    return new HostTurns(this.database, delayMs);
  }

  /** What the runs of one process share. */
  parts(options: BenchOptions = {}): ScrapingParts {
    const whole: ScrapingPartsOptions = {
      guard: new EgressGuard(parseEgressAllow(options.allow ?? '127.0.0.1'), options.resolve),
      turns: this.turns(options.delayMs),
      browser: options.browser,
      logins: options.logins,
      pageTimeoutMs: options.pageTimeoutMs ?? 10_000,
      pageBytes: options.pageBytes ?? 1_000_000,
    };
    const parts = new ScrapingParts(whole);
    this.#stops.push(() => parts.reader.stop());
    return parts;
  }

  async run(
    input: Partial<CreateScrapingTaskInput> & { url: string },
    options: BenchOptions & { task?: MemoryTask; parts?: ScrapingParts; signal?: AbortSignal } = {},
  ): Promise<RunOutcome & { task: MemoryTask; items: unknown[] }> {
    const plan = planOf({
      projectId: '',
      kind: ScrapingKind.PAGE,
      engine: ScrapingEngine.HTTP,
      ...input,
    });
    const { task = new MemoryTask(), signal = new AbortController().signal } = options;
    const parts = options.parts ?? this.parts(options);
    const askHuman = options.askHuman ?? (() => Promise.resolve(false));
    const { visits, trail } = await parts.visits(
      plan,
      { projectId: '', taskId: 'T1' },
      task,
      signal,
      askHuman,
    );
    const run = new ScrapingRun({ plan, attempt: task.attempt, visits, trail, signal });
    const outcome = await run.run(task.stored());
    return { ...outcome, task, items: (outcome.output['items'] ?? []) as unknown[] };
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.reverse()) await stop();
  }
}
