import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useEffectEvent, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useNavigate } from 'react-router';
import { Button } from '../../components/Button';
import { useMedia } from '../../components/use-media';
import type { ListPlace } from './left-list';
import type { TaskListPage, TaskRow } from './task-pages';
import { TaskTableRow } from './TaskTableRow';
import styles from './TaskTable.module.css';

const WIDE_ROW_PX = 36;
const NARROW_ROW_PX = 58;
const OVERSCAN_ROWS = 8;
/** The next page is asked for when the end is this near. */
const AHEAD_ROWS = 30;

const COLUMNS = [
  ['Status', ''],
  ['Task', ''],
  ['Agent', ''],
  ['Type', ''],
  ['Duration', 'number'],
  ['Cost', 'number'],
  ['Steps', 'number'],
  ['Asked', 'number'],
  ['Age', 'number'],
] as const;

interface Props {
  pages: TaskListPage[];
  /** Address of the list; a task's is this, a slash and its id. */
  base: string;
  /** How many tasks wait to be shown above the first; null = none. */
  newer: string | null;
  onShowNewest: () => Promise<void>;
  /** Where to begin; undefined = at the top. */
  place: ListPlace | undefined;
  onLeave: (place: ListPlace) => void;
  /** Null at the end of the list. */
  more: { isLoading: boolean; hasFailed: boolean; load: () => void } | null;
  /** Rows above the first page that is held came into sight. */
  onMissingBefore: () => void;
}

/** The tasks as rows, of which only those in sight are in the page. Arrow keys, Home and End go from row to row. */
export function TaskTable(props: Props) {
  const { pages, base, newer, onShowNewest, place, more, onMissingBefore } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const isNarrow = useMedia('(max-width: 720px)');
  const rowPx = isNarrow ? NARROW_ROW_PX : WIDE_ROW_PX;
  const [activeIndex, setActiveIndex] = useState(place?.activeIndex ?? 0);
  const wantsFocus = useRef(false);

  const offset = pages[0]?.startIndex ?? 0;
  const rows = pages.flatMap((page) => page.rows);
  const count = offset + rows.length;
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: OVERSCAN_ROWS,
    initialOffset: place?.topPx ?? 0,
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, rowPx]);
  const leave = useEffectEvent((topPx: number) => props.onLeave({ topPx, activeIndex }));
  useLayoutEffect(() => {
    const element = scroller.current;
    return () => leave(element?.scrollTop ?? 0);
  }, []);

  const items = virtualizer.getVirtualItems();
  const firstShown = items[0]?.index ?? 0;
  const lastShown = items.at(-1)?.index ?? 0;
  const isNearEnd = lastShown >= count - AHEAD_ROWS;
  const isIdle = more !== null && !more.isLoading && !more.hasFailed;
  const load = more?.load;
  useEffect(() => {
    if (isNearEnd && isIdle) load?.();
  }, [isNearEnd, isIdle, load]);
  useEffect(() => {
    if (firstShown < offset) onMissingBefore();
  }, [firstShown, offset, onMissingBefore]);

  // The row may only come into the page by the scrolling that moving to it causes.
  useEffect(() => {
    if (!wantsFocus.current) return;
    const link = scroller.current?.querySelector<HTMLElement>(`[data-index="${activeIndex}"] a`);
    if (!link) return;
    wantsFocus.current = false;
    link.focus({ preventScroll: true });
  });

  const moveTo = (index: number) => {
    const target = Math.min(Math.max(index, offset), count - 1);
    wantsFocus.current = true;
    setActiveIndex(target);
    virtualizer.scrollToIndex(target);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const pageRows = Math.max(Math.floor((scroller.current?.clientHeight ?? 0) / rowPx) - 2, 1);
    const moves: Record<string, number> = {
      ArrowDown: activeIndex + 1,
      ArrowUp: activeIndex - 1,
      PageDown: activeIndex + pageRows,
      PageUp: activeIndex - pageRows,
      Home: offset,
      End: count - 1,
    };
    const target = moves[event.key];
    if (target === undefined) return;
    event.preventDefault();
    moveTo(target);
  };
  // Tab always finds a row that is in the page, also after the active one was scrolled away.
  const tabIndex = activeIndex >= firstShown && activeIndex <= lastShown ? activeIndex : firstShown;

  return (
    <div className={styles.frame}>
      {newer !== null && (
        <div className={styles.newer} role="status">
          <Button
            look="primary"
            onPress={() => void onShowNewest().then(() => scroller.current?.scrollTo({ top: 0 }))}
          >
            ↑ {newer} new {newer === '1' ? 'task' : 'tasks'}
          </Button>
        </div>
      )}
      <div
        ref={scroller}
        className={styles.scroller}
        role="table"
        aria-label="Tasks"
        aria-rowcount={more ? -1 : count + 1}
        onKeyDown={onKeyDown}
      >
        <div role="rowgroup" className={styles.head}>
          <div role="row" aria-rowindex={1} className={styles.columns}>
            {COLUMNS.map(([label, kind]) => (
              <span key={label} role="columnheader" className={kind === 'number' ? styles.number : ''}>
                {label}
              </span>
            ))}
          </div>
        </div>
        <div role="rowgroup" className={styles.body} style={{ height: virtualizer.getTotalSize() }}>
          {items.map((item) => (
            <TaskTableRow
              key={rows[item.index - offset]?.id ?? item.index}
              task={rows[item.index - offset] as TaskRow | undefined}
              index={item.index}
              topPx={item.start}
              heightPx={rowPx}
              base={base}
              isTabStop={item.index === tabIndex}
              onFocus={setActiveIndex}
              onOpen={(address) => void navigate(address)}
            />
          ))}
        </div>
        {more?.isLoading && <p className={styles.foot}>Loading more…</p>}
        {more?.hasFailed && (
          <p className={styles.foot}>
            More tasks could not be read. <Button onPress={more.load}>Try again</Button>
          </p>
        )}
      </div>
    </div>
  );
}
