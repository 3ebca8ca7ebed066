import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { useApi } from '../../api/api-context';
import { Age } from '../../components/Age';
import { Button } from '../../components/Button';
import { Choice, Field } from '../../components/Field';
import { FaultPanel, Loading, StatePanel } from '../../components/States';
import { useDraft } from '../../components/use-draft';
import { showName } from '../../format/hostile-text';
import { AgentPageDocument, type AgentPageQuery, type AgentStatus } from '../../generated/graphql';
import { useProject } from '../../shell/project-context';
import { useAddressView } from '../../shell/use-address-view';
import { usePageTitle } from '../../shell/use-page-title';
import { AGENT_STATUS_LABELS, AGENT_STATUSES, AgentStatusBadge } from './AgentStatusBadge';
import styles from './AgentsPage.module.css';

const PAGE_ROWS = 100;
/** The server itself knows when an agent was last seen to half a minute. */
const REREAD_MS = 30_000;
const STATUSES: { value: AgentStatus | ''; label: string }[] = [
  { value: '', label: 'Every status' },
  ...AGENT_STATUSES.map((value) => ({ value, label: AGENT_STATUS_LABELS[value] })),
];

interface AgentsView {
  /** Empty = all. */
  search: string;
  status: AgentStatus | '';
}

/** The agents of the project by name, narrowed by what stands in the address. */
export function AgentsPage() {
  const project = useProject();
  const { api } = useApi();
  const [{ search, status }, changeView] = useAddressView(readAgentsView, writeAgentsView);
  usePageTitle(`Agents of ${project.name}`);
  const query = useInfiniteQuery({
    queryKey: ['agents', project.id, search, status],
    queryFn: async ({ pageParam, signal }) => {
      const filter = { ...(search && { search }), ...(status && { statuses: [status] }) };
      const variables = { projectId: project.id, filter, first: PAGE_ROWS, after: pageParam };
      return (await api.request(AgentPageDocument, variables, signal)).agents;
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ pageInfo }) => (pageInfo.hasNextPage ? pageInfo.endCursor : null),
    refetchInterval: REREAD_MS,
  });
  const set = (part: Partial<AgentsView>) => changeView((view) => ({ ...view, ...part }));
  const draft = useDraft(search, (search) => set({ search }));
  const agents = query.data?.pages.flatMap(({ nodes }) => nodes) ?? [];
  return (
    <div className={styles.page}>
      <h1>Agents</h1>
      <div className={styles.bar} role="search" aria-label="Agents">
        <Field {...draft} type="search" label="Name" isLabelHidden placeholder="Part of the name" />
        <Choice
          label="Status"
          isLabelHidden
          value={status}
          options={STATUSES}
          onChoose={(status) => set({ status })}
        />
      </div>
      {query.isPending && <Loading what="Loading agents" />}
      {query.isError && agents.length === 0 && (
        <FaultPanel fault={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.isSuccess && agents.length === 0 && (
        <StatePanel
          title={search || status ? 'No agent matches' : 'No agents yet'}
          action={
            (search || status) && (
              <Button onPress={() => set({ search: '', status: '' })}>Show all agents</Button>
            )
          }
        >
          <p>
            {search || status
              ? 'Widen what narrows the list.'
              : 'An agent appears here when it is created, or when its first trace arrives.'}
          </p>
        </StatePanel>
      )}
      {agents.length > 0 && <AgentTable agents={agents} base={`/p/${project.slug}/agents`} />}
      {query.hasNextPage && (
        <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
          {query.isFetchNextPageError ? 'Could not read more; try again' : 'Show more agents'}
        </Button>
      )}
    </div>
  );
}

function readAgentsView(params: URLSearchParams): AgentsView {
  return {
    search: params.get('q')?.trim() ?? '',
    status: AGENT_STATUSES.find((known) => known === params.get('status')) ?? '',
  };
}

function writeAgentsView({ search, status }: AgentsView): URLSearchParams {
  const entries = Object.entries({ q: search, status }).filter(([, value]) => value !== '');
  return new URLSearchParams(entries);
}

interface TableProps {
  agents: AgentPageQuery['agents']['nodes'];
  base: string;
}

function AgentTable({ agents, base }: TableProps) {
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Status</th>
          <th scope="col">Kind</th>
          <th scope="col">Version</th>
          <th scope="col">Model</th>
          <th scope="col">Last seen</th>
        </tr>
      </thead>
      <tbody>
        {agents.map(({ id, name, status, kind, description, lastSeenAt, currentVersion: version }) => (
          <tr key={id}>
            <th scope="row" className={styles.name}>
              <Link to={`${base}/${id}`}>
                <bdi>{showName(name)}</bdi>
              </Link>
              {description && <span className={styles.description}>{showName(description)}</span>}
            </th>
            <td>
              <AgentStatusBadge status={status} />
            </td>
            <td className={styles.kind}>{kind.toLowerCase()}</td>
            <td>v{version.number}</td>
            <td className={styles.model}>
              <bdi>{showName(version.model ?? '–', 80)}</bdi>
            </td>
            <td>{lastSeenAt === null ? 'never' : <Age at={lastSeenAt} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
