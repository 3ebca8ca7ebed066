import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useApi } from '../../api/api-context';
import { Button } from '../../components/Button';
import { useToasts } from '../../components/Toasts';
import panel from '../../components/Panel.module.css';
import { formatCount } from '../../format/numbers';
import {
  PriceRunByIdDocument,
  RecomputeMetricsDocument,
  RepriceStepsDocument,
  type PriceRunStateFragment,
} from '../../generated/graphql';
import { useCanManage, useProject } from '../../shell/project-context';
import { countDays, formatRange, type DayRange } from './utc-days';
import styles from './MetricsPage.module.css';

/** As many days as the server computes at once. */
const MOST_RECOMPUTED = 366;
const LOOK_MS = 1_000;

/** Has the days of the range counted or priced again: for those who doubt a figure. */
export function Recount({ range }: { range: DayRange }) {
  const project = useProject();
  const { api, queries } = useApi();
  const toasts = useToasts();
  const canManage = useCanManage();
  const [runId, setRunId] = useState<string | null>(null);
  const variables = { projectId: project.id, ...range };
  const onError = ({ message }: Error) => toasts.show({ tone: 'bad', text: message });
  const recompute = useMutation({
    mutationFn: () => api.request(RecomputeMetricsDocument, variables),
    onError,
    onSuccess: () => {
      toasts.show({ tone: 'good', text: `${formatRange(range)}: counted again.` });
      void queries.invalidateQueries({ queryKey: ['metrics', project.id] });
    },
  });
  const reprice = useMutation({
    mutationFn: async () => (await api.request(RepriceStepsDocument, variables)).repriceSteps,
    onError,
    onSuccess: ({ id }) => setRunId(id),
  });
  const run = useQuery({
    queryKey: ['price-run', runId],
    queryFn: async ({ signal }) =>
      runId === null ? null : (await api.request(PriceRunByIdDocument, { id: runId }, signal)).priceRun,
    enabled: runId !== null,
    refetchInterval: ({ state }) => (state.data?.finishedAt ? false : LOOK_MS),
  });
  if (!canManage) return null;
  const isTooLong = countDays(range) > MOST_RECOMPUTED;
  const isPricing = reprice.isPending || (runId !== null && !run.data?.finishedAt && !run.isError);
  return (
    <details className={styles.recount}>
      <summary>When a figure looks wrong</summary>
      <p className={panel.muted}>
        Days are counted again by themselves within a minute of any change; and steps are priced again when a
        price of the project’s own changes. After a newer public price list came with an upgrade, price them
        again here.
      </p>
      <div className={styles.bar}>
        <Button isPending={recompute.isPending} isDisabled={isTooLong} onPress={() => recompute.mutate()}>
          Count these days again
        </Button>
        <Button isPending={isPricing} onPress={() => reprice.mutate()}>
          Price the steps of these days again
        </Button>
      </div>
      {isTooLong && <p className={panel.muted}>At most {MOST_RECOMPUTED} days are counted again at once.</p>}
      <p role="status">
        {run.data ? progressOf(run.data) : ''}
        {run.isError ? `How far it is could not be read: ${run.error.message}` : ''}
      </p>
    </details>
  );
}

function progressOf({ tasksDone, tasksTotal, stepsChanged, finishedAt }: PriceRunStateFragment): string {
  const changed = `${formatCount(stepsChanged)} ${stepsChanged === 1 ? 'step has' : 'steps have'} another cost now`;
  if (finishedAt !== null) return `Priced again: ${formatCount(tasksDone)} tasks looked through, ${changed}.`;
  return `Pricing: ${formatCount(tasksDone)} of ${formatCount(tasksTotal)} tasks, ${changed}.`;
}
