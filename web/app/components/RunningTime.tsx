import { formatDuration } from '../format/numbers';
import { parseTime } from '../format/times';
import { useNow } from './use-now';

interface Timed {
  latencyMs: number | null;
  startedAt: string | null;
  finishedAt: string | null;
}

/** How long a task took, or has been going on so far. */
export function RunningTime({ task, isRunning }: { task: Timed; isRunning: boolean }) {
  const startedMs = parseTime(task.startedAt);
  if (!isRunning || task.latencyMs !== null || startedMs === null) return formatDuration(task.latencyMs);
  return <Counting sinceMs={startedMs} />;
}

function Counting({ sinceMs }: { sinceMs: number }) {
  const nowMs = useNow(1_000);
  // Whole seconds: tenths would stand still and look exact.
  const ms = Math.max(nowMs - sinceMs, 0);
  return <>{ms < 60_000 ? `${Math.floor(ms / 1_000)} s` : formatDuration(ms)}</>;
}
