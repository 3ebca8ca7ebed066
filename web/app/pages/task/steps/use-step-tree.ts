import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useApi } from '../../../api/api-context';
import { StepParentsDocument, StepSeqsDocument } from '../../../generated/graphql';
import type { StepSource } from './StepList';
import type { StepStore } from './step-store';
import { StepTree } from './step-tree';

/** Rows are read so many at a time, in the order of the tree. */
const BLOCK_ROWS = 50;

/** All steps below those that they happened within, read and followed from when that is first shown. */
export function useStepTree(taskId: string, store: StepStore, isShown: boolean) {
  const { api } = useApi();
  const [tree] = useState(
    () =>
      new StepTree({
        parents: async (fromSeq, first, signal) => {
          const { task } = await api.request(StepParentsDocument, { taskId, fromSeq, first }, signal);
          return task?.stepParents ?? { parents: [], awaitedKeys: [] };
        },
        seqs: async (keys, signal) => {
          const variables = { taskId, keys, first: keys.length };
          return (await api.request(StepSeqsDocument, variables, signal)).task?.steps.nodes ?? [];
        },
      }),
  );
  useEffect(() => {
    const forget = store.onTaken((steps) => tree.take(steps));
    return () => {
      forget();
      tree.stop();
    };
  }, [store, tree]);
  const { count } = store;
  useEffect(() => tree.grow(count), [tree, count]);
  useEffect(() => tree.want(isShown), [tree, isShown]);

  const version = useSyncExternalStore(tree.subscribe, tree.version);
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- the version stands for what the tree holds
  const ordered = useMemo(() => orderOf(tree), [tree, version]);
  const source: StepSource = { ...ordered, rowAt: (index) => store.row(ordered.seqAt(index)) };
  const onInSight = useMemo(() => {
    return (first: number, last: number) => {
      const from = Math.floor(first / BLOCK_ROWS) * BLOCK_ROWS;
      const to = Math.min((Math.floor(last / BLOCK_ROWS) + 1) * BLOCK_ROWS, ordered.count);
      store.show(Array.from({ length: to - from }, (_, index) => ordered.seqAt(from + index)));
    };
  }, [store, ordered]);
  return { tree, source, onInSight };
}

function orderOf(tree: StepTree): Omit<StepSource, 'rowAt'> {
  const { outline } = tree;
  const foldOf = (seq: number) => (outline.hasChildren(seq) ? tree.isFolded(seq) : undefined);
  return {
    count: outline.count,
    seqAt: (index) => outline.seqAt(index),
    indexOf: (seq) => outline.indexOf(seq),
    indexNear: (seq) => outline.indexNear(seq),
    parentAt: (index) => outline.indexOf(outline.parentOf(outline.seqAt(index))),
    depthAt: (index) => outline.depthAt(index),
    isFoldedAt: (index) => foldOf(outline.seqAt(index)),
  };
}
