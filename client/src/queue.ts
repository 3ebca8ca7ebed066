import type { Entry, Lane } from './lane.js';
import type { Settings } from './options.js';
import { sizeOf, type Fields } from './report.js';

/** What became of the reports so far. */
export interface Counts {
  /** Taken by the server. */
  delivered: number;
  /** Not wanted by the server; each was told. */
  rejected: number;
  /** Lost, for want of room or time; each was told, or counted in what was told. */
  dropped: number;
  /** Kept without all of their payload. */
  shortened: number;
}

/** What waits for the server: bounded by number and by bytes, whatever the agent does. */
export class Queue {
  readonly counts: Counts = { delivered: 0, rejected: 0, dropped: 0, shortened: 0 };
  #lanes = new Map<Lane, true>();
  #reports = 0;
  #bytes = 0;
  #seq = 0;
  #room: { promise: Promise<void>; open: () => void } | null = null;

  constructor(
    private readonly settings: Pick<Settings, 'maxQueuedReports' | 'maxQueuedBytes' | 'maxWaitMs'>,
    /** Whether waiting for room would be waiting for a server that is not there. */
    private readonly isAway: () => boolean,
  ) {}

  get reports(): number {
    return this.#reports;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#lanes.size === 0;
  }

  /** The place of the newest report. */
  get lastSeq(): number {
    return this.#seq;
  }

  nextSeq(): number {
    return (this.#seq += 1);
  }

  /** Those with something to send, those that were served last at the end. */
  lanes(): Iterable<Lane> {
    return this.#lanes.keys();
  }

  hasRoomFor(bytes: number): boolean {
    return this.#reports < this.settings.maxQueuedReports && this.hasBytesFor(bytes);
  }

  hasBytesFor(bytes: number): boolean {
    return this.#bytes + bytes <= this.settings.maxQueuedBytes;
  }

  /** Takes it whatever the room: bounds are for the caller to ask for. */
  push(lane: Lane, entry: Entry): void {
    lane.push(entry);
    this.#reports += 1;
    this.#bytes += entry.bytes;
    this.keep(lane);
  }

  /** Joins it with a report of the same step that waits. @returns whether one did */
  join(lane: Lane, key: string, fields: Fields): boolean {
    const grown = lane.join(key, fields);
    this.#bytes += grown ?? 0;
    return grown !== null;
  }

  keep(lane: Lane): void {
    this.#lanes.set(lane, true);
  }

  /** Has the others served first, and forgets a lane that has nothing. */
  rotate(lane: Lane): void {
    this.#lanes.delete(lane);
    if (!lane.isEmpty) this.#lanes.set(lane, true);
  }

  /** @returns how many were still there */
  remove(lane: Lane, entries: readonly Entry[]): number {
    const removed = lane.remove(entries);
    this.#forget(removed);
    return removed.length;
  }

  /** Takes all reports of a task away. @returns how many */
  clear(lane: Lane, reason: string): number {
    const entries = lane.clear();
    this.#forget(entries);
    this.#lanes.delete(lane);
    // Its beginning is lost, so no server will know what belongs to it.
    if (lane.taskId === null) lane.isAbandoned = true;
    for (const entry of entries) if (entry.kind === 'ask') entry.onLost(reason);
    return entries.length;
  }

  /** @returns whether that made it smaller */
  shrink(entry: Entry, fields: Fields): boolean {
    const bytes = sizeOf(fields);
    if (bytes >= entry.bytes) return false;
    this.#bytes += bytes - entry.bytes;
    Object.assign(entry, { fields, bytes });
    return true;
  }

  /** Resolves when the queue is less than half full; at once where waiting would not help, and in any case after maxWaitMs. */
  room(): Promise<void> {
    if (this.#isRoomy() || this.isAway()) return Promise.resolve();
    if (!this.#room) {
      let open = (): void => undefined;
      const promise = new Promise<void>((resolve) => (open = resolve));
      const timer = setTimeout(() => this.letGo(), this.settings.maxWaitMs);
      this.#room = {
        promise,
        open: () => {
          clearTimeout(timer);
          open();
        },
      };
    }
    return this.#room.promise;
  }

  /** Lets those go on who wait for room. */
  letGo(): void {
    this.#room?.open();
    this.#room = null;
  }

  #isRoomy(): boolean {
    const { maxQueuedReports, maxQueuedBytes } = this.settings;
    return this.#reports <= maxQueuedReports / 2 && this.#bytes <= maxQueuedBytes / 2;
  }

  #forget(entries: readonly Entry[]): void {
    this.#reports -= entries.length;
    for (const { bytes } of entries) this.#bytes -= bytes;
    if (this.#room && this.#isRoomy()) this.letGo();
  }
}
