import { StatePanel } from '../../../components/States';
import { formatCount } from '../../../format/numbers';
import type { TaskHead } from '../use-task';

interface Props {
  /** Kept current by the page; the steps are read here. */
  task: TaskHead;
}

/** What the task did, step by step. */
export function TaskSteps({ task }: Props) {
  return <StatePanel title={`${formatCount(task.stepCount)} steps`} />;
}
