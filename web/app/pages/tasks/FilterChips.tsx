import { Button } from '../../components/Button';
import { TASK_STATUS_LABELS } from '../../components/StatusBadge';
import { showName } from '../../format/hostile-text';
import { formatCost, formatDuration } from '../../format/numbers';
import { formatExact } from '../../format/times';
import type { AgentChoicesQuery, TaskFilter } from '../../generated/graphql';
import { withoutFilter } from './task-view';
import styles from './TaskFilters.module.css';

type Agents = AgentChoicesQuery['agents']['nodes'];

interface Props {
  filter: TaskFilter;
  agents: Agents;
  onChange: (filter: TaskFilter) => void;
}

/** What narrows the list just now, each to be taken away by a press. */
export function FilterChips({ filter, agents, onChange }: Props) {
  return chipsOf(filter, agents).map(({ key, text }) => (
    <Button
      key={key}
      className={styles.chip}
      aria-label={`Take away the filter: ${text}`}
      onPress={() => {
        const rest = withoutFilter(filter, key);
        onChange(key === 'agentId' ? withoutFilter(rest, 'agentVersionId') : rest);
      }}
    >
      {text} <span aria-hidden="true">✕</span>
    </Button>
  ));
}

function chipsOf(filter: TaskFilter, agents: Agents): { key: keyof TaskFilter; text: string }[] {
  const chips: { key: keyof TaskFilter; text: string }[] = [];
  const add = (key: keyof TaskFilter, label: string, value: string) =>
    chips.push({ key, text: `${label} ${showName(value, 60)}` });
  const agent = agents.find(({ id }) => id === filter.agentId);
  const versions = agents.flatMap(({ versions }) => versions);
  const version = versions.find(({ id }) => id === filter.agentVersionId);
  if (filter.search) add('search', 'Name has', filter.search);
  if (filter.statuses) {
    add('statuses', 'Status', filter.statuses.map((status) => TASK_STATUS_LABELS[status]).join(' or '));
  }
  if (filter.agentId) add('agentId', 'Agent', agent?.name ?? filter.agentId);
  if (filter.agentVersionId)
    add('agentVersionId', 'Version', version ? String(version.number) : filter.agentVersionId);
  if (filter.types) add('types', 'Type', filter.types.join(' or '));
  if (filter.tags) add('tags', 'Tagged', filter.tags.join(' and '));
  if (filter.errorClasses) add('errorClasses', 'Error', filter.errorClasses.join(' or '));
  if (filter.hasIntervention != null) {
    add('hasIntervention', 'Human', filter.hasIntervention ? 'was asked' : 'was not asked');
  }
  if (filter.minLatencyMs != null) add('minLatencyMs', 'Took at least', formatDuration(filter.minLatencyMs));
  if (filter.minCostUsd != null) add('minCostUsd', 'Cost at least', formatCost(filter.minCostUsd));
  if (filter.finishedAfter)
    add('finishedAfter', 'Finished since', formatExact(Date.parse(filter.finishedAfter)));
  if (filter.finishedBefore)
    add('finishedBefore', 'Finished before', formatExact(Date.parse(filter.finishedBefore)));
  if (filter.traceId) add('traceId', 'Trace', filter.traceId);
  return chips;
}
