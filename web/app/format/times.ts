const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const UNITS: [limitMs: number, unitMs: number, name: string][] = [
  [60_000, 1_000, 's'],
  [3_600_000, 60_000, 'm'],
  [86_400_000, 3_600_000, 'h'],
  [30 * 86_400_000, 86_400_000, 'd'],
];

/** Null where the text is no time: agents report what they like. */
export function parseTime(text: string | null): number | null {
  if (text === null) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

/** "12s", "5m", "3h", "2d", beyond a month the day; "now" for the last second and for what lies ahead. */
export function formatAge(ms: number, nowMs: number): string {
  const ageMs = nowMs - ms;
  if (ageMs < 1_000) return 'now';
  for (const [limitMs, unitMs, name] of UNITS) {
    if (ageMs < limitMs) return `${Math.floor(ageMs / unitMs)}${name}`;
  }
  return DAY.format(ms);
}

/** As formatAge, as part of a sentence: "5m ago", but "now", and a day without "ago". */
export function formatAgo(ms: number, nowMs: number): string {
  const age = formatAge(ms, nowMs);
  return /^\d+[smhd]$/.test(age) ? `${age} ago` : age;
}

/** Day and time to the second, in the reader's own zone. */
export function formatExact(ms: number): string {
  return EXACT.format(ms);
}
