import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';

/** What one process uses. */
export interface ProcessLoad {
  /** Cores kept busy since the reading before; 1 = one core, fully. */
  cpuLoad: number;
  memoryRssBytes: number;
  /** By how much timers came late since the reading before, the 99th percentile, milliseconds; null = none came yet. */
  eventLoopDelayP99Ms: number | null;
}

const resolutionMs = 10;

/** Measures this process, from one reading to the next. */
export class ProcessGauge {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs });
  #cpu = process.cpuUsage();
  #at = performance.now();

  start(): void {
    this.#delay.enable();
  }

  read(): ProcessLoad {
    const now = performance.now();
    const { user, system } = process.cpuUsage(this.#cpu);
    const elapsedMs = Math.max(1, now - this.#at);
    // What is measured is the time from one tick to the next, so the tick itself is taken off.
    const p99Ms = this.#delay.percentile(99) / 1e6 - resolutionMs;
    const load = {
      cpuLoad: (user + system) / 1000 / elapsedMs,
      memoryRssBytes: process.memoryUsage.rss(),
      eventLoopDelayP99Ms: this.#delay.count === 0 ? null : Math.max(0, p99Ms),
    };
    this.#cpu = process.cpuUsage();
    this.#at = now;
    this.#delay.reset();
    return load;
  }

  stop(): void {
    this.#delay.disable();
  }
}
