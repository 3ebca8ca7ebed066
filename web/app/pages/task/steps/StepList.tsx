import { useVirtualizer } from '@tanstack/react-virtual';
import {
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type Ref,
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
  rowAt: (index: number) => StepRow | undefined;
  depthAt: (index: number) => number;
  /** Undefined where there is nothing to fold. */
  isFoldedAt: (index: number) => boolean | undefined;
}

export interface StepListHandle {
  /** Brings a step into sight and focuses it, as soon as it is there. */
  go: (seq: number) => void;
  /** So many rows on from the selected one; where none is, to what is in sight. */
  move: (by: number) => void;
  moveTo: (index: number) => void;
}

interface Props {
  ref: Ref<StepListHandle>;
  source: StepSource;
  look: StepLook;
  scale: StepScale;
  mark: string;
  selectedSeq: number | null;
  opened: ReadonlySet<number>;
  /** Whether what comes last is what is newest, so that the end can be followed. */
  hasLiveEnd: boolean;
  startsAtEnd: boolean;
  onSelect: (seq: number) => void;
  onToggle: (seq: number) => void;
  onFold: (seq: number) => void;
  onInSight: (firstIndex: number, lastIndex: number) => void;
}

/** The steps as rows, of which only those in sight are in the page. */
export function StepList(props: Props) {
  const { ref, source, look, scale, mark, selectedSeq, opened, hasLiveEnd, onSelect, onInSight } = props;
  const { count } = source;
  const scroller = useRef<HTMLDivElement>(null);
  const rowPx = useMedia('(max-width: 720px)') ? NARROW_ROW_PX : WIDE_ROW_PX;
  const pending = useRef<{ seq: number; isFocused: boolean } | null>(
    selectedSeq === null ? null : { seq: selectedSeq, isFocused: false },
  );
  const wantsFocus = useRef<number | null>(null);
  /** How many steps there were when the reader left the end; null = the end is followed. */
  const [leftAt, setLeftAt] = useState(props.startsAtEnd ? null : count);
  const lastTop = useRef(0);

  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    getItemKey: source.seqAt,
    overscan: OVERSCAN_ROWS,
    scrollPaddingStart: HEAD_PX,
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, rowPx, look]);

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
    formerlyOpened.current = opened;
  }, [opened, onResize, rowPx]);

  const isFollowing = hasLiveEnd && leftAt === null;
  useLayoutEffect(() => {
    const element = scroller.current;
    if (isFollowing && element) element.scrollTop = element.scrollHeight;
  }, [isFollowing, count]);

  const items = virtualizer.getVirtualItems();
  const firstShown = items[0]?.index ?? 0;
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (count > 0) onInSight(firstShown, lastShown);
  }, [firstShown, lastShown, count, onInSight]);

  const reach = (seq: number, index: number, isFocused: boolean) => {
    setLeftAt((left) => left ?? count);
    if (isFocused) wantsFocus.current = seq;
    virtualizer.scrollToIndex(index, {
      align: index >= firstShown && index <= lastShown ? 'auto' : 'center',
    });
  };
  // What was asked for may only come into the list, and then into the page, after it was asked for.
  useEffect(() => {
    const asked = pending.current;
    const index = asked ? indexOf(asked.seq) : -1;
    if (asked && index >= 0 && index < count) {
      pending.current = null;
      reach(asked.seq, index, asked.isFocused);
    }
    if (wantsFocus.current === null) return;
    const row = scroller.current?.querySelector(`[data-seq="${wantsFocus.current}"] [data-open]`);
    if (!(row instanceof HTMLElement)) return;
    wantsFocus.current = null;
    row.focus({ preventScroll: true });
  });

  const moveTo = (index: number) => {
    if (count === 0) return;
    const target = Math.min(Math.max(index, 0), count - 1);
    const seq = source.seqAt(target);
    onSelect(seq);
    reach(seq, target, true);
  };
  const selectedIndex = selectedSeq === null ? -1 : indexOf(selectedSeq);
  useImperativeHandle(ref, () => ({
    go: (seq) => {
      pending.current = { seq, isFocused: true };
      onSelect(seq);
    },
    move: (by) => {
      const { startIndex, endIndex } = virtualizer.range ?? { startIndex: 0, endIndex: 0 };
      moveTo(selectedIndex >= 0 ? selectedIndex + by : by > 0 ? startIndex : endIndex);
    },
    moveTo,
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
    if (target === undefined) return;
    event.preventDefault();
    moveTo(target);
  };
  const onScroll = () => {
    const element = scroller.current;
    if (!element) return;
    const { scrollTop, scrollHeight, clientHeight } = element;
    if (scrollTop + clientHeight >= scrollHeight - END_PX) setLeftAt(null);
    else if (scrollTop < lastTop.current) setLeftAt((left) => left ?? count);
    lastTop.current = scrollTop;
  };
  const newCount = hasLiveEnd && leftAt !== null ? Math.max(count - leftAt, 0) : 0;
  // Tab always finds a row that is in the page, also after the selected one was scrolled away.
  const tabIndex = selectedIndex >= firstShown && selectedIndex <= lastShown ? selectedIndex : firstShown;

  return (
    <div className={styles.frame}>
      <div ref={scroller} className={styles.scroller} onScroll={onScroll} onKeyDown={onKeyDown}>
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
                topPx={start}
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
                onFold={props.onFold}
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
