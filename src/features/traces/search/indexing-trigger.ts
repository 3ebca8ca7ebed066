import type { StepRecord } from '../../tasks/index.js';
import type { Logger } from '../../../platform/logger.js';
import { enoughSlots } from './search-indexer.js';

const askEveryMs = 1_000;

/**
 * Asks for a project to be indexed once this process has taken in enough of it. Not part of the transaction that told the steps:
 * it costs them nothing, and where it is lost the clock asks.
 */
export class IndexingTrigger {
  /** Of each project, the weight of what came since it was last asked for. */
  readonly #weights = new Map<string, number>();
  readonly #due = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly ask: (projectId: string) => Promise<void>,
    private readonly logger: Logger,
  ) {}

  /** Notes steps that were committed. */
  note(projectId: string, steps: readonly StepRecord[]): void {
    let weight = this.#weights.get(projectId) ?? 0;
    for (const { input, output, attributes } of steps) {
      const length = (input?.length ?? 0) + (output?.length ?? 0) + (attributes?.length ?? 0);
      weight += 0.25 + length / 1000;
    }
    this.#weights.set(projectId, weight);
    if (weight < enoughSlots) return;
    this.#weights.delete(projectId);
    this.#due.add(projectId);
    this.#timer ??= setTimeout(() => void this.#askForAll(), askEveryMs).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #askForAll(): Promise<void> {
    this.#timer = undefined;
    const projectIds = [...this.#due];
    this.#due.clear();
    try {
      for (const projectId of projectIds) await this.ask(projectId);
    } catch (error) {
      this.logger.debug({ err: error }, 'Steps are indexed when the clock asks instead.');
    }
  }
}
