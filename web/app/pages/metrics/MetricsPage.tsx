import { useMemo } from 'react';
import { Link } from 'react-router';
import { Button, ButtonLink } from '../../components/Button';
import { Choice } from '../../components/Field';
import { FaultPanel, Loading, StatePanel } from '../../components/States';
import { useNow } from '../../components/use-now';
import panel from '../../components/Panel.module.css';
import { showName } from '../../format/hostile-text';
import { formatCount } from '../../format/numbers';
import type { SummaryFiguresFragment, TaskOrder } from '../../generated/graphql';
import { useProject } from '../../shell/project-context';
import { useAddressView } from '../../shell/use-address-view';
import { usePageTitle } from '../../shell/use-page-title';
import { writeTaskView } from '../tasks/task-view';
import { AgentPicker } from './AgentPicker';
import { ChartCard } from './ChartCard';
import { CostTable } from './CostTable';
import { KpiTiles } from './KpiTiles';
import { MEASURES } from './measures';
import {
  readMetricsView,
  resolveRange,
  writeMetricsView,
  type CostMeasure,
  type LatencyMeasure,
  type MetricsView,
} from './metrics-view';
import styles from './MetricsPage.module.css';
import { ModelPrices } from './ModelPrices';
import { RangePicker } from './RangePicker';
import { Recount } from './Recount';
import { busiestAgents, countTasks, nameOfAgent } from './series';
import { useChartLines } from './use-chart-lines';
import { useMetrics } from './use-metrics';
import { addDays, countDays, dayOf, formatRange, periodBefore, type DayRange } from './utc-days';

const LATENCIES: { value: LatencyMeasure; label: string }[] = [
  { value: 'latencyP50Ms', label: 'P50' },
  { value: 'latencyP95Ms', label: 'P95' },
];
const COSTS: { value: CostMeasure; label: string }[] = [
  { value: 'costUsd', label: 'In all' },
  { value: 'costPerTaskUsd', label: 'Per task' },
  { value: 'costPerSuccessUsd', label: 'Per success' },
];
const NO_NAMES: ReadonlyMap<string, string> = new Map();

