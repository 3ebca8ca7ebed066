import { useVirtualizer } from '@tanstack/react-virtual';
import {
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
  type Ref,
  type RefObject,
} from 'react';
import { Button } from '../../../components/Button';
import { useMedia } from '../../../components/use-media';
import { formatCount } from '../../../format/numbers';
import { StepDetails } from './StepDetails';
import type { StepRow } from './step-store';
import type { StepLook } from './step-view';
import { TraceStep, type StepScale } from './TraceStep';
import styles from './StepList.module.css';
import rowStyles from './TraceStep.module.css';

const WIDE_ROW_PX = 32;
const NARROW_ROW_PX = 52;
const OVERSCAN_ROWS = 6;
const HEAD_PX = 26;
const COLUMNS = ['#', 'Offset', 'Type', 'Name', 'Status', 'Latency', 'Tokens', 'Cost'];
const END_PX = 24;

/** The steps in the order that they are shown. */
export interface StepSource {
  count: number;
  seqAt: (index: number) => number;
  /** -1 = not among them. */
  indexOf: (seq: number) => number;
  /** As indexOf; of a step that is not shown, where the one stands that it is folded in. */
  indexNear: (seq: number) => number;
  /** Where the step stands within which that one happened; -1 = nowhere. */
  parentAt: (index: number) => number;
  rowAt: (index: number) => StepRow | undefined;
  depthAt: (index: number) => number;
  /** Undefined where there is nothing to fold. */
  isFoldedAt: (index: number) => boolean | undefined;
}

/** A step to be brought into sight, and focused, as soon as it is there. */
export interface AskedStep {
  seq: number;
  isFocused: boolean;
}

export interface StepListHandle {
  /** So many rows on from the selected one; where none is, to what is in sight. */
  move: (by: number) => void;
  moveTo: (index: number) => void;
  /** Folds or unfolds the selected step; where that is done, goes to its parent, or its first child. */
  fold: (isFolded: boolean) => void;
}

interface Props {
  ref: Ref<StepListHandle>;
  source: StepSource;
  look: StepLook;
  scale: StepScale;
  mark: string;
  selectedSeq: number | null;
  /** Emptied here when the step is in sight. A new list begins at the selected step. */
  asked: RefObject<AskedStep | null>;
  opened: ReadonlySet<number>;
  /** How many steps the task has, which counts what is new; null where the end is not what is newest. */
  newestCount: number | null;
  startsAtEnd: boolean;
  onSelect: (seq: number) => void;
  onToggle: (seq: number) => void;
  onFold: (seq: number, isFolded: boolean) => void;
  onInSight: (firstIndex: number, lastIndex: number) => void;
}

