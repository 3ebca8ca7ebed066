import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react';
import { useApi } from '../../../api/api-context';
import { CountMatchingStepsDocument, MatchingStepsDocument } from '../../../generated/graphql';
import type { StepSource } from './StepList';
import { MatchingSteps } from './matching-steps';
import type { StepRow, StepStore } from './step-store';
import { treeOf } from './step-tree';
import type { StepView } from './step-view';

/** Up to so many steps, tree and timeline are worked out from all of them. */
export const MOST_IN_TREE = 5_000;
const PAGE_ROWS = 100;
/** The next page is asked for when the end is this near. */
const AHEAD_ROWS = 50;
/** How often a task that goes on is looked through for more that match. */
const LOOK_AGAIN_MS = 2_000;

const noFold = () => undefined;
const DEEPEST = 50;

function depthOf(store: StepStore, row: StepRow | undefined): number {
  let depth = 0;
  for (let at = row && store.parentOf(row); at && depth < DEEPEST; at = store.parentOf(at)) depth += 1;
  return depth;
}

/** All steps by number. */
export function useLogSource(store: StepStore, version: number) {
  const rowAt = (index: number) => store.row(index + 1);
  const seqAt = useCallback((index: number) => index + 1, []);
  const indexOf = useCallback((seq: number) => (seq <= store.count ? seq - 1 : -1), [store, version]);
  const source: StepSource = {
    count: store.count,
    seqAt,
    indexOf,
    rowAt,
    depthAt: (index) => depthOf(store, rowAt(index)),
    isFoldedAt: noFold,
  };
  const onInSight = useCallback((first: number, last: number) => store.show(first + 1, last + 1), [store]);
  return { source, onInSight };
}

/** All steps below their parents, as far as they are read; null where there are too many for that, or it is not wanted. */
export function useTreeSource(
  store: StepStore,
  version: number,
  folded: ReadonlySet<number>,
  isWanted: boolean,
): StepSource | null {
  const isPossible = isWanted && store.count <= MOST_IN_TREE;
  useEffect(() => {
    store.wantAll(isPossible);
    return () => store.wantAll(false);
  }, [store, isPossible]);
  const tree = useMemo(
    () => (isPossible ? treeOf(store.rows(), folded) : null),
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the version stands for what the store holds
    [store, version, folded, isPossible],
  );
  return useMemo(() => {
    if (!tree) return null;
    const indexes = new Map(tree.map(({ row }, index) => [row.seq, index]));
    return {
      count: tree.length,
      seqAt: (index) => tree[index]?.row.seq ?? -1 - index,
      indexOf: (seq) => indexes.get(seq) ?? -1,
      rowAt: (index) => tree[index]?.row,
      depthAt: (index) => tree[index]?.depth ?? 0,
      isFoldedAt: (index) => {
        const at = tree[index];
        return at && at.childCount > 0 ? folded.has(at.row.seq) : undefined;
      },
    };
  }, [tree, folded]);
}

/** The steps that match a filter; null while nothing is filtered. */
export function useMatchSource(
  taskId: string,
  store: StepStore,
  filter: StepView['filter'],
  isLive: boolean,
) {
  const { api } = useApi();
  const text = JSON.stringify(filter);
  const isFiltered = text !== '{}';
  const matching = useMemo(
    () =>
      new MatchingSteps(async (after, signal) => {
        const variables = { taskId, filter: JSON.parse(text) as StepView['filter'], first: PAGE_ROWS, after };
        const steps = (await api.request(MatchingStepsDocument, variables, signal)).task?.steps;
        return {
          rows: steps?.nodes ?? [],
          hasMore: steps?.pageInfo.hasNextPage ?? false,
          endCursor: steps?.pageInfo.endCursor ?? null,
        };
      }),
    [api, taskId, text],
  );
  const version = useSyncExternalStore(matching.subscribe, matching.snapshot);
  useEffect(() => {
    if (!isFiltered) return;
    matching.readMore();
    return () => matching.stop();
  }, [matching, isFiltered]);
  useEffect(() => {
    if (!isFiltered || !isLive) return;
    const timer = setInterval(() => matching.lookAgain(), LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [matching, isFiltered, isLive]);
  const { data: total } = useQuery({
    queryKey: ['matching-steps', taskId, text],
    queryFn: async ({ signal }) => {
      const variables = { taskId, filter: JSON.parse(text) as StepView['filter'] };
      return (await api.request(CountMatchingStepsDocument, variables, signal)).task?.steps.totalCount ?? 0;
    },
    enabled: isFiltered,
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
    count: matching.rows.length,
    seqAt,
    indexOf,
    rowAt,
    depthAt: () => 0,
    isFoldedAt: noFold,
  };
  return { source, onInSight, matching, version, total: Math.max(total ?? 0, matching.rows.length) };
}
