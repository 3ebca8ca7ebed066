import { memo } from 'react';
import { Link } from 'react-router';
import { Age } from '../../components/Age';
import { RunningTime } from '../../components/RunningTime';
import { StatusBadge } from '../../components/StatusBadge';
import { showName } from '../../format/hostile-text';
import { formatCost, formatCount, formatShare } from '../../format/numbers';
import type { TaskRow } from './task-pages';
import styles from './TaskTable.module.css';

interface Props {
  /** Undefined while the row is being read again. */
  task: TaskRow | undefined;
  index: number;
  topPx: number;
  heightPx: number;
  base: string;
  isTabStop: boolean;
  onFocus: (index: number) => void;
  onOpen: (address: string) => void;
}

/** One task. Its name is the link; a click anywhere in the row does the same. */
export const TaskTableRow = memo(function TaskTableRow(props: Props) {
  const { task, index, topPx, heightPx, base, isTabStop, onFocus, onOpen } = props;
  const place = { height: heightPx, transform: `translateY(${topPx}px)` };
  const className = `${styles.columns} ${styles.row}`;
  if (!task)
    return <div className={className} style={place} role="row" aria-busy="true" data-index={index} />;
  const address = `${base}/${task.id}`;
  const isRunning = task.status === 'RUNNING' || task.status === 'WAITING_FOR_HUMAN';
  const open = task.interventions.filter(({ status }) => status === 'OPEN').length;
  const name = showName(task.name);
  return (
    // The link inside serves keyboards and screen readers; the row only makes its target larger for pointers.
    <div
      className={className}
      style={place}
      role="row"
      aria-rowindex={index + 2}
      data-index={index}
      onClick={(event) => {
        // Text that was marked is meant to be copied, and a link has its own ways to open.
        if (event.target instanceof Element && event.target.closest('a')) return;
        if (getSelection()?.isCollapsed === false) return;
        onOpen(address);
      }}
    >
      <span role="cell" className={styles.status}>
        <StatusBadge status={task.status} />
        {task.status === 'RUNNING' && task.progress > 0 && (
          <span className={styles.progress}>{formatShare(task.progress)}</span>
        )}
      </span>
      <span role="cell" className={styles.name}>
        <Link to={address} tabIndex={isTabStop ? 0 : -1} onFocus={() => onFocus(index)} title={name}>
          <bdi>{name}</bdi>
        </Link>
        {task.error?.class && <span className={styles.errorClass}>{task.error.class}</span>}
      </span>
      <span role="cell" className={styles.agent} title={showName(task.agent.name)}>
        <bdi>{showName(task.agent.name)}</bdi>
      </span>
      <span role="cell" className={styles.type} title={showName(task.type)}>
        <bdi>{showName(task.type)}</bdi>
      </span>
      <span role="cell" className={styles.number}>
        <RunningTime task={task} isRunning={isRunning} />
      </span>
      <span role="cell" className={`${styles.number} ${styles.cost}`} title={COST_TITLES[task.costSource]}>
        {formatCost(task.costUsd)}
      </span>
      <span role="cell" className={`${styles.number} ${styles.steps}`}>
        {formatCount(task.stepCount)}
      </span>
      <span role="cell" className={`${styles.number} ${styles.asked} ${open > 0 ? styles.isOpen : ''}`}>
        {task.interventions.length > 0 ? formatCount(task.interventions.length) : ''}
        {open > 0 && <span className="visually-hidden">, {open} open</span>}
      </span>
      <span role="cell" className={`${styles.number} ${styles.age}`}>
        <Age at={task.queuedAt} />
      </span>
    </div>
  );
});

const COST_TITLES = {
  REPORTED: 'Told by the agent',
  PRICED: 'Worked out from a price list',
  UNPRICED: 'Not known',
};
