import { useParams } from 'react-router';
import { GraphqlFault } from '../../../access/graphql-post';
import { ButtonLink } from '../../components/Button';
import { Notice } from '../../components/Notice';
import { FaultPanel, Loading, StatePanel } from '../../components/States';
import { useProject } from '../../shell/project-context';
import { usePageTitle } from '../../shell/use-page-title';
import { TaskSteps } from './steps/TaskSteps';
import { TaskHeader } from './TaskHeader';
import { useTask } from './use-task';

/** One task: its head, and below it what it did. */
export function TaskPage() {
  const { id = '' } = useParams();
  const project = useProject();
  const { query, task, liveFault } = useTask(id);
  usePageTitle(task?.name ?? 'Task');

  if (query.isPending) return <Loading what="Loading the task" />;
  const isMissing = query.error instanceof GraphqlFault && query.error.code === 'NOT_FOUND';
  if (query.isError && !task && !isMissing) {
    return <FaultPanel fault={query.error} onRetry={() => void query.refetch()} />;
  }
  if (!task || task.project.id !== project.id) {
    return (
      <StatePanel
        title="No such task"
        action={
          <ButtonLink look="primary" to={`/p/${project.slug}/tasks`}>
            To the tasks
          </ButtonLink>
        }
      >
        <p>It may have been deleted, or it belongs to another project.</p>
      </StatePanel>
    );
  }
  return (
    <div className="filling-column">
      <TaskHeader task={task} />
      {liveFault && <Notice role="alert">This task is not live: {liveFault.message}</Notice>}
      <TaskSteps key={task.id} task={task} />
    </div>
  );
}
