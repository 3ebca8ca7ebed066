let lastSecond = Number.NaN;
let lastText = '';

/**
 * A time, in milliseconds since 1970, as ISO 8601 in UTC. Those of a batch fall into few seconds, so the last second is kept as text.
 */
export function isoTime(ms: number): string {
  const whole = Math.floor(ms);
  const second = Math.floor(whole / 1000);
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toISOString().slice(0, -4);
    lastSecond = second;
  }
  return `${lastText}${String(whole - second * 1000).padStart(3, '0')}Z`;
}
