import { browsersOf, type BrowserPoolPicture } from './browser-status.js';
import { Health, overallHealth, worstHealth } from './health.js';
import type { Look, ProcessRole } from './probe.js';
import type { AgedReport } from './process-report.repository.js';

/** How a component is, as far as all processes together know. */
export interface ComponentState {
  name: string;
  health: Health;
  detail: string | null;
  observedAt: Date | null;
  latencyMs: number | null;
}

/** One picture over all processes. */
export interface SystemPicture {
  status: Health;
  version: string;
  startedAt: Date;
  uptimeSeconds: number;
  observedAt: Date;
  components: ComponentState[];
  cpuLoad: number;
  memoryRssBytes: number;
  eventLoopDelayP99Ms: number | null;
  browserInstances: BrowserPoolPicture;
}

export interface PictureRules {
  /** Components that belong to the picture even where nobody has looked at them. */
  expected: readonly string[];
  /** Of the process that makes the picture. */
  version: string;
  /** What was seen longer ago than this says nothing about now. */
  silentMs: number;
  /** A process that has been silent for longer than this is no longer missed. */
  forgottenMs: number;
}

type SeenLook = Look & { by: AgedReport };

/** Puts together what the processes reported. `now` is the moment to which the reports' ages count. */
export function pictureOf(reports: readonly AgedReport[], rules: PictureRules, now: Date): SystemPicture {
  const present = reports.filter(({ ageMs }) => ageMs <= rules.silentMs);
  const missed = reports.filter(({ ageMs }) => ageMs > rules.silentMs && ageMs <= rules.forgottenMs);
  const looks = reports.flatMap((by) =>
    by.components.map((look): SeenLook => ({ ...look, ageMs: look.ageMs + by.ageMs, by })),
  );
  const names = new Set([
    ...rules.expected,
    ...looks.filter(({ ageMs }) => ageMs <= rules.forgottenMs).map(({ name }) => name),
  ]);
  const components = [...names].map((name) =>
    componentOf(
      name,
      looks.filter((look) => look.name === name),
      rules,
      now,
    ),
  );
  components.push(roleOf('api', present, missed, now), roleOf('worker', present, missed, now));
  const delays = present.flatMap(({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms ?? []);
  const startedAt = new Date(Math.min(now.getTime(), ...present.map((report) => report.startedAt.getTime())));
  return {
    status: overallHealth(components),
    version: rules.version,
    startedAt,
    uptimeSeconds: (now.getTime() - startedAt.getTime()) / 1000,
    observedAt: now,
    components,
    cpuLoad: sum(present.map(({ cpuLoad }) => cpuLoad)),
    memoryRssBytes: sum(present.map(({ memoryRssBytes }) => memoryRssBytes)),
    eventLoopDelayP99Ms: delays.length > 0 ? Math.max(...delays) : null,
    browserInstances: browsersOf(present, now),
  };
}

function componentOf(name: string, looks: readonly SeenLook[], rules: PictureRules, now: Date) {
  const fresh = looks.filter(({ ageMs }) => ageMs <= rules.silentMs);
  const observedAt = newest(looks, now);
  if (fresh.length === 0) {
    const detail = observedAt ? 'Nobody has looked at it lately.' : 'Nobody has looked at it yet.';
    return { name, health: Health.UNKNOWN, detail, observedAt, latencyMs: null };
  }
  const health = worstHealth(fresh.map((look) => look.health));
  const [said] = fresh.filter((look) => look.health === health) as [SeenLook];
  const others = fresh.filter((look) => look.health === Health.HEALTHY).length;
  const isDisputed = health !== Health.HEALTHY && others > 0;
  const dispute = ` ${nameOf(said.by)} says so; ${others} of ${fresh.length} processes find nothing wrong.`;
  const latencies = fresh.flatMap(({ latencyMs }) => latencyMs ?? []);
  return {
    name,
    health,
    detail: isDisputed ? `${said.detail ?? ''}${dispute}`.trim() : said.detail,
    observedAt,
    latencyMs: latencies.length > 0 ? Math.max(...latencies) : null,
  };
}

const work: Record<ProcessRole, { one: string; many: string }> = {
  api: { one: 'answers requests', many: 'answer requests' },
  worker: { one: 'runs jobs', many: 'run jobs' },
};

/** The processes of a role as a component: one that fell silent without a goodbye is missed for a while. */
function roleOf(
  role: ProcessRole,
  present: readonly AgedReport[],
  missed: readonly AgedReport[],
  now: Date,
): ComponentState {
  const isOne = ({ roles }: AgedReport) => roles.includes(role);
  const [here, gone] = [present.filter(isOne), missed.filter(isOne)];
  const base = { name: role, observedAt: newest([...here, ...gone], now), latencyMs: null };
  const [first] = gone;
  const silence = first ? ` ${nameOf(first)} has said nothing for ${Math.round(first.ageMs / 1000)} s.` : '';
  if (here.length === 0) {
    const detail = `No process that ${work[role].one} has been seen lately.${silence}`;
    return { ...base, health: Health.UNKNOWN, detail };
  }
  if (silence) {
    const missing = `${gone.length} of ${here.length + gone.length} ${gone.length === 1 ? 'is' : 'are'} missing.`;
    return { ...base, health: Health.DEGRADED, detail: missing + silence };
  }
  const versions = [...new Set(here.map(({ version }) => version))];
  const count =
    here.length === 1 ? `1 process ${work[role].one}` : `${here.length} processes ${work[role].many}`;
  const detail = versions.length > 1 ? `${count}, of the versions ${versions.join(', ')}.` : `${count}.`;
  return { ...base, health: Health.HEALTHY, detail };
}

const nameOf = ({ hostname, pid }: AgedReport) => `The process ${pid} on ${hostname}`;
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

function newest(seen: readonly { ageMs: number }[], now: Date): Date | null {
  if (seen.length === 0) return null;
  return new Date(now.getTime() - Math.min(...seen.map(({ ageMs }) => ageMs)));
}
