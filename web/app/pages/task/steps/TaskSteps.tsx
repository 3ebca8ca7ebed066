import { useCallback, useMemo, useReducer, useRef, useState } from 'react';
import { Button } from '../../../components/Button';
import { Notice } from '../../../components/Notice';
import { useLatest } from '../../../components/use-latest';
import { FaultPanel, Loading, StatePanel } from '../../../components/States';
import { showControls } from '../../../format/hostile-text';
import { formatCount } from '../../../format/numbers';
import { parseTime } from '../../../format/times';
import { hasEnded, type TaskHead } from '../use-task';
import { KeysDialog } from './KeysDialog';
import { StepBar } from './StepBar';
import { StepList, type AskedStep, type StepListHandle } from './StepList';
import { STEP_LOOKS, type StepLook } from './step-view';
import type { StepScale } from './TraceStep';
import { useStepAddress } from './use-step-address';
import { useStepJumps } from './use-step-jumps';
import { useStepKeys } from './use-step-keys';
import { useLogSource, useMatchSource } from './use-step-source';
import { useStepStore } from './use-step-store';
import { useStepTree } from './use-step-tree';

interface Props {
  /** Kept current by the page; the steps are read here. */
  task: TaskHead;
}

const NOTHING: ReadonlySet<number> = new Set();