/** The steps as rows, of which only those in sight are in the page. */
export function StepList(props: Props) {
  const { ref, source, look, scale, mark, selectedSeq, asked, opened, newestCount, onSelect, onInSight } =
    props;
  const { count } = source;
  const newest = newestCount ?? count;
  const scroller = useRef<HTMLDivElement>(null);
  const isNarrow = useMedia('(max-width: 720px)');
  const rowPx = isNarrow ? NARROW_ROW_PX : WIDE_ROW_PX;
  const headPx = isNarrow ? 0 : HEAD_PX;
  const wantsFocus = useRef<number | null>(null);
  /** How many steps there were when the reader left the end; null = the end is followed. */
  const [leftAt, setLeftAt] = useState(props.startsAtEnd ? null : newest);
  const newestNow = useRef(newest);
  useLayoutEffect(() => {
    newestNow.current = newest;
  }, [newest]);
  const leaveEnd = useCallback(() => setLeftAt((left) => left ?? newestNow.current), []);
  const lastTop = useRef(0);

  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    getItemKey: source.seqAt,
    overscan: OVERSCAN_ROWS,
    // The head stands above the first row, and later over whatever is at the top.
    scrollMargin: headPx,
    scrollPaddingStart: headPx,
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, rowPx]);

  const indexOf = source.indexOf;
  const onResize = useCallback(
    (seq: number, heightPx: number) => {
      const index = indexOf(seq);
      if (index >= 0) virtualizer.resizeItem(index, heightPx);
    },
    [virtualizer, indexOf],
  );
  const formerlyOpened = useRef(opened);
  useLayoutEffect(() => {
    for (const seq of formerlyOpened.current) if (!opened.has(seq)) onResize(seq, rowPx);
    // Whoever reads a step does not want it moved away by those to come.
    if (opened.size > formerlyOpened.current.size) leaveEnd();
    formerlyOpened.current = opened;
  }, [opened, onResize, rowPx, leaveEnd]);

  const isFollowing = newestCount !== null && leftAt === null;
  useLayoutEffect(() => {
    const element = scroller.current;
    if (isFollowing && element) element.scrollTop = element.scrollHeight;
  }, [isFollowing, count]);

  const items = virtualizer.getVirtualItems();
  const firstShown = items[0]?.index ?? 0;
  const lastShown = items.at(-1)?.index ?? 0;
  const widestSeq = Math.max(0, ...items.map(({ index }) => source.seqAt(index)));
  useEffect(() => {
    if (count > 0) onInSight(firstShown, lastShown);
  }, [firstShown, lastShown, count, onInSight]);

  const reach = (seq: number, index: number, isFocused: boolean) => {
    leaveEnd();
    if (isFocused) wantsFocus.current = seq;
    virtualizer.scrollToIndex(index, {
      align: index >= firstShown && index <= lastShown ? 'auto' : 'center',
    });
  };
  useEffect(() => {
    if (asked.current?.seq === selectedSeq) return;
    asked.current = selectedSeq === null ? null : { seq: selectedSeq, isFocused: false };
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- where the list begins is settled once
  }, []);
  // The page is drawn anew a little after it was asked to: this list may have taken what was meant for the one after it.
  useLayoutEffect(
    () => () => {
      const row = document.activeElement?.closest('[data-open]')?.closest<HTMLElement>('[data-seq]');
      const seq =
        wantsFocus.current ?? (row && scroller.current?.contains(row) ? Number(row.dataset.seq) : null);
      if (seq !== null) asked.current = { seq, isFocused: true };
    },
    [asked],
  );
  // What was asked for may only come into the list, and then into the page, after it was asked for.
  useEffect(() => {
    const step = asked.current;
    const index = step ? indexOf(step.seq) : -1;
    if (step && index >= 0 && index < count) {
      asked.current = null;
      reach(step.seq, index, step.isFocused);
    }
    if (wantsFocus.current === null) return;
    const row = scroller.current?.querySelector(`[data-seq="${wantsFocus.current}"] [data-open]`);
    if (!(row instanceof HTMLElement)) return;
    wantsFocus.current = null;
    row.focus({ preventScroll: true });
  });

  const selectedIndex = selectedSeq === null ? -1 : source.indexNear(selectedSeq);
  /** The selected row where it is in sight, else the first that is; and where it stands, but for the top: what comes there is wanted. */
  const anchor = useRef<{ seq: number; px: number | null; isFocused: boolean } | null>(null);
  const noteAnchor = () => {
    const element = scroller.current;
    if (!element) return;
    const { scrollTop, clientHeight } = element;
    const topPx = scrollTop + headPx;
    const selected = selectedIndex < 0 ? undefined : virtualizer.measurementsCache[selectedIndex];
    const isInSight = selected && selected.start > topPx - rowPx && selected.start < scrollTop + clientHeight;
    const item = isInSight ? selected : virtualizer.getVirtualItemForOffset(topPx);
    if (!item) return;
    const seq = Number(item.key);
    const isFocused = document.activeElement?.closest(`[data-seq="${seq}"]`) != null;
    anchor.current = { seq, px: scrollTop > 0 ? item.start - scrollTop : null, isFocused };
  };
  // What is in sight stays where it is while others come, or are folded, above it.
  useLayoutEffect(() => {
    const element = scroller.current;
    const { seq = 0, px = null, isFocused = false } = anchor.current ?? {};
    const index = source.indexNear(seq);
    const item = index < 0 ? undefined : virtualizer.measurementsCache[index];
    if (!element || !item) return;
    if (px !== null && !isFollowing) element.scrollTop = item.start - px;
    // Its row may have left the page meanwhile, or be folded away.
    if (isFocused && document.activeElement === document.body) wantsFocus.current = source.seqAt(index);
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- for each order of the steps once
  }, [source.seqAt]);
  useLayoutEffect(noteAnchor);

  const { onFold: fold } = props;
  const onFold = useCallback(
    (seq: number, isFolded: boolean) => {
      leaveEnd();
      fold(seq, isFolded);
    },
    [leaveEnd, fold],
  );

  /** Who has gone on is not called back. */
  const forgetAsked = () => {
    asked.current = null;
  };
  const moveTo = (index: number) => {
    if (count === 0) return;
    forgetAsked();
    const target = Math.min(Math.max(index, 0), count - 1);
    const seq = source.seqAt(target);
    onSelect(seq);
    reach(seq, target, true);
    if (target === count - 1) setLeftAt(null);
  };
  const foldSelected = (isFolded: boolean) => {
    const now = source.isFoldedAt(selectedIndex);
    if (now === !isFolded) onFold(source.seqAt(selectedIndex), isFolded);
    else if (!isFolded && now === false) moveTo(selectedIndex + 1);
    else if (isFolded && source.parentAt(selectedIndex) >= 0) moveTo(source.parentAt(selectedIndex));
  };
  useImperativeHandle(ref, () => ({
    move: (by) => {
      const { startIndex, endIndex } = virtualizer.range ?? { startIndex: 0, endIndex: 0 };
      moveTo(selectedIndex >= 0 ? selectedIndex + by : by > 0 ? startIndex : endIndex);
    },
    moveTo,
    fold: foldSelected,
  }));

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (!(event.target instanceof Element && event.target.matches('[data-open]'))) return;
    const pageRows = Math.max(Math.floor((scroller.current?.clientHeight ?? 0) / rowPx) - 2, 1);
    const moves: Record<string, number> = {
      ArrowDown: selectedIndex + 1,
      ArrowUp: selectedIndex - 1,
      PageDown: selectedIndex + pageRows,
      PageUp: selectedIndex - pageRows,
      Home: 0,
      End: count - 1,
    };
    const target = moves[event.key];
    if (target !== undefined) moveTo(target);
    else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') foldSelected(event.key === 'ArrowLeft');
    else return;
    event.preventDefault();
  };
  const onScroll = () => {
    noteAnchor();
    const element = scroller.current;
    if (!element) return;
    const { scrollTop, scrollHeight, clientHeight } = element;
    if (scrollTop + clientHeight >= scrollHeight - END_PX) setLeftAt(null);
    else if (scrollTop < lastTop.current) leaveEnd();
    lastTop.current = scrollTop;
  };
  const newCount = newestCount !== null && leftAt !== null ? newestCount - leftAt : 0;
  // Tab always finds a row that is in the page, also after the selected one was scrolled away.
  const tabIndex = selectedIndex >= firstShown && selectedIndex <= lastShown ? selectedIndex : firstShown;

  return (
    <div className={styles.frame}>
      <div
        ref={scroller}
        className={styles.scroller}
        style={{ '--seq-width': `${formatCount(widestSeq).length}ch` } as CSSProperties}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
        onFocus={noteAnchor}
        onWheel={forgetAsked}
        onPointerDown={forgetAsked}
      >
        <div aria-hidden="true" className={`${styles.head} ${rowStyles.columns} ${rowStyles[look]}`}>
          {COLUMNS.map((label) => (
            <span key={label}>{label}</span>
          ))}
        </div>
        <div
          role="list"
          aria-label="Steps"
          className={styles.body}
          style={{ height: virtualizer.getTotalSize() }}
        >
          {items.map(({ index, start }) => {
            const seq = source.seqAt(index);
            const row = source.rowAt(index);
            const isOpen = row !== undefined && opened.has(seq);
            return (
              <TraceStep
                key={seq}
                row={row}
                seq={seq}
                index={index}
                count={count}
                topPx={start - headPx}
                heightPx={rowPx}
                look={look}
                scale={scale}
                depth={source.depthAt(index)}
                isFolded={source.isFoldedAt(index)}
                isOpen={isOpen}
                isSelected={seq === selectedSeq}
                isTabStop={index === tabIndex}
                mark={mark}
                onToggle={props.onToggle}
                onFold={onFold}
                onFocus={onSelect}
                onResize={onResize}
              >
                {isOpen && <StepDetails row={row} mark={mark} />}
              </TraceStep>
            );
          })}
        </div>
      </div>
      <div className={styles.newer} role="status">
        {newCount > 0 && (
          <Button look="primary" onPress={() => setLeftAt(null)}>
            ↓ {formatCount(newCount)} new {newCount === 1 ? 'step' : 'steps'}
          </Button>
        )}
      </div>
    </div>
  );
}
