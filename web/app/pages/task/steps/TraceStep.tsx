import { memo, useEffect, useRef, type CSSProperties, type ReactNode } from 'react';
import { Marked } from '../../../components/Marked';
import { StepStatusBadge, StepTypeLabel, toneOf } from '../../../components/StepType';
import { showName } from '../../../format/hostile-text';
import { formatCost, formatCount, formatDuration, formatShortCount } from '../../../format/numbers';
import { parseTime } from '../../../format/times';
import type { StepRow } from './step-store';
import type { StepLook } from './step-view';
import styles from './TraceStep.module.css';

/** What the bars of all rows are measured by. */
export interface StepScale {
  /** When the task began; null = not known. */
  startMs: number | null;
  spanMs: number;
  maxLatencyMs: number;
}

interface Props {
  /** Undefined while it is being read. */
  row: StepRow | undefined;
  seq: number;
  index: number;
  count: number;
  topPx: number;
  heightPx: number;
  look: StepLook;
  scale: StepScale;
  depth: number;
  /** Undefined where the row cannot be folded. */
  isFolded: boolean | undefined;
  isOpen: boolean;
  isSelected: boolean;
  isTabStop: boolean;
  mark: string;
  onToggle: (seq: number) => void;
  onFold: (seq: number, isFolded: boolean) => void;
  onFocus: (seq: number) => void;
  /** Told how high an open row is. */
  onResize: (seq: number, heightPx: number) => void;
  children?: ReactNode;
}

const INDENT_PX = 16;
const DEEPEST_INDENT = 12;
/** The button that folds, and the gap after it: names of steps without one stand where the others do. */
const FOLD_PX = 30;

/** One step in the list; what it was given and what came of it stand below when it is open. */
export const TraceStep = memo(function TraceStep(props: Props) {
  const { row, seq, index, count, topPx, heightPx, look, isOpen, isSelected, onResize, children } = props;
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const target = element.current;
    if (!isOpen || !target) return;
    const observer = new ResizeObserver(() => onResize(seq, target.offsetHeight));
    observer.observe(target);
    return () => observer.disconnect();
  }, [isOpen, seq, onResize]);
  return (
    <div
      ref={element}
      className={`${styles.row} ${isSelected ? styles.isSelected : ''}`}
      style={{ transform: `translateY(${topPx}px)` }}
      role="listitem"
      aria-posinset={index + 1}
      aria-setsize={count}
      aria-busy={row === undefined}
      data-seq={seq}
    >
      <div
        className={`${styles.columns} ${styles[look]}`}
        // With the line below it a row is as high as it was told.
        style={{ height: heightPx - 1 }}
        onClick={(event) => {
          if (event.target instanceof Element && event.target.closest('button')) return;
          if (row && getSelection()?.isCollapsed !== false) props.onToggle(seq);
        }}
      >
        <span className={styles.seq}>{formatCount(seq)}</span>
        {row ? <Cells {...props} row={row} /> : <span className={styles.placeholder} />}
      </div>
      {isOpen && children}
    </div>
  );
});

function Cells(props: Props & { row: StepRow }) {
  const { row, look, scale, depth, isFolded, isOpen, mark, onToggle, onFold, onFocus } = props;
  const startedMs = parseTime(row.startedAt);
  const offsetMs = startedMs === null || scale.startMs === null ? null : startedMs - scale.startMs;
  const name = showName(row.name) || '(no name)';
  return (
    <>
      <span className={styles.offset} title="After the task began">
        {offsetMs === null ? '' : `+${formatDuration(Math.max(offsetMs, 0))}`}
      </span>
      <StepTypeLabel type={row.type} />
      <span
        className={styles.name}
        style={{
          paddingLeft:
            look === 'log'
              ? 0
              : Math.min(depth, DEEPEST_INDENT) * INDENT_PX + (isFolded === undefined ? FOLD_PX : 0),
        }}
      >
        {isFolded !== undefined && (
          <button
            type="button"
            className={styles.fold}
            tabIndex={-1}
            aria-expanded={!isFolded}
            aria-label={`Steps within ${name}`}
            onClick={() => onFold(row.seq, !isFolded)}
          >
            {isFolded ? '▸' : '▾'}
          </button>
        )}
        <button
          type="button"
          className={styles.open}
          data-open
          aria-expanded={isOpen}
          tabIndex={props.isTabStop ? 0 : -1}
          title={name}
          onFocus={() => onFocus(row.seq)}
          onClick={() => onToggle(row.seq)}
        >
          <bdi>
            <Marked text={name} mark={mark} />
          </bdi>
        </button>
        {row.error && (
          <span className={styles.error} title={showName(row.error.message)}>
            <Marked text={showName(row.error.message, 120)} mark={mark} />
          </span>
        )}
      </span>
      <span className={styles.status}>
        <StepStatusBadge status={row.status} />
      </span>
      {look === 'timeline' ? (
        <Waterfall row={row} scale={scale} offsetMs={offsetMs} />
      ) : (
        <Latency row={row} maxMs={scale.maxLatencyMs} />
      )}
      <span className={styles.tokens} title={tokensTitle(row)}>
        {row.inputTokens === null && row.outputTokens === null
          ? ''
          : formatShortCount((row.inputTokens ?? 0) + (row.outputTokens ?? 0))}
      </span>
      <span className={styles.cost}>{row.costUsd === null ? '' : formatCost(row.costUsd)}</span>
    </>
  );
}

function tokensTitle({ inputTokens, outputTokens }: StepRow): string {
  return `Tokens: ${formatCount(inputTokens)} in, ${formatCount(outputTokens)} out`;
}

function Latency({ row, maxMs }: { row: StepRow; maxMs: number }) {
  const share = maxMs === 0 ? 0 : (row.latencyMs ?? 0) / maxMs;
  return <Bar row={row} place={row.latencyMs === null ? null : { width: `${share * 100}%` }} />;
}

function Waterfall({ row, scale, offsetMs }: { row: StepRow; scale: StepScale; offsetMs: number | null }) {
  if (offsetMs === null) return <Bar row={row} place={null} />;
  const left = Math.min(Math.max(offsetMs / scale.spanMs, 0), 1);
  const width = Math.min((row.latencyMs ?? 0) / scale.spanMs, 1 - left);
  return (
    <Bar row={row} place={{ marginLeft: `min(${left * 100}%, 100% - 2px)`, width: `${width * 100}%` }} />
  );
}

/** @param place null = not known, and then no bar is drawn: an empty one would say zero */
function Bar({ row, place }: { row: StepRow; place: CSSProperties | null }) {
  return (
    <span className={styles.latency}>
      {place && (
        <span className={styles.track} aria-hidden="true">
          <span className={`${styles.bar} ${toneOf(row.type)}`} style={place} />
        </span>
      )}
      <span className={styles.figure}>{row.latencyMs === null ? '' : formatDuration(row.latencyMs)}</span>
    </span>
  );
}
