import { Badge } from '../../components/StatusBadge';
import type { AgentStatus } from '../../generated/graphql';

export const AGENT_STATUS_LABELS: Record<AgentStatus, string> = {
  ACTIVE: 'Active',
  PAUSED: 'Paused',
  ARCHIVED: 'Archived',
};

export const AGENT_STATUSES = Object.keys(AGENT_STATUS_LABELS) as AgentStatus[];

const LOOKS = {
  ACTIVE: { tone: 'good', sign: '●' },
  PAUSED: { tone: 'warn', sign: '‖' },
  ARCHIVED: { tone: 'quiet', sign: '–' },
} as const;

/** Whether an agent takes tasks, in a word, a sign and a colour. */
export function AgentStatusBadge({ status }: { status: AgentStatus }) {
  const look = (LOOKS as Partial<typeof LOOKS>)[status] ?? LOOKS.ARCHIVED;
  const label = (AGENT_STATUS_LABELS as Partial<Record<string, string>>)[status] ?? status;
  return <Badge {...look}>{label}</Badge>;
}
