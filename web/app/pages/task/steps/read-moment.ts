import { showName } from '../../../format/hostile-text';

/** A moment, or in words why it is none. */
export type Moment = { ms: number } | { problem: string };

const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** One or more of `3 d`, `2h`, `05 min`, `1.5 seconds`, `250 ms`: what the rows show, and longer words for it. */
const PARTS =
  /(\d+(?:\.\d+)?) ?(ms|milliseconds?|d|days?|h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?)(?![a-z])/g;
const COLONS = /^(?:(\d+):)?(\d+):([0-5]?\d(?:\.\d+)?)$/;
const CLOCK = /^(\d\d?)(?::([0-5]\d))?(?::([0-5]\d(?:\.\d+)?))? ?([ap])\.?m\.?$/;
const MINUTE_MS = 60_000;
/** What the server knows as times. */
const EARLIEST_MS = Date.parse('0001-01-01T00:00:00.000Z');
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * Reads what people type to name a moment of a task. From its beginning: `90 s`, `1h 05m`, `90` (seconds), `1:30` (minutes
 * and seconds), `+1:30:00`. By the clock: `14:05:30` and `2:05 pm`, the first such time since the task began. A date, or a
 * date and time. Clock and dates are in the reader's own zone unless they name one.
 * @param startMs when the task began; null = not known
 */
export function readMoment(text: string, startMs: number | null): Moment {
  const told = text.normalize('NFKC').replace(/\s+/g, ' ').trim();
  const short = told.toLowerCase().replace(/(\d),(\d)/g, '$1.$2');
  const isOffset = short.startsWith('+');
  const offsetMs = readOffset(short.replace(/^\+ ?/, ''), isOffset);
  const clockMs = offsetMs === null && !isOffset ? readClock(short) : null;
  if (offsetMs === null && clockMs === null) return checked(isOffset ? Number.NaN : readDate(told), text);
  if (startMs === null) {
    return {
      problem: 'It is not known when the task began: write a date and time, such as 2026-03-01 14:05.',
    };
  }
  return checked(offsetMs === null ? nextAtClock(startMs, clockMs ?? 0) : startMs + offsetMs, text);
}

function checked(ms: number, text: string): Moment {
  if (ms >= EARLIEST_MS && ms <= LATEST_MS) return { ms };
  return {
    problem: `“${showName(text, 60)}” is no time. Write 1:30 or 90 s from the beginning, 14:05:30 on the clock, or a date and time.`,
  };
}

/** Milliseconds from the beginning; null where the text is no such thing. @param isSure whether it can be nothing else */
function readOffset(text: string, isSure: boolean): number | null {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1_000;
  const [, hours, minutes, seconds] = COLONS.exec(text) ?? [];
  // Two numbers are minutes and seconds; three are a clock's, as long as a clock can show them.
  if (seconds !== undefined && (isSure || hours === undefined || Number(hours) > 23)) {
    return (Number(hours ?? 0) * 60 + Number(minutes)) * MINUTE_MS + Number(seconds) * 1_000;
  }
  const parts = [...text.matchAll(PARTS)];
  if (parts.length === 0 || text.replace(PARTS, '').trim() !== '') return null;
  return parts.reduce((sum, [, amount, unit = '']) => {
    return (
      sum + Number(amount) * (UNIT_MS[unit.startsWith('mil') ? 'ms' : unit] ?? UNIT_MS[unit.charAt(0)] ?? 0)
    );
  }, 0);
}

/** Milliseconds since midnight; null where the text is no time of the clock. */
function readClock(text: string): number | null {
  const [, hour, minute = 0, second = 0, half] = CLOCK.exec(text) ?? [];
  if (half !== undefined) {
    if (Number(hour) < 1 || Number(hour) > 12) return null;
    return (
      ((Number(hour) % 12) + (half === 'p' ? 12 : 0)) * 60 * MINUTE_MS +
      Number(minute) * MINUTE_MS +
      Number(second) * 1_000
    );
  }
  const [, hours, minutes, seconds] = COLONS.exec(text) ?? [];
  if (hours === undefined || Number(hours) > 23 || Number(minutes) > 59) return null;
  return (Number(hours) * 60 + Number(minutes)) * MINUTE_MS + Number(seconds) * 1_000;
}

/** The first moment with that clock time since the minute in which the task began. */
function nextAtClock(startMs: number, clockMs: number): number {
  const date = new Date(startMs);
  date.setHours(0, 0, 0, clockMs);
  if (date.getTime() < Math.floor(startMs / MINUTE_MS) * MINUTE_MS) {
    date.setDate(date.getDate() + 1);
    date.setHours(0, 0, 0, clockMs);
  }
  return date.getTime();
}

function readDate(text: string): number {
  // Browsers read almost anything as some date; without a year it is none.
  if (!/\d{4}/.test(text)) return Number.NaN;
  return Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text);
}
