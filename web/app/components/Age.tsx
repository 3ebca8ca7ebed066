import { formatAge, formatAgo, formatExact, parseTime } from '../format/times';
import { useNow } from './use-now';

/** How long ago something was, moving on by itself; the exact time stands in the title. @param isPhrase as "5m ago" */
export function Age({ at, isPhrase = false }: { at: string; isPhrase?: boolean }) {
  const nowMs = useNow(1_000);
  const ms = parseTime(at);
  if (ms === null) return <span>–</span>;
  return (
    <time dateTime={at} title={formatExact(ms)}>
      {isPhrase ? formatAgo(ms, nowMs) : formatAge(ms, nowMs)}
    </time>
  );
}
