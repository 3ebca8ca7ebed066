import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useApi } from '../../../api/api-context';
import { Button } from '../../../components/Button';
import { CopyButton } from '../../../components/CopyButton';
import { LongText } from '../../../components/LongText';
import { Payload } from '../../../components/Payload';
import { Loading } from '../../../components/States';
import { showControls, showName } from '../../../format/hostile-text';
import { readAround, type JsonText } from '../../../format/json-text';
import { formatCost, formatCount } from '../../../format/numbers';
import { formatExact, parseTime } from '../../../format/times';
import { StepContentDocument, type StepContentQuery } from '../../../generated/graphql';
import type { StepRow } from './step-store';
import styles from './StepDetails.module.css';

/** Payloads are large; those that are no longer open are soon let go. */
const KEPT_MS = 30_000;
const PAYLOADS = new Set(['input', 'output', 'attributes'] as const);

type Payloads = Record<'input' | 'output' | 'attributes', JsonText | null>;
type Step = NonNullable<NonNullable<StepContentQuery['task']>['step']>;
type StepContent = Omit<Step, keyof Payloads> & Payloads;

/** Payloads may be of millions of values: they stay text, and only what is shown of them is read. */
const readContent = (text: string) => readAround(text, ['data', 'task', 'step'], PAYLOADS);

/** What a step was given and what came of it: read when it is opened, and again when it changed. */
export function StepDetails({ row, mark }: { row: StepRow; mark: string }) {
  const { api } = useApi();
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['step', row.id, row.revision],
    queryFn: async ({ signal }) => {
      const variables = { taskId: row.taskId, seq: row.seq };
      const { task } = await api.request(StepContentDocument, variables, signal, { read: readContent });
      return (task?.step ?? null) as StepContent | null;
    },
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: KEPT_MS,
    // Comparing payloads of megabytes with their former selves would only cost time.
    structuralSharing: false,
  });
  if (isPending) return <Loading what="Loading the step" />;
  if (error) {
    return (
      <p className={styles.fault} role="alert">
        This step could not be read: {showControls(error.message)}{' '}
        <Button onPress={() => void refetch()}>Try again</Button>
      </p>
    );
  }
  if (!data) return <p className={styles.fault}>This step is gone; its task was deleted.</p>;
  const isEmpty = data.input === null && data.output === null && data.attributes === null && !data.error;
  return (
    <div className={styles.details}>
      <Facts row={row} content={data} />
      {data.error && (
        <section className={styles.error} aria-label="Error">
          <header>
            <strong>{data.error.class ?? 'Error'}</strong>
            {data.error.code !== null && <code>{showName(data.error.code, 100)}</code>}
            <CopyButton text={data.error.message} />
          </header>
          <LongText text={data.error.message} mark={mark} />
        </section>
      )}
      <Payload label="Input" value={data.input} mark={mark} />
      <Payload label="Output" value={data.output} mark={mark} />
      <Payload label="Attributes" value={data.attributes} mark={mark} />
      {isEmpty && <p className={styles.none}>The agent reported no input, output or attributes.</p>}
    </div>
  );
}

function Facts({ row, content }: { row: StepRow; content: StepContent }) {
  const startedMs = parseTime(row.startedAt);
  const facts: [label: string, value: string | null][] = [
    ['Started', startedMs === null ? null : formatExact(startedMs)],
    ['Model', row.model === null ? null : showName(row.model, 100)],
    ['Provider', content.provider === null ? null : showName(content.provider, 100)],
    ['Input tokens', row.inputTokens === null ? null : formatCount(row.inputTokens)],
    ['Output tokens', row.outputTokens === null ? null : formatCount(row.outputTokens)],
    ['Cached', content.cachedInputTokens ? formatCount(content.cachedInputTokens) : null],
    ['Written to cache', content.cacheWriteTokens ? formatCount(content.cacheWriteTokens) : null],
    ['Reasoning', content.reasoningTokens ? formatCount(content.reasoningTokens) : null],
    ['Cost', row.costUsd === null ? null : `${formatCost(row.costUsd)}, ${row.costSource.toLowerCase()}`],
    ['Key', showName(row.key, 100)],
    ['Within', row.parentKey === null ? null : showName(row.parentKey, 100)],
  ];
  return (
    <dl className={styles.facts}>
      {facts.map(
        ([label, value]) =>
          value !== null && (
            <div key={label}>
              <dt>{label}</dt>
              <dd>
                <bdi>{value}</bdi>
              </dd>
            </div>
          ),
      )}
    </dl>
  );
}
