import { useQuery } from '@tanstack/react-query';
import { useApi } from '../../api/api-context';
import { Button } from '../../components/Button';
import { ChecksMenu } from '../../components/ChecksMenu';
import { compactFilter } from '../../components/compact-filter';
import { Disclosure } from '../../components/Disclosure';
import { Choice, Field } from '../../components/Field';
import { TASK_STATUS_LABELS } from '../../components/StatusBadge';
import { useDraft } from '../../components/use-draft';
import { showName } from '../../format/hostile-text';
import { AgentChoicesDocument, type TaskFilter, type TaskOrder } from '../../generated/graphql';
import { useProject } from '../../shell/project-context';
import { FilterChips } from './FilterChips';
import { MoreFilters, MORE_KEYS } from './MoreFilters';
import { countFilters, type TaskView } from './task-view';
import styles from './TaskFilters.module.css';

const ORDER_LABELS: Record<TaskOrder, string> = {
  NEWEST: 'Newest first',
  OLDEST: 'Oldest first',
  SLOWEST: 'Slowest first',
  COSTLIEST: 'Costliest first',
};
const ORDERS = (Object.keys(ORDER_LABELS) as TaskOrder[]).map((value) => ({
  value,
  label: ORDER_LABELS[value],
}));
/** As many agents as a list to choose from can bear. */
const MOST_AGENTS = 500;

interface Props {
  view: TaskView;
  onView: (change: (view: TaskView) => TaskView) => void;
}

/** What narrows and orders the task list. */
export function TaskFilters({ view, onView }: Props) {
  const project = useProject();
  const { api } = useApi();
  const { filter } = view;
  const set = (part: TaskFilter) =>
    onView((view) => ({ ...view, filter: compactFilter({ ...view.filter, ...part }) }));
  const search = useDraft(filter.search ?? '', (text) => set({ search: text }));
  const { data } = useQuery({
    queryKey: ['agent-choices', project.id],
    queryFn: ({ signal }) =>
      api.request(AgentChoicesDocument, { projectId: project.id, first: MOST_AGENTS }, signal),
    staleTime: 60_000,
  });
  const agents = data?.agents.nodes ?? [];
  const agentOptions = agents.map(({ id, name }) => ({ value: id, label: showName(name, 60) }));
  if (filter.agentId && !agents.some(({ id }) => id === filter.agentId)) {
    agentOptions.push({ value: filter.agentId, label: 'Another agent' });
  }
  return (
    <search className={styles.filters}>
      <div className={styles.bar}>
        <div className={styles.search}>
          <Field
            {...search}
            label="Part of the name"
            isLabelHidden
            placeholder="Part of the name"
            type="search"
          />
        </div>
        <ChecksMenu
          label="Status"
          values={filter.statuses}
          labels={TASK_STATUS_LABELS}
          onChange={(statuses) => set({ statuses })}
        />
        <Choice
          label="Agent"
          isLabelHidden
          className={styles.agent}
          value={filter.agentId ?? ''}
          options={[{ value: '', label: 'All agents' }, ...agentOptions]}
          onChoose={(agentId) => set({ agentId, agentVersionId: '' })}
        />
        <Disclosure label="More filters" count={MORE_KEYS.filter((key) => filter[key] != null).length}>
          <MoreFilters filter={filter} agents={agents} onChange={set} />
        </Disclosure>
        <Choice
          label="Order"
          isLabelHidden
          className={styles.order}
          value={view.orderBy}
          options={ORDERS}
          onChoose={(orderBy) => onView((view) => ({ ...view, orderBy }))}
        />
      </div>
      {countFilters(filter) > 0 && (
        <div className={styles.chips}>
          <FilterChips
            filter={filter}
            agents={agents}
            onChange={(filter) => onView((view) => ({ ...view, filter }))}
          />
          <Button look="quiet" onPress={() => onView((view) => ({ ...view, filter: {} }))}>
            Clear all
          </Button>
        </div>
      )}
    </search>
  );
}
