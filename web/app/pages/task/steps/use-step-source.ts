import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { useApi } from '../../../api/api-context';
import { CountMatchingStepsDocument, MatchingStepsDocument } from '../../../generated/graphql';
import { formatCount } from '../../../format/numbers';
import type { StepSource } from './StepList';
import { MatchingSteps } from './matching-steps';
import type { StepStore } from './step-store';
import type { StepView } from './step-view';

/** What fills a window is read first, since each match may have to be looked for. */
const FIRST_ROWS = 40;
const PAGE_ROWS = 100;
/** The next page is asked for when the end is this near. */
const AHEAD_ROWS = 50;
/** How often a task that goes on is looked through for more that match. */
const LOOK_AGAIN_MS = 2_000;
/** How often they are counted anew: that looks at all steps of the task. */
const COUNT_AGAIN_MS = 10_000;

/** In a plain list, nothing lies within anything. */
const FLAT = { parentAt: () => -1, depthAt: () => 0, isFoldedAt: () => undefined };

/** All steps by number. */
export function useLogSource(store: StepStore, version: number) {
  const seqAt = useCallback((index: number) => index + 1, []);
  const indexOf = useCallback((seq: number) => (seq <= store.count ? seq - 1 : -1), [store, version]);
  const source: StepSource = {
    ...FLAT,
    count: store.count,
    seqAt,
    indexOf,
    indexNear: indexOf,
    rowAt: (index) => store.row(index + 1),
  };
  const onInSight = useCallback(
    (first: number, last: number) =>
      store.show(Array.from({ length: last - first + 1 }, (_, index) => first + index + 1)),
    [store],
  );
  return { source, onInSight };
}

/**
 * The steps that match a filter; null while nothing is filtered.
 * @param startSeq the step that the page was opened at; null = none
 */
export function useMatchSource(
  taskId: string,
  store: StepStore,
  filter: StepView['filter'],
  isLive: boolean,
  startSeq: number | null,
) {
  const { api } = useApi();
  const text = JSON.stringify(filter);
  const isFiltered = text !== '{}';
  const matching = useMemo(() => {
    const read = async (
      more: { first: number; after?: string | null; keys?: string[] },
      signal: AbortSignal,
    ) => {
      const { keys, ...page } = more;
      const filter = { ...(JSON.parse(text) as StepView['filter']), ...(keys && { keys }) };
      return (await api.request(MatchingStepsDocument, { taskId, filter, ...page }, signal)).task?.steps;
    };
    return new MatchingSteps({
      page: async (after, signal) => {
        const steps = await read({ first: after === null ? FIRST_ROWS : PAGE_ROWS, after }, signal);
        return {
          rows: steps?.nodes ?? [],
          hasMore: steps?.pageInfo.hasNextPage ?? false,
          endCursor: steps?.pageInfo.endCursor ?? null,
        };
      },
      keys: async (keys, signal) => (await read({ first: keys.length, keys }, signal))?.nodes ?? [],
    });
  }, [api, taskId, text]);
  const version = useSyncExternalStore(matching.subscribe, matching.version);
  const firstText = useRef(text);
  useEffect(() => {
    if (!isFiltered) return;
    // An address that was shared names a filter and a step.
    if (startSeq !== null && text === firstText.current) matching.readUntil(startSeq);
    else matching.readMore();
    return () => matching.stop();
  }, [matching, isFiltered, startSeq, text]);
  const wasLive = useRef(isLive);
  useEffect(() => {
    if (!isFiltered) return;
    if (!isLive) {
      // The last steps came together with the end.
      if (wasLive.current) matching.lookAgain();
      wasLive.current = false;
      return;
    }
    wasLive.current = true;
    const forget = store.onTaken((steps) => matching.note(steps));
    const timer = setInterval(() => matching.lookAgain(), LOOK_AGAIN_MS);
    return () => {
      forget();
      clearInterval(timer);
    };
  }, [matching, store, isFiltered, isLive]);
  const { data: total } = useQuery({
    queryKey: ['matching-steps', taskId, text, isLive],
    queryFn: async ({ signal }) => {
      const variables = { taskId, filter: JSON.parse(text) as StepView['filter'] };
      return (await api.request(CountMatchingStepsDocument, variables, signal)).task?.steps.totalCount ?? 0;
    },
    // Not at the same time as the first are looked for, and only where they are not all.
    enabled: isFiltered && matching.isRead && !matching.isComplete,
    refetchInterval: isLive && COUNT_AGAIN_MS,
  });
  const onInSight = useCallback(
    (_first: number, last: number) => {
      if (last >= matching.rows.length - AHEAD_ROWS) matching.readMore();
    },
    [matching],
  );
  const seqAt = useCallback((index: number) => matching.rows[index]?.seq ?? -1 - index, [matching]);
  const indexOf = useCallback((seq: number) => matching.indexOf(seq), [matching]);
  if (!isFiltered) return null;
  // What came live since is newer than what was found.
  const rowAt = (index: number) => {
    const found = matching.rows[index];
    const known = found && store.row(found.seq);
    return known && known.revision > found.revision ? known : found;
  };
  const source: StepSource = {
    ...FLAT,
    count: matching.rows.length,
    seqAt,
    indexOf,
    indexNear: indexOf,
    rowAt,
  };
  return { source, onInSight, matching, version, matches: matchesOf(matching, total) };
}

/** How many there are, in words. @param total as the server counted, before some that came since */
function matchesOf({ isRead, isComplete, rows, fault }: MatchingSteps, total: number | undefined): string {
  if (!isRead) return 'Searching…';
  if (fault) return '';
  if (!isComplete && total === undefined) return `${formatCount(rows.length)}+ matches`;
  const count = isComplete ? rows.length : Math.max(total ?? 0, rows.length);
  return `${formatCount(count)} ${count === 1 ? 'match' : 'matches'}`;
}
