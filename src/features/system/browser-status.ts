export enum BrowserState {
  STARTING = 'STARTING',
  IDLE = 'IDLE',
  BUSY = 'BUSY',
  UNRESPONSIVE = 'UNRESPONSIVE',
  CLOSED = 'CLOSED',
}

/** The browsers of one process, as it reports them. */
export interface BrowsersReport {
  /** Why there can be none; null = there can. */
  reason: string | null;
  instances: {
    id: string;
    state: `${BrowserState}`;
    pages: number;
    memoryBytes: number | null;
    /** An ISO time. */
    startedAt: string;
    currentTaskId: string | null;
  }[];
}

export interface BrowserPicture {
  id: string;
  worker: string;
  state: BrowserState;
  pages: number;
  memoryBytes: number | null;
  startedAt: Date;
  lastSeenAt: Date;
  currentTaskId: string | null;
}

/** The browsers of all processes. */
export interface BrowserPoolPicture {
  available: boolean;
  reason: string | null;
  total: number;
  idle: number;
  busy: number;
  unresponsive: number;
  instances: BrowserPicture[];
}

/** A process that tells of its browsers, where it does. */
export interface BrowsersTeller {
  hostname: string;
  pid: number;
  ageMs: number;
  browsers: BrowsersReport | null;
}

/** @param present the processes that have been seen lately */
export function browsersOf(present: readonly BrowsersTeller[], now: Date): BrowserPoolPicture {
  const workers = present.flatMap((by) => (by.browsers ? [{ by, browsers: by.browsers }] : []));
  const instances = workers.flatMap(({ by, browsers }) =>
    browsers.instances.map(({ state, startedAt, ...instance }) => ({
      ...instance,
      state: BrowserState[state],
      worker: `${by.hostname}:${by.pid}`,
      startedAt: new Date(startedAt),
      lastSeenAt: new Date(now.getTime() - by.ageMs),
    })),
  );
  const available = workers.some(({ browsers }) => browsers.reason === null);
  const [lacking] = workers.flatMap(({ browsers }) => browsers.reason ?? []);
  const count = (wanted: BrowserState) => instances.filter(({ state }) => state === wanted).length;
  return {
    available,
    reason: available ? null : (lacking ?? 'No process that could open pages has been seen lately.'),
    total: instances.length,
    idle: count(BrowserState.IDLE),
    busy: count(BrowserState.BUSY),
    unresponsive: count(BrowserState.UNRESPONSIVE),
    instances,
  };
}
