import { useMutation, useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { Link, useParams } from 'react-router';
import { useApi } from '../../api/api-context';
import { Age } from '../../components/Age';
import { Button, ButtonLink } from '../../components/Button';
import { Choice } from '../../components/Field';
import { LongText } from '../../components/LongText';
import { FaultPanel, Loading, StatePanel } from '../../components/States';
import { useToasts } from '../../components/Toasts';
import { showName } from '../../format/hostile-text';
import {
  AgentByIdDocument,
  UpdateAgentStatusDocument,
  type AgentDetailFragment,
  type AgentStatus,
} from '../../generated/graphql';
import { useCanOperate, useProject } from '../../shell/project-context';
import { usePageTitle } from '../../shell/use-page-title';
import { AGENT_STATUS_LABELS, AGENT_STATUSES, AgentStatusBadge } from '../agents/AgentStatusBadge';
import { LatestTasks } from './LatestTasks';
import { PublishVersion } from './PublishVersion';
import { VersionComparison } from './VersionComparison';
import styles from './AgentPage.module.css';

const STATUSES = AGENT_STATUSES.map((value) => ({ value, label: AGENT_STATUS_LABELS[value] }));

/** One agent: how it stands, what it did last, and what its versions run with. */
export function AgentPage() {
  const { id = '' } = useParams();
  const project = useProject();
  const { api, queries } = useApi();
  const queryKey = ['agent', id];
  const { data, error, isPending, refetch } = useQuery({
    queryKey,
    queryFn: async ({ signal }) => (await api.request(AgentByIdDocument, { id }, signal)).agent,
  });
  usePageTitle(data?.name ?? 'Agent');
  if (isPending) return <Loading what="Loading the agent" />;
  if (error && !data) return <FaultPanel fault={error} onRetry={() => void refetch()} />;
  if (!data || data.project.id !== project.id) {
    return (
      <StatePanel
        title="No such agent"
        action={
          <ButtonLink look="primary" to={`/p/${project.slug}/agents`}>
            To the agents
          </ButtonLink>
        }
      >
        <p>It may have been deleted, or it belongs to another project.</p>
      </StatePanel>
    );
  }
  return (
    <div className={styles.page} key={data.id}>
      <AgentHeader agent={data} onChanged={() => queries.invalidateQueries({ queryKey })} />
      <LatestTasks agentId={data.id} />
      <VersionComparison versions={data.versions} currentId={data.currentVersion.id} />
    </div>
  );
}

interface HeaderProps {
  agent: AgentDetailFragment;
  onChanged: () => Promise<void>;
}

function AgentHeader({ agent, onChanged }: HeaderProps) {
  const { slug } = useProject();
  const { api } = useApi();
  const toasts = useToasts();
  const canOperate = useCanOperate();
  const [isPublishing, setPublishing] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const change = useMutation({
    mutationFn: (status: AgentStatus) =>
      api.request(UpdateAgentStatusDocument, { input: { id: agent.id, status } }),
    onError: ({ message }) => toasts.show({ tone: 'bad', text: message }),
    onSettled: onChanged,
  });
  const current = agent.versions.find(({ id }) => id === agent.currentVersion.id);
  return (
    <header className={styles.section}>
      <div className={styles.bar}>
        <Link to={`/p/${slug}/agents`} aria-label="To the agents" className={styles.back}>
          ←
        </Link>
        <h1 className={styles.title}>
          <bdi>{showName(agent.name)}</bdi>
        </h1>
        <AgentStatusBadge status={agent.status} />
        {canOperate && (
          <>
            <Choice
              label="Status"
              isLabelHidden
              value={agent.status}
              options={STATUSES}
              onChoose={(status) => change.mutate(status)}
            />
            <Button ref={opener} onPress={() => setPublishing(!isPublishing)} aria-expanded={isPublishing}>
              Publish a version
            </Button>
          </>
        )}
      </div>
      {agent.description && (
        <div className={styles.description}>
          <LongText text={agent.description} />
        </div>
      )}
      <p className={styles.muted}>
        {agent.kind.toLowerCase()} · version {current?.number ?? '–'} ·{' '}
        {showName(current?.model ?? 'no model named', 80)} · last seen{' '}
        {agent.lastSeenAt === null ? 'never' : <Age at={agent.lastSeenAt} isPhrase />}
      </p>
      {isPublishing && (
        <PublishVersion
          agentId={agent.id}
          current={current}
          onPublished={onChanged}
          onClose={() => {
            setPublishing(false);
            opener.current?.focus();
          }}
        />
      )}
    </header>
  );
}