/** What the task did, step by step: as a log, a tree or a timeline. */
export function TaskSteps({ task }: Props) {
  const { view, changeView, selectedSeq, select } = useStepAddress();
  const { store, version, isFollowed, liveFault, firstMs } = useStepStore(task);
  const [opened, setOpened] = useState<ReadonlySet<number>>(() =>
    selectedSeq === null ? NOTHING : new Set([selectedSeq]),
  );
  const [areKeysShown, setKeysShown] = useState(false);
  const list = useRef<StepListHandle>(null);
  const [startSeq] = useState(selectedSeq);
  const asked = useRef<AskedStep | null>(null);
  const [, drawAgain] = useReducer((count: number) => count + 1, 0);
  const root = useRef<HTMLElement>(null);

  const isLive = !hasEnded(task);
  const log = useLogSource(store, version);
  const found = useMatchSource(task.id, store, view.filter, isFollowed, startSeq);
  const isTree = view.look !== 'log' && found === null;
  const { tree, ...ordered } = useStepTree(task.id, store, isTree);
  const { source, onInSight } = found ?? (isTree ? ordered : log);
  const scale = useScale(task, view.look, store.maxLatencyMs, store.lastMs, firstMs);

  const onToggle = useCallback(
    (seq: number) => {
      setOpened((opened) => toggled(opened, seq));
      select(seq);
    },
    [select],
  );
  const onFold = useCallback((seq: number, isFolded: boolean) => tree.fold(seq, isFolded), [tree]);

  const showAll = () => changeView((view) => ({ ...view, filter: {} }));
  const go = (seq: number) => {
    // What the filter leaves out, or lies in a folded step, is shown all the same.
    if (found && found.source.indexOf(seq) < 0) showAll();
    tree.reveal(seq);
    asked.current = { seq, isFocused: true };
    select(seq);
    // Also where that step is the selected one already, and was scrolled away.
    drawAgain();
  };
  const jumps = useLatest(useStepJumps({ taskId: task.id, store, startMs: scale.startMs, selectedSeq, go }));
  const focusField = (selector: string) => root.current?.querySelector<HTMLInputElement>(selector)?.focus();
  const setLook = (look: StepLook) => {
    // Another list takes the place of this one, and the focus stays at its step.
    const isInList = document.activeElement?.matches('[data-open]') || asked.current?.isFocused === true;
    if (selectedSeq !== null) {
      tree.reveal(selectedSeq);
      asked.current = { seq: selectedSeq, isFocused: isInList };
    }
    changeView((view) => ({ ...view, look }));
  };
  const bar = useLatest({
    onLook: setLook,
    onMove: (by: number) => list.current?.move(by),
    onFoldAll: (areAll: boolean) => tree.foldAll(areAll),
    onKeys: () => setKeysShown(true),
  });
  useStepKeys({
    j: () => list.current?.move(1),
    k: () => list.current?.move(-1),
    ArrowDown: () => list.current?.move(1),
    ArrowUp: () => list.current?.move(-1),
    ArrowLeft: () => list.current?.fold(true),
    ArrowRight: () => list.current?.fold(false),
    '-': () => isTree && tree.foldAll(true),
    '+': () => isTree && tree.foldAll(false),
    Enter: () => selectedSeq !== null && onToggle(selectedSeq),
    g: () => list.current?.moveTo(0),
    G: () => list.current?.moveTo(source.count - 1),
    '/': () => focusField('input[type=search]'),
    '#': () => focusField('input[name=step]'),
    t: () => focusField('input[name=time]'),
    f: () => jumps.to('first-error'),
    e: () => jumps.to('next-error'),
    s: () => jumps.to('slowest'),
    c: () => jumps.to('costliest'),
    '?': () => setKeysShown(true),
    ...Object.fromEntries(STEP_LOOKS.map((look, index) => [String(index + 1), () => setLook(look)])),
  });

  const fault = found ? found.matching.fault : (store.fault ?? (isTree ? tree.fault : null));
  const retry = () => {
    if (found) return found.matching.retry();
    store.retry();
    tree.retry();
  };
  const { progress } = tree;
  return (
    <section ref={root} className="filling-column" aria-label="What it did">
      <StepBar
        view={view}
        matches={found && found.matches}
        onView={changeView}
        jumps={jumps}
        isTree={isTree}
        {...bar}
      />
      {liveFault && <Notice role="alert">The steps are not live: {showControls(liveFault.message)}</Notice>}
      {isTree && source.count > 0 && progress !== null && (
        <Notice role="status">
          {formatCount(progress)} of {formatCount(store.count)} steps are in their place…
        </Notice>
      )}
      {fault && source.count > 0 && (
        <Notice role="alert">
          Steps could not be read: {showControls(fault.message)} <Button onPress={retry}>Try again</Button>
        </Notice>
      )}
      {source.count > 0 ? (
        <StepList
          // Another list starts from its own beginning.
          key={found ? JSON.stringify(view.filter) : isTree ? 'tree' : 'log'}
          ref={list}
          source={source}
          look={view.look}
          scale={scale}
          mark={view.filter.search ?? view.mark}
          selectedSeq={selectedSeq}
          asked={asked}
          opened={opened}
          newestCount={found ? null : store.count}
          startsAtEnd={isLive && selectedSeq === null}
          onSelect={select}
          onToggle={onToggle}
          onFold={onFold}
          onInSight={onInSight}
        />
      ) : fault ? (
        <FaultPanel fault={fault} onRetry={retry} />
      ) : (found && !found.matching.isRead) || (isTree && store.count > 0) ? (
        <Loading what="Loading steps" />
      ) : found ? (
        <StatePanel title="No step matches" action={<Button onPress={showAll}>Show all steps</Button>} />
      ) : (
        <StatePanel title="No steps yet">
          {isLive && <p>They appear here as the agent reports them.</p>}
        </StatePanel>
      )}
      <KeysDialog isOpen={areKeysShown} onClose={() => setKeysShown(false)} />
    </section>
  );
}

function toggled(seqs: ReadonlySet<number>, seq: number): ReadonlySet<number> {
  const next = new Set(seqs);
  if (!next.delete(seq)) next.add(seq);
  return next;
}

/** The same object as long as nothing in it changes: rows that stay the same are then not drawn again. */
function useScale(
  task: TaskHead,
  look: StepLook,
  maxLatencyMs: number,
  lastMs: number,
  firstMs: number | null,
): StepScale {
  const taskMs = parseTime(task.startedAt);
  // Of a task that is told of afterwards, the steps are older than the telling.
  const startMs = taskMs === null || firstMs === null ? (taskMs ?? firstMs) : Math.min(taskMs, firstMs);
  const endMs = Math.max(parseTime(task.finishedAt) ?? 0, lastMs);
  const spanMs = look === 'timeline' && startMs !== null ? Math.max(endMs - startMs, 1) : 1;
  return useMemo(() => ({ startMs, spanMs, maxLatencyMs }), [startMs, spanMs, maxLatencyMs]);
}
