const DAY_MS = 86_400_000;
const SHORT = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const LONG = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});

/** UTC days such as 2026-03-01, both included. */
export interface DayRange {
  from: string;
  to: string;
}

/** The UTC day of a moment. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

export function addDays(day: string, days: number): string {
  return dayOf(Date.parse(day) + days * DAY_MS);
}

/** How many days a range has; 0 or less where it ends before it begins. */
export function countDays({ from, to }: DayRange): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1;
}

export function daysIn(range: DayRange): string[] {
  return Array.from({ length: Math.max(countDays(range), 0) }, (_, index) => addDays(range.from, index));
}

/** As many days, up to the one before the first. */
export function periodBefore(range: DayRange): DayRange {
  return { from: addDays(range.from, -countDays(range)), to: addDays(range.from, -1) };
}

/** A day that exists, of this century and the next nine. */
export function isDay(text: string): boolean {
  const ms = /^2\d{3}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  return !Number.isNaN(ms) && dayOf(ms) === text;
}

/** 1 Mar */
export function formatDay(day: string): string {
  return SHORT.format(Date.parse(day));
}

/** 1 Mar 2026 */
export function formatLongDay(day: string): string {
  return LONG.format(Date.parse(day));
}

/** "1 Mar to 30 Mar 2026"; one day as itself. */
export function formatRange({ from, to }: DayRange): string {
  if (from === to) return formatLongDay(to);
  const first = from.slice(0, 4) === to.slice(0, 4) ? formatDay(from) : formatLongDay(from);
  return `${first} to ${formatLongDay(to)}`;
}
