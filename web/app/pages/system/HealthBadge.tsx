import { Badge } from '../../components/StatusBadge';
import type { Health } from '../../generated/graphql';

const LOOKS = {
  HEALTHY: { tone: 'good', sign: '✓', label: 'Healthy' },
  DEGRADED: { tone: 'warn', sign: '!', label: 'Degraded' },
  UNHEALTHY: { tone: 'bad', sign: '✕', label: 'Unhealthy' },
  UNKNOWN: { tone: 'quiet', sign: '?', label: 'Unknown' },
} as const;

/** How well a part is, in a word, a sign and a colour. */
export function HealthBadge({ health }: { health: Health }) {
  const { tone, sign, label } = (LOOKS as Partial<typeof LOOKS>)[health] ?? LOOKS.UNKNOWN;
  return (
    <Badge tone={tone} sign={sign}>
      {label}
    </Badge>
  );
}
