import { Checks } from '../../components/Checks';
import { Choice, Field } from '../../components/Field';
import { AmountField, NamesField } from '../../components/FilterFields';
import { useDraft } from '../../components/use-draft';
import { showName } from '../../format/hostile-text';
import type { AgentChoicesQuery, TaskFilter } from '../../generated/graphql';
import { ERROR_CLASSES } from './task-view';
import styles from './TaskFilters.module.css';

/** The parts of the filter that stand here and not in the bar itself. */
export const MORE_KEYS = [
  'agentVersionId',
  'types',
  'tags',
  'errorClasses',
  'hasIntervention',
  'minLatencyMs',
  'minCostUsd',
  'finishedAfter',
  'finishedBefore',
  'traceId',
] as const satisfies readonly (keyof TaskFilter)[];

const ERRORS = ERROR_CLASSES.map((value) => ({ value, label: value.toLowerCase().replaceAll('_', ' ') }));
const ASKED = [
  { value: '', label: 'Does not matter' },
  { value: 'yes', label: 'Was asked' },
  { value: 'no', label: 'Was not asked' },
];

interface Props {
  filter: TaskFilter;
  agents: AgentChoicesQuery['agents']['nodes'];
  onChange: (part: TaskFilter) => void;
}

export function MoreFilters({ filter, agents, onChange }: Props) {
  const versions = agents.find(({ id }) => id === filter.agentId)?.versions ?? [];
  return (
    <div className={styles.more}>
      {versions.length > 0 && (
        <Choice
          label="Agent version"
          value={filter.agentVersionId ?? ''}
          options={[
            { value: '', label: 'All versions' },
            ...versions.map(({ id, number, model }) => ({
              value: id,
              label: `${number}${model === null ? '' : ` · ${showName(model, 60)}`}`,
            })),
          ]}
          onChoose={(agentVersionId) => onChange({ agentVersionId })}
        />
      )}
      <NamesField
        label="Types"
        hint="Any of these, with commas"
        value={filter.types}
        onChange={(types) => onChange({ types })}
      />
      <NamesField
        label="Tags"
        hint="All of these, with commas"
        value={filter.tags}
        onChange={(tags) => onChange({ tags })}
      />
      <AmountField
        label="Took at least (seconds)"
        value={filter.minLatencyMs == null ? null : filter.minLatencyMs / 1_000}
        onChange={(seconds) => onChange({ minLatencyMs: seconds === null ? null : seconds * 1_000 })}
      />
      <AmountField
        label="Cost at least (US dollars)"
        value={filter.minCostUsd ?? null}
        onChange={(minCostUsd) => onChange({ minCostUsd })}
      />
      <Time
        label="Finished since"
        value={filter.finishedAfter}
        onChange={(finishedAfter) => onChange({ finishedAfter })}
      />
      <Time
        label="Finished before"
        value={filter.finishedBefore}
        onChange={(finishedBefore) => onChange({ finishedBefore })}
      />
      <Choice
        label="A human"
        value={filter.hasIntervention == null ? '' : filter.hasIntervention ? 'yes' : 'no'}
        options={ASKED}
        onChoose={(asked) => onChange({ hasIntervention: asked === '' ? null : asked === 'yes' })}
      />
      <Trace value={filter.traceId ?? ''} onChange={(traceId) => onChange({ traceId })} />
      <div className={styles.wide}>
        <Checks
          label="Error"
          values={filter.errorClasses ?? []}
          options={ERRORS}
          onChange={(errorClasses) => onChange({ errorClasses })}
        />
      </div>
    </div>
  );
}

interface TimeProps {
  label: string;
  value: string | null | undefined;
  onChange: (time: string | null) => void;
}

/** In the reader's own time zone; in the address and for the server in UTC. */
function Time({ label, value, onChange }: TimeProps) {
  const draft = useDraft(value ? toLocal(value) : '', (text) => {
    if (text === '') onChange(null);
    // While a year is typed it passes through those of the Romans.
    else if (/^[1-9]\d{3}-/.test(text)) onChange(new Date(text).toISOString());
  });
  return <Field {...draft} label={label} type="datetime-local" />;
}

function toLocal(time: string): string {
  const date = new Date(time);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function Trace({ value, onChange }: { value: string; onChange: (traceId: string) => void }) {
  const draft = useDraft(value, (text) => {
    if (text === '' || TRACE_ID.test(text)) onChange(text.toLowerCase());
  });
  const isWrong = draft.value.trim() !== '' && !TRACE_ID.test(draft.value.trim());
  return (
    <Field {...draft} label="Trace id" problem={isWrong ? 'A trace id has 32 hex digits.' : undefined} />
  );
}

const TRACE_ID = /^[0-9a-f]{32}$/i;
