import { useCallback, useMemo, useRef, useState } from 'react';
import { useApi } from '../../../api/api-context';
import { Button } from '../../../components/Button';
import { FaultPanel, Loading, StatePanel } from '../../../components/States';
import { useToasts } from '../../../components/Toasts';
import { showControls } from '../../../format/hostile-text';
import { formatCount } from '../../../format/numbers';
import { parseTime } from '../../../format/times';
import { ExtremeStepsDocument, MatchingStepsDocument } from '../../../generated/graphql';
import { hasEnded, type TaskHead } from '../use-task';
import { KeysDialog } from './KeysDialog';
import { StepBar, type Jump } from './StepBar';
import { StepList, type StepListHandle } from './StepList';
import { STEP_LOOKS, type StepLook } from './step-view';
import type { StepScale } from './TraceStep';
import { useStepAddress } from './use-step-address';
import { useStepKeys } from './use-step-keys';
import { MOST_IN_TREE, useLogSource, useMatchSource, useTreeSource } from './use-step-source';
import { useStepStore } from './use-step-store';
import styles from './TaskSteps.module.css';

interface Props {
  /** Kept current by the page; the steps are read here. */
  task: TaskHead;
}

const NOTHING: ReadonlySet<number> = new Set();

/** What the task did, step by step: as a log, a tree or a timeline. */
export function TaskSteps({ task }: Props) {
  const { api } = useApi();
  const toasts = useToasts();
  const { view, setView, selectedSeq, select } = useStepAddress();
  const { store, version, liveFault, firstMs } = useStepStore(task);
  const [opened, setOpened] = useState<ReadonlySet<number>>(() =>
    selectedSeq === null ? NOTHING : new Set([selectedSeq]),
  );
  const [folded, setFolded] = useState(NOTHING);
  const [areKeysShown, setKeysShown] = useState(false);
  const list = useRef<StepListHandle>(null);
  const root = useRef<HTMLElement>(null);

  const isLive = !hasEnded(task);
  const log = useLogSource(store, version);
  const found = useMatchSource(task.id, store, view.filter, isLive);
  const tree = useTreeSource(store, version, folded, view.look !== 'log' && found === null);
  const source = found?.source ?? tree ?? log.source;
  const scale = useScale(task, view.look, store.maxLatencyMs, store.lastMs, firstMs);

  const onToggle = useCallback(
    (seq: number) => {
      setOpened((opened) => toggled(opened, seq));
      select(seq);
    },
    [select],
  );
  const onFold = useCallback((seq: number) => setFolded((folded) => toggled(folded, seq)), []);

  const go = (seq: number) => {
    if (seq > store.count) {
      toasts.show({
        tone: 'bad',
        text: `There is no step ${formatCount(seq)}: the last is ${formatCount(store.count)}.`,
      });
      return;
    }
    // What the filter leaves out, or lies in a folded step, is shown all the same.
    if (found && found.source.indexOf(seq) < 0) setView({ ...view, filter: {} });
    if (tree && tree.indexOf(seq) < 0) setFolded(NOTHING);
    list.current?.go(seq);
  };
  const onJump = async (jump: Jump) => {
    try {
      const seq = await seekStep(jump);
      if (seq === null) toasts.show({ tone: 'good', text: NONE[jump] });
      else go(seq);
    } catch (error) {
      toasts.show({ tone: 'bad', text: (error as Error).message });
    }
  };
  const seekStep = async (jump: Jump): Promise<number | null> => {
    if (jump === 'slowest' || jump === 'costliest') {
      const { task: at } = await api.request(ExtremeStepsDocument, { taskId: task.id });
      return (jump === 'slowest' ? at?.slowestStep?.seq : at?.costliestStep?.seq) ?? null;
    }
    const fromSeq = jump === 'first-error' ? 1 : (selectedSeq ?? 0) + 1;
    const filter = { statuses: ['FAILED' as const] };
    const { task: at } = await api.request(MatchingStepsDocument, {
      taskId: task.id,
      filter,
      first: 1,
      fromSeq,
    });
    return at?.steps.nodes[0]?.seq ?? null;
  };
  const focusField = (selector: string) => root.current?.querySelector<HTMLInputElement>(selector)?.focus();
  const setLook = (look: StepLook) => setView({ ...view, look });
  useStepKeys({
    j: () => list.current?.move(1),
    k: () => list.current?.move(-1),
    ArrowDown: () => list.current?.move(1),
    ArrowUp: () => list.current?.move(-1),
    Enter: () => selectedSeq !== null && onToggle(selectedSeq),
    g: () => list.current?.moveTo(0),
    G: () => list.current?.moveTo(source.count - 1),
    '/': () => focusField('input[type=search]'),
    '#': () => focusField('input[inputmode=numeric]'),
    f: () => void onJump('first-error'),
    e: () => void onJump('next-error'),
    s: () => void onJump('slowest'),
    c: () => void onJump('costliest'),
    '?': () => setKeysShown(true),
    ...Object.fromEntries(STEP_LOOKS.map((look, index) => [String(index + 1), () => setLook(look)])),
  });

  const isTooLarge = view.look !== 'log' && found === null && tree === null;
  const fault = found ? found.matching.fault : store.fault;
  const retry = () => (found ? found.matching.retry() : store.retry());
  return (
    <section ref={root} className={styles.steps} aria-label="What it did">
      <StepBar
        view={view}
        matches={found && `${formatCount(found.total)} ${found.total === 1 ? 'match' : 'matches'}`}
        onView={setView}
        onJump={(jump) => void onJump(jump)}
        onGo={go}
        onMove={(by) => list.current?.move(by)}
        onKeys={() => setKeysShown(true)}
      />
      {liveFault && (
        <p className={styles.notice} role="alert">
          The steps are not live: {showControls(liveFault.message)}
        </p>
      )}
      {isTooLarge && (
        <p className={styles.notice}>
          More than {formatCount(MOST_IN_TREE)} steps: they stand in the order of their numbers, indented
          below parents that have been read.
        </p>
      )}
      {tree && store.loadedCount < store.count && (
        <p className={styles.notice} role="status">
          {formatCount(store.loadedCount)} of {formatCount(store.count)} steps read…
        </p>
      )}
      {fault && source.count > 0 && (
        <p className={styles.notice} role="alert">
          Steps could not be read: {showControls(fault.message)} <Button onPress={retry}>Try again</Button>
        </p>
      )}
      {source.count > 0 ? (
        <StepList
          // Another list starts from its own beginning.
          key={found ? JSON.stringify(view.filter) : tree ? 'tree' : 'log'}
          ref={list}
          source={source}
          look={view.look}
          scale={scale}
          mark={view.filter.search ?? ''}
          selectedSeq={selectedSeq}
          opened={opened}
          hasLiveEnd={found === null && tree === null}
          startsAtEnd={isLive && selectedSeq === null}
          onSelect={select}
          onToggle={onToggle}
          onFold={onFold}
          onInSight={found?.onInSight ?? log.onInSight}
        />
      ) : fault ? (
        <FaultPanel fault={fault} onRetry={retry} />
      ) : (found && !found.matching.isRead) || (tree && store.count > 0) ? (
        <Loading what="Loading steps" />
      ) : found ? (
        <StatePanel
          title="No step matches"
          action={<Button onPress={() => setView({ ...view, filter: {} })}>Show all steps</Button>}
        />
      ) : (
        <StatePanel title="No steps yet">
          {isLive && <p>They appear here as the agent reports them.</p>}
        </StatePanel>
      )}
      <KeysDialog isOpen={areKeysShown} onClose={() => setKeysShown(false)} />
    </section>
  );
}

const NONE: Record<Jump, string> = {
  'first-error': 'No step failed.',
  'next-error': 'No step after this one failed.',
  slowest: 'No step has a known latency.',
  costliest: 'No step has a known cost.',
};

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
