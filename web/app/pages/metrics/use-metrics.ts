import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useRef } from 'react';
import type { GraphqlApi } from '../../api/graphql-api';
import { useApi } from '../../api/api-context';
import { useSubscription } from '../../api/use-subscription';
import {
  AgentNamesDocument,
  CostsOfRangeDocument,
  MetricsChangedDocument,
  MetricsOfAgentsDocument,
  MetricsOfRangeDocument,
  type AgentNamesQuery,
  type AgentNamesQueryVariables,
} from '../../generated/graphql';
import { periodBefore, type DayRange } from './utc-days';

/** Days that are computed together are told one by one: they are gathered this long. */
const GATHER_MS = 1_000;
/** Rows of every agent and costs by model are much to read: never more often than this. */
const COSTLY_GAP_MS = 30_000;
const NAMES_AT_ONCE = 500;
/** Agents of more pages than this are shown by their ids. */
const MOST_NAME_PAGES = 20;

/**
 * The figures of a range and of the period before it, kept current.
 * @param agentId whose figures; null = all agents together
 */
export function useMetrics(projectId: string, agentId: string | null, range: DayRange) {
  const { api, queries } = useApi();
  const before = periodBefore(range);
  const head = useQuery({
    queryKey: ['metrics', projectId, 'range', range, agentId],
    queryFn: ({ signal }) =>
      api.request(
        MetricsOfRangeDocument,
        { projectId, agentId, ...range, beforeFrom: before.from, beforeTo: before.to },
        signal,
      ),
    placeholderData: keepPreviousData,
  });
  const agents = useQuery({
    queryKey: ['metrics', projectId, 'agents', range],
    queryFn: async ({ signal }) =>
      (await api.request(MetricsOfAgentsDocument, { projectId, ...range }, signal)).dailyMetrics,
    placeholderData: keepPreviousData,
  });
  const costs = useQuery({
    queryKey: ['metrics', projectId, 'costs', range],
    queryFn: ({ signal }) => api.request(CostsOfRangeDocument, { projectId, ...range }, signal),
    placeholderData: keepPreviousData,
  });
  const names = useQuery({
    queryKey: ['metrics', projectId, 'names'],
    queryFn: ({ signal }) => readNames(api, projectId, signal),
    staleTime: 60_000,
  });

  const reread = (part: string) => queries.invalidateQueries({ queryKey: ['metrics', projectId, part] });
  const rereadHead = useSpaced(() => void reread('range'), 0);
  const rereadAll = useSpaced(() => {
    void reread('agents');
    void reread('costs');
    // An agent that is new is among them.
    void reread('names');
  }, COSTLY_GAP_MS);
  const changed = () => {
    rereadHead();
    rereadAll();
  };
  const liveFault = useSubscription(projectId, MetricsChangedDocument, () => ({ projectId }), {
    begun: changed,
    next: ({ metricsChanged: { day } }) => {
      if (day >= before.from && day <= range.to) changed();
    },
  });
  return { head, agents, costs, names, liveFault };
}

/** Calls soon after it is asked to, once for all that ask meanwhile, and not again within a time. */
function useSpaced(call: () => void, gapMs: number): () => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const calledAt = useRef(-Infinity);
  const current = useEffectEvent(call);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  const run = useEffectEvent(() => {
    timer.current = undefined;
    calledAt.current = performance.now();
    current();
  });
  return () => {
    const waitMs = Math.max(GATHER_MS, calledAt.current + gapMs - performance.now());
    timer.current ??= setTimeout(() => run(), waitMs);
  };
}

async function readNames(
  api: GraphqlApi,
  projectId: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  let after: string | null = null;
  for (let page = 0; page < MOST_NAME_PAGES; page += 1) {
    const variables: AgentNamesQueryVariables = { projectId, first: NAMES_AT_ONCE, after };
    const { agents }: AgentNamesQuery = await api.request(AgentNamesDocument, variables, signal);
    for (const { id, name } of agents.nodes) names.set(id, name);
    if (!agents.pageInfo.hasNextPage) break;
    after = agents.pageInfo.endCursor;
  }
  return names;
}
