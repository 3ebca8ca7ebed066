export { isoTime } from '../../platform/iso-time.js';

/** Year 9999: the last that PostgreSQL, JavaScript and people read the same. */
const latestMs = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether it is a time that can be told; 0 and what is before 1970 are none of a span. */
export function isTime(ms: number | null): ms is number {
  return ms !== null && ms > 0 && ms <= latestMs;
}
