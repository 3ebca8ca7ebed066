import { formatAge, formatExact, parseTime } from '../format/times';
import { useNow } from './use-now';

/** How long ago something was, moving on by itself; the exact time stands in the title. */
export function Age({ at }: { at: string }) {
  const nowMs = useNow(1_000);
  const ms = parseTime(at);
  if (ms === null) return <span>–</span>;
  return (
    <time dateTime={at} title={formatExact(ms)}>
      {formatAge(ms, nowMs)}
    </time>
  );
}