/** How well the agents of a project do, over a range of days: rates, latency and cost. */
export function MetricsPage() {
  const project = useProject();
  const [view, changeView] = useAddressView(readMetricsView, writeMetricsView);
  const setView = (part: Partial<MetricsView>) => changeView((view) => ({ ...view, ...part }));
  const today = dayOf(useNow(60_000));
  const range = useMemo(() => resolveRange(view.range, today), [view.range, today]);
  // Percentiles of some agents together cannot be told from those of each.
  const agentId = view.agentIds.length === 1 ? (view.agentIds[0] ?? null) : null;
  const { head, agents, costs, names, liveFault } = useMetrics(project.id, agentId, range);
  const nameOf = names.data ?? NO_NAMES;
  const tasksOf = useMemo(() => countTasks(agents.data ?? []), [agents.data]);
  const drawn = view.agentIds.length > 0 ? view.agentIds : busiestAgents(tasksOf);
  const lines = useChartLines({
    days: head.data?.days,
    agentDays: agents.data,
    drawn,
    agentId,
    names: nameOf,
    range,
  });
  usePageTitle(`Metrics of ${project.name}`);

  const base = `/p/${project.slug}`;
  const tasksLink = (orderBy: TaskOrder, label: string) => (
    <ButtonLink
      to={`${base}/tasks?${writeTaskView({ orderBy, filter: finishedIn(range, agentId) }).toString()}`}
    >
      {label}
    </ButtonLink>
  );
  const chart = { days: lines.days, today };
  const fileOf = (of: string) => `binnacle-cost-by-${of}-${range.from}-${range.to}.csv`;
  const isEmpty = head.data?.summary.tasks === 0;
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <h1>Metrics</h1>
        <RangePicker chosen={view.range} range={range} onRange={(range) => setView({ range })} />
        <AgentPicker
          chosen={view.agentIds}
          tasksOf={tasksOf}
          names={nameOf}
          onChoose={(agentIds) => setView({ agentIds })}
        />
      </header>
      {liveFault && (
        <p className={styles.notice} role="alert">
          The figures are not live: {liveFault.message}
        </p>
      )}
      {head.isPending && <Loading what="Loading metrics" />}
      {head.isError && (
        <>
          <FaultPanel fault={head.error} onRetry={() => void head.refetch()} />
          {view.agentIds.length > 0 && (
            <p className={styles.way}>
              <Button onPress={() => setView({ agentIds: [] })}>Show all agents</Button>
            </p>
          )}
        </>
      )}
      {head.data && (
        <div className={styles.content} aria-busy={head.isPlaceholderData}>
          <Scope
            range={range}
            today={today}
            summary={head.data.summary}
            agent={
              agentId === null
                ? null
                : { name: nameOfAgent(agentId, nameOf), to: `${base}/agents/${agentId}` }
            }
          />
          {isEmpty ? (
            <StatePanel
              title="No task finished in these days"
              action={
                <Button onPress={() => setView({ range: '90d', agentIds: [] })}>Show the last 90 days</Button>
              }
            >
              <p>
                {agentId === null ? 'Figures' : 'Figures of this agent'} appear here by themselves within a
                minute of a task’s end.
              </p>
            </StatePanel>
          ) : (
            <>
              <KpiTiles summary={head.data.summary} before={head.data.before} />
              {agents.isError && (
                <p className={styles.notice} role="alert">
                  The lines of single agents could not be read: {agents.error.message}
                </p>
              )}
              <div className={styles.charts}>
                {(['successRate', 'interventionRate'] as const).map((key) => (
                  <ChartCard
                    key={key}
                    title={MEASURES[key].title}
                    measure={MEASURES[key]}
                    series={lines.seriesOf(key)}
                    {...chart}
                  />
                ))}
                <ChartCard
                  title="Latency"
                  measure={MEASURES[view.latency]}
                  series={lines.seriesOf(view.latency)}
                  {...chart}
                  choice={
                    <Choice
                      label="Latency: which share"
                      isLabelHidden
                      value={view.latency}
                      options={LATENCIES}
                      onChoose={(latency) => setView({ latency })}
                    />
                  }
                  link={tasksLink('SLOWEST', 'Slowest tasks')}
                />
                <ChartCard
                  title="Cost"
                  measure={MEASURES[view.cost]}
                  series={lines.seriesOf(view.cost)}
                  {...chart}
                  choice={
                    <Choice
                      label="Cost: of what"
                      isLabelHidden
                      value={view.cost}
                      options={COSTS}
                      onChoose={(cost) => setView({ cost })}
                    />
                  }
                  link={tasksLink('COSTLIEST', 'Costliest tasks')}
                />
              </div>
            </>
          )}
          {costs.isPending && <Loading what="Loading costs" />}
          {costs.isError && <FaultPanel fault={costs.error} onRetry={() => void costs.refetch()} />}
          {costs.data && (
            <div className={styles.charts}>
              <CostTable
                of="model"
                slices={costs.data.byModel}
                nameOf={({ key, label }) => showName(key === '' ? label : key, 200)}
                show={({ key, label }) => showName(key === '' ? label : key, 200)}
                fileName={fileOf('model')}
              />
              <CostTable
                of="agent"
                slices={costs.data.byAgent}
                nameOf={({ label }) => showName(label, 200)}
                show={({ key, label }) => <Link to={`${base}/agents/${key}`}>{showName(label, 200)}</Link>}
                fileName={fileOf('agent')}
              />
            </div>
          )}
        </div>
      )}
      <ModelPrices unpriced={costs.data?.byModel.filter(({ unpricedSteps }) => unpricedSteps > 0) ?? null} />
      <Recount key={`${range.from} ${range.to}`} range={range} />
    </div>
  );
}

interface ScopeProps {
  range: DayRange;
  today: string;
  summary: SummaryFiguresFragment;
  agent: { name: string; to: string } | null;
}

/** What the figures are of, in words. */
function Scope({ range, today, summary, agent }: ScopeProps) {
  const before = periodBefore(range);
  const days = countDays(range);
  return (
    <p className={panel.muted}>
      {agent ? (
        <Link to={agent.to}>
          <bdi>{agent.name}</bdi>
        </Link>
      ) : (
        'All agents together'
      )}
      , {formatRange(range)} (UTC days{range.from <= today && today <= range.to && '; today goes on'}),
      against the {days === 1 ? 'day' : `${formatCount(days)} days`} before, {formatRange(before)}.{' '}
      {formatCount(summary.tasks)} finished {summary.tasks === 1 ? 'task' : 'tasks'}
      {summary.cancelled > 0 && `; ${formatCount(summary.cancelled)} cancelled, in no figure`}
      {summary.unpricedTasks > 0 &&
        `; ${formatCount(summary.unpricedTasks)} without a known cost, in no cost`}
      .
    </p>
  );
}

/** The tasks that the figures are of: cancelled ones are in none. */
function finishedIn({ from, to }: DayRange, agentId: string | null) {
  return {
    ...(agentId !== null && { agentId }),
    statuses: ['SUCCEEDED' as const, 'FAILED' as const, 'TIMED_OUT' as const],
    finishedAfter: `${from}T00:00:00.000Z`,
    finishedBefore: `${addDays(to, 1)}T00:00:00.000Z`,
  };
}
